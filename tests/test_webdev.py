# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The code of docs/webdev.md runs as it stands there, and it names what there is."""

import re
import ssl
import unicodedata

from websockets.sync.client import connect

from tests.documents import Document, DocumentCase, free_port
from wstwist.wlanguage import en, fr
from wstwist.wlanguage.members import Members

WEBDEV = Document("docs/webdev.md")
COMMAND = "twistd -n wsproject --port 9000 room:Room salon:Salon"


class Webdev(DocumentCase):
    """What somebody who comes from WEBDEV copies works."""

    document = WEBDEV

    def test_the_projects(self):
        """room.py and salon.py are served by one command, and their events do the same in both languages."""
        args = [str(self.port) if word == "9000" else word for word in self.serve(COMMAND)]
        with self.running(*args):
            for name, *lines in (
                ("Room", "Welcome! What is your name?", "Ann, you are number 1", "Ann has left"),
                ("Salon", "Bienvenue ! Votre nom ?", "Ann, vous êtes le numéro 1", "Ann est parti"),
            ):
                self.talk(f"ws://127.0.0.1:{self.port}/{name}", *lines)
        self.assertIn("1 visits", self.output)
        self.assertIn("1 visites", self.output)

    def talk(self, url: str, welcome: str, counted: str, left: str) -> None:
        with connect(url, proxy=None) as bob:
            self.assertEqual(bob.recv(10), welcome)
            with connect(url, proxy=None) as ann:
                self.assertEqual(ann.recv(10), welcome)
                ann.send("Ann")
                self.assertEqual(self.next_but_the_service(ann), counted)
            self.assertEqual(self.next_but_the_service(bob), left)

    def next_but_the_service(self, client) -> str:
        """Give the next message that is not from the global service, which runs as the clock will have it."""
        while (message := client.recv(10)) in ("still here?", "toujours là ?"):
            pass
        return str(message)

    def test_tls(self):
        """With a certificate the second command serves wss:."""
        made = self.python("-m", "wstwist.certificate", ".")
        self.assertEqual(made.returncode, 0, made.stderr)
        command = "twistd -n wsproject --tls-port 9443 --cert cert.pem --key key.pem room:Room"
        tls_port = self.port = free_port()
        args = [str(tls_port) if word == "9443" else word for word in self.serve(command)]
        with self.running(*args):
            trust = ssl.create_default_context(cafile=str(self.folder / "cert.pem"))
            with connect(f"wss://localhost:{tls_port}/Room", ssl=trust, proxy=None) as client:
                self.assertEqual(client.recv(10), "Welcome! What is your name?")

    def test_the_clients(self):
        """discussion.py and talk.py say what their projects answer."""
        args = [str(self.port) if word == "9000" else word for word in self.serve(COMMAND)]
        with self.running(*args):
            for name, *lines in (
                (
                    "discussion.py",
                    "Réponse du serveur : Bienvenue ! Votre nom ?",
                    "Puis : Bonjour, vous êtes le numéro 1",
                    "Réception d'un message : Bienvenue ! Votre nom ?",
                    "Réception d'un message : Envoi depuis le callback, vous êtes le numéro 2",
                    "Fermeture du socket",
                ),
                ("talk.py", "Welcome! What is your name?", "Hello, you are number 1"),
            ):
                done = self.python(name)
                said = [line.strip() for line in done.stdout.splitlines() if not is_the_service(line)]
                self.assertEqual((said, done.stderr), (lines, ""))
        nobody = self.python("talk.py")
        self.assertIn(f"ws://localhost:{self.port}/Room: ", nobody.stdout)

    def test_types(self):
        """Both projects pass mypy --strict."""
        self.check_types()

    def test_links(self):
        """Every file that it links to is there."""
        self.check_links()

    def test_the_names(self):
        """Each function, member and event stands in it, with accents or without."""
        written = {plain(code) for code in re.findall(r"`([^`\n]+)`", WEBDEV.text)}
        members = [f"client.{name}" for name in vars(Members) if not name.startswith("_")]
        events = fr.ProjetWebSocket._spellings
        for name in (*en.__all__, *fr.__all__, *members, *events, *events.values()):
            self.assertTrue(any(code.startswith(plain(name)) for code in written), name)


def is_the_service(line: str) -> bool:
    """Tell whether a line is the global service's, which runs as the clock will have it."""
    return line.endswith(("still here?", "toujours là ?"))


def plain(name: str) -> str:
    """Take the accents off a name."""
    return "".join(filter(str.isascii, unicodedata.normalize("NFKD", name)))
