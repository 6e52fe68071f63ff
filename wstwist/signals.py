# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What signals do to ``twistd wsproject``; a program that embeds wstwist keeps its own handlers.

The first SIGTERM or SIGINT stops the reactor, and that stops the services before; the process exits with 0,
in bounded time. The second exits with 1 at once. SIGHUP reloads.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from twisted.internet.error import ReactorNotRunning
from twisted.logger import Logger

Handler = Callable[[int, FrameType | None], None]

_log = Logger(namespace="wstwist")


class Signals:
    """The handlers.

    twistd's own would exit with the signal's status, 143, and meet a second signal with a traceback.

    Args:
        reactor: What is to be stopped; twistd has it stop the services before.
        clean_up: What is to be done when the process ends other than by the reactor's end.
        exit: What ends the process.

    Attributes:
        limit: Seconds after which the process ends when it is to stop, whatever still runs.
        reload: What SIGHUP does.
    """

    def __init__(
        self,
        reactor: Any,
        clean_up: Callable[[], None] = lambda: None,
        exit: Callable[[int], object] = os._exit,  # noqa: A002 - it is the thing itself
    ) -> None:
        """Prepare; the handlers are not installed yet."""
        self._reactor = reactor
        self.limit = 0.0
        self.reload: Callable[[], object] = lambda: None
        self._clean_up = clean_up
        self._exit = exit
        self._again: Callable[[], object] | None = None
        self._stopping = False
        self._stopped = False
        # Now, so that it comes before the end of the reactor's threads, which waits for them.
        reactor.addSystemEventTrigger("during", "shutdown", self._on_stopped)

    def install(self, limit: float) -> None:
        """Take over what Twisted has installed; to be called once the reactor runs.

        SIGINT is left alone where somebody else handles it, or a shell had it ignored.

        Args:
            limit: Seconds after which the process ends, whatever still runs. Code that holds the reactor, and
                threads that are not daemons, would otherwise keep it for ever.
        """
        self.limit = limit
        for name in ("SIGTERM", "SIGBREAK"):
            self._handle(name, self._on_stop)
        if signal.getsignal(signal.SIGINT) == self._reactor.sigInt:
            self._handle("SIGINT", self._on_stop)
        self._handle("SIGHUP", self._on_reload)

    def begin_again(self, execute: Callable[[], object]) -> None:
        """Stop as the first SIGTERM has it, and then begin again; a SIGTERM meanwhile has it end instead.

        Args:
            execute: Replaces what this process runs.
        """
        if self._stopping:
            return
        self._stopping = True
        self._again = execute
        self._reactor.addSystemEventTrigger("after", "shutdown", self._execute)
        _thread.start_new_thread(self._watch, ())
        self._reactor.callLater(0, self._stop, "stopping, to begin again")

    def _execute(self) -> None:
        """Begin again, if that is still wanted; what cannot is logged, and ends."""
        if self._again is None:
            return
        for last in (sys.stdout.flush, sys.stderr.flush):
            with suppress(Exception):
                last()
        try:
            self._again()
        except OSError:
            _log.failure("The server cannot begin again")
            self._end(1)

    def _handle(self, name: str, handler: Handler) -> None:
        if hasattr(signal, name):  # SIGHUP is not everywhere, SIGBREAK only on Windows
            signal.signal(getattr(signal, name), handler)

    def _on_stop(self, number: int, _frame: FrameType | None) -> None:
        if self._again is not None:
            self._again = None
            self._reactor.callFromThread(_log.info, "stopping, and not to begin again")
            return
        if self._stopping:
            with suppress(Exception):  # it may interrupt the very code that writes the log
                _log.warn("{name}: ended at once", name=signal.Signals(number).name)
            self._end(1)
            return
        self._stopping = True
        # Not threading.Thread: its locks may be held by the very code that the signal interrupts.
        _thread.start_new_thread(self._watch, ())
        name = signal.Signals(number).name
        self._reactor.callFromThread(self._stop, f"{name}: stopping; a second one ends it at once")

    def _stop(self, why: str) -> None:
        _log.info("{why}", why=why)
        with suppress(ReactorNotRunning):  # somebody else has stopped it
            self._reactor.stop()

    def _on_stopped(self) -> None:
        """Learn that the services have stopped."""
        self._stopped = True

    def _watch(self) -> None:
        """End the process when the time is over; in a thread of its own."""
        time.sleep(self.limit)
        if not self._stopped:
            _log.error("Not stopped within {limit} s: something holds the reactor", limit=self.limit)
        self._execute()
        self._end(0 if self._stopped else 1)

    def _on_reload(self, _number: int, _frame: FrameType | None) -> None:
        self._reactor.callFromThread(self.reload)

    def end(self, status: int) -> None:
        """End the process, now."""
        self._end(status)

    def _end(self, status: int) -> None:
        for last in (self._clean_up, sys.stdout.flush, sys.stderr.flush):
            with suppress(Exception):
                last()
        self._exit(status)
