# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Looking at very many things from time to time, with one timer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from twisted.internet.interfaces import IDelayedCall, IReactorTime

PARTS = 20
"""Into how many parts an interval is divided at least: who began in the same part is looked at together."""


class Wheel:
    """Has its turn with each member once in an interval; a derived class says what that is.

    Args:
        clock: What measures the time.
        interval: Seconds between two turns of a member.
        parts: How many parts the interval has.

    Attributes:
        now: The number of parts that have passed.
    """

    def __init__(self, clock: IReactorTime, interval: float, parts: int = PARTS) -> None:
        """Begin without members, and without a timer."""
        self.now = 0
        self._clock = clock
        self._part = interval / parts
        self._parts = parts
        self._members: dict[int, set[Any]] = {}
        self._count = 0
        self._timer: IDelayedCall | None = None

    def add(self, member: Any) -> int:
        """Have turns with this one; gives what `discard` wants to know."""
        part = self.now % self._parts
        self._members.setdefault(part, set()).add(member)
        self._count += 1
        if self._timer is None:
            self._wait()
        return part

    def discard(self, member: Any, part: int) -> None:
        """Have no more turns with this one; it may have been left out already."""
        members = self._members.get(part, ())
        if member not in members:
            return
        self._members[part].remove(member)
        if not members:
            del self._members[part]
        self._count -= 1
        if not self._count and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def turn(self) -> None:
        """Do what is to be done now."""
        raise NotImplementedError

    def members(self, moment: int) -> Iterator[Any]:
        """Give those that have a turn at a moment, but for those that leave meanwhile."""
        part = moment % self._parts
        for member in tuple(self._members.get(part, ())):
            if member in self._members.get(part, ()):
                yield member

    def _wait(self) -> None:
        self._timer = self._clock.callLater(self._part, self._tick)

    def _tick(self) -> None:
        self._timer = None
        self.now += 1
        try:
            self.turn()
        finally:
            if self._count and self._timer is None:
                self._wait()


W = TypeVar("W", bound=Wheel)


class Wheels(Generic[W]):
    """One wheel for each set of times that is asked for.

    Args:
        make: Makes a wheel from its times.
    """

    def __init__(self, make: Callable[..., W]) -> None:
        """Begin with none."""
        self._make = make
        self._wheels: dict[tuple[float, ...], W] = {}

    def of(self, *times: float) -> W:
        """Give the wheel with these times."""
        wheel = self._wheels.get(times)
        if wheel is None:
            wheel = self._wheels[times] = self._make(*times)
        return wheel
