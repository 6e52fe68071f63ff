# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests over real sockets, with clients of other makers."""

import resource
import socket
import ssl
import struct
import threading
import time
from typing import Any

import websockets.exceptions
from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol
from twisted.internet import reactor
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.endpoints import SSL4ServerEndpoint, TCP4ClientEndpoint
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from websockets.asyncio.client import connect as async_connect
from websockets.sync.client import connect, unix_connect

from tests.wire.certificates import Files
from tests.wire.support import App, Raw, ServedCase, close, echo, frame, handshake, raw, small, talking, text
from wstwist.exceptions import Refuse
from wstwist.wire.certificates import TlsSettings
from wstwist.wire.endpoints import listen, parse, tls
from wstwist.wire.protocol import State
from wstwist.wire.site import Site


class WebsocketsTests(ServedCase):
    """With the client of the websockets library."""

    async def test_conversation(self) -> None:
        """Messages of all sizes and both kinds go there and back, and the end is clean on both sides."""
        app = App(on_message=echo)
        port = self.serve(app)
        messages = ["", "x", "\u20ac" * 100, b"", b"\x00\xff", b"y" * 126, b"z" * 65_536, b"w" * 1_000_000]

        def talk() -> list[Any]:
            with connect(f"ws://127.0.0.1:{port}/Chat", max_size=None) as client:
                echoed = []
                for message in messages:
                    client.send(message)
                    echoed.append(client.recv())
                client.send(iter(["frag", "men", "ted"]))
                return [*echoed, client.recv()]

        self.assertEqual(await deferToThread(talk), [*messages, "fragmented"])
        await app.peer.ended
        self.assertEqual(app.peer.ends, [(1000, "", True)])

    async def test_compression(self) -> None:
        """Compressed messages go there and back, where compression is switched on."""
        app = App(on_message=echo, compress=True)
        port = self.serve(app)

        def talk() -> Any:
            with connect(f"ws://127.0.0.1:{port}/Chat") as client:
                for n in range(20):
                    client.send(f"{n} " * 1000)
                    assert client.recv() == f"{n} " * 1000
                return client.protocol.extensions

        self.assertEqual(len(await deferToThread(talk)), 1)

    async def test_we_close(self) -> None:
        """The client sees our code and reason."""
        app = App(on_message=lambda peer, _: peer.channel.close(4001, "\u20ac" * 100))
        port = self.serve(app)

        def talk() -> Any:
            with connect(f"ws://127.0.0.1:{port}/Chat") as client:
                client.send("x")
                try:
                    client.recv()
                except websockets.exceptions.ConnectionClosed as closed:
                    return closed.rcvd.code, closed.rcvd.reason

        self.assertEqual(await deferToThread(talk), (4001, "\u20ac" * 41))
        await app.peer.ended
        self.assertEqual(app.peer.ends, [(4001, "\u20ac" * 100, True)])

    async def test_refusal(self) -> None:
        """The client can read why it was refused."""

        def refuse(_: object) -> None:
            raise Refuse(403, "not you")

        port = self.serve(App(on_open=refuse))

        def talk() -> Any:
            try:
                connect(f"ws://127.0.0.1:{port}/Chat")
            except websockets.exceptions.InvalidStatus as error:
                return error.response.status_code, error.response.body

        self.assertEqual(await deferToThread(talk), (403, b"not you"))

    async def test_too_large(self) -> None:
        """A client that sends too much, and goes on sending, sees 1009 and not a reset."""
        app = App()
        port = self.serve(app)

        def talk() -> Any:
            with connect(f"ws://127.0.0.1:{port}/Chat") as client:
                try:
                    client.send(b"x" * 20_000_000)
                    client.recv()
                except websockets.exceptions.ConnectionClosed as closed:
                    return closed.rcvd and closed.rcvd.code

        self.assertEqual(await deferToThread(talk), 1009)
        await app.peer.ended
        self.assertEqual(app.peer.ends[0][0], 1009)


class AutobahnTests(ServedCase):
    """With Autobahn's own client."""

    async def test_conversation(self) -> None:
        """Autobahn's client is served, and its close code comes through."""
        app = App(on_message=echo, protocols=("p",))
        port = self.serve(app)
        done: Deferred[Any] = Deferred()

        class Client(WebSocketClientProtocol):
            def onOpen(self) -> None:
                self.sendMessage(b"hi")

            def onMessage(self, payload: bytes, isBinary: bool) -> None:
                self.got = payload, isBinary, self.websocket_protocol_in_use
                self.sendClose(3003, "bye")

            def onClose(self, wasClean: bool, code: int, reason: str) -> None:
                done.callback((*self.got, wasClean, code))

        factory = WebSocketClientFactory(f"ws://127.0.0.1:{port}/Chat", protocols=["p"], reactor=reactor)
        factory.protocol = Client
        await TCP4ClientEndpoint(reactor, "127.0.0.1", port).connect(factory)
        self.assertEqual(await done, (b"hi", False, "p", True, 3003))
        await app.peer.ended
        self.assertEqual(app.peer.ends, [(3003, "bye", True)])


class EndpointCase(ServedCase):
    """A test with a server on an endpoint."""

    def serve_on(self, endpoint: Any, *applications: App) -> Any:
        """Serve applications on an endpoint."""
        self.site = Site(reactor, applications)
        port = listen(endpoint, self.site.factory, "the test's port")
        self.addCleanup(self._settle)
        self.addCleanup(port.stopListening)
        return port.getHost()


class TlsTests(EndpointCase):
    """TLS, on the fastest transports that can be had."""

    def endpoint(self, files: Files) -> Any:
        """Give the endpoint to serve on."""
        return tls(reactor, 0, files.chain, files.private, "127.0.0.1")

    async def test_tls(self) -> None:
        """Messages go over TLS, the chain file's certificates are sent, and errors can be read."""
        files = Files(self.mktemp())
        app = App(on_message=echo)
        host = self.serve_on(self.endpoint(files), app)
        context = ssl.create_default_context(cafile=files.root)

        async def talk() -> Any:
            async with async_connect(
                f"wss://127.0.0.1:{host.port}/Chat", ssl=context, max_size=None
            ) as client:
                for size in (1, 1000, 100_000, 1_000_000):
                    await client.send(b"x" * size)
                    assert await client.recv() == b"x" * size
            try:
                await async_connect(f"wss://127.0.0.1:{host.port}/x", ssl=context)
            except websockets.exceptions.InvalidStatus as error:
                return error.response.status_code

        self.assertEqual(await talking(talk), 404)
        await app.peer.ended
        self.assertEqual(app.peer.ends, [(1000, "", True)])
        self.assertTrue(app.peer.request.secure)

    async def test_tls_alpn(self) -> None:
        """A client that asks for protocols in ALPN gets HTTP/1.1, as browsers want it."""
        files = Files(self.mktemp())
        host = self.serve_on(self.endpoint(files), App())
        context = ssl.create_default_context(cafile=files.root)
        context.set_alpn_protocols(["h2", "http/1.1"])

        async def talk() -> Any:
            async with async_connect(f"wss://127.0.0.1:{host.port}/Chat", ssl=context) as client:
                return client.transport.get_extra_info("ssl_object").selected_alpn_protocol()

        self.assertEqual(await talking(talk), "http/1.1")

    async def test_tls_silence(self) -> None:
        """A client that connects to the TLS port and says nothing is dropped in time."""
        files = Files(self.mktemp())
        app = App(limits=small(handshake_time=0.2, close_time=0.2))
        host = self.serve_on(self.endpoint(files), app)

        def talk() -> bytes:
            with Raw(host.port) as client:
                try:
                    return client.read_all()
                except ConnectionResetError:
                    return b""

        self.assertEqual(await deferToThread(talk), b"")
        self.assertEqual(self.site.connections, set())

    async def test_tls_pauses(self) -> None:
        """Over TLS an application that wants no more is not given more, and gets all in order later."""
        files = Files(self.mktemp())
        app = App()
        host = self.serve_on(self.endpoint(files), app)
        app.on_message = lambda peer, _: setattr(peer, "wants_more", len(peer.messages) % 10 != 0)
        context = ssl.create_default_context(cafile=files.root)

        async def talk() -> None:
            async with async_connect(f"wss://127.0.0.1:{host.port}/Chat", ssl=context) as client:
                for n in range(500):
                    await client.send(str(n) + "x" * 1000)

        done = ensureDeferred(talking(talk))
        peer = await app.opened
        await deferLater(reactor, 0)
        while not peer.ends:
            peer.channel.resume()
            await deferLater(reactor, 0.001)
        await done
        self.assertEqual([int(m.rstrip("x")) for m in peer.messages], list(range(500)))
        self.assertEqual(peer.ends, [(1000, "", True)])

    async def test_tls_old_versions(self) -> None:
        """TLS before 1.2 is not spoken."""
        files = Files(self.mktemp())
        host = self.serve_on(self.endpoint(files), App())

        def talk(version: Any) -> Any:
            context = ssl.create_default_context(cafile=files.root)
            context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
            context.maximum_version = version
            context.set_ciphers("ALL:@SECLEVEL=0")
            try:
                with (
                    socket.create_connection(("127.0.0.1", host.port)) as plain,
                    context.wrap_socket(plain, server_hostname="127.0.0.1") as client,
                ):
                    return client.version()
            except ssl.SSLError:
                return None

        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            self.assertIsNone(await deferToThread(talk, ssl.TLSVersion.TLSv1_1))
        self.assertEqual(await deferToThread(talk, ssl.TLSVersion.TLSv1_2), "TLSv1.2")
        self.assertEqual(await deferToThread(talk, ssl.TLSVersion.TLSv1_3), "TLSv1.3")


class TwistedTlsTests(TlsTests):
    """TLS on Twisted's own transports."""

    def endpoint(self, files: Files) -> Any:
        """Give the endpoint to serve on."""
        options = TlsSettings.load(files.chain, files.private).for_twisted()
        return SSL4ServerEndpoint(reactor, 0, options, interface="127.0.0.1")


class UnixTests(EndpointCase):
    """Unix sockets."""

    async def test_unix(self) -> None:
        """Messages go over a Unix socket."""
        path = f"/tmp/{self.id()[-20:]}-{time.time_ns()}.sock"
        app = App(on_message=echo)
        self.serve_on(parse(reactor, f"unix:{path}"), app)

        def talk() -> Any:
            with unix_connect(path, "ws://localhost/Chat") as client:
                client.send("x")
                return client.recv()

        self.assertEqual(await deferToThread(talk), "x")
        await app.peer.ended
        self.assertEqual((app.peer.request.port, app.peer.ends), (None, [(1000, "", True)]))


class HostileTests(ServedCase):
    """Clients that do not behave."""

    async def test_close_frames_are_seen(self) -> None:
        """A client that breaks the rules reads a close frame to its end, whatever it still sends."""
        port = self.serve(App())
        for wrong, code in ((frame(1, b"\xff"), 1007), (frame(5), 1002), (frame(2, b"x" * 2_000_000), 1009)):

            def talk(wrong: bytes = wrong) -> bytes:
                with Raw(port) as client:
                    client.send(handshake()).head()
                    client.send(wrong + text("x") * 10_000)
                    received = client.read_all()
                    client.socket.shutdown(socket.SHUT_WR)
                    return received

            received = await deferToThread(talk)
            self.assertEqual(received[2:4], struct.pack("!H", code))

    async def test_peer_that_does_not_leave(self) -> None:
        """A client that does not go after it was failed is dropped after the time for closing."""
        port = self.serve(App(limits=small(close_time=0.2)))

        def talk() -> float:
            with Raw(port) as client:
                client.send(handshake()).head()
                client.send(frame(5))
                client.read_all()
                began = time.monotonic()
                try:
                    while True:
                        client.send(b"x" * 1000)
                        time.sleep(0.01)
                except OSError:
                    return time.monotonic() - began

        self.assertLess(await deferToThread(talk), 2)

    async def test_slow_reader(self) -> None:
        """A client that does not read costs no more than the queue, and is closed with 1013."""
        app = App()
        port = self.serve(app)
        hold = threading.Event()

        def talk() -> bytes:
            with Raw(port) as client:
                client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
                client.send(handshake()).head()
                client.send(text("go"))
                hold.wait(10)
                received = b""
                while b"too much was waiting" not in received:
                    received = received[-100:] + client.socket.recv(65536)
                return received

        reading = deferToThread(talk)
        peer = await app.opened
        await deferLater(reactor, 0)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        while peer.channel.state is State.OPEN:
            for _ in range(10):
                peer.channel.send(b"x" * 10_000)
            await deferLater(reactor, 0)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        self.assertLess(grown, 30_000)
        hold.set()
        self.assertIn(b"\x03\xf5", await reading)
        await peer.ended
        self.assertEqual(peer.ends[0][0], 1013)

    async def test_ping_flood(self) -> None:
        """A flood of pings from a client that does not read leaves memory flat."""
        app = App()
        port = self.serve(app)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        def talk() -> None:
            with Raw(port) as client:
                client.send(handshake()).head()
                flood = frame(9, b"x" * 125) * 1000
                for _ in range(60):
                    client.send(flood)

        await deferToThread(talk)
        await app.peer.ended
        self.assertLess(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, 20_000)

    async def test_paused_reading_is_back_pressure(self) -> None:
        """An application that wants no more makes the client wait, not the memory grow."""
        app = App(on_message=lambda peer, _: setattr(peer, "wants_more", False))
        port = self.serve(app)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        def talk() -> int:
            with Raw(port, seconds=0.3) as client:
                client.send(handshake()).head()
                sent = 0
                try:
                    while sent < 200_000_000:
                        sent += client.socket.send(text("x" * 100) * 1000)
                except TimeoutError:
                    return sent
                return sent

        self.assertLess(await deferToThread(talk), 100_000_000)
        self.assertEqual(len(app.peer.messages), 1)
        self.assertLess(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, 20_000)

    async def test_fin_after_close_frame(self) -> None:
        """A client that closes and goes at once is a clean end behind its messages."""
        app = App(on_message=lambda peer, _: setattr(peer, "wants_more", False))
        port = self.serve(app)

        def talk() -> None:
            with Raw(port) as client:
                client.send(handshake()).head()
                client.send(text("1") + text("2") + close(3000))

        await deferToThread(talk)
        peer = app.peer
        while not peer.ends:
            peer.channel.resume()
            await deferLater(reactor, 0.01)
        self.assertEqual((peer.messages, peer.ends), (["1", "2"], [(3000, "", True)]))

    async def test_many_in_a_burst(self) -> None:
        """Many handshakes at once are all answered, and leave nothing."""
        port = self.serve(App())
        answered: list[bytes] = []

        class Client(Protocol):
            def connectionMade(self) -> None:
                self.transport.write(handshake() + close())

            def dataReceived(self, data: bytes) -> None:
                answered.append(data)

        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", port)
        for _ in range(200):
            await endpoint.connect(Factory.forProtocol(Client))
        for _ in range(300):
            if not self.site.connections:
                break
            await deferLater(reactor, 0.01)
        self.assertEqual(self.site.connections, set())
        self.assertEqual(b"".join(answered).count(b" 101 "), 200)

    async def test_raw_answer(self) -> None:
        """A malformed request is answered to its end."""
        port = self.serve(App())
        answer = await raw(port, b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 400 Bad Request\r\n"))
        self.assertTrue(answer.endswith(b"One Host header field, please"))
