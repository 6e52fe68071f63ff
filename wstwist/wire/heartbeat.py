# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Telling silent peers from dead ones."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import Protocol

from twisted.internet.interfaces import IReactorTime

from wstwist.wire.wheel import PARTS, Wheel

# Intervals of silence that a peer has to which no ping could be sent, because it still has to read what was
# sent before: a long message on a slow line takes its time.
_PATIENCE = 3
# Parts of an interval at most, however short the time for an answer is: it is rounded up to a whole part.
_MOST_PARTS = 1000


class Heart:
    """What is known of one peer's silence.

    Any byte that is received is a sign of life. Time is counted in parts of an interval.
    """

    __slots__ = ("_asked", "_silent")

    def __init__(self) -> None:
        """Begin with an interval that has not been judged."""
        self._asked: int | None = None  # when the ping left that has not been answered
        self._silent = 0

    def beat(self, heard: bool, ping: Callable[[], bool], now: int) -> bool:
        """Begin the next interval with a ping, unless the last one still has time to be answered.

        Args:
            heard: Whether anything was received since the last beat, or could not have been because we did
                not read.
            ping: Called to send a ping; says whether one left.
            now: The time.

        Returns:
            False: the peer is dead, for nothing came for many intervals in which no ping could leave.
        """
        if heard:
            self._silent = 0
        elif self._asked is not None:
            return True
        else:
            self._silent += 1
            if self._silent > _PATIENCE:
                return False
        self._asked = now if ping() else None
        return True

    def judge(self, heard: bool, since: int) -> bool:
        """Judge the silence behind a ping.

        Args:
            heard: As for `beat`.
            since: A ping that left then, or before, had its time.

        Returns:
            False: the peer is dead, for nothing came behind such a ping.
        """
        if self._asked is None or self._asked > since:
            return True
        self._asked = None
        return heard


class Beating(Protocol):
    """What has a heart."""

    def beat(self, now: int) -> None:
        """Begin the next interval."""

    def judge(self, since: int) -> None:
        """Judge the silence behind a ping that left at this time or before."""


class Heartbeats(Wheel):
    """Has each connection beat once in an interval, and judges the answer later.

    Args:
        clock: What measures the time.
        interval: Seconds between two beats of a connection.
        timeout: Seconds between a beat and its judgement; up to a part of the interval more.
    """

    def __init__(self, clock: IReactorTime, interval: float, timeout: float) -> None:
        """Begin without connections, and without a timer."""
        parts = min(_MOST_PARTS, ceil(PARTS * max(1.0, interval / timeout)))
        super().__init__(clock, interval, parts)
        self._timeout = ceil(round(timeout * parts / interval, 6))

    def turn(self) -> None:
        """Judge those whose time to answer is over, then go on to those whose interval is."""
        since = self.now - self._timeout
        for each in self.members(since):
            each.judge(since)
        for each in self.members(self.now):
            each.beat(self.now)
