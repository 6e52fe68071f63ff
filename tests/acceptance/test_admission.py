# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Who may come in, on real connections; and what an operator reads of those who may not."""

from __future__ import annotations

from twisted.logger import capturedLogs, formatEvent

from tests.support import ServedCase, handshake, until
from wstwist import Client, Limits, Project, Refuse


class Door(Project):
    """Not everybody may come in."""

    limits = Limits(clients_per_address=2, message_size=10)

    async def on_connect(self, client: Client) -> None:
        if client.query.get("token") == "wrong-s3cret":
            raise Refuse(401, "wrong token", {"WWW-Authenticate": "Bearer"})
        if "split" in client.query:
            raise Refuse(403, "no", {"X": "a\r\nb: c"})


class Refused:
    """Those who may not."""

    async def answer(self, target: str = "/Door", *more: str) -> tuple[int, str, str]:
        """Ask to connect, and give status, head and log of the refusal."""
        with capturedLogs() as events:
            answer = (await (await self.connect_raw(handshake(target, *more))).answer()).decode()
        lines = [formatEvent(event) for event in events if "turned away" in (event["log_format"] or "")]
        self.assertEqual(len(lines), 1, lines)
        return int(answer[9:12]), answer.partition("\r\n\r\n")[0], lines[0]

    async def test_origin(self) -> None:
        """A foreign page gets 403, and the log names the setting that would admit it."""
        await self.serve(Door)
        status, _, line = await self.answer("/Door", "Origin: https://app.example")
        self.assertEqual(status, 403)
        self.assertIn('origins = ["https://app.example"]', line)
        self.assertEqual((await self.answer("/Door", "Origin: null"))[0], 403)
        self.assertEqual(
            (await self.answer("/Door", "Origin: http://localhost", "Origin: http://localhost"))[0], 400
        )
        self.assertEqual(self.host.counters["refused_origin"], 2)
        for passes in ((), ("Origin: http://localhost",)):
            raw = await self.connect_raw(handshake("/Door", *passes))
            await until(lambda raw=raw: raw.received, "an answer")
            self.assertTrue(raw.received.startswith(b"HTTP/1.1 101 "), raw.received)

    async def test_wrong_path(self) -> None:
        """A path at which nothing is gets 404, and the log says what was meant."""
        await self.serve(Door)
        status, _, line = await self.answer("/door?token=s3cret")
        self.assertEqual(status, 404)
        self.assertIn("nothing is at '/door'; /Door is served", line)
        self.assertNotIn("s3cret", line)

    async def test_refuse(self) -> None:
        """What an author refuses is told and logged, with its header fields, and without the query."""
        await self.serve(Door)
        status, head, line = await self.answer("/Door?token=wrong-s3cret")
        self.assertEqual(status, 401)
        self.assertIn("\r\nWWW-Authenticate: Bearer", head)
        self.assertIn("was turned away: 401 wrong token", line)
        self.assertNotIn("s3cret", line)
        status, head, _ = await self.answer("/Door?split")
        self.assertEqual((status, head.lower().count("\nb:")), (403, 0))

    async def test_too_many(self) -> None:
        """The third client from an address gets 429 and is told when to try again."""
        await self.serve(Door)
        if self.transport == "unix":
            return  # there are no addresses
        clients = [await self.connect() for _ in range(2)]
        status, head, line = await self.answer()
        self.assertEqual(status, 429)
        self.assertIn("\r\nRetry-After: 5", head)
        self.assertIn("(limits: clients_per_address)", line)
        clients[0].reset()
        await clients[0].closed()
        await until(lambda: len(self.host.contexts) == 1, "the end of a context")
        await self.connect()

    async def test_closed(self) -> None:
        """What a client does wrong is logged when it is closed for it."""
        await self.serve(Door)
        client = await self.connect()
        with capturedLogs() as events:
            client.send("x" * 11)
            self.assertEqual((await client.closed()).code, 1009)
        lines = [formatEvent(event) for event in events]
        self.assertTrue(any(" is closed: 1009 " in line for line in lines), lines)


class RefusedOverTcpTests(Refused, ServedCase):
    """Over TCP."""


class RefusedOverTlsTests(Refused, ServedCase):
    """Over TLS."""

    transport = "tls"


class RefusedOverUnixTests(Refused, ServedCase):
    """Over a Unix socket."""

    transport = "unix"
