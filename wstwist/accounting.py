# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What a context has used: counted always, and so where it costs next to nothing."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from wstwist.histogram import Histogram


class Account:
    """What one context has used, or all contexts of a project.

    Args:
        whole: What counts the same together with others; None: nothing does.

    Attributes:
        event_time: Seconds that its events and procedures lasted, their waiting included, by the monotonic
            clock.
        cpu: Seconds of a processor that they had: of the reactor's thread by sampling, of other threads as
            measured.
        errors: Events and procedures that raised.
        last: When its last event ended, by `scheduler.now`; 0: none has.
    """

    def __init__(self, whole: Account | None = None) -> None:
        """Begin with nothing."""
        self._whole = whole
        self.event_time = self.cpu = self.last = 0.0
        self.errors = 0

    def lasted(self, seconds: float, now: float, durations: Histogram) -> None:
        """Count an event that has ended."""
        self.event_time += seconds
        self.last = now
        durations.observe(seconds)
        if self._whole is not None:
            self._whole.event_time += seconds
            self._whole.last = now

    def computed(self, seconds: float) -> None:
        """Count time of a processor."""
        self.cpu += seconds
        if self._whole is not None:
            self._whole.cpu += seconds

    def failed(self) -> None:
        """Count an error."""
        self.errors += 1
        if self._whole is not None:
            self._whole.errors += 1


class Figures(NamedTuple):
    """What one context has used so far, and what waits for it.

    Attributes:
        messages_in: Messages that its client has sent.
        messages_out: Messages that were given to its connection.
        bytes_in: Bytes that were read from its connection, with the headers of frames.
        bytes_out: Bytes that were written to it, likewise.
        errors: Events and procedures that raised.
        mailbox: Messages, calls and events that wait.
        mailbox_size: Bytes of the messages and calls that wait.
        mailbox_high_water: The most messages and calls that have ever waited.
        send_queue: Bytes that wait because the client does not read.
        event_time: Seconds that its events lasted.
        cpu: Seconds of a processor that they had.
        connected_at: When the client came; None for the global service.
        last_activity: When its last event ended; None: none has.
    """

    messages_in: int
    messages_out: int
    bytes_in: int
    bytes_out: int
    errors: int
    mailbox: int
    mailbox_size: int
    mailbox_high_water: int
    send_queue: int
    event_time: float
    cpu: float
    connected_at: datetime | None
    last_activity: datetime | None


class ServiceStatus(NamedTuple):
    """How a project's global service is.

    Attributes:
        last_run: When the last run began; None: there was none.
        last_duration: Its seconds.
        runs: How many there were.
        late: How many were skipped because the one before had not ended.
        queue: Messages, calls and events that wait.
        is_paused: Whether an administrator has it begin no runs.
        is_running: Whether it takes calls.
        has_runs: Whether the project has a `global_service` that is to run.
    """

    last_run: datetime | None
    last_duration: float | None
    runs: int
    late: int
    queue: int
    is_paused: bool
    is_running: bool
    has_runs: bool


class Totals(NamedTuple):
    """What all contexts of a project have used so far, those included that are no more.

    Attributes:
        clients: Clients that are connected.
        opening: Clients that are not accepted yet.
        messages_in: As in `Figures`; so are the others.
    """

    clients: int
    opening: int
    messages_in: int
    messages_out: int
    bytes_in: int
    bytes_out: int
    errors: int
    event_time: float
    cpu: float
    last_activity: datetime | None
