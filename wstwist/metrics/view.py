# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""One project as it is at the moment of a scrape: what takes a while to find out is found out once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from wstwist.histogram import Histogram

if TYPE_CHECKING:
    from wstwist.accounting import ServiceStatus, Totals
    from wstwist.database_use import DatabaseUse
    from wstwist.host import Host

MOST_NAMES = 50
"""How many events and procedures of a project have their own label; the rest is `OTHER`."""

OTHER = "other"

DROPPED = {
    "gone": "sends_dropped",
    "slow": "sends_dropped_slow",
    "replaced": "sends_replaced",
    "bus": "bus_dropped",
}
"""Why messages do not leave, and how that is counted."""

INCIDENTS = (
    "connects_late",
    "database_errors",
    "dead_peers",
    "discarded",
    "durable_errors",
    "events_late",
    "fenced",
    "idle",
    "invalid_data",
    "joins_refused",
    "leases_lost",
    "mailbox_full",
    "ping_floods",
    "protocol_errors",
    "reactor_blocked",
    "reactor_held",
    "slow_clients_closed",
    "stalled",
    "stuck",
    "too_big",
    "too_many_fragments",
)
"""What else is counted of a project."""


class Queues(NamedTuple):
    """What waits for a project's contexts, and for its clients.

    Attributes:
        messages: Messages, calls and events that wait in mailboxes.
        size: Bytes of those that wait in mailboxes.
        longest: How many wait in the fullest mailbox.
        to_send: Bytes that wait for clients that do not read.
        most_to_send: Bytes that wait for the slowest of them.
    """

    messages: int
    size: int
    longest: int
    to_send: int
    most_to_send: int


class View:
    """One project, looked at once.

    Args:
        host: The project.
    """

    def __init__(self, host: Host) -> None:
        """Look at nothing yet."""
        self.host = host
        self.name = host.definition.name
        self.counters: Counter[str] = host.counters

    @cached_property
    def totals(self) -> Totals:
        """What has passed so far."""
        return self.host.figures()

    @cached_property
    def service(self) -> ServiceStatus:
        """How the global service is."""
        return self.host.service.status()

    @cached_property
    def database(self) -> DatabaseUse | None:
        """How much of the database is in use."""
        database = self.host.database
        return None if database is None or self.host.is_closed else database.use()

    @cached_property
    def queues(self) -> Queues:
        """What waits."""
        messages = size = longest = to_send = most_to_send = 0
        for context in (self.host.service, *self.host.contexts.values()):
            mailbox = context.mailbox
            if not mailbox.is_empty():
                messages += len(mailbox)
                size += mailbox.size
                longest = max(longest, len(mailbox))
        for client in self.host.contexts.values():
            waiting = client.channel.send_queue
            if waiting:
                to_send += waiting
                most_to_send = max(most_to_send, waiting)
        return Queues(messages, size, longest, to_send, most_to_send)

    @property
    def durations(self) -> Iterator[tuple[str, list[Histogram]]]:
        """How long events and procedures lasted, by label."""
        others = []
        for place, (name, histogram) in enumerate(self.host.durations.items()):
            if place < MOST_NAMES:
                yield name, [histogram]
            else:
                others.append(histogram)
        if others:
            yield OTHER, others

    @property
    def errors(self) -> Counter[str]:
        """How many events raised, by label."""
        names = list(self.host.durations)[:MOST_NAMES]
        found: Counter[str] = Counter(dict.fromkeys(names, 0))
        for name, times in self.host.failures.items():
            found[name if name in names else OTHER] += times
        return found
