# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of connections that come back, on real ones."""

from __future__ import annotations

import asyncio
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import CancelledError
from twisted.internet.task import deferLater

from tests.connection.support import ClientCase, Server, accept_once, run
from tests.support import until, within
from tests.wire.support import App
from wstwist import (
    Connection,
    ConnectionClosed,
    HandshakeRefused,
    QueueFull,
    Reconnect,
)
from wstwist.wire.codec import header
from wstwist.wire.endpoints import listen, tcp
from wstwist.wire.site import Site

ON_ASYNCIO = hasattr(reactor, "_asyncioEventloop")


class ReconnectingTests(ClientCase):
    """A server that goes and comes."""

    def setUp(self) -> None:
        super().setUp()
        self.app = App()
        self.number = 0
        self.told: list[str] = []
        self.on_return: Any = None

    async def come(self) -> str:
        """Serve, at the same port each time; gives the URL."""
        self.site = Site(reactor, [self.app])
        self.port = listen(tcp(reactor, self.number, "127.0.0.1"), self.site.factory, "the test's port")
        self.number = self.port.getHost().port
        self.addCleanup(self._settle)
        self.addCleanup(self.port.stopListening)
        return f"ws://127.0.0.1:{self.number}/Chat"

    async def go(self) -> None:
        """Drop all connections, and listen no more."""
        await self.port.stopListening()
        self.site.abort()

    def how(self, **changes: Any) -> Reconnect:
        """Give quick attempts that are recorded."""

        def on_return(connection: Connection) -> Any:
            self.told.append("return")
            return self.on_return(connection) if self.on_return is not None else None

        return Reconnect(
            **{
                "least": 0.02,
                "most": 0.3,
                "on_loss": lambda closed: self.told.append(f"loss {closed.code}"),
                "on_failure": lambda error, _: self.told.append(type(error).__name__),
                "on_return": on_return,
                **changes,
            }
        )

    async def test_away(self) -> None:
        """What is sent while the server is away arrives when it is back, once and in order."""
        connection = await self.dial(await self.come(), reconnect=self.how())
        connection.send("0")
        await until(lambda: self.app.peer.messages, "a message")
        receiving = run(connection.receive())
        await self.go()
        await until(lambda: not connection.is_open, "the loss")
        for number in range(1, 100):
            await connection.send(str(number))
        self.assertIn("away", repr(connection))
        self.assertIsNone(connection.close_code)
        await until(lambda: "ConnectionFailed" in self.told, "an attempt")
        await self.come()
        await until(lambda: connection.is_open, "the return")
        connection.send("100")
        await until(lambda: len(self.app.peer.messages) == 100, "the messages")
        self.assertEqual(self.app.peer.messages, [str(number) for number in range(1, 101)])
        self.app.peer.channel.send("welcome back")
        self.assertEqual(await within(receiving, "a message"), "welcome back")
        await connection.close()
        self.assertEqual((self.told[0], self.told[-1]), ("loss 1006", "return"))
        self.assertEqual(set(self.told[1:-1]), {"ConnectionFailed"})
        self.assertEqual(connection.close_code, 1000)

    async def test_greeting(self) -> None:
        """What on_return sends before it awaits leaves before what has waited; the rest behind it."""

        async def greet(connection: Connection) -> None:
            connection.send("here I am")
            await deferLater(reactor, 0.05)
            connection.send("still here")

        self.on_return = greet
        connection = await self.dial(await self.come(), reconnect=self.how())
        await self.go()
        await until(lambda: not connection.is_open, "the loss")
        connection.send("a")
        connection.send("b")
        await self.come()
        await until(lambda: len(self.app.peer.messages) == 4, "the messages")
        self.assertEqual(self.app.peer.messages, ["here I am", "a", "b", "still here"])

    async def test_hooks_on_asyncio(self) -> None:
        """On asyncio a hook may await what asyncio offers, and Deferreds; what it raises is logged."""
        if not ON_ASYNCIO:
            return

        async def greet(connection: Connection) -> None:
            async with asyncio.timeout(5):
                await asyncio.sleep(0.01)
                connection.send(await deferLater(reactor, 0.01, lambda: "a"))
                await connection.send("b")
            with self.assertRaises(ZeroDivisionError):
                await deferLater(reactor, 0.01, lambda: 1 / 0)
            connection.send("c")
            raise KeyError("from a hook")

        self.on_return = greet
        connection = await self.dial(await self.come(), reconnect=self.how())
        await self.go()
        await until(lambda: not connection.is_open, "the loss")
        await self.come()
        await until(lambda: self.app.peers and len(self.app.peer.messages) == 3, "the messages")
        self.assertEqual(self.app.peer.messages, ["a", "b", "c"])
        await until(lambda: self.flushLoggedErrors(KeyError), "the error")

    async def test_the_first_time(self) -> None:
        """A server that is not there yet is waited for; whoever waits may be cancelled."""
        await self.come()
        await self.go()
        url = f"ws://127.0.0.1:{self.number}/Chat"
        given_up = self.dial(url, reconnect=self.how()).as_deferred()
        waiting = self.dial(url, reconnect=self.how()).as_deferred()
        await until(lambda: len(self.told) > 5, "some attempts")
        given_up.cancel()
        await self.assertFailure(given_up, CancelledError)
        await self.come()
        connection = await within(waiting, "the connection")
        self.assertTrue(connection.is_open)
        self.assertNotIn("return", self.told)
        self.assertEqual(len(self.app.peers), 1)

    async def test_final_at_first(self) -> None:
        """A final error is raised."""
        url, servers = self.servers(lambda server: server.transport.write(b"HTTP/1.1 401 No\r\n\r\n"))
        with self.assertRaises(HandshakeRefused):
            await self.dial(url, reconnect=True)
        self.assertEqual(len(servers.made), 1)

    async def test_final_later(self) -> None:
        """A final error ends the connection for those who send and receive, and is the cause."""

        def answer(server: Server) -> None:
            if len(servers.made) == 1:
                accept_once(server)
            else:
                server.transport.write(b"HTTP/1.1 403 No\r\n\r\n")

        url, servers = self.servers(answer)
        how = self.how(least=0.3, random=lambda: 1.0)
        connection = await self.dial(url, reconnect=how, queue_size=100)
        receiving = run(connection.receive())
        servers.made[0].transport.abortConnection()
        await until(lambda: not connection.is_open, "the loss")
        room = connection.send(b"x" * 200).as_deferred()
        for waiting in (receiving, room):
            error = await self.assertFailure(waiting, ConnectionClosed)
            self.assertEqual(error.code, 1006)
            self.assertIsInstance(error.__cause__, HandshakeRefused)
            self.assertIn("403", str(error))
        self.assertRaises(ConnectionClosed, connection.send, "x")
        self.assertEqual(connection.close_code, 1006)
        await connection.close()

    async def test_codes(self) -> None:
        """A server that closes for good is not called again; one that restarts is."""
        url = await self.come()
        for code, is_final in ((1001, False), (1012, False), (1011, False), (1000, True), (4000, True)):
            connection = await self.dial(url, reconnect=self.how())
            number = len(self.app.peers)
            self.app.peer.channel.close(code, "bye")
            if is_final:
                await until(lambda connection=connection: connection.close_code, "the end")
                self.assertEqual(connection.close_code, code)
            else:
                await until(lambda number=number: len(self.app.peers) > number, "the return")
                await until(lambda connection=connection: connection.is_open, "the return")
            await connection.close()

    async def test_a_server_that_dies_at_the_handshake(self) -> None:
        """One that goes away without an answer, or in the middle of one, is called again."""

        def answer(server: Server) -> None:
            count = len(servers.made)
            if count == 1:
                server.transport.loseConnection()
            elif count == 2:
                server.transport.abortConnection()
            elif count == 3:
                server.transport.write(b"HTTP/1.1 101 Go\r\n")
                server.transport.loseConnection()
            else:
                accept_once(server)

        url, servers = self.servers(answer)
        connection = await self.dial(url, reconnect=self.how())
        self.assertTrue(connection.is_open)
        self.assertEqual(len(servers.made), 4)

    async def test_full(self) -> None:
        """While the server is away the queue is bounded; what does not fit is refused, nothing is lost."""
        connection = await self.dial(await self.come(), reconnect=self.how(), queue_size=10_000)
        await self.go()
        await until(lambda: not connection.is_open, "the loss")
        sent = []
        with self.assertRaises(QueueFull):
            while len(sent) < 1000:
                connection.send(f"{len(sent):01000}")
                sent.append(f"{len(sent):01000}")
        self.assertEqual(len(sent), 10)
        room = connection._room.as_deferred()
        await self.come()
        await within(room, "room")
        await until(lambda: len(self.app.peer.messages) == len(sent), "the messages")
        self.assertEqual(self.app.peer.messages, sent)

    async def test_closed_while_away(self) -> None:
        """A connection that is closed while it is away tries no more."""
        connection = await self.dial(await self.come(), reconnect=self.how())
        receiving = run(connection.receive())
        await self.go()
        await until(lambda: "ConnectionFailed" in self.told, "an attempt")
        await connection.close(3000, "enough")
        self.assertEqual((connection.close_code, connection.close_reason), (3000, "enough"))
        await self.assertFailure(receiving, ConnectionClosed)
        attempts = len(self.told)
        await deferLater(reactor, 0.3)
        self.assertEqual(len(self.told), attempts)

    async def test_closed_by_a_hook(self) -> None:
        """A hook may close the connection; then nothing is tried any more."""
        url = await self.come()
        for name in ("on_loss", "on_failure", "on_return"):
            calls: list[str] = []

            async def close(*_: object, calls: list[str] = calls, name: str = name) -> None:
                calls.append(name)
                await connection.close(3000, "enough")  # noqa: B023 - it is called before the next one is made

            connection = await self.dial(url, reconnect=self.how(**{name: close}))
            if name == "on_failure":
                await self.go()
            else:
                connection._link.drop()
            await until(lambda connection=connection: connection.close_code, "the end")
            if name == "on_failure":
                await self.come()
            await deferLater(reactor, 0.1)
            self.assertEqual((calls, connection.close_code, connection.is_open), ([name], 3000, False))
            self.assertEqual(connection._links, set())

    async def test_what_came_stays(self) -> None:
        """What had been received before the loss is still there, and what comes after follows it."""
        url, servers = self.servers(
            lambda server: accept_once(server, header(1, 1) + b"%d" % len(servers.made))
        )
        connection = await self.dial(url, reconnect=self.how())
        await until(lambda: connection._inbox, "a message")
        servers.made[0].transport.abortConnection()
        await until(lambda: len(connection._inbox) == 2, "another message")
        self.assertEqual([await connection.receive(), await connection.receive()], ["1", "2"])

    async def test_break_while_much_waits(self) -> None:
        """When it breaks again while what has waited leaves, the rest waits on; none comes twice."""
        url, servers = self.servers(accept_once)
        connection = await self.dial(url, reconnect=self.how(), queue_size=50_000_000)
        servers.made[0].transport.pauseProducing()
        for number in range(400):
            connection.send(f"{number:05}" + "x" * 50_000)
        self.assertTrue(connection._outbox)
        waiting = len(connection._outbox)
        servers.made[0].transport.abortConnection()
        await until(lambda: len(servers.made) == 2 and not connection._outbox, "the messages")
        await until(lambda: len(servers.made[1].received) >= waiting * 50_000, "the messages")
        self.assertLess(len(servers.made[1].received), (waiting + 1) * 50_019)
