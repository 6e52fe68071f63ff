# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The kit with which authors test their projects."""

import asyncio

import anyio
from twisted.internet import task
from twisted.trial.unittest import TestCase

from wstwist import Client, Project
from wstwist.testing import MemoryServer


class Patient(Project):
    """It does everything that takes time."""

    interval = "1 h"

    async def on_message(self, client: Client, message: str | bytes) -> None:
        match message:
            case "sleep":
                await asyncio.sleep(5)
            case "timeout":
                try:
                    async with asyncio.timeout(3):
                        await asyncio.sleep(60)
                except TimeoutError:
                    message = "timed out"
            case "group":
                async with asyncio.TaskGroup() as group:
                    for seconds in (1, 2):
                        group.create_task(asyncio.sleep(seconds))
            case "anyio":
                with anyio.move_on_after(4) as scope:
                    await anyio.sleep(60)
                message = f"moved on: {scope.cancelled_caught}"
            case "thread":
                message = await asyncio.to_thread(str.upper, "thread")
        client.send(message)

    def ask(self, other: Client) -> str:
        return other.execute(Patient.slowly).wait("10 s")

    async def slowly(self) -> str:
        await asyncio.sleep(9)
        return "slowly"


class Time(TestCase):
    """Time passes in advance() only, and then for everything."""

    def setUp(self):
        self.server = MemoryServer(Patient)
        self.addCleanup(self.server.stop)
        self.ann = self.server.connect()

    def takes(self, message: str, seconds: float, answer: str) -> None:
        began = self.server.clock.seconds()
        self.ann.send(message)
        self.server.advance(seconds - 0.01)
        self.assertEqual(self.ann.received, [])
        self.server.advance(0.02)
        self.assertEqual(self.ann.receive(), answer)
        self.assertAlmostEqual(self.server.clock.seconds() - began, seconds + 0.01)

    def test_asyncio(self):
        """asyncio.sleep, timeout and TaskGroup take the clock's time."""
        self.takes("sleep", 5, "sleep")
        self.takes("timeout", 3, "timed out")
        self.takes("group", 2, "group")

    def test_anyio(self):
        """So does anyio."""
        self.takes("anyio", 4, "moved on: True")

    def test_to_thread(self):
        """asyncio.to_thread runs in place."""
        self.ann.send("thread")
        self.assertEqual(self.ann.receive(), "THREAD")

    def test_wait_lets_time_pass(self):
        """.wait() in blocking code lets time pass until the reply is there."""
        bob = self.server.connect()
        reply = self.ann.instance.client.execute(Patient.ask, bob.instance.client)
        self.assertEqual(self.server.run(reply), "slowly")
        self.assertEqual(self.server.clock.seconds(), 9)

    def test_an_error_that_nobody_looked_at_is_raised(self):
        """Leaving the with block raises what an event raised, unless the test took it out of errors."""

        class Failing(Project):
            def on_message(self, client: Client, message: str | bytes) -> None:
                raise KeyError(message)

        with self.assertRaises(KeyError), MemoryServer(Failing) as server:
            server.connect().send("x")
        with MemoryServer(Failing) as server:
            server.connect().send("x")
            self.assertEqual(server.errors.pop()[1], "on_message")

    def test_beside_a_running_reactor(self):
        """It works in a test that the reactor runs, and leaves the reactor's own time alone."""
        from twisted.internet import reactor

        def later() -> None:
            self.takes("sleep", 5, "sleep")

        return task.deferLater(reactor, 0, later)

    def test_periods_are_counted_exactly(self):
        """In a time of n intervals there are n runs, whatever fractions of a second they are."""
        for interval, seconds, runs in (("200 ms", 2, 11), ("100 ms", 10, 101), ("7 ms", 0.7, 101)):

            class Counting(Project):
                runs = 0

                async def global_service(self) -> None:
                    self.runs += 1

            with MemoryServer(Counting, {"interval": interval}) as server:
                server.advance(seconds + 0.0001)
                self.assertEqual(server.service.runs, runs)
