# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""How late the reactor is: so long everybody waits, whatever it is for."""

from __future__ import annotations

from typing import Any

from wstwist.histogram import Histogram

PERIOD = 0.1
"""Seconds between two looks; what holds the reactor for longer than that is always seen."""


class Lag:
    """Looks how late a timer is, again and again.

    Timers of uvloop have milliseconds: below one there is nothing to be seen on it.

    Args:
        reactor: An `IReactorTime`.

    Attributes:
        durations: How late it was.
    """

    def __init__(self, reactor: Any) -> None:
        """Prepare; `start` begins."""
        self.durations = Histogram()
        self._reactor = reactor
        self._timer: Any = None
        self._due = 0.0
        self._worst: float | None = None

    def start(self) -> None:
        """Begin to look; a second call does nothing."""
        if self._timer is None:
            self._wait()

    def stop(self) -> None:
        """Look no more; a second call does nothing."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def take_worst(self) -> float | None:
        """Give the seconds of the longest delay since this was asked last; None: there was no look."""
        worst, self._worst = self._worst, None
        return worst

    def _wait(self) -> None:
        self._due = self._reactor.seconds() + PERIOD
        self._timer = self._reactor.callLater(PERIOD, self._look)

    def _look(self) -> None:
        late = max(0.0, self._reactor.seconds() - self._due)
        self.durations.observe(late)
        self._worst = max(late, self._worst or 0.0)
        self._wait()
