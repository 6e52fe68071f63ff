# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Log lines of what peers do wrong: a few of each kind, and how many more there were.

Nobody from outside can fill a log with them.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger, LogLevel

LINES = 5
"""Lines of one kind in a period."""

PERIOD = 60.0
"""Its seconds."""

_log = Logger(namespace="wstwist.wire")


class Refusals:
    """What was refused, by kind.

    Args:
        clock: What measures the time.
    """

    def __init__(self, clock: IReactorTime) -> None:
        """Begin with nothing."""
        self._clock = clock
        self._periods: dict[Hashable, _Period] = {}

    def note(self, kind: str, path: str, message: str, *, warn: bool = False, **fields: Any) -> None:
        """Log something, unless there were many of its kind.

        Args:
            kind: What it is.
            path: The path of whom it concerns, empty where it is nobody's; with the kind it says what may
                fill the same few lines.
            message: The line, a format of Twisted's; it is given ``path`` and the fields.
            warn: Whether the operator may want to change something.
            fields: What the line tells.
        """
        now = self._clock.seconds()
        period = self._periods.get((kind, path))
        if period is None or now - period.began >= PERIOD:
            self._end(period)
            period = self._periods[kind, path] = _Period(kind, path, now)
        if period.lines < LINES:
            period.lines += 1
            _log.emit(LogLevel.warn if warn else LogLevel.info, message, path=path, **fields)
            return
        period.more += 1
        if period.timer is None:
            period.timer = self._clock.callLater(period.began + PERIOD - now, self._end, period)

    def close(self) -> None:
        """Tell what was left out, and end all periods."""
        for period in self._periods.values():
            self._end(period)
        self._periods.clear()

    def _end(self, period: _Period | None) -> None:
        """Tell how much was left out of a period."""
        if period is None:
            return
        if period.timer is not None and period.timer.active():
            period.timer.cancel()
        period.timer = None
        if period.more:
            more, period.more = period.more, 0
            _log.info(
                "{place}{kind}: and {more} more in the last minute",
                place=f"{period.path}: " if period.path else "",
                path=period.path,
                kind=period.kind,
                more=more,
            )


class _Period:
    """The lines of one kind since the first of them."""

    __slots__ = ("began", "kind", "lines", "more", "path", "timer")

    timer: IDelayedCall | None

    def __init__(self, kind: str, path: str, now: float) -> None:
        """Begin."""
        self.kind = kind
        self.path = path
        self.began = now
        self.lines = self.more = 0
        self.timer = None
