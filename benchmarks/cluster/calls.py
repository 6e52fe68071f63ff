# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""How long a call to another node takes, and how long NATS alone takes between two processes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import NamedTuple

from websockets.sync.client import ClientConnection, connect

from benchmarks.cluster import nodes
from benchmarks.cluster.nats import Nats
from benchmarks.cluster.nodes import Node
from benchmarks.cluster.process import Process
from benchmarks.processes import ROOT, Cores, pinned

LIMIT = 1.5
"""At most this many times what NATS alone takes."""

_PROJECT = "benchmarks.cluster.project:Caller"
_PATIENCE = 60.0

Ask = Callable[[int], list[float]]
"""Does something so many times, and gives the seconds that each time took."""


class Times(NamedTuple):
    """Microseconds of a call."""

    median: float
    p99: float


def times(seconds: list[float]) -> Times:
    """Give the figures of some calls."""
    return Times(median(seconds) * 1e6, quantiles(seconds, n=100)[-1] * 1e6)


def measure(rounds: int, count: int, cores: Cores) -> Iterator[tuple[Times, Times]]:
    """Time ours and NATS alone in turn.

    Args:
        rounds: How often.
        count: Calls in each.
        cores: Who calls is on the one, who answers on the other; NATS is where there is room.

    Yields:
        Ours, and NATS alone.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="wstwist-bench-")))
        nats = Nats(folder / "nats")
        stack.callback(nats.kill)
        nats.start()
        ours = stack.enter_context(_ours(folder, nats.url, cores))
        bare = stack.enter_context(_bare(folder, nats.url, cores))
        for each in (ours, bare):
            each(count)  # to warm up
        for number in range(rounds):
            if number % 2:
                yield times(ours(count)), times(bare(count))
            else:
                second = times(bare(count))
                yield times(ours(count)), second


@contextmanager
def _ours(folder: Path, url: str, cores: Cores) -> Iterator[Ask]:
    pair = [
        Node(folder / f"node{core}{number}", _PROJECT, url, core)
        for number, core in enumerate((cores.server, cores.load))
    ]
    with ExitStack() as stack:
        for node in pair:
            stack.callback(node.kill)
        nodes.start(pair)
        sockets: list[ClientConnection] = [
            stack.enter_context(connect(node.url, max_size=None, compression=None, proxy=None))
            for node in pair
        ]
        ids = [socket.recv(_PATIENCE) for socket in sockets]

        def ask(count: int) -> list[float]:
            sockets[0].send(json.dumps([ids[1], count]))
            found: list[float] = json.loads(sockets[0].recv(_PATIENCE))
            return found

        yield ask


@contextmanager
def _bare(folder: Path, url: str, cores: Cores) -> Iterator[Ask]:
    start = [sys.executable, "-m", "benchmarks.cluster.bare"]
    place = folder / "bare"
    place.mkdir()
    answers = Process([*start, "answer", url], place, cores.load)
    answers.launch()
    with pinned(cores.server):
        asks = subprocess.Popen(
            [*start, "ask", url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
    with asks:
        assert asks.stdin is not None  # noqa: S101 - it is a pipe
        assert asks.stdout is not None  # noqa: S101 - likewise
        stdin, stdout = asks.stdin, asks.stdout
        stdout.readline()

        def ask(count: int) -> list[float]:
            stdin.write(f"{count}\n")
            stdin.flush()
            found: list[float] = json.loads(stdout.readline())
            return found

        try:
            yield ask
        finally:
            asks.kill()
            answers.kill()
