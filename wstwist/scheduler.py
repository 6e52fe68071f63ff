# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""In which order contexts get the reactor's thread.

Whatever one context causes in another is posted here, and run later in the same turn of the reactor: never
inside the caller's stack.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from twisted.logger import Logger

from wstwist import native
from wstwist.stepping import run_in_copy
from wstwist.turns import caller_of_next_turn

if TYPE_CHECKING:
    from wstwist.accounting import Account

Step = Callable[[], None]

TURN = 0.005
"""Seconds after which the reactor gets its thread back."""

_TURN = TURN


class Scheduler:
    """Runs posted steps on the reactor's thread, in the order in which they were posted.

    Args:
        reactor: An `IReactorTime` and `IReactorFromThreads`.
        loop: The asyncio loop that the reactor runs on, where it does.
    """

    _log = Logger()

    def __init__(self, reactor: Any, loop: asyncio.AbstractEventLoop | None = None) -> None:
        """Begin with nothing to do; the calling thread is taken for the reactor's until `start`."""
        self.reactor = reactor
        self.loop = loop or getattr(reactor, "_asyncioEventloop", None)
        self.call_next_turn = caller_of_next_turn(reactor, self.loop)
        self.spare_driver: Any = None  # kept by events, for the next one
        self.cancelled_driver: Any = None  # the last one; it serves no other event
        self.now = 0.0  # in a step: when it began, or a little later
        self.account: Account | None = None  # whose events ran last
        self._ready: deque[Step] = deque()
        self._running = False
        self._wanted = False
        self._began = 0.0
        self._spent = 0.0  # seconds, since the reactor last had its thread back
        self._arrived: deque[Step] = deque()
        self._woken = False
        self._thread = native.thread_ident()
        # What asyncio calls back runs in here, and holds no author's context variables.
        self.outside = contextvars.Context()

    @property
    def is_running(self) -> bool:
        """Whether a step is in progress."""
        return self._running

    def time_of(self, moment: float) -> datetime | None:
        """Give the time of day of a moment that was `now`; None for 0, where there was none."""
        return datetime.now(UTC) - timedelta(seconds=native.now() - moment) if moment else None

    def start(self) -> None:
        """Take the calling thread for the reactor's."""
        self._thread = native.thread_ident()

    def on_reactor_thread(self) -> bool:
        """Tell whether the calling thread is the reactor's."""
        return native.thread_ident() == self._thread

    def post(self, step: Step) -> None:
        """Run a step later in this turn; only on the reactor's thread."""
        self._ready.append(step)
        if not self._running:
            self._want_turn()

    def post_from_anywhere(self, step: Step) -> None:
        """Run a step soon, from any thread; a batch of steps from other threads costs one wake-up."""
        if self.on_reactor_thread():
            self.post(step)
            return
        self._arrived.append(step)
        if not self._woken:
            self._woken = True
            self.reactor.callFromThread(self._receive)

    def run(self) -> None:
        """Run what is posted, until nothing is or the turn has lasted long enough.

        Whoever brings work in from outside (a timer, a Deferred) calls this when it has posted it. Inside of
        a step it does nothing: the turn in progress goes on to what was posted.
        """
        if not self._running and self._ready:
            # In a context without variables: whoever calls may be in an author's.
            run_in_copy(self.outside, self._run_ready)

    def begin(self) -> bool:
        """Begin to run steps, if nothing waits and the turn has not lasted long enough; `end` has to follow.

        For a caller who is in no author's context (a read), and has one step to run.
        """
        if self._running or self._ready or self._spent >= _TURN:
            return False
        self._running = True
        self.now = self._began = native.now()
        return True

    def end(self) -> None:
        """Run what was posted since `begin`."""
        if self._ready:
            self._run_until(self._began + _TURN - self._spent)
        self._running = False
        self._spent += self.now - self._began
        if self._ready:
            self._want_turn()

    def _run_ready(self) -> None:
        """Run what is posted."""
        if self._spent < _TURN:
            self._running = True
            self.now = self._began = native.now()
            self.end()
        else:
            self._want_turn()

    def run_nested(self) -> bool:
        """Run the next step from inside another one, and tell whether there was one.

        This is for blocking code that waits on the reactor's thread, which only the test kit permits.
        """
        if not self._ready:
            return False
        self._run_one(self._ready.popleft())
        return True

    def _run_until(self, end: float) -> None:
        ready = self._ready
        while ready and self.now <= end:
            self._run_one(ready.popleft())

    def _run_one(self, step: Step) -> None:
        began = self.now
        try:
            step()
        except Exception:  # noqa: BLE001 - a fault of ours in one context must not stop the others
            self._log.failure("A step failed; the others go on")
        if self.now == began:  # else it was an event, after which somebody looked at the clock
            self.now = native.now()

    def _want_turn(self) -> None:
        if not self._wanted:
            self._wanted = True
            self.call_next_turn(self._turn)

    def _turn(self) -> None:
        self._wanted = False
        self._spent = 0.0
        self.run()

    def _receive(self) -> None:
        self._woken = False
        arrived = self._arrived
        for _ in range(len(arrived)):
            self._ready.append(arrived.popleft())
        self.run()
