# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist new`` and ``wstwist cert``: what they make, and that it works."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import SkipTest

from cryptography import x509

from tests.commanded import PROGRAM, CommandCase, Serving, environment
from tests.processes import PATIENCE, ROOT, until
from wstwist.template import fill

FILES = ["chat.py", "test_chat.py", "wstwist.toml", "README.md", ".gitignore"]
PAGE = ["web/index.html", "web/page.js", "web/style.css", "web/icon.svg"]
VARIANTS = ((), ("--without-database",), ("--no-page",), ("--without-database", "--no-page"))


class NewCase(CommandCase):
    def run_in(self, folder: Path, *command: str) -> str:
        """Run a program of Python's in a folder, which must succeed, and give what it says."""
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=folder,
            env=environment(PYTHONDONTWRITEBYTECODE="1", MYPYPATH=str(ROOT)),
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def make(self, *options: str, name: str = "Chat", folder: str = "chat") -> Path:
        """Make a project."""
        self.wstwist("new", name, "--yes", "--directory", folder, *options)
        return self.folder / folder


class NewTests(NewCase):
    def test_its_tests_pass(self) -> None:
        """In all variants the tests pass in pytest and in trial, and there is nothing to complain about."""
        for number, options in enumerate(VARIANTS):
            folder = self.make(*options, folder=f"chat{number}")
            self.assertIn("5 passed", self.run_in(folder, "pytest", "-q", "-p", "no:cacheprovider"))
            self.assertIn("successes=5", self.run_in(folder, "twisted.trial", "test_chat"))
            self.assertEqual(
                self.wstwist("check", "--strict", folder=folder), "nothing to complain about\n", options
            )

    def test_it_is_lint_free(self) -> None:
        """In all variants ruff, with our own rules for examples, and mypy --strict have nothing to say."""
        for program in ("ruff", "mypy"):
            if not self.is_installed(program):
                raise SkipTest(f"{program} is not installed")
        rules = f"--config={ROOT}/pyproject.toml", "--no-cache"
        for number, options in enumerate(VARIANTS):
            folder = self.make(*options, folder=f"chat{number}")
            self.run_in(folder, "ruff", "check", *rules, "--ignore=ARG002,D1,INP,PT009,RUF012", ".")
            self.run_in(folder, "ruff", "format", *rules, "--check", ".")
            self.run_in(folder, "mypy", "--strict", "--config-file=", "--cache-dir=../cache", ".")

    def is_installed(self, program: str) -> bool:
        done = subprocess.run([sys.executable, "-m", program, "--version"], capture_output=True, check=False)
        return done.returncode == 0

    def test_what_is_made(self) -> None:
        """The files are named; the README has three lines, and tokens never go into a repository."""
        made = self.json("new", "MyChat", "--port", "8000", "--yes")
        files = [name.replace("chat", "my_chat") for name in FILES] + PAGE
        self.assertEqual(
            made,
            {
                "project": "MyChat",
                "import": "my_chat:MyChat",
                "directory": "my_chat",
                "files": files,
                "url": "ws://localhost:8000/MyChat",
                "page": "http://localhost:8000/",
            },
        )
        folder = self.folder / "my_chat"
        self.assertEqual(
            sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()),
            sorted(files),
        )
        self.assertEqual(len((folder / "README.md").read_text().splitlines()), 3)
        self.assertIn("wstwist.tokens\n", (folder / ".gitignore").read_text())
        for path in folder.rglob("*.*"):
            if path.is_file():
                self.assertNotRegex(path.read_text(), r"\{\{\w|^%|%if", path)

    def test_without_a_page(self) -> None:
        """Without a page and a database nothing is said of them."""
        folder = self.make("--no-page", "--without-database")
        self.assertFalse((folder / "web").exists())
        text = "".join((folder / name).read_text() for name in FILES[:4])
        for word in ("web", "sqlalchemy", "sqlite", "database", "http:"):
            self.assertNotIn(word, text)

    def test_names(self) -> None:
        """A name is made of what is said; one that means something else already is refused in one line."""
        for name, module in (("my-chat", "my_chat:MyChat"), ("board", "board:Board"), ("X2Y", "x2_y:X2Y")):
            self.assertEqual(self.json("new", name, "--yes")["import"], module)
        for name, why in (
            ("2Chat", "is no name for a project"),
            ("chat/x", "is no name for a project"),
            ("", "is no name for a project"),
            ("Chät", "is no name for a project"),
            ("Project", "means something else already"),
            ("json", "would hide"),
            ("Twisted", "would hide"),
            ("test", "would hide"),
            ("class", "is a word of Python"),
        ):
            said = self.wstwist("new", name, "--yes", status=1)
            self.assertRegex(said, rf"\Awstwist: .*{why}.*\n\Z")

    def test_a_folder_that_is_not_empty(self) -> None:
        """Nothing is ever written over."""
        self.make()
        (self.folder / "chat" / "chat.py").write_text("mine")
        said = self.wstwist("new", "Chat", "--yes", status=1)
        self.assertEqual(
            said, "wstwist: chat is not empty (.gitignore is there); name another folder with --directory\n"
        )
        self.assertEqual((self.folder / "chat" / "chat.py").read_text(), "mine")
        self.write("file", "")
        self.assertIn(
            "Not a directory", self.wstwist("new", "Chat", "--directory", "file", "--yes", status=1)
        )
        (self.folder / "empty").mkdir()
        self.make(folder="empty")

    def test_questions(self) -> None:
        """On a terminal it asks what no option says."""
        if os.name != "posix":
            raise SkipTest("there are no pseudo-terminals")
        said, status = self.talk(["new", "Chat", "--port", "8123"], "room\n", "n\n", "n\n")
        self.assertEqual(status, 0, said)
        for question in ("Folder [chat]: ", "database (SQLite)? [Y/n]: ", "web page? [Y/n]: "):
            self.assertIn(question, said)
        self.assertNotIn("Port", said)
        folder = self.folder / "room"
        self.assertEqual(sorted(path.name for path in folder.iterdir()), sorted(FILES))
        self.assertIn("port = 8123", (folder / "wstwist.toml").read_text())
        self.assertNotIn("sqlalchemy", (folder / "chat.py").read_text())

    def test_an_interrupted_question(self) -> None:
        """Ctrl-C at a question makes nothing, and the status is 130."""
        if os.name != "posix":
            raise SkipTest("there are no pseudo-terminals")
        said, status = self.talk(["new", "Chat"], "\x03")
        self.assertEqual(status, 130, said)
        self.assertNotIn("Traceback", said)
        self.assertEqual([*self.folder.iterdir()], [])

    def talk(self, arguments: list[str], *answers: str) -> tuple[str, int]:
        """Run it on a terminal, answer its questions, and give what stands there, and the status."""
        import pty

        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(sys.executable, [*PROGRAM, *arguments], environment())
        said = ""
        waiting = list(answers)
        while True:
            try:
                part = os.read(terminal, 10_000)
            except OSError:  # Linux's end of a terminal
                part = b""
            if not part:
                break
            said += part.decode()
            if waiting and said.endswith(": "):
                os.write(terminal, waiting.pop(0).encode())
        os.close(terminal)
        return said, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def test_examples(self) -> None:
        """The examples of the help make projects."""
        for example in self.examples("new"):
            self.wstwist(*example)

    def test_templates(self) -> None:
        """Of a template only the parts that are wanted are left, and words are replaced."""
        template = "a {{x}}\nb%if one\n%if two\nc\n%end\nd%if two\n%if one\ne\n%end\nf\n"
        self.assertEqual(fill(template, {"x": "1"}, ["one"]), "a 1\nb\ne\nf\n")
        self.assertEqual(fill(template, {"x": "1"}, ["two"]), "a 1\nc\nd\nf\n")


class CertTests(NewCase):
    def test_a_certificate(self) -> None:
        """A certificate is made once, serves TLS, and its key is for its owner alone."""
        made = self.json("cert", "keys")
        self.assertEqual((made["cert"], made["key"]), ("keys/cert.pem", "keys/key.pem"))
        until_ = datetime.fromisoformat(made["valid_until"])
        self.assertGreater(until_, datetime.now(UTC) + timedelta(days=300))
        cert, key = self.folder / made["cert"], self.folder / made["key"]
        self.assertEqual(x509.load_pem_x509_certificate(cert.read_bytes()).not_valid_after_utc, until_)
        if os.name == "posix":
            self.assertEqual(key.stat().st_mode & 0o777, 0o600)
        before = key.read_bytes()
        self.assertIn("keys/cert.pem and keys/key.pem are good until ", self.wstwist("cert", "keys"))
        self.assertEqual(key.read_bytes(), before)
        serving = Serving(
            self.folder,
            *("--tls-port=0", "--cert", str(cert), "--key", str(key), "--interface=127.0.0.1", "--admin=off"),
            WSTWIST_DEMO_DATABASE="sqlite:///:memory:",
        )
        self.addCleanup(serving.kill)
        serving.wait_for(" at wss://")

    def test_where_it_cannot_be(self) -> None:
        """A folder that cannot be written is one line."""
        self.write("file", "")
        self.assertRegex(
            self.wstwist("cert", "file/x", status=1), r"\Awstwist: file/x: no certificate .*\n\Z"
        )

    def test_examples(self) -> None:
        """The examples of the help work."""
        for example in self.examples("cert"):
            self.wstwist(*example)


class ServedTests(NewCase):
    def test_it_serves(self) -> None:
        """What was made is served as its README says, keeps what is said, and is for this machine alone."""
        from websockets.sync.client import connect

        folder = self.make()
        serving = Serving(folder, "--port=0", "--admin=off")
        self.addCleanup(serving.kill)
        serving.wait_for("Chat at ws://localhost:")
        port = int(serving.said.partition("ws://localhost:")[2].partition("/")[0])
        with connect(f"ws://127.0.0.1:{port}/Chat?name=Ann", proxy=None) as ann:
            ann.send('{"text": "Hello!"}')
            told = until(lambda: [m for m in [ann.recv(PATIENCE)] if '"line"' in m], "the line")
            self.assertEqual(told, ['{"type": "line", "name": "Ann", "text": "Hello!"}'])
        self.assertEqual(serving.stop(), 0)
        self.assertTrue((folder / "chat.db").exists())
