# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The code of docs/clients.md runs as it stands there, and it names what there is."""

import re
import subprocess
import sys
import time
from dataclasses import fields

import wstwist
from tests.documents import Document, DocumentCase
from wstwist import ConnectError, Connection, Reconnect
from wstwist.connection.keywords import Keywords
from wstwist.connection.options import Options

CLIENTS = Document("docs/clients.md")
README = Document("README.md")


class Clients(DocumentCase):
    """What somebody who connects copies works."""

    document = CLIENTS

    def setUp(self):
        super().setUp()
        (self.folder / "chat.py").write_text(README.files["chat.py"], encoding="utf-8")
        command = "twistd -n wsproject chat:Chat"
        self.document = README
        self.server = self.serve(command, "--port", str(self.port))
        self.document = CLIENTS

    def test_talking(self):
        """talk.py talks to the README's chat."""
        with self.running(*self.server):
            talk = self.python("talk.py")
        self.assertEqual(talk.stdout, "Welcome! What is your name?\nAnn, you are number 1\n", talk.stderr)

    def test_listening(self):
        """listen.py waits for its server, and comes back when that does."""
        listen = subprocess.Popen(
            [sys.executable, "listen.py"],
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            for lines in (
                ["Welcome! What is your name?", "Ann, you are number 1"],
                ["lost: 1001", "back", "Welcome! What is your name?", "Ann again, you are number 1"],
            ):
                with self.running(*self.server):
                    self.assertEqual([listen.stdout.readline().rstrip("\n") for _ in lines], lines)
                    time.sleep(0.1)
        finally:
            listen.kill()
            listen.communicate()

    def test_types(self):
        """Its Python passes mypy --strict."""
        self.check_types()

    def test_links(self):
        """Every file that it links to is there."""
        self.check_links()

    def test_the_names(self):
        """Each option stands in it with its default, and each error."""
        rows = dict(re.findall(r"^\| `(\w+)`.*? \| (.*?) \|", CLIENTS.text, re.MULTILINE))
        for option in fields(Options):
            if option.name != "key":
                self.assertIn(option.name, rows)
        for name, default in rows.items():
            if re.fullmatch(r"[\d.]+ s", default):
                self.assertEqual(getattr(Options, name), float(default.split()[0]), name)
        self.assertEqual(set(Keywords.__annotations__), {option.name for option in fields(Options)})
        for error in ConnectError.__subclasses__():
            self.assertIn(f"`{error.__name__}`", CLIENTS.text)
            self.assertIs(getattr(wstwist, error.__name__), error)
        for field in fields(Reconnect):
            if field.name != "random":
                self.assertRegex(CLIENTS.text, rf"`{field.name}[`(]|{field.name}=")
        for name in ("send", "receive", "close", "is_open", "close_code"):
            self.assertIn(f"connection.{name}", CLIENTS.text)
            self.assertTrue(hasattr(Connection, name))
