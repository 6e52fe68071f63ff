# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Time limits of very many at once, which hardly ever come to their end."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

# What is due within this many seconds is due now: sums of fractions are not exact.
_PRECISION = 1e-6


class Deadline:
    """A moment at which something is done, unless it is cancelled before."""

    __slots__ = ("_deadlines", "expired", "moment")

    expired: Callable[[], object] | None
    moment: float
    _deadlines: Deadlines

    def cancel(self) -> None:
        """Do nothing at that moment; it may have passed, or been cancelled, already."""
        if self.expired is not None:
            self.expired = None
            self._deadlines.forget(self)


class Deadlines:
    """Calls back after a time, which is the same one for all; one timer of the reactor serves them.

    A timer of the reactor's own costs ten times as much, made and cancelled, and nearly all are cancelled.

    Args:
        clock: What measures the time.
        seconds: How long it is.
    """

    def __init__(self, clock: IReactorTime, seconds: float) -> None:
        """Begin with none, and without a timer."""
        self._clock = clock
        self._seconds = seconds
        self._waiting: dict[Deadline, None] = {}  # in the order in which they end
        self._timer: IDelayedCall | None = None

    def add(self, expired: Callable[[], object]) -> Deadline:
        """Have ``expired`` called after the time, unless what this gives is cancelled before."""
        deadline = Deadline()
        deadline.expired = expired
        deadline.moment = self._clock.seconds() + self._seconds
        deadline._deadlines = self
        self._waiting[deadline] = None
        if self._timer is None:  # one that is there comes early, and looks for the next moment
            self._timer = self._clock.callLater(self._seconds, self._look)
        return deadline

    def forget(self, deadline: Deadline) -> None:
        """Let one go; with the last one the timer ends, for no reactor likes to be left with one."""
        del self._waiting[deadline]
        if not self._waiting and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        """Call those whose time is over, and wait for the next one."""
        self._timer = None
        due = self._clock.seconds() + _PRECISION
        try:
            while self._waiting and (first := next(iter(self._waiting))).moment <= due:
                expired = first.expired
                first.cancel()
                if expired is not None:
                    expired()
        finally:
            self._wait()

    def _wait(self) -> None:
        """Wait for the next one, if nobody does."""
        if self._waiting and self._timer is None:
            moment = next(iter(self._waiting)).moment
            self._timer = self._clock.callLater(max(0.0, moment - self._clock.seconds()), self._look)


class AllDeadlines:
    """The deadlines of one clock, whatever their times.

    Args:
        clock: What measures the time.
    """

    def __init__(self, clock: IReactorTime) -> None:
        """Begin with none."""
        self._clock = clock
        self._by_seconds: dict[float, Deadlines] = {}

    def add(self, seconds: float, expired: Callable[[], object]) -> Deadline:
        """Have ``expired`` called after some seconds, unless what this gives is cancelled before."""
        deadlines = self._by_seconds.get(seconds)
        if deadlines is None:
            deadlines = self._by_seconds[seconds] = Deadlines(self._clock, seconds)
        return deadlines.add(expired)
