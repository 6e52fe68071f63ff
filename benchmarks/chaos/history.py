# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What clients were told, and what of it cannot be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple


class Told(NamedTuple):
    """Something that a client was told.

    Attributes:
        receiver: The client's id.
        what: ``sent`` (sent or broadcast), ``ran`` (a procedure was executed in its context), ``counted``
            (one was in the global service) or ``done`` (the one that it has called has returned).
        other: The id of the sender, or of the caller; of ``done``: of whom was called.
        number: The sender's number: each is used once, and they grow.
    """

    receiver: str
    what: str
    other: str
    number: int


def wrongs(history: Sequence[Told], connected: Collection[str]) -> Iterator[str]:
    """Say what is wrong.

    - No procedure was executed twice, wherever; and one that returned was, which its client saw if it is
      still connected.
    - From one client to another what was sent and broadcast is seen in order, and so is what was executed.
      What was sent before a procedure was called is seen before that.

    Args:
        history: What was told, in the order of each receiver.
        connected: The clients that are still connected.
    """
    yield from _twice(history)
    yield from _disorder(history)
    ran = {(told.receiver, told.other, told.number) for told in history if told.what == "ran"}
    for told in history:
        is_seen = (told.other, told.receiver, told.number) in ran
        if told.what == "done" and told.other in connected and not is_seen:
            yield f"a procedure returned that was not executed: {told}"


def _twice(history: Sequence[Told]) -> Iterator[str]:
    executed = Counter((told.other, told.number) for told in history if told.what == "ran")
    yield from (f"executed {count} times: {call}" for call, count in executed.items() if count > 1)
    counted = Counter(told for told in history if told.what == "counted")
    yield from (f"executed {count} times: {told}" for told, count in counted.items() if count > 1)


def _disorder(history: Sequence[Told]) -> Iterator[str]:
    last: dict[tuple[str, str, str], int] = {}
    for told in history:
        if told.what not in ("sent", "ran"):
            continue
        pair = told.receiver, told.other
        before = last.get((*pair, told.what), -1)
        if told.what == "sent":
            before = max(before, last.get((*pair, "ran"), -1))
        if told.number <= before:
            yield f"out of order: {told}, after {before}"
        last[*pair, told.what] = max(last.get((*pair, told.what), -1), told.number)
