# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A program in French and its server, each in a process of its own, with all the functions there are."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.documents import Document, DocumentCase, free_port
from tests.support import pair
from wstwist.wlanguage import fr

FOLDER = Path(__file__).parent / "wlangage"

SAID = """\
Réponse du serveur : Bienvenue
Réponse du serveur : Ann apprend : moi
Par SSL : Bienvenue
Un buffer : b'\\x00\\xff\\x00\\xff' b'\\x00\\xff'
Bob lit : Bob apprend : moi
Ann lit : Ann apprend : Bob
Rien : ''
Clients : 2
Réception d'un message serveur : Bienvenue
Réception d'un message serveur : Ann, Bob
Fermeture du socket
Par une URL : Bienvenue
SocketFerme : True False False
SocketEcrit: 'ssl': the connection is closed: 1000
WebSocketClientConnecte: ws://localhost:{port}/Rien: {refusal}
"""
REFUSAL = "the server answers 404 Not Found: There is nothing at this address"


class ProgramTests(DocumentCase):
    """As somebody would who carries a program over."""

    document = Document("docs/webdev.md")

    def test_program(self):
        """It says what it should, and so does the server."""
        shutil.copytree(FOLDER, self.folder, dirs_exist_ok=True)
        tls_port = free_port()
        options = ["--interface", "127.0.0.1", "--port", str(self.port), "--tls-port", str(tls_port)]
        certificate = ["--cert", str(pair().cert), "--key", str(pair().key)]
        with self.running("-m", "wstwist", *options, *certificate, "serveur:Serveur"):
            done = subprocess.run(
                [sys.executable, "programme.py", str(self.port), str(tls_port)],
                cwd=self.folder,
                env={**self.environment(), "SSL_CERT_FILE": str(pair().cert), "PYTHONIOENCODING": "utf-8"},
                capture_output=True,
                encoding="utf-8",
                timeout=30,
                check=False,
            )
        said = "".join(line.rstrip() + "\n" for line in done.stdout.splitlines())
        self.assertEqual((said, done.stderr), (SAID.format(port=self.port, refusal=REFUSAL), ""))
        for line in ("Démarrage", "Ann est parti", "Bob est parti", "Arrêt après Ann, Bob"):
            self.assertIn(line, self.output)

    def test_all_functions(self):
        """Every name of WLanguage's is in one of the two."""
        text = "".join((FOLDER / name).read_text(encoding="utf-8") for name in ("serveur.py", "programme.py"))
        used = {plain(name) for name in re.findall(r"\w+", text)}
        self.assertEqual({plain(name) for name in fr.__all__} - used, set())


def plain(name: str) -> str:
    """Take the accents off a name."""
    return name.translate(str.maketrans("éêÉ", "eeE"))
