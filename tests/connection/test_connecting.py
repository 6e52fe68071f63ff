# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of the client that is awaited, against servers on real connections."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from typing import Any
from unittest import SkipTest, skipIf

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, ensureDeferred, inlineCallbacks
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread

from tests.connection.servers import link_local
from tests.connection.support import ClientCase, Server, Servers, accept_once, answer_to, run
from tests.support import until, within
from tests.wire.support import App, echo
from wstwist import (
    ConfigurationError,
    ConnectError,
    Connection,
    ConnectionClosed,
    ConnectionFailed,
    ConnectTimeout,
    HandshakeRefused,
    HostNotFound,
    InvalidURL,
    NotWebSocket,
    QueueFull,
    Reconnect,
    Refuse,
    connect,
)
from wstwist.wire.codec import header
from wstwist.wire.endpoints import listen, tcp
from wstwist.wire.site import Site

ON_ASYNCIO = hasattr(reactor, "_asyncioEventloop")
MESSAGES: list[str | bytes] = ["", "hello", "ü" * 1000, b"", bytes(range(256)) * 1000, "x" * 500_000]


class TalkTests(ClientCase):
    """What a connection is for."""

    async def test_echo(self) -> None:
        """Messages of all kinds and sizes come back, compressed or not; then it ends as was asked for."""
        for compress in (False, True):
            app = App(on_message=echo, compress=compress)
            async with self.dial(self.at(app), compress=compress) as connection:
                self.assertTrue(connection.is_open)
                self.assertIsNone(connection.close_code)
                for message in MESSAGES:
                    await connection.send(message)
                self.assertEqual([await connection.receive() for _ in MESSAGES], MESSAGES)
            self.assertFalse(connection.is_open)
            self.assertEqual((connection.close_code, connection.close_reason), (1000, ""))
            self.assertEqual(app.peer.ends, [(1000, "", True)])

    async def test_what_is_known(self) -> None:
        """The connection knows its peer and what was agreed on; the server gets headers, origin and user."""
        app = App(protocols=("b",), on_open=lambda _: {"X-Answer": "yes"})
        url = self.at(app).replace("127.0.0.1", "ann:secret@localhost")
        connection = await self.dial(url, protocols=["a", "b"], headers={"X-A": "1"}, origin="http://o")
        self.assertEqual(connection.protocol, "b")
        self.assertEqual(connection.headers["x-answer"], "yes")
        self.assertNotIn("secret", connection.url)
        self.assertNotIn("secret", repr(connection))
        assert connection.peer is not None
        self.assertEqual(connection.peer[1], int(url.split(":")[3].split("/")[0]))
        request = app.peer.request
        self.assertEqual((request.headers["x-a"], request.origin), ("1", "http://o"))
        self.assertTrue(request.headers["authorization"].startswith("Basic "))

    async def test_ipv6(self) -> None:
        """An IPv6 address is reached, too."""
        self.site = Site(reactor, [App(on_message=echo)])
        try:
            port = listen(tcp(reactor, 0, "::1"), self.site.factory, "the test's port")
        except ConfigurationError as error:
            raise SkipTest(str(error)) from None
        self.addCleanup(self._settle)
        self.addCleanup(port.stopListening)
        number = port.getHost().port
        async with self.dial(f"ws://[::1]:{number}/Chat") as connection:
            self.assertEqual(connection.peer, ("::1", number))
            connection.send("x")
            self.assertEqual(await connection.receive(), "x")

    async def test_zone(self) -> None:
        """An IPv6 address of one network is reached in its zone, of which the server hears nothing."""
        host = link_local()
        app = App()
        self.site = Site(reactor, [app])
        port = listen(tcp(reactor, 0, host), self.site.factory, "the test's port")
        self.addCleanup(self._settle)
        self.addCleanup(port.stopListening)
        async with self.dial(f"ws://[{host}]:{port.getHost().port}/Chat") as connection:
            self.assertIn(host, connection.url)
        name = f"[{host.partition('%')[0]}]:{port.getHost().port}"
        self.assertEqual(app.peer.request.headers["host"], name)

    async def test_wrong_messages(self) -> None:
        """What is no message is an error, and the connection goes on."""
        connection = await self.dial(self.at(App(on_message=echo)))
        self.assertRaises(TypeError, connection.send, 1)
        self.assertRaises(TypeError, connection.send, [1])
        self.assertRaises(ValueError, connection.send, "\ud800")
        connection.send("x")
        self.assertEqual(await connection.receive(), "x")

    async def test_one_receives(self) -> None:
        """Of two that receive at once the second gets an error; the first gets its message."""
        connection = await self.dial(self.at(App(on_message=echo)))
        first = run(connection.receive())
        with self.assertRaises(RuntimeError):
            await connection.receive()
        connection.send("x")
        self.assertEqual(await within(first, "a message"), "x")

    async def test_cancelled_receive(self) -> None:
        """A receive that is cancelled takes no message away, and the next one gets it."""
        connection = await self.dial(self.at(App(on_message=echo)))
        waiting = run(connection.receive())
        waiting.cancel()
        await self.assertFailure(waiting, CancelledError)
        connection.send("x")
        self.assertEqual(await connection.receive(), "x")

    async def test_an_error_leaves(self) -> None:
        """An error that leaves the block closes with 1011, and goes on."""
        app = App()
        with self.assertRaises(KeyError):
            async with self.dial(self.at(app)):
                raise KeyError
        self.assertEqual(app.peer.ends, [(1011, "", True)])

    async def test_awaited_twice(self) -> None:
        """What connect gives is awaited once."""
        connecting = self.dial(self.at(App()))
        await connecting
        with self.assertRaises(RuntimeError):
            await connecting


class AwaitingTests(ClientCase):
    """Who can await."""

    @inlineCallbacks
    def test_generators(self) -> Any:
        """Under inlineCallbacks Deferreds are yielded."""
        connection = yield self.dial(self.at(App(on_message=echo))).as_deferred()
        yield connection.send("x").as_deferred()
        message = yield connection.receive()
        self.assertEqual(message, "x")
        yield connection.close()

    def test_deferred(self) -> Any:
        """In ensureDeferred it is awaited."""

        async def talk() -> None:
            async with self.dial(self.at(App(on_message=echo))) as connection:
                connection.send("x")
                self.assertEqual(await connection.receive(), "x")

        return ensureDeferred(talk())

    async def test_another_thread(self) -> None:
        """In a thread that is not the reactor's it is an error, which says what to use there."""
        url = self.at(App())

        async def talk() -> None:
            async with connect(url):
                pass

        with self.assertRaises(RuntimeError) as caught:
            await deferToThread(asyncio.run, talk())
        self.assertIn("wstwist.blocking.connect", str(caught.exception))

    async def test_use_in_another_thread(self) -> None:
        """An open connection cannot be used in another thread, either; it goes on in its own."""
        app = App(on_message=echo)
        async with self.dial(self.at(app)) as connection:
            for what, use in (
                ("send", lambda: connection.send("there")),
                ("receive", lambda: asyncio.run(connection.receive())),
                ("close", lambda: asyncio.run(connection.close())),
            ):
                with self.assertRaises(RuntimeError) as caught:
                    await within(deferToThread(use), "an error")
                self.assertIn(f"{what}: ", str(caught.exception))
                self.assertIn("reactor.callFromThread", str(caught.exception))
            connection.send("here")
            self.assertEqual(await connection.receive(), "here")
        self.assertEqual(app.peer.messages, ["here"])

    @skipIf(not ON_ASYNCIO, "asyncio's tasks need asyncio")
    async def test_tasks(self) -> None:
        """In asyncio's own tasks everything can be awaited, gathered, timed and cancelled."""

        async def talk() -> str:
            async with asyncio.timeout(5), self.dial(self.at(App(on_message=echo))) as connection:
                await asyncio.gather(*(connection.send(str(number)) for number in range(3)))
                with self.assertRaises(TimeoutError):
                    async with asyncio.timeout(0.2):
                        async for message in connection:
                            last = message
                task = asyncio.create_task(connection.receive())
                connection.send("task")
                return str(last) + str(await task)

        task = asyncio.ensure_future(talk(), loop=reactor._asyncioEventloop)  # type: ignore[attr-defined]
        self.assertEqual(await within(Deferred.fromFuture(task), "a task"), "2task")

    @skipIf(not ON_ASYNCIO, "asyncio's tasks need asyncio")
    async def test_tasks_and_others(self) -> None:
        """What a task does may let a coroutine go on that Twisted drives; that one awaits Deferreds still."""
        url = self.at(App(on_message=echo))
        how = Reconnect(least=5, random=lambda: 1.0)
        connection, other = await self.dial(url, reconnect=how), await self.dial(url)

        async def wait() -> str | bytes:
            with self.assertRaises(ConnectionClosed):
                await connection.receive()
            return await other.receive()

        waiting = run(wait())
        connection._link.drop()
        await until(lambda: not connection.is_open, "the loss")
        await Deferred.fromFuture(
            asyncio.ensure_future(connection.close(), loop=reactor._asyncioEventloop)  # type: ignore[attr-defined]
        )
        other.send("x")
        self.assertEqual(await within(waiting, "a message"), "x")

    @skipIf(not ON_ASYNCIO, "asyncio's tasks need asyncio")
    async def test_cancelled_task(self) -> None:
        """A task that is cancelled while it connects leaves no connection, at whatever moment."""
        app = App()
        url = self.at(app)
        for steps in range(12):

            async def attempt() -> None:
                async with self.dial(url):
                    await asyncio.sleep(5)

            task = asyncio.ensure_future(attempt(), loop=reactor._asyncioEventloop)  # type: ignore[attr-defined]
            for _ in range(steps):
                await deferLater(reactor, 0.001)
            task.cancel()
            done: Deferred[None] = Deferred()
            task.add_done_callback(lambda _, done=done: done.callback(None))
            await within(done, "the end of a task")
        await until(lambda: not self.site.connections, "the end of all connections")


class EndTests(ClientCase):
    """How it ends."""

    async def test_what_came_before(self) -> None:
        """What came before the end is received; then there is an error."""

        def say(peer: Any, _: object) -> None:
            for word in ("a", "b"):
                peer.channel.send(word)
            peer.channel.close(4001, "enough")

        connection = await self.dial(self.at(App(on_message=say)))
        connection.send("go")
        await until(lambda: connection.close_code, "the end")
        self.assertEqual([await connection.receive(), await connection.receive()], ["a", "b"])
        for _ in range(2):
            with self.assertRaises(ConnectionClosed) as caught:
                await connection.receive()
            self.assertEqual((caught.exception.code, caught.exception.reason), (4001, "enough"))
            self.assertTrue(caught.exception.was_clean)
        self.assertRaises(ConnectionClosed, connection.send, "x")
        await connection.close()

    async def test_loops(self) -> None:
        """A loop over the messages ends with 1000 and 1001, and raises with other codes."""
        for code in (1000, 1001, 1011, 4000):
            app = App(on_message=lambda peer, _, code=code: (echo(peer, "x"), peer.channel.close(code, "")))
            connection = await self.dial(self.at(app))
            connection.send("go")
            came: list[Any] = []

            async def loop(connection: Connection = connection, came: list[Any] = came) -> None:
                async for message in connection:
                    came.append(message)  # noqa: PERF401 - a list would not be there after an error

            if code <= 1001:
                await loop()
            else:
                await self.assertFailure(run(loop()), ConnectionClosed)
            self.assertEqual(came, ["x"])

    async def test_own_end(self) -> None:
        """The own end ends a loop, whatever its code; closing twice, and with a code that cannot be."""
        connection = await self.dial(self.at(App()))
        with self.assertRaises(ValueError):
            await connection.close(1005)

        async def loop() -> None:
            async for _ in connection:
                pass

        looping = run(loop())
        closing = [run(connection.close(3000, "bye")), run(connection.close())]
        for each in (looping, *closing):
            await within(each, "the end")
        self.assertEqual(connection.close_code, 3000)
        await connection.close()

    async def test_lost(self) -> None:
        """A connection that breaks ends with 1006, for loops, too."""
        url, servers = self.servers(accept_once)
        connection = await self.dial(url)
        servers.made[0].transport.abortConnection()
        with self.assertRaises(ConnectionClosed) as caught:
            async for _ in connection:
                pass
        self.assertEqual((caught.exception.code, caught.exception.was_clean), (1006, False))

    async def test_no_answer_to_the_end(self) -> None:
        """A server that does not answer our close frame is dropped."""
        url, servers = self.servers(accept_once)
        connection = await self.dial(url, close_timeout=0.1)
        await within(run(connection.close(1000)), "the end", 2)
        await until(lambda: servers.made[0].is_lost, "the connection's end")
        self.assertEqual(connection.close_code, 1000)
        with self.assertRaises(ConnectionClosed) as caught:
            await connection.receive()
        self.assertFalse(caught.exception.was_clean)

    async def test_own_end_without_answer(self) -> None:
        """The own end ends a loop, answered or not."""
        url, _ = self.servers(accept_once)
        connection = await self.dial(url, close_timeout=0.1)

        async def loop() -> None:
            async for _ in connection:
                pass

        looping = run(loop())
        await within(run(connection.close()), "the end")
        await within(looping, "the end of the loop")

    async def test_wrong_end(self) -> None:
        """A reason that is no text is an error, and the connection goes on."""
        app = App(on_message=echo)
        async with self.dial(self.at(app)) as connection:
            for wrong in (None, 5, b"bye"):
                with self.assertRaises(TypeError):
                    await connection.close(1000, wrong)  # type: ignore[arg-type]
            connection.send("x")
            self.assertEqual(await connection.receive(), "x")

    async def test_flood_at_the_end(self) -> None:
        """A server that sends pings without end, and reads, has no more time for its close frame."""

        def flood(accepted: socket.socket) -> None:
            with contextlib.suppress(OSError):
                while True:
                    accepted.sendall((header(9, 100) + bytes(100)) * 1000)

        def serve(listening: socket.socket) -> None:
            accepted, _ = listening.accept()
            with accepted:
                request = b""
                while not request.endswith(b"\r\n\r\n"):
                    request += accepted.recv(65536)
                accepted.sendall(answer_to(request))
                flooding = threading.Thread(target=flood, args=(accepted,), daemon=True)
                flooding.start()
                with contextlib.suppress(OSError):
                    while accepted.recv(65536):
                        pass
                accepted.shutdown(socket.SHUT_RDWR) if flooding.is_alive() else None
                flooding.join()

        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            serving = deferToThread(serve, listening)
            connection = await self.dial(f"ws://127.0.0.1:{listening.getsockname()[1]}/", close_timeout=0.2)
            await deferLater(reactor, 0.1)
            await within(run(connection.close()), "the end")
            await within(serving.addErrback(lambda failure: failure.trap(OSError)), "the server's end")

    async def test_it_does_not_hang_up(self) -> None:
        """A server that answers our close frame, and stays, is dropped."""

        def answer(server: Server) -> None:
            if server.received.endswith(b"\r\n\r\n"):
                server.accept()
            elif server.received:
                server.transport.write(header(8, 2) + b"\x03\xe8")

        url, servers = self.servers(answer)
        connection = await self.dial(url, close_timeout=0.1)
        await within(run(connection.close()), "the end", 2)
        await until(lambda: servers.made[0].is_lost, "the connection's end")

    async def test_broken_rules(self) -> None:
        """A server that breaks a rule is told which, and left."""
        url, servers = self.servers(lambda server: accept_once(server, b"\x83\x00"))
        connection = await self.dial(url, close_timeout=0.1)
        with self.assertRaises(ConnectionClosed) as caught:
            await connection.receive()
        self.assertEqual(caught.exception.code, 1002)
        await until(lambda: servers.made[0].is_lost, "the connection's end")
        self.assertEqual(servers.made[0].received[:1], b"\x88")


class FlowTests(ClientCase):
    """What waits is bounded, in both directions."""

    async def test_unread(self) -> None:
        """A connection that is not read stops reading, and all arrives when it is read."""
        count, size = 2000, 10_000
        app = App(on_open=lambda peer: run(self._pour(peer, count, size)) and None)
        connection = await self.dial(self.at(app), queue_size=50_000)
        await until(lambda: connection._inbox.is_full, "a full queue")
        await deferLater(reactor, 0.3)
        self.assertLessEqual(len(connection._inbox), 5)
        self.assertLess(self.poured, count)
        for number in range(count):
            message = await within(run(connection.receive()), "a message")
            self.assertEqual(int(message[:10]), number)

    async def _pour(self, peer: Any, count: int, size: int) -> None:
        self.poured = 0
        await deferLater(reactor, 0)
        for number in range(count):
            room: Deferred[None] = Deferred()
            peer.channel.send(f"{number:010}" + "x" * (size - 10))
            self.poured += 1
            peer.channel.when_room(lambda room=room: room.callback(None))
            await room

    async def test_sending(self) -> None:
        """To a server that does not read a send waits; one that does not is refused by a full queue."""
        connection, servers, count = await self._filled(queue_size=1_000_000)
        self.assertRaises(QueueFull, connection.send, b"x")
        self.assertEqual(len(connection._outbox), 20)
        self.assertTrue(connection.is_open)
        room = connection._room.as_deferred()
        connection.send(b"one more, as somebody waits")
        self.assertRaises(QueueFull, connection.send, b"and no other")
        await deferLater(reactor, 0.1)
        self.assertFalse(room.called)
        servers.made[0].transport.resumeProducing()
        await within(room, "room")
        await until(lambda: not connection._outbox, "the messages")
        connection.send(b"last")
        await until(lambda: len(servers.made[0].received) > count * 50_000, "all of it")

    async def _filled(self, **options: Any) -> tuple[Connection, Servers, int]:
        """Give a connection on which nothing can be sent, for its server does not read; and what was sent."""
        url, servers = self.servers(accept_once)
        connection = await self.dial(url, **options)
        servers.made[0].transport.pauseProducing()
        count = 0
        while True:
            while not connection._outbox.is_full:
                connection.send(b"x" * 50_000)
                count += 1
            await deferLater(reactor, 0.5)  # the system takes some of it later
            if connection._outbox.is_full:
                return connection, servers, count

    async def test_flood_of_pings(self) -> None:
        """Of pings that come faster than the server reads the answers, the latest is answered."""
        connection, servers, _ = await self._filled(queue_size=100_000)
        link = connection._link
        before = len(link._out)
        for number in range(10_000):
            link.dataReceived(header(9, 4) + b"%04d" % number)
        self.assertEqual(len(link._out), before)
        pongs: list[bytes] = []
        write = link.write
        link.write = lambda data: pongs.append(data) if data[0] == 0x8A else write(data)
        servers.made[0].transport.resumeProducing()
        await until(lambda: not connection._outbox and pongs, "the answers")
        self.assertEqual(len(pongs), 1)

    async def test_slow_server(self) -> None:
        """A server that reads slowly gets all that was sent, however long it takes."""
        read: list[int] = []

        def serve(listening: socket.socket) -> None:
            accepted, _ = listening.accept()
            with accepted:
                request = b""
                while not request.endswith(b"\r\n\r\n"):
                    request += accepted.recv(65536)
                accepted.sendall(answer_to(request))
                while data := accepted.recv(200_000):
                    read.append(len(data))
                    time.sleep(0.02)

        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            serving = deferToThread(serve, listening)
            url = f"ws://127.0.0.1:{listening.getsockname()[1]}/"
            options = {"close_timeout": 0.3, "ping_interval": 0.3, "ping_timeout": 0.3}
            async with self.dial(url, **options) as connection:
                await connection.send(b"x" * 6_000_000)
            await within(serving, "the end of the reading")
        self.assertGreater(sum(read), 6_000_000)

    async def test_a_send_that_is_cancelled(self) -> None:
        """A wait for room that is cancelled does not make room."""
        connection, *_ = await self._filled()
        waiting = connection._room.as_deferred()
        waiting.cancel()
        await self.assertFailure(waiting, CancelledError)
        self.assertRaises(QueueFull, connection.send, b"x")

    async def test_the_end_of_a_wait(self) -> None:
        """Whoever waits for room when the connection breaks gets an error."""
        connection, servers, _ = await self._filled()
        servers.made[0].transport.abortConnection()
        await self.assertFailure(connection._room.as_deferred(), ConnectionClosed)
        self.assertEqual(connection.close_code, 1006)

    async def test_what_waits_leaves_before_the_end(self) -> None:
        """What was sent before close leaves first, also where it had to wait."""
        app = App()
        url = self.at(app)
        connection = await self.dial(url, queue_size=10_000_000)
        for number in range(200):
            connection.send(f"{number:05}" + "x" * 50_000)
        self.assertTrue(connection._outbox)
        await connection.close()
        self.assertEqual([int(message[:5]) for message in app.peer.messages], list(range(200)))
        self.assertEqual(connection.close_code, 1000)

    async def test_closing_unread(self) -> None:
        """A connection that is not read can be closed; what was received before is still there."""
        app = App(on_open=lambda peer: run(self._pour(peer, 200, 10_000)) and None)
        connection = await self.dial(self.at(app), queue_size=50_000)
        await until(lambda: connection._inbox.is_full, "a full queue")
        await within(run(connection.close()), "the end", 3)
        self.assertEqual(connection.close_code, 1000)
        self.assertEqual((await connection.receive())[:10], "0000000000")


class PingTests(ClientCase):
    """Silence."""

    async def test_a_dead_server(self) -> None:
        """A server that does not answer a ping is dropped: 1006."""
        url, servers = self.servers(accept_once)
        connection = await self.dial(url, ping_interval="50 ms", ping_timeout="50 ms")
        with self.assertRaises(ConnectionClosed) as caught:
            await within(run(connection.receive()), "the end", 2)
        self.assertEqual((caught.exception.code, caught.exception.was_clean), (1006, False))
        await until(lambda: servers.made[0].is_lost, "the connection's end")

    async def test_a_silent_server(self) -> None:
        """A server that answers pings, and is silent otherwise, is kept; so it is without an interval."""
        app = App(on_message=echo)
        url = self.at(app)
        connection = await self.dial(url, ping_interval=0.03, ping_timeout=0.03)
        other = await self.dial(url, ping_interval=None)
        await deferLater(reactor, 0.4)
        for each in (connection, other):
            each.send("x")
            self.assertEqual(await each.receive(), "x")


class FailureTests(ClientCase):
    """Where there is no connection."""

    async def fails(self, url: str, kind: type[Exception], words: str, **options: Any) -> Any:
        """See that connecting fails, with an error that names the address, and leaves nothing."""
        with self.assertRaises(kind) as caught:
            await within(self.dial(url, **options).as_deferred(), "an error", 5)
        error = caught.exception
        self.assertIs(type(error), kind)
        self.assertIsInstance(error, ConnectError)
        self.assertTrue(str(error).startswith(url), error)
        self.assertIn(words, str(error))
        return error

    async def test_url(self) -> None:
        """A URL that is no WebSocket's is refused at once."""
        with self.assertRaises(InvalidURL):
            connect("http://localhost/")

    async def test_host(self) -> None:
        """A host that does not resolve."""
        await self.fails("ws://no-such-host.invalid/x", HostNotFound, "no-such-host.invalid is not found")
        await self.fails("ws://under_score.invalid/", HostNotFound, "under_score.invalid is not found")

    async def test_impossible_names(self) -> None:
        """A name that none can be: a part of it is empty or too long."""
        for name in ("a..b", ".a", f"{'a' * 64}.example"):
            await self.fails(f"ws://{name}/", HostNotFound, "cannot be a host's name")

    async def test_refused(self) -> None:
        """A port on which nobody listens."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            await self.fails(f"ws://127.0.0.1:{port}/", ConnectionFailed, f"127.0.0.1:{port} refuses")

    async def test_status(self) -> None:
        """A server that does not let us in."""

        def refuse(_: object) -> None:
            raise Refuse(403, "bad token")

        error = await self.fails(self.at(App(on_open=refuse)), HandshakeRefused, "403 Forbidden: bad token")
        self.assertEqual((error.status, error.body), (403, "bad token"))

    async def test_no_websocket(self) -> None:
        """A server that is no WebSocket server, or goes away."""
        url, _ = self.servers(lambda server: server.transport.write(b"220 mail.example ESMTP\r\n"))
        await self.fails(url, NotWebSocket, "no HTTP")
        url, _ = self.servers(lambda server: server.transport.loseConnection())
        await self.fails(url, ConnectionFailed, "closes the connection without an answer")
        url, _ = self.servers(lambda server: server.transport.abortConnection())
        await self.fails(url, ConnectionFailed, "lost before it was open")

    async def test_time(self) -> None:
        """A server that does not answer in time: the socket is gone then, and every timer."""
        url, servers = self.servers(lambda _: None)
        await self.fails(
            url, ConnectTimeout, "within 200 ms: the server does not answer", connect_timeout="200 ms"
        )
        await until(lambda: servers.made[0].is_lost, "the end of the connection")

    async def test_cancelled(self) -> None:
        """Connecting that is cancelled leaves no socket."""
        url, servers = self.servers(lambda _: None)
        opening = self.dial(url).as_deferred()
        await until(lambda: servers.made and servers.made[0].received, "a request")
        opening.cancel()
        await self.assertFailure(opening, CancelledError)
        await until(lambda: servers.made[0].is_lost, "the end of the connection")
        opening = self.dial(url).as_deferred()
        opening.cancel()
        await self.assertFailure(opening, CancelledError)

    async def test_thrown_away(self) -> None:
        """A coroutine that is thrown away while it connects leaves no socket, and ends quietly."""
        url, servers = self.servers(lambda _: None)

        async def attempt() -> None:
            await self.dial(url)

        coroutine = attempt()
        coroutine.send(None)
        await until(lambda: servers.made and servers.made[0].received, "a request")
        coroutine.close()
        await until(lambda: servers.made[0].is_lost, "the end of the connection")

    async def test_options(self) -> None:
        """An option that is not there is named with the one that was meant."""
        with self.assertRaises(TypeError) as caught:
            connect("ws://localhost/", ping_intervall=3)  # type: ignore[call-arg]
        self.assertIn("did you mean ping_interval?", str(caught.exception))
        self.assertRaises(TypeError, connect, "ws://localhost/", reconnect=3)
