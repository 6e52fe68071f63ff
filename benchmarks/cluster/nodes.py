# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Nodes: wstwist in processes of its own, each serving one project."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.cluster.process import Process, until
from benchmarks.processes import free_port
from benchmarks.servers.common import HOST

_START = (str(Path(sys.executable).with_name("twistd")), "--nodaemon", "--pidfile=", "wsproject")


class Node(Process):
    """A node, which keeps its port when it is started again.

    Args:
        folder: Where it runs; made here.
        project: What it serves: ``module:Class``.
        nats: Where NATS is; None: it is a process of its own, without a cluster.
        core: Where it runs, too; None: anywhere.

    Attributes:
        port: Where it listens.
        url: The same, for clients.
    """

    def __init__(self, folder: Path, project: str, nats: str | None, core: int | None = None) -> None:
        """Start nothing yet."""
        folder.mkdir()
        self.port = free_port()
        self.url = f"ws://{HOST}:{self.port}/{project.rpartition(':')[2]}"
        cluster = () if nats is None else ("--nats", nats)
        place = ("--interface", HOST, "--port", str(self.port), "--admin", "off")
        super().__init__([*_START, *place, *cluster, project], folder, core)

    def wait(self) -> None:
        """Wait until it serves."""
        until(lambda: self.pid and (" at ws://" in self.said() or None), "a node")

    def leases(self) -> list[int]:
        """Give the numbers of the leases that it has had since its start."""
        return [int(lease) for lease in re.findall(r"is here now, with lease (\d+)", self.said())]


def start(nodes: Sequence[Node]) -> None:
    """Start nodes, and wait until each serves and those of a cluster know each other."""
    for node in nodes:
        node.launch()
    for node in nodes:
        node.wait()
    for node in nodes if len(nodes) > 1 else ():
        others = len(nodes) - 1
        until(lambda: node.said().count(" has come") >= others or None, "the other nodes")  # noqa: B023
    if len(nodes) > 1:
        until(lambda: any(node.leases() for node in nodes) or None, "a global service")
