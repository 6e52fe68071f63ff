# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Contexts do not stand in each other's way."""

from __future__ import annotations

import time
from itertools import pairwise
from statistics import median
from typing import ClassVar

from twisted.internet.defer import ensureDeferred as begin
from twisted.internet.defer import gatherResults

from tests.support import Client, ServedCase, sleep
from wstwist import Project
from wstwist.client import Client as Handle

LONG = 2.0
"""Seconds for which an event is busy."""

SOON = 0.02
"""Seconds in which an echo is there, usually; once in a while a machine with other work takes longer."""

AT_WORST = 0.5
"""Seconds in which it is there always; an event that stood in the way would take `LONG`."""


def make_independent() -> type[Project]:
    """Make a project whose events take long, in each of the possible ways, when they are told to."""

    class Independent(Project):
        interval = 50
        runs: ClassVar[list[float]] = []

        async def global_service(self):
            self.runs.append(time.monotonic())

        def on_message(self, client: Handle, message: str | bytes) -> None:
            if message == "long":
                time.sleep(LONG)
            client.send(message)

    return Independent


def make_waiting() -> type[Project]:
    """Make the same project, with an event that waits instead of one that blocks."""
    blocking = make_independent()

    class Waiting(blocking):
        async def on_message(self, client: Handle, message: str | bytes) -> None:
            if message == "long":
                await sleep(LONG)
            client.send(message)

    return Waiting


class Independence:
    """What a context that is busy does to others: nothing."""

    async def test_blocking(self):
        """While an event blocks for 2 s, others are answered at once, and the service keeps its interval."""
        await self.serve(make_independent())
        await self.check_long_event()

    async def test_waiting(self):
        """While an event waits for 2 s, its own next message waits, in order; others do not."""
        await self.serve(make_waiting())
        await self.check_long_event()

    async def check_long_event(self) -> None:
        busy, other = await self.connect(), await self.connect()
        began = time.monotonic()
        busy.send("long")
        busy.send("next")
        answers = begin(self.times(busy, 2))
        echoes = await self.echoes(other, began + 0.9 * LONG)
        (long, first), (following, second) = await answers
        self.assertEqual((long, following), ("long", "next"))
        self.assertGreaterEqual(first - began, LONG)
        self.assertLess(second - began, LONG + AT_WORST)
        self.assertLess((median(echoes), max(echoes)), (SOON, AT_WORST))
        runs = [run for run in self.host.definition.project.runs if began < run < began + LONG]
        self.assertGreater(len(runs), 0.8 * LONG / 0.05)
        self.assertLess(max(after - before for before, after in pairwise(runs)), AT_WORST)

    async def times(self, client: Client, count: int) -> list[tuple[str | bytes, float]]:
        """Give the next messages, and when each came."""
        return [(await client.receive(), time.monotonic()) for _ in range(count)]

    async def echoes(self, client: Client, end: float) -> list[float]:
        """Have messages echoed one after another, and give how long each took."""
        took = []
        while (asked := time.monotonic()) < end:
            await client.ask("ping")
            took.append(time.monotonic() - asked)
        return took


class Turns:
    """A procedure gets its turn in the service, however short the interval."""

    async def test_async(self):
        """Where runs follow each other at once, and wait, each procedure gets its turn after one run."""

        class Restless(Asking):
            begun: ClassVar[list[float]] = []

            async def global_service(self):
                self.begun.append(time.monotonic())
                await sleep(RUN)

        await self.check_turns(Restless)

    async def test_blocking(self):
        """Where runs follow each other at once, and block, each procedure gets its turn after one run."""

        class Restless(Asking):
            begun: ClassVar[list[float]] = []

            def global_service(self):
                self.begun.append(time.monotonic())
                time.sleep(RUN)

        await self.check_turns(Restless)

    async def check_turns(self, project: type[Asking]) -> None:
        await self.serve(project)
        clients = [await self.connect() for _ in range(5)]
        waited = await gatherResults([begin(self.runs_waited(client, project)) for client in clients])
        for runs in waited:
            # A run that has begun is waited for; one more may have been due before the call came.
            self.assertLessEqual(max(runs), 1)

    async def runs_waited(self, client: Client, project: type[Asking]) -> list[int]:
        """Ask until the service has run often; give how many runs began before each answer."""
        waited = []
        while len(project.begun) < ROUNDS:
            waited.append(int(await client.ask("?")))
        return waited


RUN = 0.05
"""Seconds that a run of the service takes."""

ROUNDS = 6
"""Runs of the service while clients ask."""


class Asking(Project):
    """Answers a message with the number of runs that began between the question and its procedure."""

    interval = 1
    begun: ClassVar[list[float]]

    async def on_message(self, client: Handle, message: str | bytes) -> None:
        before = len(self.begun)
        client.send(str(await self.execute_global_service(Asking.count_runs) - before))

    async def count_runs(self) -> int:
        return len(self.begun)


class Threads:
    """Blocking code, much of it."""

    async def test_hundred_waits(self):
        """A hundred blocking events that wait for blocking procedures all finish."""
        await self.check_hundred_waits(64)

    async def test_hundred_waits_in_two_threads(self):
        """They finish too where only two threads may be busy."""
        await self.check_hundred_waits(2)

    async def check_hundred_waits(self, count: int) -> None:
        class Waits(Project):
            interval = "1 h"
            threads = count
            total: int = 0

            def on_message(self, client: Handle, message: str | bytes) -> None:
                mine = self.execute_global_service(self.add, 1).wait()
                others = self.connected_clients().wait()
                idle = next(other for other in others if other.query.get("idle") == message)
                client.send(f"{mine} {idle.execute(Waits.add, 10).wait()}")

            def add(self, number: int) -> int:
                time.sleep(0.001)
                self.total += number
                return self.total

        await self.serve(Waits)
        idle = [await self.connect(f"?idle={number}") for number in range(10)]
        busy = [await self.connect() for _ in range(100)]
        for number, client in enumerate(busy):
            client.send(str(number % len(idle)))
        answers = [str(await client.receive()).split() for client in busy]
        self.assertEqual(sorted(int(mine) for mine, _ in answers), list(range(1, 101)))
        self.assertEqual(
            sorted(int(theirs) for _, theirs in answers), sorted([*range(10, 101, 10)] * len(idle))
        )

    async def test_sends_in_order(self):
        """What an event sends from a thread leaves at once, and in order."""

        class Counting(Project):
            interval = "1 h"

            def on_message(self, client: Handle, message: str | bytes) -> None:
                client.send("begun")
                self.go_on = False
                reply = self.execute_global_service(Counting.wait_a_moment)
                for number in range(500):
                    client.send(str(number))
                client.send(reply.wait())

            def wait_a_moment(self) -> str:
                time.sleep(0.5)
                return "ended"

        await self.serve(Counting)
        client = await self.connect()
        began = time.monotonic()
        client.send("go")
        self.assertEqual(await client.receive(), "begun")
        numbers = [await client.receive() for _ in range(500)]
        self.assertLess(time.monotonic() - began, 0.5)
        self.assertEqual(numbers, [str(number) for number in range(500)])
        self.assertEqual(await client.receive(), "ended")

    async def test_burst(self):
        """A burst of more messages than a mailbox holds is handled once each and in order."""

        class Burst(Project):
            interval = "1 h"

            def on_message(self, client: Handle, message: str | bytes) -> None:
                client.send(message)

        await self.serve(Burst)
        client = await self.connect()
        sent = [str(number) for number in range(2500)]
        for message in sent:
            client.send(message)
        self.assertEqual([await client.receive() for _ in sent], sent)


class IndependenceOverTcp(Independence, ServedCase):
    """Over TCP."""


class IndependenceOverTls(Independence, ServedCase):
    """Over TLS."""

    transport = "tls"


class IndependenceOverUnix(Independence, ServedCase):
    """Over a Unix socket."""

    transport = "unix"


class TurnsOverTcp(Turns, ServedCase):
    """Over TCP."""


class TurnsOverTls(Turns, ServedCase):
    """Over TLS."""

    transport = "tls"


class TurnsOverUnix(Turns, ServedCase):
    """Over a Unix socket."""

    transport = "unix"


class ThreadsOverTcp(Threads, ServedCase):
    """Over TCP."""


class ThreadsOverTls(Threads, ServedCase):
    """Over TLS."""

    transport = "tls"


class ThreadsOverUnix(Threads, ServedCase):
    """Over a Unix socket."""

    transport = "unix"
