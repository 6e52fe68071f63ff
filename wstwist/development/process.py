# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A server in a process of its own, which begins in steps: see `wstwist.development.turn`."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from threading import Thread

from wstwist.development import turn

GRACE = 1.0
"""Seconds that a server has to end its clients' events when another one is to take its place."""


class Server:
    """A server in a process of its own; it waits until `load` and then until `go` is called.

    Args:
        arguments: twistd's.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        """Start it."""
        theirs, self._writing = os.pipe()
        self._reading, theirs_too = os.pipe()
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "wstwist.development.served", *arguments],
            env={
                **os.environ,
                turn.VARIABLE: f"{theirs},{theirs_too}",
                # Python tells by whole seconds whether a .pyc file is old: too coarse for quick changes.
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            pass_fds=(theirs, theirs_too),
            stdin=subprocess.DEVNULL,
            process_group=0,  # Ctrl-C is for whoever started it, who tells it
        )
        os.close(theirs)
        os.close(theirs_too)

    def load(self) -> None:
        """Have it import its projects."""
        self._write(turn.LOAD)

    def go(self) -> None:
        """Have it serve."""
        self._write(turn.GO)

    def _write(self, word: bytes) -> None:
        with suppress(BrokenPipeError):  # it has ended, which whoever waits for it sees
            os.write(self._writing, word)

    def is_ready(self, timeout: float) -> bool:
        """Whether it could serve now.

        Args:
            timeout: How many seconds to wait for that.
        """
        return self._read(timeout) == turn.READY

    def _read(self, timeout: float) -> bytes | None:
        """Wait for a word of it; empty where it has ended, None where it says nothing."""
        readable, _, _ = select.select([self._reading], [], [], timeout)
        return os.read(self._reading, 1) if readable else None

    @property
    def status(self) -> int | None:
        """Its exit status; None as long as it runs."""
        return self._process.poll()

    def send(self, number: int) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait until it has ended, and give its status; None where that takes too long."""
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(timeout)
        return None

    def stop(self) -> None:
        """Have it serve no more, within about twice `GRACE`: gracefully if that suffices, else at once.

        Its process may end a moment later.
        """
        while self._read(0):  # it has said that it had stopped, and has begun again
            pass
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
            self.send(number)
            if self._read(GRACE) is not None:
                break
        Thread(target=self._reap, name="wstwist reap").start()

    def _reap(self) -> None:
        """Wait for the end of its process, and bring it about where that takes long."""
        if self.wait(GRACE) is None:
            self._process.kill()
            self._process.wait()
        self.close()

    def discard(self) -> None:
        """End it, which has not served yet, at once."""
        self._process.kill()
        self._process.wait()
        self.close()

    def close(self) -> None:
        """Let go of what is left of it."""
        for descriptor in (self._writing, self._reading):
            with suppress(OSError):
                os.close(descriptor)
        self._writing = self._reading = -1
