# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Rounds of faults in a cluster that works, and whether all clients are reachable afterwards."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple, Self

from benchmarks.chaos.faults import Fault
from benchmarks.chaos.history import Told
from benchmarks.chaos.people import ASKED, Load, Person
from benchmarks.cluster import nodes
from benchmarks.cluster.nats import Nats
from benchmarks.cluster.nodes import Node
from benchmarks.cluster.proxy import Ways

LIMIT = 10.0
"""Seconds after the last fault within which all must be reachable."""

NODES = 3
_PEOPLE = 4
_PATIENCE = 3.5
"""Seconds that one client has for its answer."""

_PROJECT = "benchmarks.chaos.project:Chaos"


class Outcome(NamedTuple):
    """What a round has brought.

    Attributes:
        seconds: From the end of the last fault until all were reachable; None: they were not.
        missing: What was missing last.
    """

    seconds: float | None
    missing: str


class Cluster:
    """NATS, three nodes, each with a way of its own to NATS, and four clients on each.

    Attributes:
        people: The clients.
        history: What they were told.
        nodes: The nodes.
    """

    def __init__(self, chance: Random) -> None:
        """Start nothing yet."""
        self._stack = ExitStack()
        self._chance = chance
        self._tokens = 0
        self.people: list[Person] = []
        self.history: list[Told] = []

    def __enter__(self) -> Self:
        """Start everything."""
        with self._stack:
            folder = Path(self._stack.enter_context(TemporaryDirectory(prefix="wstwist-chaos-")))
            self._nats = Nats(folder / "nats")
            self._stack.callback(self._nats.kill)
            self._nats.start()
            ways = self._stack.enter_context(Ways())
            self._ways = [ways.to(self._nats.port) for _ in range(NODES)]
            self.nodes = [Node(folder / f"node{at}", _PROJECT, way.url) for at, way in enumerate(self._ways)]
            for node in self.nodes:
                self._stack.callback(node.kill)
            nodes.start(self.nodes)
            for number in range(NODES * _PEOPLE):
                self.people.append(self._person(number % NODES))
            self._stack.callback(lambda: [person.leave() for person in self.people])
            for person in self.people:
                person.wait()
            self.load = Load(self.people, self._chance)
            self._stack.enter_context(self.load)
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """End everything."""
        self._stack.close()

    @property
    def connected(self) -> set[str]:
        """The ids of those who are connected."""
        return {person.id for person in self.people if person.is_connected}

    def round(self, faults: list[Fault]) -> Outcome:
        """Have faults, and see whether all are reachable afterwards."""
        for person in self.people:
            person.order("learn")
        self._have(faults)
        return self._reach()

    def _person(self, node: int) -> Person:
        return Person(node, self.nodes[node].url, self.history)

    def _have(self, faults: list[Fault]) -> None:
        began = time.monotonic()
        moments = sorted(
            [(fault.begin, True, fault) for fault in faults] + [(fault.end, False, fault) for fault in faults]
        )
        for at, is_begin, fault in moments:
            time.sleep(max(0.0, began + at - time.monotonic()))
            (self._begin if is_begin else self._end)(fault)

    def _begin(self, fault: Fault) -> None:
        node, way = self.nodes[fault.node], self._ways[fault.node]
        kinds = {"kill": node.kill, "stop": node.stop, "cut": way.cut, "freeze": way.freeze}
        kinds.get(fault.kind, self._nats.kill)()

    def _end(self, fault: Fault) -> None:
        node, way = self.nodes[fault.node], self._ways[fault.node]
        kinds = {"kill": node.launch, "stop": node.go_on, "cut": way.heal, "freeze": way.heal}
        kinds.get(fault.kind, self._nats.start)()

    # Whether all are there.

    def _reach(self) -> Outcome:
        ended = time.monotonic()
        for node in self.nodes:
            node.wait()
        self._replace()
        missing = "nobody has been asked"
        while time.monotonic() - ended < LIMIT:
            missing = self._missing()
            if not missing:
                return Outcome(time.monotonic() - ended, "")
            self._replace()
        return Outcome(None, missing)

    def _replace(self) -> None:
        """Have those connect again whose connection has ended."""
        for at, person in enumerate(self.people):
            if not person.is_connected:
                person.leave()
                self.people[at] = self._person(person.node)
                self.people[at].wait()

    def _missing(self) -> str:
        """Ask a client of each node for all; say what is missing, "": nothing is."""
        self._tokens += 1
        token, expected = self._tokens, self.connected
        for person in self.people[:ASKED]:
            person.order("reach", token)
            end = time.monotonic() + _PATIENCE
            while missing := self._missing_of(token, person, expected):
                if time.monotonic() > end or token in person.listed or person.has_failed(token):
                    return missing
                time.sleep(0.01)
        return ""

    def _missing_of(self, token: int, asked: Person, expected: set[str]) -> str:
        if token not in asked.listed:
            return f"the list of {asked.id} on node {asked.node}: {list(asked.failures)[-1:]}"
        reached, present = asked.listed[token]
        if reached != expected:
            return f"of the list on node {asked.node}: {expected ^ reached}"
        if present != expected:
            return f"of whom the service knows, asked on node {asked.node}: {expected ^ present}"
        deaf = [person.id for person in self.people if person.id in expected and token not in person.reached]
        return f"a broadcast from node {asked.node} to {deaf}" if deaf else ""
