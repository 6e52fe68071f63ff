# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What waits for a context: messages, calls and events of its own, first in first out."""

from __future__ import annotations

from typing import Any, Protocol

OVERHEAD = 64
"""Bytes that a waiting message takes beside its payload, roughly."""


_ROOM = 1000
# Places in front that are given back at once, so that taking costs the same however much waits.


class Work(Protocol):
    """What is no message: it knows how to begin."""

    size: int

    def begin(self, context: Any) -> None:
        """Begin, in the context whose mailbox it was in."""


class Mailbox:
    """A bounded queue; messages and calls count against its bound.

    Args:
        most: How many may wait.
        most_bytes: How many bytes they may take together.

    Attributes:
        size: Bytes that the messages and calls take that wait.
        high_water: The most messages and calls that have waited.
    """

    __slots__ = ("_count", "_items", "_most", "_most_bytes", "_taken", "high_water", "size")

    def __init__(self, most: int, most_bytes: int) -> None:
        """Begin empty."""
        # A list, in which what has been taken leaves room in front: a deque is ten times as large when empty.
        self._items: list[str | bytes | Work | None] = []
        self._taken = 0
        self._most = most
        self._most_bytes = most_bytes
        self._count = 0
        self.size = self.high_water = 0

    def __len__(self) -> int:
        """Count what waits."""
        return len(self._items) - self._taken

    def is_empty(self) -> bool:
        """Tell whether nothing waits."""
        return len(self._items) == self._taken

    @property
    def is_full(self) -> bool:
        """Whether it is at its bound: take no more messages, refuse calls."""
        return self._count >= self._most or self.size >= self._most_bytes

    @property
    def is_half_empty(self) -> bool:
        """Whether there is room again for reading to go on."""
        return self._count * 2 <= self._most and self.size * 2 <= self._most_bytes

    def put_message(self, message: str | bytes) -> bool:
        """Add a message; True: it is at its bound now."""
        self._items.append(message)
        self._count += 1
        self.high_water = max(self.high_water, self._count)
        self.size += len(message) + OVERHEAD
        return self._count >= self._most or self.size >= self._most_bytes

    def put_call(self, call: Work) -> None:
        """Add a call."""
        self._items.append(call)
        self._count += 1
        self.high_water = max(self.high_water, self._count)
        self.size += call.size + OVERHEAD

    def put_always(self, work: Work) -> None:
        """Add an event of the context's own, which counts against no bound; its size is -1."""
        self._items.append(work)

    def put_first(self, work: Work) -> None:
        """Add an event of the context's own in front of all others."""
        if self._taken:
            self._taken -= 1
            self._items[self._taken] = work
        else:
            self._items.insert(0, work)

    def take(self) -> str | bytes | Work | None:
        """Remove and give the oldest, or None."""
        if self._taken == len(self._items):
            return None
        item = self._items[self._taken]
        self._items[self._taken] = None
        self._taken += 1
        if self._taken == len(self._items) or self._taken > _ROOM:
            del self._items[: self._taken]
            self._taken = 0
        size = len(item) if isinstance(item, (str, bytes)) else item.size  # type: ignore[union-attr] # it is there
        if size >= 0:
            self._count -= 1
            self.size -= size + OVERHEAD
        return item
