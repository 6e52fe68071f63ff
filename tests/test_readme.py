# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The README's code runs as it stands there."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from twisted.trial.unittest import TestCase
from websockets.sync.client import connect

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
TWISTD = str(Path(sysconfig.get_path("scripts")) / "twistd")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def files() -> dict[str, str]:
    """Give the blocks that begin with a file's name."""
    found = {}
    for _, text in BLOCKS:
        name = re.match(r"# (\S+\.\w+)\n", text)
        if name:
            found[name[1]] = text
    return found


def commands() -> list[str]:
    """Give the lines of console blocks."""
    return [line[2:] for kind, text in BLOCKS if kind == "console" for line in text.splitlines()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Readme(TestCase):
    """What a new user copies works."""

    timeout = 60

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.port = free_port()
        for name, text in files().items():
            (self.folder / name).write_text(text.replace("9000", str(self.port)))

    def python(self, *args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *args],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=40,
            check=False,
        )

    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}

    @contextmanager
    def running(self, *args: str) -> Iterator[None]:
        """Run a server until its port answers, and stop it at the end; its exit status is 0."""
        with tempfile.TemporaryFile() as output:
            server = subprocess.Popen(
                [sys.executable, *args], cwd=self.folder, env=self.environment(), stdout=output, stderr=output
            )
            try:
                self.wait_for_port(server)
                yield
                server.send_signal(signal.SIGTERM)
                status = server.wait(20)
            finally:
                server.kill()
                server.wait()
                output.seek(0)
                self.output = output.read().decode()
        self.assertEqual(status, 0, self.output)

    def wait_for_port(self, server: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and server.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        self.fail("the server does not answer")

    def serve(self, command: str, *more: str) -> "list[str]":
        """Give the arguments for one of the README's twistd commands, on a free port."""
        self.assertIn(command, commands())
        words = command.split()
        self.assertEqual(words[:3], ["twistd", "-n", "wsproject"])
        return [TWISTD, "-n", "--pidfile=", "wsproject", *more, *words[3:]]

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
        self.assertIn("python -m wstwist.certificate FOLDER", README)
        made = self.python("-m", "wstwist.certificate", ".")
        self.assertEqual(made.returncode, 0, made.stderr)
        command = "twistd -n wsproject --port 9000 --tls-port 9443 --cert cert.pem --key key.pem chat:Chat"
        tls_port = str(free_port())
        args = [{"9000": str(self.port), "9443": tls_port}.get(word, word) for word in self.serve(command)]
        with self.running(*args):
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
                self.wait_for_port(program)
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
        names = [name for name in files() if name.endswith(".py") and name not in ("program.py", "talk.py")]
        result = self.python("-m", "mypy", "--strict", "--cache-dir", str(self.folder / ".mypy"), *names)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_links(self):
        """Every file that the README links to is there."""
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
            self.assertTrue((ROOT / target).exists(), target)

    def test_make(self):
        """The two commands are targets of the Makefile."""
        targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        for command in ("make serve", "make test"):
            self.assertIn(command, commands())
            self.assertIn(command.split()[1], targets)
