# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Events that last longer than a project's `event_time` are named in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from wstwist.deadlines import AllDeadlines, Deadline

if TYPE_CHECKING:
    from wstwist.events import Event


# Sums of fractions are not exact.
_PRECISION = 1e-6

_log = Logger(namespace="wstwist")


class Overtime:
    """Watches the events of one project that do not end at once.

    Args:
        clock: What measures the time.
        seconds: How long an event may last before it is named; each time that has doubled it is named again.

    Attributes:
        clock: What measures the time.
        seconds: How long an event may last.
        deadlines: Who calls the watches.
    """

    def __init__(self, clock: IReactorTime, seconds: float) -> None:
        """Begin with no event."""
        self.clock = clock
        self.seconds = seconds
        self.deadlines = AllDeadlines(clock)

    def watch(self, event: Event) -> Watch:
        """Watch an event until what this gives is cancelled."""
        return Watch(self, event)


class Watch:
    """One event that is watched."""

    __slots__ = ("_began", "_deadline", "_due", "_event", "_overtime")

    _deadline: Deadline

    def __init__(self, overtime: Overtime, event: Event) -> None:
        """Know whom it is about."""
        self._overtime = overtime
        self._event = event
        self._began = overtime.clock.seconds()
        self._due = overtime.seconds
        self._wait(self._due)

    def _wait(self, seconds: float) -> None:
        self._deadline = self._overtime.deadlines.add(seconds, self._look)

    def cancel(self) -> None:
        """Know that the event has ended."""
        self._deadline.cancel()

    def _look(self) -> None:
        """Name the event if it has lasted for so long; waiting for a thread does not count."""
        event = self._event
        if event.waits_for_thread:
            self._wait(self._due)
            return
        began = self._began if event.ran_since is None else event.ran_since
        rest = began + self._due - self._overtime.clock.seconds()
        if rest > _PRECISION:
            self._wait(rest)
        else:
            self._name()

    def _name(self) -> None:
        event, context = self._event, self._event.context
        if self._due == self._overtime.seconds:
            context.project.count("events_late")
        _log.warn(
            "{project}, {context}, {event}: lasts for {seconds:g} s and has not ended; it {kind} "
            "(limits: event_time)",
            **context.log_fields,
            event=event.name,
            seconds=self._due,
            kind="is blocking code, which keeps a thread" if event.is_blocking else "is async, and waits",
        )
        self._wait(self._due)
        self._due *= 2
