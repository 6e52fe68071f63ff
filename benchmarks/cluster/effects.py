# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What witnesses have seen of global services, and what of it cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from benchmarks.cluster.failing import PARTS


class Effect(NamedTuple):
    """Something that a global service has done, as a witness saw it.

    Attributes:
        at: When it was seen; seconds of one clock for all witnesses.
        witness: The number of the witness, which is that of its node.
        way: How it came: ``send``, ``broadcast`` or ``execute``.
        lease: The service's lease.
        count: The number of the run.
        part: Which part of it.
    """

    at: float
    witness: int
    way: str
    lease: int
    count: int
    part: int


class Fault(NamedTuple):
    """Something that was done to the node with the global service.

    Attributes:
        kind: ``kill``, ``stop``, ``cut`` or ``freeze``.
        at: When.
        node: To which node.
        lease: The lease that it had.
    """

    kind: str
    at: float
    node: int
    lease: int


def faults_of(effects: Sequence[Effect], holders: Mapping[int, int]) -> Iterator[str]:
    """Say what is wrong.

    - No witness sees a lease after a newer one, whatever its node.
    - Once anybody has seen a lease, nobody on another node than its holder's sees an older one.
    - What comes in one way comes in order and once.
    - A service goes on where the one before it was, for all that is seen on other nodes than its own: at most
      its last run, which may not have been kept, is done again.

    Args:
        effects: What was seen.
        holders: The number of the node that had each lease.
    """
    ordered = sorted(effects)
    yield from _older_leases(ordered, holders)
    yield from _disorder(ordered)
    yield from _durable(ordered, holders)


def _older_leases(effects: Sequence[Effect], holders: Mapping[int, int]) -> Iterator[str]:
    newest = 0
    of_witness: dict[int, int] = {}
    for effect in effects:
        if effect.lease < of_witness.get(effect.witness, 0):
            yield f"an older lease at the same witness: {effect}, after {of_witness[effect.witness]}"
        elif effect.lease < newest and holders.get(effect.lease) != effect.witness:
            yield f"an older lease: {effect}, after {newest}"
        of_witness[effect.witness] = max(of_witness.get(effect.witness, 0), effect.lease)
        newest = max(newest, effect.lease)


def _disorder(effects: Sequence[Effect]) -> Iterator[str]:
    last: dict[tuple[int, str, int], int] = {}
    for effect in effects:
        # A send and a broadcast go the same way, and what is executed another one.
        way = "execute" if effect.way == "execute" else "send"
        place = (effect.count * PARTS + effect.part) * 2 + (effect.way == "send")
        key = effect.witness, way, effect.lease
        if place <= last.get(key, -1):
            yield f"out of order, or twice: {effect}"
        last[key] = place


def _durable(effects: Sequence[Effect], holders: Mapping[int, int]) -> Iterator[str]:
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for effect in effects:
        first[effect.lease] = min(first.get(effect.lease, effect.count), effect.count)
        if holders.get(effect.lease) != effect.witness:
            last[effect.lease] = max(last.get(effect.lease, 0), effect.count)
    before = 0
    for lease in sorted(first):
        if first[lease] < before:
            yield f"lease {lease} begins with run {first[lease]}, but run {before} was seen elsewhere"
        before = max(before, last.get(lease, 0))


def gap(effects: Sequence[Effect], fault: Fault) -> float | None:
    """Give the seconds from a fault to the next service's first effect; None: there was none."""
    later = [effect.at for effect in effects if effect.lease > fault.lease]
    return min(later) - fault.at if later else None


def unkept(effects: Sequence[Effect], fault: Fault) -> int:
    """Count the runs that only the faulty node's own clients have seen: they were done again elsewhere."""
    here = {each.count for each in effects if each.lease == fault.lease and each.witness == fault.node}
    after = [each.count for each in effects if each.lease > fault.lease]
    return sum(count >= min(after) for count in here) if after else 0
