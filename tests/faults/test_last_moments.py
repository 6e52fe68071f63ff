# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What still waits when a server stops, and `drain_time` is over, is not begun; each `on_disconnect` runs."""

from __future__ import annotations

import threading
from typing import Any, ClassVar

from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs, formatEvent

from tests.support import ServedCase, until
from wstwist import Client, Limits, Project
from wstwist.exceptions import ClientGone

LIMITS = Limits(drain_time=0.3, end_time=0.2)


class Notes(Project):
    """Notes what happens."""

    limits = LIMITS
    happened: ClassVar[list[str]]

    def on_disconnect(self, client: Client) -> None:
        self.happened.append(f"{client.query['name']} has gone")

    def on_service_stop(self) -> None:
        self.happened.append("service stop")


class Discarded(ServedCase):
    """A server that stops while messages wait."""

    timeout = 60

    async def stop(self, count: int) -> Deferred[Any]:
        """Begin to stop, and wait until so many messages and calls are discarded."""
        with capturedLogs() as logs:
            stopped: Deferred[Any] = self.service.stopService()
            host = self.service.hosts[0]
            await until(lambda: host.counters["discarded"], "what is discarded")
        self.assertEqual(host.counters["discarded"], count)
        lines = [formatEvent(log) for log in logs if "are discarded" in formatEvent(log)]
        self.assertEqual(len(lines), 1)
        self.assertIn(f"{count} messages and calls were not handled within 0.3 s", lines[0])
        return stopped

    async def begun(self, project: type[Notes], what: str) -> None:
        """Wait until something has begun."""
        await until(lambda: what in project.happened, what)

    async def test_blocking(self) -> None:
        """A def in progress ends; what its client sent behind it is not begun, and on_disconnect follows."""
        gate = threading.Event()
        self.addCleanup(gate.set)

        class Blocks(Notes):
            happened: ClassVar[list[str]] = []

            def on_message(self, client: Client, message: str | bytes) -> None:
                self.happened.append(f"begin {message!s}")
                gate.wait(20)
                self.happened.append(f"end {message!s}")

        await self.serve(Blocks)
        ann = await self.connect("?name=ann")
        for message in ("1", "2", "3"):
            ann.send(message)
        await self.begun(Blocks, "begin 1")
        stopped = await self.stop(2)
        gate.set()
        await stopped
        self.assertEqual(Blocks.happened, ["begin 1", "end 1", "ann has gone", "service stop"])

    async def test_no_thread(self) -> None:
        """What waits for a thread is not begun either, and does not keep on_disconnect from running."""
        gate = threading.Event()
        self.addCleanup(gate.set)

        class Blocks(Notes):
            threads = 1
            happened: ClassVar[list[str]] = []

            def on_message(self, client: Client, message: str | bytes) -> None:
                self.happened.append(f"begin {message!s}")
                gate.wait(20)

        await self.serve(Blocks)
        ann, bob = await self.connect("?name=ann"), await self.connect("?name=bob")
        ann.send("1")
        await self.begun(Blocks, "begin 1")
        bob.send("2")
        bob.send("3")
        await until(lambda: len(self.service.hosts[0].contexts) == 2, "both")
        await until(lambda: any(c.event and c.event.waits_for_thread for c in self.contexts()), "bob's event")
        stopped = await self.stop(2)
        gate.set()
        await stopped
        self.assertEqual(Blocks.happened[:1], ["begin 1"])
        self.assertEqual(sorted(Blocks.happened[1:3]), ["ann has gone", "bob has gone"])
        self.assertEqual(Blocks.happened[3:], ["service stop"])

    def contexts(self) -> list[Any]:
        """Give all clients' contexts."""
        return list(self.service.hosts[0].contexts.values())

    async def test_async(self) -> None:
        """An async event is cancelled, and none begins after it."""

        class Waits(Notes):
            happened: ClassVar[list[str]] = []

            async def on_message(self, client: Client, message: str | bytes) -> None:
                self.happened.append(f"begin {message!s}")
                await Deferred()

        await self.serve(Waits)
        ann = await self.connect("?name=ann")
        for message in ("1", "2", "3"):
            ann.send(message)
        await self.begun(Waits, "begin 1")
        await (await self.stop(2))
        self.assertEqual(Waits.happened, ["begin 1", "ann has gone", "service stop"])

    async def test_calls(self) -> None:
        """Calls that wait fail."""

        class Asks(Notes):
            happened: ClassVar[list[str]] = []

            async def on_message(self, client: Client, message: str | bytes) -> None:
                self.happened.append("begin")
                await Deferred()

            async def on_service_start(self) -> None:
                self.asked = None

            async def ask(self, client: Client) -> None:
                self.happened.append("ask")
                try:
                    await client.execute("answer")
                except ClientGone:
                    self.happened.append("gone")

            async def answer(self) -> int:
                self.happened.append("answered")
                return 42

        await self.serve(Asks)
        ann = await self.connect("?name=ann")
        ann.send("x")
        await self.begun(Asks, "begin")
        (context,) = self.contexts()
        host = self.service.hosts[0]
        host.bus.call(None, "ask", (context.client,), {})
        host.scheduler.run()
        await self.begun(Asks, "ask")
        await (await self.stop(1))
        self.assertEqual(Asks.happened, ["begin", "ask", "gone", "ann has gone", "service stop"])
