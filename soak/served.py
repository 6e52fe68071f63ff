# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A server in a process of its own, and what the operating system knows of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOST = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - for clients that come from a network of their own
TRANSPORTS = {"epoll": ("--reactor=epoll",), "fast": ()}
"""Twisted's epoll reactor with its own transports; uvloop with aiofastnet's. What twistd is told for each."""

_TWISTD = str(Path(sysconfig.get_path("scripts")) / "twistd")
_START = 30.0
_TICKS = os.sysconf("SC_CLK_TCK")
_KIB = 1024


class ServerError(Exception):
    """A server does not start, or does not stop."""


class Process:
    """What the operating system knows of a process.

    Args:
        pid: Its number.
    """

    def __init__(self, pid: int) -> None:
        """Remember the number."""
        self.pid = pid
        self._folder = Path(f"/proc/{pid}")

    @property
    def memory(self) -> int:
        """Its resident memory, in bytes."""
        return self._status("VmRSS")

    @property
    def most_memory(self) -> int:
        """The most resident memory that it had since `forget_most_memory`, in bytes."""
        return self._status("VmHWM")

    def forget_most_memory(self) -> None:
        """Measure `most_memory` from now on."""
        (self._folder / "clear_refs").write_text("5")

    @property
    def cpu(self) -> float:
        """The CPU time that it has used, in seconds."""
        fields = (self._folder / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    @property
    def descriptors(self) -> int:
        """How many files and sockets it has open."""
        return len(list((self._folder / "fd").iterdir()))

    def _status(self, name: str) -> int:
        lines = (self._folder / "status").read_text().splitlines()
        return next(int(line.split()[1]) * _KIB for line in lines if line.startswith(f"{name}:"))


class Served:
    """A running server.

    Args:
        folder: Where it runs; its log is there.
        command: What is run; it writes a line with the address that it serves at.
        host: The address at which it listens.

    Attributes:
        process: What the operating system knows of it.
        port: Where it listens.
    """

    def __init__(self, folder: Path, command: Sequence[str], host: str = HOST) -> None:
        """Start it, and wait until it serves.

        Raises:
            ServerError: It does not.
        """
        self.host = host
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._child = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.process = Process(self._child.pid)
        try:
            self.port = self._await()
        except BaseException:
            self.stop()
            raise

    def _await(self) -> int:
        end = time.monotonic() + _START
        while not (found := re.search(r" at wss?://\S+?:(\d+)/", self.log)):
            if self._child.poll() is not None or time.monotonic() > end:
                raise ServerError(f"the server does not start: {self.log}")
            time.sleep(0.02)
        return int(found[1])

    @property
    def log(self) -> str:
        """What it has written."""
        return self._log.read_text(errors="replace")

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._child.poll() is None

    def stop(self) -> int:
        """End it as an operator would, and give its exit status; one that does not end is killed."""
        if self.is_alive:
            self._child.send_signal(signal.SIGTERM)
        try:
            return self._child.wait(20)
        except subprocess.TimeoutExpired:
            self._child.kill()
            return self._child.wait()


def serve(
    folder: Path, transport: str, *projects: str, host: str = HOST, options: Sequence[str] = ()
) -> Served:
    """Start ``twistd wsproject``.

    Args:
        folder: Where it runs.
        transport: One of `TRANSPORTS`.
        projects: What it serves, MODULE:CLASS.
        host: The address at which it listens, on a free port.
        options: Further ones of ``wsproject``.
    """
    where = ("wsproject", f"--interface={host}", "--port=0", *options)
    command = (sys.executable, _TWISTD, "-n", "--pidfile=", *TRANSPORTS[transport], *where, *projects)
    served = Served(folder, command, host)
    if transport == "fast" and "uvloop" not in served.log:
        served.stop()
        raise ServerError("uvloop is not installed: there is no fast transport")
    return served
