# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""CPU time a message: the same clients, once at one process, once spread over the nodes of a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks import generator
from benchmarks.cluster import nodes
from benchmarks.cluster.nats import Nats
from benchmarks.cluster.nodes import Node
from benchmarks.processes import Cores, pinned

_PROJECTS = "benchmarks.servers.project"


@dataclass(frozen=True)
class Load:
    """One kind of work.

    Attributes:
        name: How the command line calls it.
        title: What it is, for a reader.
        project: What is served.
        unit: What is counted.
        options: What the load generator is told.
        nodes: How many nodes the clients are spread over.
        limit: At most this many times what one process without a cluster needs.
    """

    name: str
    title: str
    project: str
    unit: str
    options: tuple[str, ...]
    nodes: int
    limit: float


LOADS = (
    Load(
        "echo",
        "echo of 64 B, 100 clients",
        "Echo",
        "message",
        ("--mode=echo", "--clients=100", "--size=64"),
        2,
        1.1,
    ),
    Load(
        "broadcast",
        "broadcast of 64 B to 2,000 clients",
        "FanOut",
        "delivery",
        ("--mode=fan-out", "--clients=2000", "--size=64"),
        4,
        1.15,
    ),
)


class Cost(NamedTuple):
    """What one set-up needed in one round, in microseconds of CPU time for each message or delivery.

    Attributes:
        servers: All servers together.
        nats: NATS.
        rate: How many there were in a second.
    """

    servers: float
    nats: float
    rate: float


@dataclass(frozen=True)
class SetUp:
    """Where the clients are.

    Attributes:
        name: What it is, for a reader.
        nodes: How many nodes; 0: one process without a cluster.
    """

    name: str
    nodes: int


def set_ups(load: Load) -> tuple[SetUp, ...]:
    """Give what a load is measured with."""
    return (
        SetUp("one process, no cluster", 0),
        SetUp("one node", 1),
        SetUp(f"{load.nodes} nodes", load.nodes),
    )


@dataclass(frozen=True)
class Bench:
    """What all measurements share.

    Attributes:
        program: The compiled load generator.
        cores: Where the servers run; NATS and the generator are on the other one.
        warm_up: Seconds before the measuring.
        seconds: Seconds of it.
    """

    program: Path
    cores: Cores
    warm_up: float
    seconds: float

    def measure(self, load: Load, set_up: SetUp) -> Cost:
        """Start the servers, load them, and end them.

        Raises:
            LoadError: The generator found something wrong.
            ServerError: A server does not start, or ended.
        """
        with TemporaryDirectory(prefix="wstwist-bench-") as folder:
            nats = Nats(Path(folder) / "nats", self.cores.load) if set_up.nodes else None
            place = f"{_PROJECTS}:{load.project}"
            servers = [
                Node(Path(folder) / f"node{number}", place, nats and nats.url, self.cores.server)
                for number in range(max(set_up.nodes, 1))
            ]
            try:
                if nats is not None:
                    nats.start()
                nodes.start(servers)
                with pinned(self.cores.load):
                    return self._under_load(load, servers, nats)
            finally:
                for process in (*servers, *([nats] if nats else ())):
                    process.kill()

    def _under_load(self, load: Load, servers: list[Node], nats: Nats | None) -> Cost:
        processes = [*servers, *([nats] if nats else ())]
        found = generator.run(
            [
                str(self.program),
                *load.options,
                *(f"--port={server.port}" for server in servers),
                f"--path=/{load.project}",
                f"--warm-up={self.warm_up}",
                f"--seconds={self.seconds}",
                *(f"--pid={process.pid}" for process in processes),
            ]
        )
        if not found["count"]:
            raise generator.LoadError("nothing came back while it was measured")
        each = [seconds / found["count"] * 1e6 for seconds in found["server_cpus"]]
        count = len(servers)
        return Cost(sum(each[:count]), sum(each[count:]), found["count"] / found["seconds"])


def medians(costs: list[Cost]) -> Cost:
    """Give the median of each figure."""
    return Cost(*(median(figures) for figures in zip(*costs, strict=True)))


def ratio(costs: list[Cost], others: list[Cost]) -> float:
    """Divide what the servers needed by what others needed in the same round; the median of the rounds."""
    return median(cost.servers / other.servers for cost, other in zip(costs, others, strict=True))
