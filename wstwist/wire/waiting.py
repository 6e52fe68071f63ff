# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The messages that wait for a peer that does not read, and what becomes of them when they are too many."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from wstwist.limits import Limits
from wstwist.wire.prepared import Prepared

OVERHEAD = 128
"""Bytes that a waiting message takes beside its payload, roughly, and is counted with."""

FIRST_TURN = 16
"""How many times its bound a queue may hold in the reactor's turn in which it began."""

NEWEST: Final = object()
"""The key of messages of which only the newest waits, and which have none of their own."""


class Waiting:
    """Messages in the order in which they were sent, not yet encoded, and bounded.

    In the turn of the reactor in which it begins nobody could read yet: until `grow_old` the bound is
    `FIRST_TURN` times as high. One more message than fits is always taken.

    Args:
        limits: The bound is ``send_queue_size``, what happens there is ``slow_client``.
        count: Called with what was done to messages, and to how many.
        began: When it began, in seconds.

    Attributes:
        began: When it began.
        size: The bytes that it takes.
    """

    def __init__(self, limits: Limits, count: Callable[[str, int], object], began: float) -> None:
        """Begin empty."""
        # By key, or by a number where there is none: what is replaced or dropped is found at once.
        self._messages: OrderedDict[object, str | bytes | Prepared] = OrderedDict()
        self.size = 0
        self._number = 0
        self._limit = limits.send_queue_size
        self._bound = FIRST_TURN * self._limit
        self._drops = limits.slow_client != "close"
        self._count = count
        self.began = began

    def __len__(self) -> int:
        """Count the messages."""
        return len(self._messages)

    def is_full(self) -> bool:
        """Tell whether it is at its bound, that of the first turn left out."""
        return self.size >= self._limit

    def grow_old(self) -> None:
        """Have the bound that holds after the first turn."""
        self._bound = self._limit

    def put(self, message: str | bytes | Prepared, key: object) -> bool:
        """Add a message behind all others, and remove the one that has the same key.

        Args:
            message: The message; a text that has no UTF-8 form is a ValueError here.
            key: Its key, or None.

        Returns:
            False: it was at its bound already, has to be closed there, and the message was not added.
        """
        size = _size(message, key)
        if key is None:
            self._number += 1
            key = self._number
        elif key in self._messages:
            self.size -= _size(self._messages.pop(key), key)
            self._count("sends_dropped_slow" if key is NEWEST else "sends_replaced", 1)
        if self.size >= self._bound:
            if not self._drops:
                return False
            self._drop(self._bound, 0)
        self._messages[key] = message
        self.size += size
        return True

    def take(self) -> str | bytes | Prepared:
        """Remove and give the oldest message."""
        key, message = self._messages.popitem(last=False)
        self.size -= _size(message, key)
        return message

    def trim(self) -> None:
        """Drop the oldest messages beyond the bound; one, however large, stays."""
        self._drop(self._limit + 1, 1)

    def _drop(self, bound: int, least: int) -> None:
        """Drop the oldest messages until the size is below a bound, or so many are left."""
        before = len(self._messages)
        while self.size >= bound and len(self._messages) > least:
            self.take()
        if len(self._messages) < before:
            self._count("sends_dropped_slow", before - len(self._messages))


def _size(message: str | bytes | Prepared, key: object) -> int:
    """Give what a message counts: its bytes on the wire, those of its key, and the overhead."""
    own = len(key) + OVERHEAD if isinstance(key, str) else OVERHEAD
    if isinstance(message, Prepared):
        return own + len(message.frame)
    if isinstance(message, str) and not message.isascii():
        return own + len(message.encode("utf-8"))
    return own + len(message)
