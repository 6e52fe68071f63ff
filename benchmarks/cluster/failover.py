# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Faults of the node with the global service, one after another, and what clients everywhere see of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Self

from benchmarks.cluster import nodes
from benchmarks.cluster.effects import Effect, Fault
from benchmarks.cluster.nats import Nats
from benchmarks.cluster.nodes import Node
from benchmarks.cluster.process import until
from benchmarks.cluster.proxy import Ways
from benchmarks.cluster.witness import Witness

LIMIT = 3.0
"""Seconds after a fault within which the next service must have had an effect."""

KINDS = ("kill", "stop", "cut", "stop", "kill", "freeze")
"""The faults, in turn: SIGKILL, SIGSTOP, the connection to NATS ended, or frozen."""

_NODES = 3
_PROJECT = "benchmarks.cluster.failing:Failing"


class Failover:
    """A cluster of three, with a client on each node; each node has its own way to NATS.

    Attributes:
        effects: What the clients have seen.
        holders: The number of the node that had each lease.
    """

    def __init__(self, chance: Random) -> None:
        """Start nothing yet; faults last as long as ``chance`` says."""
        self._chance = chance
        self._stack = ExitStack()
        self._witnesses: dict[int, Witness] = {}
        self.effects: list[Effect] = []
        self.holders: dict[int, int] = {}

    def __enter__(self) -> Self:
        """Start everything."""
        with self._stack:
            folder = Path(self._stack.enter_context(TemporaryDirectory(prefix="wstwist-bench-")))
            nats = Nats(folder / "nats")
            self._stack.callback(nats.kill)
            nats.start()
            ways = self._stack.enter_context(Ways())
            self._ways = [ways.to(nats.port) for _ in range(_NODES)]
            self._nodes = [Node(folder / f"node{at}", _PROJECT, way.url) for at, way in enumerate(self._ways)]
            for node in self._nodes:
                self._stack.callback(node.kill)
            nodes.start(self._nodes)
            for number in range(_NODES):
                self._look_from(number)
            self._stack.callback(lambda: [witness.close() for witness in self._witnesses.values()])
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """End everything."""
        self._stack.close()

    def faults(self, count: int) -> Iterator[Fault]:
        """Have faults, each once the one before is over, and the next service at work."""
        for number in range(count):
            yield self._have(KINDS[number % len(KINDS)])

    def _look_from(self, number: int) -> None:
        """Connect the client of a node."""

        def told(at: float, effect: Any) -> None:
            self.effects.append(Effect(at, number, *effect))

        self._witnesses[number] = Witness(self._nodes[number].url, told)

    def _have(self, kind: str) -> Fault:
        lease, number = self._wait_for_all()
        time.sleep(self._chance.uniform(0.1, 0.6))
        fault = Fault(kind, time.monotonic(), number, lease)
        node, way = self._nodes[number], self._ways[number]
        {"kill": node.kill, "stop": node.stop, "cut": way.cut, "freeze": way.freeze}[kind]()
        until(lambda: self._newest() > lease or None, f"the next service after {kind}", 15)
        time.sleep(self._chance.uniform(0, 2))
        if kind == "kill":
            self._witnesses[number].close()
            node.launch()
            node.wait()
            self._look_from(number)
        elif kind == "stop":
            node.go_on()
        else:
            way.heal()
        return fault

    def _wait_for_all(self) -> tuple[int, int]:
        """Wait until every client sees the same service in all ways; give its lease, and its node."""

        def found() -> tuple[int, int] | None:
            began = time.monotonic() - 0.3
            seen = [effect for effect in self.effects[-1000:] if effect.at > began]
            leases = {effect.lease for effect in seen}
            ways = {(effect.witness, effect.way) for effect in seen}
            if len(leases) != 1 or len(ways) < 3 * _NODES:
                return None
            (lease,) = leases
            holder = self._holder(lease)
            return None if holder is None else (lease, holder)

        lease, holder = until(found, "a service that all clients see", 20)
        self.holders[lease] = holder
        return lease, holder

    def _holder(self, lease: int) -> int | None:
        return next((at for at, node in enumerate(self._nodes) if lease in node.leases()), None)

    def _newest(self) -> int:
        return max(effect.lease for effect in self.effects)
