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


_log = Logger(namespace="wstwist")


class Overtime:
    """Watches the events of one project that do not end at once.

    Args:
        clock: What measures the time.
        seconds: How long an event may last before it is named; each time that has doubled it is named again.
    """

    def __init__(self, clock: IReactorTime, seconds: float) -> None:
        """Begin with no event."""
        self._seconds = seconds
        self._deadlines = AllDeadlines(clock)

    def watch(self, event: Event) -> Watch:
        """Watch an event until what this gives is cancelled."""
        watch = Watch(self, event)
        watch.wait(self._seconds)
        return watch


class Watch:
    """One event that is watched."""

    __slots__ = ("_deadline", "_event", "_lasted", "_overtime")

    _deadline: Deadline

    def __init__(self, overtime: Overtime, event: Event) -> None:
        """Know whom it is about."""
        self._overtime = overtime
        self._event = event
        self._lasted = 0.0

    def wait(self, seconds: float) -> None:
        """Look again when the event has lasted that much longer."""
        self._lasted += seconds
        self._deadline = self._overtime._deadlines.add(seconds, self._expired)

    def cancel(self) -> None:
        """Know that the event has ended."""
        self._deadline.cancel()

    def _expired(self) -> None:
        event, context = self._event, self._event.context
        if self._lasted == self._overtime._seconds:
            context.project.count("events_late")
        _log.warn(
            "{project}, {context}, {event}: lasts for {seconds:g} s and has not ended; it {kind} "
            "(limits: event_time)",
            **context.log_fields,
            event=event.name,
            seconds=self._lasted,
            kind="is blocking code, which keeps a thread" if event.is_blocking else "is async, and waits",
        )
        self.wait(self._lasted)
