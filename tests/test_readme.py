# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The README's code runs as it stands there."""

import re
import signal
import subprocess
import sys
import tempfile

from websockets.sync.client import connect

from tests.documents import ROOT, Document, DocumentCase, free_port

README = Document("README.md")


class Readme(DocumentCase):
    """What a new user copies works."""

    document = README

    def test_the_project_and_its_client(self):
        """chat.py is served by the command beside it, and talk.py talks to it."""
        with self.running(*self.serve("twistd -n wsproject chat:Chat", "--port", str(self.port))):
            talk = self.python("talk.py")
        self.assertEqual(talk.stdout, "Welcome! What is your name?\nAnn, you are number 1\n", talk.stderr)

    def test_the_guestbook(self):
        """guestbook.py keeps lines in its database."""
        command = "twistd -n wsproject --listen unix:/run/chat.sock chat:Chat guestbook:Guestbook"
        args = [
            word.replace("unix:/run/chat.sock", f"tcp:{self.port}:interface=127.0.0.1")
            for word in self.serve(command)
        ]
        with self.running(*args):
            for number in (1, 2):
                with connect(f"ws://127.0.0.1:{self.port}/Guestbook", proxy=None) as book:
                    book.send("a line")
                    self.assertEqual(book.recv(), f"{number} lines")
        self.assertTrue((self.folder / "guestbook.db").exists())

    def test_the_configuration(self):
        """wstwist.toml serves the project at another path."""
        with (
            self.running(*self.serve("twistd -n wsproject --config wstwist.toml")),
            connect(f"ws://127.0.0.1:{self.port}/talk", proxy=None) as chat,
        ):
            self.assertEqual(chat.recv(), "Welcome! What is your name?")
        self.assertIn("every 30 s", self.output)

    def test_tls(self):
        """The certificate that is made serves TLS with the options that the README names."""
        self.assertIn("python -m wstwist.certificate FOLDER", README.text)
        made = self.python("-m", "wstwist.certificate", ".")
        self.assertEqual(made.returncode, 0, made.stderr)
        command = "twistd -n wsproject --port 9000 --tls-port 9443 --cert cert.pem --key key.pem chat:Chat"
        tls_port = str(free_port())
        args = [{"9000": str(self.port), "9443": tls_port}.get(word, word) for word in self.serve(command)]
        with self.running(*args, port=int(tls_port)):
            import ssl

            trust = ssl.create_default_context(cafile=str(self.folder / "cert.pem"))
            with connect(f"wss://localhost:{tls_port}/Chat", ssl=trust, proxy=None) as chat:
                self.assertEqual(chat.recv(), "Welcome! What is your name?")

    def test_the_program(self):
        """program.py serves the project, and its shutdown stops it."""
        with tempfile.TemporaryFile() as output:
            program = subprocess.Popen(
                [sys.executable, "program.py"],
                cwd=self.folder,
                env=self.environment(),
                stdout=output,
                stderr=output,
            )
            try:
                self.wait_for_port(program, self.port)
                with connect(f"ws://127.0.0.1:{self.port}/Chat", proxy=None) as chat:
                    self.assertEqual(chat.recv(), "Welcome! What is your name?")
                    program.send_signal(signal.SIGTERM)
                    with self.assertRaisesRegex(Exception, "1001"):
                        chat.recv(timeout=15)
                program.wait(20)
            finally:
                program.kill()
                program.wait()

    def test_the_tests(self):
        """test_chat.py passes in unittest, pytest and trial."""
        for runner in (["unittest"], ["pytest", "-q", "-p", "no:cacheprovider"], ["twisted.trial"]):
            result = self.python(
                "-m", *runner, *(["test_chat.py"] if runner[0] == "pytest" else ["test_chat"])
            )
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_types(self):
        """The README's Python passes mypy --strict."""
        self.check_types("program.py", "talk.py")

    def test_links(self):
        """Every file that the README links to is there."""
        self.check_links()

    def test_make(self):
        """The two commands are targets of the Makefile."""
        targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        for command in ("make serve", "make test"):
            self.assertIn(command, README.commands)
            self.assertIn(command.split()[1], targets)
