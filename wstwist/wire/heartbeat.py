# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Telling silent peers from dead ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.interfaces import IReactorTime

INTERVAL = 20.0
# Intervals of silence that a peer has to which no ping could be sent, because it still has to read what was
# sent before: a long message on a slow line takes its time.
_PATIENCE = 3
# Into how many parts the interval is divided: who began in the same part beats at the same time.
_PARTS = 20


class Heart:
    """What is known of one peer's silence.

    Any byte that is received is a sign of life.
    """

    __slots__ = ("_pinged", "_silent")

    def __init__(self) -> None:
        """Begin with an interval that has not been judged."""
        self._pinged = False
        self._silent = 0

    def beat(self, heard: bool, ping: Callable[[], bool]) -> bool:
        """Judge the interval that ends, and begin the next one.

        Args:
            heard: Whether anything was received in it, or could not have been because we did not read.
            ping: Called to send a ping; says whether one left.

        Returns:
            False: the peer is dead, for nothing came for a whole interval after a ping.
        """
        if heard:
            self._silent = 0
        else:
            self._silent += 1
            if self._pinged or self._silent > _PATIENCE:
                return False
        self._pinged = ping()
        return True


class Beating(Protocol):
    """What has a heart."""

    def beat(self) -> None:
        """Judge the interval that ends."""


class Heartbeats:
    """Calls each connection once in an interval; one timer serves all of them.

    Args:
        clock: What measures the time.
        interval: Seconds between two beats of a connection.
    """

    def __init__(self, clock: IReactorTime, interval: float = INTERVAL) -> None:
        """Begin without connections, and without a timer."""
        self._clock = clock
        self._part = interval / _PARTS
        self._parts: list[set[Any]] = [set() for _ in range(_PARTS)]
        self._count = 0
        self._now = 0
        self._timer: Any = None

    def add(self, beating: Beating) -> int:
        """Call this one's ``beat()`` after each interval; gives what `discard` wants to know."""
        self._parts[self._now].add(beating)
        self._count += 1
        if self._timer is None:
            self._timer = self._clock.callLater(self._part, self._tick)
        return self._now

    def discard(self, beating: Beating, part: int) -> None:
        """Call this one no more; it may have been left out already."""
        if beating in self._parts[part]:
            self._parts[part].remove(beating)
            self._count -= 1
            if not self._count and self._timer is not None:
                self._timer.cancel()
                self._timer = None

    def _tick(self) -> None:
        self._timer = None
        self._now = (self._now + 1) % _PARTS
        for beating in tuple(self._parts[self._now]):
            beating.beat()
        if self._count:
            self._timer = self._clock.callLater(self._part, self._tick)
