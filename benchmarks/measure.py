# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""One measurement: a server of its own, a load, and what they needed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import generator
from benchmarks.contestants import Contestant, Order, Pair
from benchmarks.generator import LoadError
from benchmarks.processes import Cores, Server, ServerError, free_port, pinned
from benchmarks.workloads import Workload

_SETTLING = 2.0
"""Seconds after which the memory of idle clients is read."""


@dataclass(frozen=True)
class Measurement:
    """What one server needed in one round.

    Attributes:
        cpu: Microseconds of user and system time of the server for each message, delivery or handshake.
        rate: How many of these there were in a second.
        memory: Bytes for each idle client.
        load: The part of its core that the generator needed: near 1, it was the slower side.
    """

    cpu: float
    rate: float
    memory: float | None
    load: float

    def figure(self, name: str) -> float:
        """Give the figure that a workload compares."""
        value: float | None = getattr(self, name)
        if value is None:
            raise ValueError(f"no {name} was measured")
        return value


@dataclass(frozen=True)
class Bench:
    """What all measurements share.

    Attributes:
        load: The compiled generator.
        pair: The certificate for TLS.
        cores: Where the two sides run.
        warm_up: Seconds before the measuring.
        seconds: Seconds of it.
    """

    load: Path
    pair: Pair
    cores: Cores
    warm_up: float
    seconds: float

    def measure(self, workload: Workload, contestant: Contestant) -> Measurement:
        """Start a server, load it, and end it.

        Raises:
            LoadError: The generator found something wrong.
            ServerError: The server does not start, or ended.
        """
        pair = self.pair if workload.tls else None
        order = Order(free_port(), workload.serves, pair, workload.deflate)
        with TemporaryDirectory(prefix="wstwist-bench-") as folder:
            server = Server(contestant, order, self.cores.server, Path(folder))
            try:
                command = self._command(workload, contestant, order, server)
                with pinned(self.cores.load):
                    return _under_load(workload, server, command)
            except LoadError as error:
                if server.has_ended:
                    raise ServerError(f"ended: {server.last_words()}") from None
                raise LoadError(f"{error} (the server's last words: {server.last_words()})") from None
            finally:
                server.stop()

    def _command(self, workload: Workload, contestant: Contestant, order: Order, server: Server) -> list[str]:
        return [
            str(self.load),
            *workload.options,
            f"--port={order.port}",
            f"--path={contestant.path(order)}",
            f"--warm-up={self.warm_up}",
            f"--seconds={self.seconds}",
            *(f"--pid={pid}" for pid in server.pids),
        ]


def _under_load(workload: Workload, server: Server, command: list[str]) -> Measurement:
    if workload.mode != "idle":
        return _understand(generator.run(command))
    before = server.memory()
    with generator.held(command) as found:
        time.sleep(_SETTLING)
        memory = server.memory() - before
    return _understand(found, memory / workload.clients)


def _understand(found: dict[str, Any], memory: float | None = None) -> Measurement:
    count, seconds = found["count"], found["seconds"]
    if not count:
        raise LoadError("nothing came back while it was measured")
    return Measurement(
        cpu=found["server_cpu"] / count * 1e6,
        rate=count / seconds,
        memory=memory,
        load=found["load_cpu"] / seconds,
    )
