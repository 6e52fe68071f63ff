# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What waits for a context: messages, calls and events of its own, first in first out."""

from __future__ import annotations

from collections import deque
from typing import Any, Protocol

OVERHEAD = 64
"""Bytes that a waiting message takes beside its payload, roughly."""


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
    """

    __slots__ = ("_bytes", "_count", "_items", "_most", "_most_bytes")

    def __init__(self, most: int, most_bytes: int) -> None:
        """Begin empty."""
        self._items: deque[str | bytes | Work] = deque()
        self._most = most
        self._most_bytes = most_bytes
        self._count = 0
        self._bytes = 0

    def __len__(self) -> int:
        """Count what waits."""
        return len(self._items)

    @property
    def is_full(self) -> bool:
        """Whether it is at its bound: take no more messages, refuse calls."""
        return self._count >= self._most or self._bytes >= self._most_bytes

    @property
    def is_half_empty(self) -> bool:
        """Whether there is room again for reading to go on."""
        return self._count * 2 <= self._most and self._bytes * 2 <= self._most_bytes

    def put_message(self, message: str | bytes) -> None:
        """Add a message."""
        self._items.append(message)
        self._count += 1
        self._bytes += len(message) + OVERHEAD

    def put_call(self, call: Work) -> None:
        """Add a call."""
        self._items.append(call)
        self._count += 1
        self._bytes += call.size + OVERHEAD

    def put_always(self, work: Work) -> None:
        """Add an event of the context's own, which counts against no bound; its size is -1."""
        self._items.append(work)

    def put_first(self, work: Work) -> None:
        """Add an event of the context's own in front of all others."""
        self._items.appendleft(work)

    def take(self) -> str | bytes | Work | None:
        """Remove and give the oldest, or None."""
        if not self._items:
            return None
        item = self._items.popleft()
        size = len(item) if isinstance(item, (str, bytes)) else item.size
        if size >= 0:
            self._count -= 1
            self._bytes -= size + OVERHEAD
        return item
