# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""How much may be sent, in one go and in one message."""

from __future__ import annotations

from twisted.internet.threads import deferToThread
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.support import ServedCase
from wstwist import Limits, Project
from wstwist.client import Client as Handle

LIMIT = 5000


class Generous(Project):
    """Sends a lot at once, whatever is asked."""

    interval = "1 h"

    async def on_message(self, client: Handle, message: str | bytes) -> None:
        for number in range(500):
            client.send(f"{number} " + "x" * 10_000)


class Strict(Project):
    """Takes compressed messages of a limited size, and says how long they are."""

    interval = "1 h"
    compress = True
    limits = Limits(message_size=LIMIT)

    async def on_message(self, client: Handle, message: str | bytes) -> None:
        client.send(str(len(message)))


class SizesTests(ServedCase):
    """Sizes on the wire."""

    async def test_a_lot_in_one_turn(self):
        """A client that reads gets all that one event sends, however much it is."""
        await self.serve(Generous)
        url = f"ws://127.0.0.1:{self.service.ports[0].getHost().port}/Generous"

        def play() -> list[str]:
            with connect(url, proxy=None) as client:
                client.send("go")
                return [str(client.recv(timeout=20)).split()[0] for _ in range(500)]

        self.assertEqual(await deferToThread(play), [str(number) for number in range(500)])

    async def test_the_limit_after_decompression(self):
        """A compressed message of just the limit is whole; one of a little more is 1009, and never cut."""
        await self.serve(Strict)
        url = f"ws://127.0.0.1:{self.service.ports[0].getHost().port}/Strict"

        def length(extra: int) -> object:
            with connect(url, proxy=None) as client:
                client.send("x" * 10)
                client.recv(timeout=20)
                client.send("x" * (LIMIT + extra))
                try:
                    return client.recv(timeout=20)
                except ConnectionClosed as closed:
                    return closed.rcvd.code

        for extra, expected in [(0, str(LIMIT)), *((extra, 1009) for extra in (1, 2, 3, 257, 258, 259))]:
            self.assertEqual(await deferToThread(length, extra), expected, extra)
