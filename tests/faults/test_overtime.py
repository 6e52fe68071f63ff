# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Events that last longer than ``event_time``."""

from __future__ import annotations

import time
from typing import ClassVar

from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import TestCase

from tests.support import ServedCase, until
from wstwist import Client, Limits, Project
from wstwist.testing import MemoryServer


class Waiting(Project):
    limits = Limits(event_time=10)
    waits: ClassVar[list[Deferred[None]]] = []

    async def on_message(self, client: Client, message: str | bytes) -> None:
        if message == "wait":
            self.waits.append(Deferred())
            await self.waits[-1]


class Unwatched(Waiting):
    limits = Limits()


class Warnings(TestCase):
    """A line when it has lasted for the time, and each time that has doubled."""

    def lines(self, project: type[Project], *steps: float) -> list[str]:
        """Let an event wait for these times one after another, end it, and give what was logged."""
        with MemoryServer(project) as server, capturedLogs() as logs:
            ann = server.connect()
            ann.send("wait")
            for step in steps:
                server.advance(step)
            project.waits.pop().callback(None)
            server.advance(0)  # now it goes on
            server.advance(1000)
            ann.send("something else")
            server.advance(1000)
            self.counted = server._host.counters["events_late"]
            self.identity = ann.instance.client.id
        return [formatEvent(log) for log in logs if log.get("event") == "on_message"]

    def test_doubling(self):
        """It is named after 10, 20 and 40 s, and no more when it has ended; it is counted once."""
        lines = self.lines(Waiting, 9.9, 0.1, 9.9, 0.2, 19.9, 39)
        self.assertEqual(
            lines,
            [
                f"Waiting, client {self.identity}, on_message: lasts for {seconds} s and has not ended; "
                "it is async, and waits (limits: event_time)"
                for seconds in (10, 20, 40)
            ],
        )
        self.assertEqual(self.counted, 1)

    def test_in_time(self):
        """An event that ends in time is not named."""
        self.assertEqual((self.lines(Waiting, 9.9), self.counted), ([], 0))

    def test_off(self):
        """Without the limit no event is watched."""
        self.assertEqual((self.lines(Unwatched, 1000), self.counted), ([], 0))


class Computing(ServedCase):
    """An event that computes cannot be watched meanwhile."""

    async def test_counted(self):
        """It is counted when it has ended."""

        class Computes(Project):
            limits = Limits(event_time=0.15)

            async def on_message(self, client: Client, message: str | bytes) -> None:
                time.sleep(float(message))  # noqa: ASYNC251 - it computes
                client.send("done")

        await self.serve(Computes)
        ann = await self.connect()
        for seconds, late in (("0.12", 0), ("0.2", 1)):
            ann.send(seconds)
            await ann.receive()
            await self.held(late + 1)
            self.assertEqual(self.host.counters["events_late"], late)

    async def held(self, times: int) -> None:
        """Wait until so many events have held the reactor."""
        await until(lambda: self.host.counters["reactor_held"] == times, "the end of the event")


class Reloaded(ServedCase):
    """The time may change while the server runs."""

    async def test_reload(self):
        """Clients who are there already have the new time."""

        class Patient(Waiting):
            limits = Limits()

        await self.serve(Patient)
        ann = await self.connect()
        self.service.reload({"Patient": {"limits": {"event_time": 0.05}}})
        with capturedLogs() as logs:
            ann.send("wait")
            await until(lambda: self.host.counters["events_late"], "the line")
        self.assertIn("lasts for 0.05 s", formatEvent(logs[0]))


class Blocking(ServedCase):
    """Blocking code is named as what it is."""

    async def test_thread(self):
        """A def that does not end is named while it has not, with the client as a field."""
        import threading

        gate = threading.Event()
        self.addCleanup(gate.set)

        class Late(Project):
            limits = Limits(event_time=0.1)

            def on_message(self, client: Client, message: str | bytes) -> None:
                gate.wait(20)
                client.send("done")

        with capturedLogs() as logs:
            await self.serve(Late)
            ann = await self.connect()
            ann.send("begin")
            await until(lambda: self.host.counters["events_late"], "the line")
            gate.set()
            await ann.receive()
        (line, *_) = [log for log in logs if "lasts for" in formatEvent(log)]
        self.assertIn("on_message: lasts for 0.1 s and has not ended; it is blocking code", formatEvent(line))
        self.assertEqual([line["project"], line["context"]], ["Late", f"client {line['client']}"])

    async def test_no_thread(self):
        """A def that waits for a thread is neither named nor counted; its time begins with its thread."""
        import threading

        gates = {"first": threading.Event(), "second": threading.Event()}
        for gate in gates.values():
            self.addCleanup(gate.set)

        class Waits(Project):
            threads = 1
            limits = Limits(event_time=0.1)

            def on_message(self, client: Client, message: str | bytes) -> None:
                client.send("begun")
                gates[str(message)].wait(20)

        with capturedLogs() as logs:
            await self.serve(Waits)
            ann, bob = await self.connect(), await self.connect()
            ann.send("first")
            await ann.receive()
            bob.send("second")
            await until(lambda: self.named(logs, 0.4), "the third line")
            self.assertEqual(self.host.counters["events_late"], 1)
            gates["first"].set()
            await bob.receive()
            await until(lambda: self.host.counters["events_late"] == 2, "the second one's line")
            of_bob = [log for log in logs if log.get("client") == self.id_of(1)]
        self.assertEqual(len(self.named(of_bob, 0.1)), 1)
        self.assertEqual(self.named(of_bob, 0.4), [])

    def id_of(self, number: int) -> str:
        """Give the id of a client, in order of coming."""
        return list(self.host.contexts)[number]

    def named(self, logs: list[dict[str, object]], seconds: float) -> list[str]:
        """Give the lines that say that something has lasted for so long."""
        return [line for line in map(formatEvent, logs) if f"lasts for {seconds:g} s" in line]
