# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The command line ``wstwist``, run as a process."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import SkipTest

from twisted.trial.unittest import TestCase

from tests.processes import PATIENCE, ROOT, until

PROGRAM = (sys.executable, "-m", "wstwist.cli")


def environment(**variables: str) -> dict[str, str]:
    """Give an environment in which a process finds wstwist, and writes no colours."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **variables}


class CommandCase(TestCase):
    """Tests that run ``wstwist`` in a folder of their own.

    Attributes:
        folder: It.
    """

    timeout = 120

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(TemporaryDirectory(prefix="wstwist-test-"))).resolve()

    def write(self, name: str, text: str) -> Path:
        """Write a file in the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def wstwist(self, *arguments: str, status: int = 0, folder: Path | None = None) -> str:
        """Run it, compare its exit status, and give what it said on stdout; else on stderr."""
        done = subprocess.run(
            [*PROGRAM, *arguments],
            cwd=folder or self.folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        return done.stdout or done.stderr

    def json(self, *arguments: str, status: int = 0) -> Any:
        """Run it with ``--json``, and give what it said."""
        return json.loads(self.wstwist(*arguments, "--json", status=status))

    def examples(self, command: str) -> list[list[str]]:
        """Give the examples of a command's help, as arguments."""
        _, _, examples = self.wstwist(command, "--help").partition("Examples:\n")
        lines = [line.split() for line in examples.splitlines() if line]
        self.assertTrue(lines)
        self.assertTrue(all(line[:2] == ["wstwist", command] for line in lines))
        return [line[1:] for line in lines]


class Serving:
    """``wstwist serve``, running.

    Args:
        folder: Where.
        arguments: Its arguments.
        variables: What is added to its environment.
    """

    def __init__(self, folder: Path, *arguments: str, **variables: str) -> None:
        self._log = folder / "serve.log"
        with self._log.open("wb") as file:
            self.process = subprocess.Popen(
                [*PROGRAM, "serve", *arguments],
                cwd=folder,
                env=environment(**variables),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        """What it has said."""
        return self._log.read_text()

    def wait_for(self, text: str, times: int = 1) -> None:
        """Wait until it has said something."""
        until(lambda: self.said.count(text) >= times or self.process.poll() is not None, text)
        assert self.said.count(text) >= times, self.said

    @property
    def children(self) -> list[str]:
        """The ids of the processes that it has started."""
        pid = self.process.pid
        found = Path(f"/proc/{pid}/task/{pid}/children")
        if not found.exists():
            raise SkipTest("there is no /proc that tells of children")
        return found.read_text().split()

    def settle(self) -> None:
        """Wait until the process that will be the next server waits for its turn, and is busy no more."""
        until(lambda: len(self.children) == 2, "two processes")
        spent: dict[str, str] = {}

        def is_idle() -> bool:
            before = dict(spent)
            spent.update((pid, _times(pid)) for pid in self.children)
            time.sleep(0.2)
            return before == spent

        until(is_idle, "an idle process")

    def stop(self, number: int = 15) -> int:
        """End it by a signal, and give its status."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """End it, if it still runs, and whatever it has started: that follows it."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self.process.poll() is None:
                self.process.terminate()
            self.process.wait(5)
            return
        self.process.kill()
        self.process.wait()


def _times(pid: str) -> str:
    """Give what a process has used of the processor."""
    with contextlib.suppress(OSError):
        return str(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13])
    return ""
