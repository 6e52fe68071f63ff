# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What the servers are put to: each a name, and what the load generator is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Figure = Literal["cpu", "memory"]
Mode = Literal["echo", "fan-out", "handshakes", "idle"]
Kind = Literal["text", "binary", "json"]

_SIZES = {"64": 64, "1k": 1024, "16k": 16 * 1024, "1m": 1024 * 1024}
_WORDS = {"64": "64 B", "1k": "1 KiB", "16k": "16 KiB", "1m": "1 MiB"}


@dataclass(frozen=True)
class Workload:
    """One kind of work.

    Attributes:
        name: How the command line calls it.
        title: What it is, for a reader.
        mode: What the generator does.
        kind: The messages' kind.
        size: Their bytes.
        clients: Connections.
        burst: Messages that a client writes at once.
        batch: Messages that the server broadcasts in one turn.
        tls: Whether over TLS.
        deflate: Whether with permessage-deflate.
        unit: What is counted.
        figure: What is compared: CPU time for each of these, or memory.
    """

    name: str
    title: str
    mode: Mode = "echo"
    kind: Kind = "text"
    size: int = 64
    clients: int = 100
    burst: int = 1
    batch: int = 1
    tls: bool = False
    deflate: bool = False
    unit: str = "message"
    figure: Figure = "cpu"

    @property
    def serves(self) -> str:
        """What the server is to do."""
        return "fan-out" if self.mode == "fan-out" else "echo"

    @property
    def options(self) -> list[str]:
        """What the generator is told about it."""
        numbers = {"clients": self.clients, "size": self.size, "burst": self.burst, "batch": self.batch}
        return [
            f"--mode={self.mode}",
            f"--kind={self.kind}",
            *(f"--{name}={number}" for name, number in numbers.items()),
            *(["--tls"] if self.tls else []),
            *(["--deflate"] if self.deflate else []),
        ]


def _echo(size: str, kind: Kind) -> Workload:
    name = f"echo-{size}" if kind == "text" else f"echo-{size}-{kind}"
    clients = 10 if size == "1m" else 100
    title = f"echo of {_WORDS[size]}, {kind}, {clients} clients"
    return Workload(name, title, kind=kind, size=_SIZES[size], clients=clients)


WORKLOADS = (
    _echo("64", "text"),
    _echo("64", "binary"),
    Workload("burst-16", "echo of 64 B, text, 100 clients, in bursts of 16", burst=16),
    *(_echo(size, kind) for size in ("1k", "16k", "1m") for kind in ("text", "binary")),
    Workload("tls-64", "echo of 64 B, text, 100 clients, over TLS", tls=True),
    Workload(
        "deflate-1k",
        "echo of 1 KiB of JSON, 100 clients, permessage-deflate",
        kind="json",
        size=1024,
        deflate=True,
    ),
    Workload("fan-out", "fan-out of 64 B to 1,000 clients", mode="fan-out", clients=1000, unit="delivery"),
    Workload(
        "fan-out-10",
        "fan-out of 64 B to 1,000 clients, ten in one turn",
        mode="fan-out",
        clients=1000,
        batch=10,
        unit="delivery",
    ),
    Workload(
        "handshakes",
        "connections opened and closed again, 16 at a time",
        mode="handshakes",
        clients=16,
        unit="handshake",
    ),
    Workload("idle", "10,000 idle clients", mode="idle", clients=10_000, unit="client", figure="memory"),
)
