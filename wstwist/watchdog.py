# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Notices that the reactor does not turn, while that is so: a thread that asks it for a sign of life."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from twisted.logger import Logger

from wstwist.stacks import context_of, show_stack

LIMIT = 1.0
"""Seconds without a turn that are worth a line in the log."""

SHARE = 0.2
"""The part of a time that code which held Python's lock has computed for, at least; others compute, too."""

NOTICED = 0.25
"""The part of the limit by which a look that Python's lock kept back is too late to see where it was held."""

_log = Logger(namespace="wstwist")


class Watchdog:
    """Asks the reactor for a sign of life, and logs where it is when there is none.

    While the whole process was stopped (SIGSTOP, a suspended machine, one with too much to do) the thread
    itself comes late, and the reactor has computed nothing meanwhile: then nobody is to blame. Code that
    holds Python's lock keeps the thread from looking; of it only the duration can be told, afterwards.

    Args:
        reactor: An `IReactorFromThreads`.
        count: Called on the reactor's thread when it was blocked, with the context whose code did it if that
            is known.
        limit: Seconds without a turn that are logged; again each time they have doubled. The reactor is
            asked twice in that time.
    """

    def __init__(
        self, reactor: Any, count: Callable[[Any], object] = lambda _context: None, limit: float = LIMIT
    ) -> None:
        """Prepare; `start` begins."""
        self._reactor = reactor
        self._count = count
        self._limit = limit
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()
        self._stopping = threading.Lock()

    def start(self) -> None:
        """Watch the calling thread, which is the reactor's."""
        if self._thread is None:
            self._stopped = threading.Event()
            self._thread = threading.Thread(
                target=self._watch,
                args=(threading.get_ident(), self._stopped),
                name="reactor-watchdog",
                daemon=True,
            )
            self._thread.start()

    def stop(self) -> None:
        """Watch no more; a second call does nothing."""
        with self._stopping:
            self._stopped.set()
        self._thread = None

    # In the thread.

    def _call(self, stopped: threading.Event, function: Callable[..., object], *args: Any) -> None:
        """Have the reactor call something; nothing any more once `stop` was called."""
        with self._stopping, suppress(RuntimeError):  # an event loop that is closed
            if not stopped.is_set():
                self._reactor.callFromThread(function, *args)

    def _watch(self, thread: int, stopped: threading.Event) -> None:
        naps = _Naps(processor_time_of(thread))
        while not naps.take(stopped, self._limit / 2):
            if naps.held > self._limit:
                self._was_held(naps.held, stopped)
            _Question(self, thread, naps, stopped).ask()

    def _was_held(self, seconds: float, stopped: threading.Event) -> None:
        """Log what could not be seen while it was."""
        _log.warn(
            "The reactor turns again, after {seconds:.1f} s in which one call held Python's lock (the GIL)",
            seconds=seconds,
        )
        self._call(stopped, self._count, None)


class _Naps:
    """How a thread sleeps, and why it slept too long.

    Args:
        used: Gives the seconds that the reactor's thread has computed for.

    Attributes:
        held: Seconds by which the last nap was too long because the reactor's thread held Python's lock.
        lost: Seconds by which it was too long because nothing in this process ran.
    """

    def __init__(self, used: Callable[[], float]) -> None:
        """Begin awake."""
        self._used = used
        self.held = self.lost = 0.0

    def take(self, until: threading.Event, seconds: float) -> bool:
        """Sleep, but not longer than until something is set, and tell whether it is."""
        began, used = time.monotonic(), self._used()
        is_set = until.wait(seconds)
        more = max(0.0, time.monotonic() - began - seconds)
        # Within the nap it may have computed all the time, whatever came afterwards.
        has_computed = self._used() - used - seconds >= more * SHARE
        self.held, self.lost = (more, 0.0) if has_computed else (0.0, more)
        return is_set


class _Question:
    """One sign of life that is waited for.

    Args:
        watchdog: Who asks.
        thread: The reactor's.
        naps: How this thread sleeps.
        stopped: Set when nobody wants to know any more.
    """

    def __init__(self, watchdog: Watchdog, thread: int, naps: _Naps, stopped: threading.Event) -> None:
        """Prepare."""
        self._watchdog = watchdog
        self._thread = thread
        self._naps = naps
        self._stopped = stopped
        self._answered = threading.Event()
        self._context: Any = None
        self._held = 0.0
        self._origin: dict[str, Any] | None = None

    def ask(self) -> None:
        """Ask, and wait for the answer; log if it is late."""
        began = time.monotonic()
        due = limit = self._watchdog._limit
        self._watchdog._call(self._stopped, self._answered.set)
        while not self._stopped.is_set():
            # A little at least: who held Python's lock until now has a chance to answer.
            rest = max(limit / 4, began + due - time.monotonic())
            is_answered = self._naps.take(self._answered, rest)
            began += self._naps.lost
            self._held += self._naps.held
            waited = time.monotonic() - began
            if is_answered:
                self._is_over(waited)
                return
            if self._naps.held > limit * NOTICED:
                due = waited + limit  # it is elsewhere by now, and may answer at once
            elif waited >= due:
                self._tell(waited)
                due *= 2

    def _tell(self, seconds: float) -> None:
        """Log where the reactor's thread is."""
        frame = sys._current_frames().get(self._thread)
        if frame is None or self._answered.is_set():
            return
        self._context = context_of(frame)
        self._origin = _origin_of(self._context)
        _log.warn(
            "{where}: the reactor has not turned for {seconds:.1f} s, and nobody is served meanwhile; "
            "it is in\n{traceback}",
            seconds=seconds,
            traceback=show_stack(frame).rstrip(),
            **self._origin,
        )

    def _is_over(self, seconds: float) -> None:
        """Log how long it was, if that is worth a line."""
        if self._origin is not None:
            _log.warn(
                "{where}: the reactor turns again, after {seconds:.1f} s", seconds=seconds, **self._origin
            )
            self._watchdog._call(self._stopped, self._watchdog._count, self._context)
        elif self._held > self._watchdog._limit * NOTICED and seconds > self._watchdog._limit:
            self._watchdog._was_held(seconds, self._stopped)


def processor_time_of(thread: int) -> Callable[[], float]:
    """Give what tells for how many seconds a thread has computed; where that cannot be known, the process."""
    try:
        clock = time.pthread_getcpuclockid(thread)
    except (AttributeError, OSError):
        return time.process_time
    return lambda: time.clock_gettime(clock)


def _origin_of(context: Any) -> dict[str, Any]:
    """Say whose code it is."""
    if context is None:
        return {"where": "Outside of events"}
    event = context.event
    name = None if event is None else event.name
    where = (context.project.definition.name, context.name, name)
    return {"where": ", ".join(filter(None, where)), **context.log_fields, "event": name}
