# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""One message for many clients, on real connections."""

from time import monotonic

from tests.support import ServedCase, handshake, until
from wstwist import Project


class Flood(Project):
    sent = 0

    async def on_message(self, client, message):
        for _ in range(int(message)):
            await self.broadcast(b"x" * 65536)
            self.sent += 1


class Ten(Project):
    async def on_message(self, client, message):
        for number in range(10):
            self.broadcast(f"{message} {number}")


class Broadcasts(ServedCase):
    """Broadcasts leave together, and whoever awaits them goes no faster than clients read."""

    async def test_all_of_a_turn_arrive_in_order(self):
        """Ten broadcasts in one event reach all clients, in order."""
        await self.serve(Ten)
        clients = [await self.connect() for _ in range(20)]
        clients[0].send("go")
        for client in clients:
            self.assertEqual([await client.receive() for _ in range(10)], [f"go {n}" for n in range(10)])

    async def test_awaiting_waits_for_those_that_read(self):
        """A hundred messages of 64 KiB to a client that reads stay far below its queue's limit: it stays."""
        await self.serve(Flood)
        client = await self.connect()
        client.send("100")
        for _ in range(100):
            self.assertEqual(len(await client.receive()), 65536)
        self.assertIsNone(client.end)

    async def test_one_that_does_not_read_holds_nobody_up(self):
        """A stalled client costs a second, and then no more; in the end it is closed."""
        await self.serve(Flood)
        reader = await self.connect()
        stalled = await self.connect_raw(handshake("/Flood"))
        await until(lambda: len(self.host.clients) == 2, "both clients")
        stalled.transport.pauseProducing()
        began = monotonic()
        reader.send("200")
        for _ in range(200):
            await reader.receive()
        self.assertLess(monotonic() - began, 8)
        await until(lambda: len(self.host.clients) == 1, "the end of the one that does not read")
        stalled.transport.resumeProducing()
