# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The lease of a global service: who holds it, and until when that may be believed. Without I/O.

A lease is a value in the cluster's bucket, which its holder writes again and again. Whoever has seen the same
revision for `TTL`, by its own clock, may put itself in its place. The holder believes in its lease until
`TTL` - `MARGIN` after it has *begun* to write the last renewal that was acknowledged, by its own clock. No
clocks of two machines are compared. The lease's number is larger than all before it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from cbor2 import CBORDecodeError, dumps, loads

from wstwist.cluster.store import Entry

TTL = 2.0
"""Seconds after which a lease that is not renewed is over."""

MARGIN = 0.4
"""Seconds by which its holder stops before that."""

INTERVAL = 0.5
"""Seconds between two renewals, and between two looks of those who wait."""


def clock() -> float:
    """Give seconds that go on while this process, or this machine, sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def today() -> int:
    """Give a number for a lease that nobody has had before: milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class Holder(NamedTuple):
    """Who has a lease.

    Attributes:
        node: The node; "" where it was given back.
        number: The lease's number.
    """

    node: str
    number: int

    def encode(self) -> bytes:
        """Give what the bucket has."""
        return dumps([self.node, self.number])


def decode(value: bytes) -> Holder:
    """Read what the bucket has; what means nothing is nobody's."""
    try:
        node, number = loads(value)
        return Holder(str(node), int(number))
    except (CBORDecodeError, ValueError, TypeError):
        return Holder("", 0)


class Lease:
    """The lease of one project, as one node knows it.

    Args:
        node: This node.
        seconds: A clock that never stops.
        new_number: Gives a number that grows with time.

    Attributes:
        number: The lease's number, if it is held; else None.
        revision: The last revision that is known.
    """

    def __init__(
        self, node: str, seconds: Callable[[], float] = clock, new_number: Callable[[], int] = today
    ) -> None:
        """Know nothing."""
        self._node = node
        self._seconds = seconds
        self._new_number = new_number
        self._last = Holder("", 0)
        self._since = seconds()
        self._until = 0.0
        self.number: int | None = None
        self.revision = -1

    # For a node without the lease.

    def saw(self, entry: Entry) -> None:
        """Know what stands in the bucket."""
        if entry.revision != self.revision:
            self.revision = entry.revision
            self._since = self._seconds()
        self._last = decode(entry.value)

    @property
    def may_take(self) -> bool:
        """Whether nobody has it, or its holder has not renewed it for too long."""
        is_free = self._last.node in ("", self._node)
        return self.revision >= 0 and (is_free or self._seconds() - self._since >= TTL)

    def proposal(self) -> Holder:
        """Give what to write in order to take it."""
        return Holder(self._node, max(self._last.number + 1, self._new_number()))

    def taken(self, holder: Holder, revision: int, began: float) -> None:
        """Know that it is ours: the writing began then."""
        self._last = holder
        self.number = holder.number
        self.renewed(revision, began)

    # For the node that has it.

    def renewed(self, revision: int, began: float) -> None:
        """Know that a renewal was acknowledged whose writing began then."""
        self.revision = revision
        self._until = began + TTL - MARGIN

    def is_ours(self, entry: Entry) -> bool:
        """Whether the bucket says that it is ours; then that is the revision, and no time is won."""
        is_ours = decode(entry.value) == self._last and self.number is not None
        if is_ours:
            self.revision = entry.revision
        return is_ours

    @property
    def is_valid(self) -> bool:
        """Whether it is ours, and that may be believed at this moment."""
        return self.number is not None and self._seconds() < self._until

    @property
    def left(self) -> float:
        """Seconds for which it may be believed."""
        return self._until - self._seconds()

    def lost(self) -> None:
        """Know that it is not ours any more."""
        self.number = None
        self.revision = -1
        self._since = self._seconds()

    def renewal(self) -> bytes:
        """Give what to write in order to keep it."""
        return self._last.encode()

    def release(self) -> bytes:
        """Give what to write in order to give it back."""
        return Holder("", self._last.number).encode()
