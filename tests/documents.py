# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What tests of documents share: their code, as it stands there, in a folder of its own."""

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

ROOT = Path(__file__).parent.parent
TWISTD = str(Path(sysconfig.get_path("scripts")) / "twistd")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Document:
    """The code in a document.

    Attributes:
        text: All of it.
        files: The blocks that begin with a file's name, by that name.
        commands: The lines of console blocks.
    """

    def __init__(self, name: str) -> None:
        self.folder = (ROOT / name).parent
        self.text = (ROOT / name).read_text(encoding="utf-8")
        blocks = re.findall(r"^```(\w+)\n(.*?)^```$", self.text, re.DOTALL | re.MULTILINE)
        named = ((re.match(r"# (\S+\.\w+)\n", text), text) for _, text in blocks)
        self.files = {name[1]: text for name, text in named if name}
        self.commands = [line[2:] for kind, text in blocks if kind == "console" for line in text.splitlines()]


class DocumentCase(TestCase):
    """A test with the files of a document in a folder of their own; their port is a free one.

    Attributes:
        document: The document.
    """

    document: Document
    timeout = 60

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.port = free_port()
        for name, text in self.document.files.items():
            (self.folder / name).write_text(text.replace("9000", str(self.port)), encoding="utf-8")

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
    def running(self, *args: str, port: int | None = None) -> Iterator[None]:
        """Run a server, from when a port answers, and stop it at the end; its exit status is 0."""
        with tempfile.TemporaryFile() as output:
            server = subprocess.Popen(
                [sys.executable, *args], cwd=self.folder, env=self.environment(), stdout=output, stderr=output
            )
            try:
                self.wait_for_port(server, port or self.port)
                yield
                server.send_signal(signal.SIGTERM)
                status = server.wait(20)
            finally:
                server.kill()
                server.wait()
                output.seek(0)
                self.output = output.read().decode()
        self.assertEqual(status, 0, self.output)

    def wait_for_port(self, server: "subprocess.Popen[bytes]", port: int) -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and server.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        self.fail("the server does not answer")

    def serve(self, command: str, *more: str) -> "list[str]":
        """Give the arguments for one of the document's twistd commands, and more."""
        self.assertIn(command, self.document.commands)
        words = command.split()
        self.assertEqual(words[:3], ["twistd", "-n", "wsproject"])
        return [TWISTD, "-n", "--pidfile=", "wsproject", *more, *words[3:]]

    def check_types(self, *without: str) -> None:
        """Have mypy --strict check the document's Python, except some files."""
        names = [name for name in self.document.files if name.endswith(".py") and name not in without]
        result = self.python("-m", "mypy", "--strict", "--cache-dir", str(self.folder / ".mypy"), *names)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def check_links(self) -> None:
        """See whether every file that the document links to is there."""
        for target in re.findall(r"\]\((?!http)([^)#]+)[^)]*\)", self.document.text):
            self.assertTrue((self.document.folder / target).exists(), target)
