# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Which nodes there are: those that have been heard of lately. Without I/O; the clock is an argument."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

INTERVAL = 1.0
"""Seconds between two signs of life."""

GONE_AFTER = 3.5
"""Seconds without a sign of life after which a node is gone."""


@dataclass
class Served:
    """A project on a node.

    Attributes:
        clients: How many are connected there.
        lease: The lease of the global service, where that is its node; else None.
    """

    clients: int
    lease: int | None


@dataclass
class Member:
    """Another node.

    Attributes:
        id: Its id.
        name: What people call it.
        projects: What it serves, by name.
        heard_at: When it was heard of last, in seconds of our clock.
    """

    id: str
    name: str
    projects: Mapping[str, Served]
    heard_at: float


class Members:
    """The other nodes of the cluster.

    Args:
        clock: Seconds.
        changed: Called with a node that has come, or says something new of itself.
        gone: Called with a node that has gone.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        changed: Callable[[Member], None],
        gone: Callable[[Member], None],
    ) -> None:
        """Know nobody."""
        self._clock = clock
        self._changed = changed
        self._gone = gone
        self._members: dict[str, Member] = {}
        self._looked_at = clock()

    def __contains__(self, node: str) -> bool:
        """Whether a node is there."""
        return node in self._members

    def __iter__(self) -> Any:
        """Give all of them."""
        return iter(tuple(self._members.values()))

    def __len__(self) -> int:
        """Count them."""
        return len(self._members)

    def get(self, node: str) -> Member | None:
        """Give a node, if it is there."""
        return self._members.get(node)

    def serving(self, project: str) -> list[Member]:
        """Give the nodes that serve a project, in the order of their ids."""
        found = (member for member in self._members.values() if project in member.projects)
        return sorted(found, key=lambda member: member.id)

    def heard(self, node: str, name: str, projects: Mapping[str, Served]) -> bool:
        """Know of a sign of life; tell whether the node is new."""
        before = self._members.get(node)
        member = Member(node, name, projects, self._clock())
        self._members[node] = member
        if before is None or before.projects != projects:
            self._changed(member)
        return before is None

    def left(self, node: str) -> None:
        """Know that a node says good-bye."""
        member = self._members.pop(node, None)
        if member is not None:
            self._gone(member)

    def look(self) -> None:
        """See who has not been heard of for too long; to be called every `INTERVAL`.

        Where this process itself was held up, others get their time anew: what they say may wait unread.
        """
        now = self._clock()
        late, self._looked_at = now - self._looked_at - INTERVAL, now
        for member in tuple(self._members.values()):
            if late > INTERVAL:
                member.heard_at = max(member.heard_at, now - INTERVAL)
            elif now - member.heard_at > GONE_AFTER:
                self.left(member.id)

    def forget_time(self) -> None:
        """Give everybody time anew: there was no connection, and nobody could be heard."""
        now = self._clock()
        for member in self._members.values():
            member.heard_at = now

    def clear(self) -> None:
        """Know that nobody can be reached."""
        for node in tuple(self._members):
            self.left(node)
