# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Rates and idle times of real clients."""

from __future__ import annotations

from time import monotonic

from tests.support import ServedCase, sleep, until
from wstwist import Client, Limits, Project

RATE = 20


class Paced(Project):
    """Takes messages at a rate, one after another, and has room for a few."""

    interval = "1 h"
    limits = Limits(messages_per_second=RATE, mailbox_messages=4, ping_interval=0.4, ping_timeout=0.4)

    async def on_message(self, client: Client, message: str | bytes) -> None:
        await sleep(0.01)
        client.send(message)

    async def on_disconnect(self, client: Client) -> None:
        ended.append(client.close_code)


class Idle(Project):
    """Closes who says nothing."""

    interval = "1 h"
    limits = Limits(idle_time=0.5, ping_interval=0.1)

    async def on_message(self, client: Client, message: str | bytes) -> None:
        client.send(message)


ended: list[int | None] = []


class RatesTests(ServedCase):
    """Clients that say much, or nothing."""

    async def test_rate(self):
        """All messages are handled, in order, at the rate; the client stays though its mailbox is full."""
        await self.serve(Paced)
        client = await self.connect()
        began = monotonic()
        numbers = [str(number) for number in range(3 * RATE)]
        for number in numbers:
            client.send(number)
        self.assertEqual([await client.receive() for _ in numbers], numbers)
        self.assertGreater(monotonic() - began, 1.8)
        self.assertEqual(await client.ask("still here"), "still here")
        await client.close()

    async def test_stopped_while_paused(self):
        """A server stops in good time however much of a client's is still to be read."""
        await self.serve(Paced)
        client = await self.connect()
        for number in range(1000):
            client.send(f"{number} " + "x" * 1000)
        await client.receive()
        await sleep(1)
        ended.clear()
        began = monotonic()
        await self.service.stopService()
        self.assertLess(monotonic() - began, 3)
        self.assertEqual((await client.closed()).code, 1001)
        self.assertEqual(ended, [1001])

    async def test_reset_while_paused(self):
        """A client that goes while it is not read is noticed when reading goes on."""
        await self.serve(Paced)
        ended.clear()
        client = await self.connect()
        for number in range(RATE + 5):
            client.send(str(number))
        await client.receive()
        client.reset()
        await until(lambda: ended, "on_disconnect")
        self.assertEqual(ended, [1006])

    async def test_idle(self):
        """A client with whom no message passes is closed, in spite of pings; one that talks is not."""
        await self.serve(Idle)
        silent, talking = await self.connect(), await self.connect()
        began = monotonic()
        while silent.end is None and monotonic() < began + 10:
            await talking.ask("x")
            await sleep(0.05)
        self.assertGreater(monotonic() - began, 0.49)
        self.assertEqual(silent.end[:2], (1001, "idle"))
        self.assertIsNone(talking.end)
        self.assertEqual(self.host.counters, {"accepted": 2, "idle": 1})
