# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Messages that wait, bounded."""

from __future__ import annotations

from collections import deque

_OVERHEAD = 64  # what keeping a message costs, beside its bytes


class Messages:
    """Messages in the order in which they came.

    Args:
        limit: The bytes with which it is full.
    """

    def __init__(self, limit: int) -> None:
        """Begin empty."""
        self._limit = limit
        self._messages: deque[str | bytes] = deque()
        self._size = 0

    def __len__(self) -> int:
        """Count them."""
        return len(self._messages)

    @property
    def is_full(self) -> bool:
        """Whether the limit is reached."""
        return self._size >= self._limit

    @property
    def has_room(self) -> bool:
        """Whether no more than half of the limit is used."""
        return self._size * 2 <= self._limit

    def put(self, message: str | bytes) -> None:
        """Add a message, whatever the limit.

        Raises:
            ValueError: It is a text that has no UTF-8 form.
        """
        self._size += _size(message)
        self._messages.append(message)

    def take(self) -> str | bytes:
        """Take out the first message."""
        message = self._messages.popleft()
        self._size -= _size(message)
        return message

    def clear(self) -> None:
        """Drop them all."""
        self._messages.clear()
        self._size = 0


def _size(message: str | bytes) -> int:
    if isinstance(message, str) and not message.isascii():
        return len(message.encode("utf-8")) + _OVERHEAD
    return len(message) + _OVERHEAD
