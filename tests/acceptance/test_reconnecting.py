# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A server that is killed and started again under many clients."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.trial.unittest import TestCase

from tests.acceptance.processes import Server
from tests.documents import free_port
from tests.support import Place, until
from wstwist import Connection, Reconnect, connect
from wstwist.connection.awaited import dialing

CLIENTS = 200
QUEUED = 5
LEAST = 1.0
"""Seconds over which the first attempts are to be spread."""

BUCKET = 0.1
"""Seconds of a line of the histogram."""

TALLY = """
    from wstwist import Client, Project

    class Tally(Project):
        interval = "1 h"

        async def on_message(self, client: Client, message: str | bytes) -> None:
            with open("received", "a") as file:
                file.write(f"{message}\\n")
"""


@dataclass(frozen=True)
class SamePlace(Place):
    """A place with a port that stays the same.

    Attributes:
        port: The port.
    """

    port: int = 0

    @property
    def options(self) -> list[str]:
        """What ``twistd wsproject`` is told."""
        return ["--interface", "127.0.0.1", "--port", str(self.port)]


def histogram(times: list[float]) -> str:
    """Draw how many of these times lie in each tenth of a second."""
    counts = Counter(int(time / BUCKET) for time in times)
    lines = (
        f"{index * BUCKET:5.1f} s {counts[index]:4} {'#' * (counts[index] // 2)}"
        for index in range(max(counts) + 1)
    )
    return "\n".join(lines)


class Killed(TestCase):
    """The clients."""

    timeout = 60

    async def test_all_come_back(self) -> None:
        """All are back, the attempts are spread out, and what waited arrives once and in order."""
        folder = Path(self.enterContext(TemporaryDirectory(prefix="wstwist-")))
        place = SamePlace("tcp", folder, free_port())
        server = Server(place, TALLY, "Tally")
        self.addCleanup(server.kill)
        await server.start()
        attempts = self.watch_attempts()
        losses: list[object] = []
        connections: list[Connection] = await gatherResults(
            connect(
                f"ws://127.0.0.1:{place.port}/Tally",
                reconnect=Reconnect(least=LEAST, most="2 s", on_loss=losses.append),
                proxy=None,
            ).as_deferred()
            for _ in range(CLIENTS)
        )
        for connection in connections:
            self.addCleanup(connection.close)
        self.send(connections, range(1))
        received = folder / "received"
        await until(lambda: received.exists() and len(received.read_text().split()) == CLIENTS, "messages")

        attempts.clear()
        server._process.send_signal(signal.SIGKILL)
        killed = reactor.seconds()
        await until(lambda: len(losses) == CLIENTS, "the losses")
        self.send(connections, range(1, QUEUED + 1))
        await server.ended(5)
        await server.start()
        started = reactor.seconds()
        await until(lambda: all(connection.is_open for connection in connections), "all clients")
        back = reactor.seconds()
        wanted = CLIENTS * (QUEUED + 1)
        await until(lambda: len(received.read_text().split()) >= wanted, "the messages")

        lines = Counter(received.read_text().split())
        self.assertEqual(set(lines.values()), {1})
        self.assertEqual(len(lines), wanted)
        for number in range(CLIENTS):
            mine = [line for line in received.read_text().split() if line.startswith(f"{number}:")]
            self.assertEqual(mine, [f"{number}:{index}" for index in range(QUEUED + 1)])
        times = [time - killed for time in attempts]
        sys.stdout.write(
            f"\n{len(times)} attempts of {CLIENTS} clients; after the server was killed it was back in "
            f"{started - killed:.1f} s, and all clients in {back - killed:.1f} s:\n{histogram(times)}\n"
        )
        first = Counter(int((time - min(times)) / BUCKET) for time in times)
        for index in range(round(LEAST / BUCKET)):
            self.assertLess(first[index], CLIENTS / 4, histogram(times))

    @staticmethod
    def send(connections: list[Connection], indices: range) -> None:
        """Let each client send its number with each of these."""
        for index in indices:
            for number, connection in enumerate(connections):
                connection.send(f"{number}:{index}")

    def watch_attempts(self) -> list[float]:
        """Note when attempts begin."""
        times: list[float] = []
        dial = dialing.Dialer.dial

        def noted(dialer: Any) -> Deferred[Any]:
            times.append(reactor.seconds())
            return dial(dialer)

        self.patch(dialing.Dialer, "dial", noted)
        return times
