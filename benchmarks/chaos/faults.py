# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Which faults a round has: drawn at random, overlapping."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

KINDS = ("kill", "stop", "cut", "freeze", "nats")
"""SIGKILL, SIGSTOP, the connection to NATS ended or frozen, of one node; and NATS killed."""

_LATEST = 1.0
_LONGEST = {"kill": 1.0, "stop": 6.0, "cut": 6.0, "freeze": 6.0, "nats": 3.0}


class Fault(NamedTuple):
    """A fault.

    Attributes:
        kind: What it is.
        node: The number of the node; of NATS: 0.
        begin: Seconds after the round's beginning.
        end: Likewise, when it is repaired.
    """

    kind: str
    node: int
    begin: float
    end: float


def draw(chance: Random, nodes: int) -> list[Fault]:
    """Draw one to three faults, at most one of each node and one of NATS."""
    targets = chance.sample(range(nodes + 1), chance.choice((1, 1, 2, 2, 3)))
    return [_one(chance, target, nodes) for target in targets]


def _one(chance: Random, target: int, nodes: int) -> Fault:
    kind = "nats" if target == nodes else chance.choice(KINDS[:-1])
    begin = chance.uniform(0, _LATEST)
    lasts = chance.choice((0.2, 1.0)) * chance.uniform(0.1, 1.0) * _LONGEST[kind]
    return Fault(kind, 0 if kind == "nats" else target, begin, begin + lasts)
