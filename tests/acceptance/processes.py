# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``twistd wsproject`` in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path
from textwrap import dedent
from time import monotonic

import wstwist
from tests.acceptance import WANTED
from tests.support import Place, until

ROOT = Path(wstwist.__file__).parents[1]
TWISTD = str(Path(sysconfig.get_path("scripts")) / "twistd")
START_TIME = 20.0
"""Seconds in which a server has started."""


class Server:
    """A server that is a process; it writes its log into a file.

    Args:
        place: Where it listens; the folder is its current one.
        module: The module with the project, in source.
        project: The project's class.
    """

    def __init__(self, place: Place, module: str, project: str) -> None:
        """Prepare; `start` starts it."""
        self._place = place
        self._project = project
        self._log = place.folder / "log"
        (place.folder / "served.py").write_text(dedent(module))

    async def start(self) -> None:
        """Start it, and wait until it serves."""
        self._spawn()
        await until(lambda: self._url() or self.status is not None, "the server's start", START_TIME)
        if self.status is not None:
            raise RuntimeError(self.log)
        port = re.search(r":(\d+)/", self._url())
        self.way = self._place.way(int(port[1]) if port else None)

    def _spawn(self) -> None:
        reactor = [f"--reactor={WANTED}"] if WANTED not in ("", "uvloop") else []
        command = [sys.executable, TWISTD, "-n", "--pidfile=", *reactor]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, "wsproject", *self._place.options, f"served:{self._project}"],
                cwd=self._place.folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def log(self) -> str:
        """What it has written."""
        return self._log.read_text()

    @property
    def status(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._process.poll()

    def terminate(self) -> float:
        """Send SIGTERM, and give the time."""
        self._process.send_signal(signal.SIGTERM)
        return monotonic()

    async def ended(self, seconds: float) -> int:
        """Wait for its end, and give the exit status."""
        await until(lambda: self.status is not None, f"the server's end; its log: {self.log}", seconds)
        return self._process.returncode

    async def kill(self) -> None:
        """End it, if it still runs."""
        if self.status is None:
            self._process.kill()
            self._process.wait(5)

    def _url(self) -> str:
        """Give the URL of the start line; empty before it is there."""
        found = re.search(rf"{self._project} at (\S+);", self.log)
        return found[1] if found else ""
