# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A worker's process, as its supervisor sees it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twisted.internet.error import ProcessExitedAlready
from twisted.internet.protocol import ProcessProtocol

from wstwist.supervising.worker import READY, RESTART, VARIABLE, Worker

_LONGEST = 1 << 20
"""Bytes of a line that is not written in pieces."""


@dataclass(frozen=True)
class Ended:
    """How a process has ended.

    Attributes:
        status: Its exit status; None: a signal has ended it.
        signal: That signal.
    """

    status: int | None
    signal: int | None

    def __str__(self) -> str:
        """Say it."""
        if self.signal is not None:
            return signal.Signals(self.signal).name
        return f"status {self.status}"


class WorkerProcess(ProcessProtocol):
    """A worker's process.

    Args:
        worker: What it is told.
        words: Its command line, behind ``twistd``.
        write: Takes whole lines of its output.
        ready: Called when it serves.
        restart: Called when all workers are to be replaced.
        ended: Called when it has ended.

    Attributes:
        slot: Its number.
        is_ready: Whether it serves.
    """

    def __init__(
        self,
        worker: Worker,
        write: Callable[[bytes], None],
        ready: Callable[[WorkerProcess], None],
        restart: Callable[[], None],
        ended: Callable[[WorkerProcess, Ended], None],
    ) -> None:
        """Start nothing yet."""
        self.slot = worker.slot
        self.is_ready = False
        self._worker = worker
        self._ready = ready
        self._restart = restart
        self._ended = ended
        self._lines = {1: _Lines(write), 2: _Lines(write)}

    def start(
        self, reactor: Any, words: Sequence[str], file: Path, sockets: Mapping[str, int], living: int
    ) -> None:
        """Start it.

        Args:
            reactor: What spawns it.
            words: Its command line, behind ``twistd``.
            file: Where what it is told is written.
            sockets: The descriptors of its sockets.
            living: The descriptor of a pipe that ends with this process.
        """
        self._worker.write(file)
        nothing = os.open(os.devnull, os.O_RDONLY)
        try:
            reactor.spawnProcess(
                self,
                sys.executable,
                [sys.executable, "-m", "wstwist.supervising.worker", *words],
                env={**os.environ, VARIABLE: str(file)},
                path=str(Path.cwd()),
                childFDs={
                    0: nothing,
                    1: "r",
                    2: "r",
                    self._worker.telling: "r",
                    self._worker.living: living,
                    **{number: number for number in sockets.values()},
                },
            )
        finally:
            os.close(nothing)

    def send(self, name: str) -> None:
        """Send it a signal, if it is still there."""
        with suppress(ProcessExitedAlready):
            self.transport.signalProcess(name)  # type: ignore[union-attr]

    @property
    def pid(self) -> int | None:
        """Its process id; None: it has ended."""
        found: int | None = getattr(self.transport, "pid", None)
        return found

    # What Twisted calls.

    def childDataReceived(self, childFD: int, data: bytes) -> None:  # noqa: N802, N803 - Twisted's names
        """Take its output, and its words."""
        if childFD in self._lines:
            self._lines[childFD].take(data)
            return
        if READY in data and not self.is_ready:
            self.is_ready = True
            self._ready(self)
        if RESTART in data:
            self._restart()

    def processEnded(self, reason: Any) -> None:  # noqa: N802 - Twisted's name
        """Know that it has ended, and that all of its output has come."""
        for lines in self._lines.values():
            lines.end()
        self._ended(self, Ended(reason.value.exitCode, reason.value.signal))


class _Lines:
    """Cuts output into lines, so that those of several workers do not mix."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._rest = b""

    def take(self, data: bytes) -> None:
        whole, newline, rest = (self._rest + data).rpartition(b"\n")
        self._rest = rest
        if newline:
            self._write(whole + newline)
        if len(rest) > _LONGEST:
            self.end()

    def end(self) -> None:
        """Write a line that was never ended."""
        rest, self._rest = self._rest, b""
        if rest:
            self._write(rest + b"\n")
