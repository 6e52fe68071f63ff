# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of the guard before every connection."""

import socket
import time

from twisted.internet.defer import ensureDeferred
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource

from tests.support import until
from tests.wire.support import App, Link, ServedCase, handshake, raw, small, text
from wstwist.exceptions import ConfigurationError
from wstwist.wire import plain
from wstwist.wire.site import Site
from wstwist.wire.web import about

PLAIN = b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n"


def status(answer: bytes) -> int:
    """Give an answer's status."""
    assert answer.startswith(b"HTTP/1.1 "), answer
    return int(answer[9:12])


class GuardTests(SynchronousTestCase):
    """What passes, and what is answered to the rest."""

    def setUp(self) -> None:
        """Begin with a client of two applications."""
        self.link = Link(App(), App("/Other"))

    def refused(self, data: bytes) -> int:
        """Give the status of a refusal after which nothing is left."""
        answer = self.link.receive(data)
        self.assertIn(b"\r\nConnection: close\r\n", answer.replace(b"Upgrade, close", b"close"))
        self.assertNotIn(b"\r\nServer:", answer)
        self.assertTrue(self.link.wire.half_closed)
        self.assertEqual(self.link.receive(b"x" * 100_000), b"")
        self.link.clock.advance(1)
        self.assertTrue(self.link.wire.aborted)
        self.link.lose()
        self.assertEqual((self.link.site.connections, self.link.clock.getDelayedCalls()), (set(), []))
        return status(answer)

    def test_any_pieces(self) -> None:
        """A request may come byte by byte."""
        for byte in handshake():
            answer = self.link.receive(bytes([byte]))
        self.assertEqual(status(answer), 101)

    def test_frames_behind(self) -> None:
        """Bytes behind the head in the same read are the connection's."""
        app = App()
        link = Link(app)
        link.receive(handshake()[:-3])
        link.receive(handshake()[-3:] + text("a") + text("b"))
        self.assertEqual(app.peer.messages, ["a", "b"])

    def test_slash(self) -> None:
        """One trailing slash more is the same path, two are not."""
        for path, expected in (
            ("/Chat/", 101),
            ("/Other", 101),
            ("/Chat//", 404),
            ("/chat", 404),
            ("/", 404),
        ):
            self.assertEqual(status(Link(App(), App("/Other")).receive(handshake(path))), expected, path)

    def test_unknown_path(self) -> None:
        """An unknown path is a 404 that names nothing."""
        answer = self.link.receive(handshake("/x"))
        self.assertEqual(status(answer), 404)
        for word in (b"Chat", b"Other", b"wstwist", b"wisted"):
            self.assertNotIn(word, answer)

    def test_too_long(self) -> None:
        """A head that grows beyond 16 KiB is a 431 while it comes."""
        self.link.receive(handshake()[:-2] + b"X: ")
        for _ in range(3):
            self.assertEqual(self.link.receive(b"y" * 4096), b"")
        self.assertEqual(self.refused(b"y" * 4096), 431)

    def test_exactly_as_long(self) -> None:
        """A head of exactly 16 KiB passes, one byte more does not."""
        for extra, expected in ((0, 101), (1, 431)):
            room = 16 * 1024 - len(handshake(more="X: \r\n")) + extra
            answer = Link(App()).receive(handshake(more=f"X: {'y' * room}\r\n"))
            self.assertEqual(status(answer), expected)

    def test_too_many(self) -> None:
        """More than 64 header fields are a 431."""
        self.assertEqual(self.refused(handshake(more="A: b\r\n" * 60)), 431)

    def test_noise(self) -> None:
        """What cannot begin a request is a 400 at its first byte."""
        for byte in (b"\x16\x03\x01", b"\r\n", b" GET", b"\0"):
            self.assertEqual(status(Link(App()).receive(byte)), 400)

    def test_smuggled_header(self) -> None:
        """A line end that only Autobahn's parser sees is a 400."""
        for byte in "\x0b\x0c\x1c\x1d\x1e\x85":
            more = f"X: a{byte}Sec-WebSocket-Protocol: b\r\n"
            self.assertEqual(status(Link(App()).receive(handshake(more=more))), 400)

    def test_bodies(self) -> None:
        """An upgrade with a body is a 400."""
        self.assertEqual(self.refused(handshake(more="Content-Length: 3\r\n") + b"abc"), 400)

    def test_wrong_version(self) -> None:
        """A client of another WebSocket version gets a 426 that names ours."""
        answer = self.link.receive(handshake().replace(b"Version: 13", b"Version: 8"))
        self.assertEqual(status(answer), 426)
        self.assertIn(b"\r\nSec-WebSocket-Version: 13\r\n", answer)

    def test_plain_get(self) -> None:
        """A plain GET of an application's path is a 426, another method a 405."""
        answer = self.link.receive(PLAIN % b"/Chat")
        self.assertEqual(status(answer), 426)
        self.assertIn(b"\r\nUpgrade: websocket\r\n", answer)
        self.assertEqual(status(Link(App()).receive((PLAIN % b"/Chat").replace(b"GET", b"POST"))), 405)

    def test_head(self) -> None:
        """The answer to HEAD has no body."""
        answer = self.link.receive((PLAIN % b"/Chat").replace(b"GET", b"HEAD"))
        self.assertTrue(answer.endswith(b"\r\n\r\n"))

    def test_no_web(self) -> None:
        """Without a web resource everything else is a 404."""
        self.assertEqual(self.refused(PLAIN % b"/"), 404)

    def test_slow_line(self) -> None:
        """The end of a page has a minute to arrive over a slow line, not the short time for closing."""
        link = Link(App(), web=about())
        self.assertEqual(status(link.receive(PLAIN % b"/")), 200)
        self.assertTrue(link.wire.half_closed)
        link.clock.advance(59)
        self.assertFalse(link.wire.aborted)
        link.clock.advance(1)
        self.assertTrue(link.wire.aborted)
        link.lose()
        self.assertEqual((link.site.connections, link.clock.getDelayedCalls()), (set(), []))

    def test_too_slow(self) -> None:
        """A request that is not whole after five seconds is a 408, however it trickles."""
        for byte in handshake()[:49]:
            self.link.receive(bytes([byte]))
            self.link.clock.advance(0.1)
        self.assertEqual(self.link.wire.taken(), b"")
        self.link.clock.advance(0.2)
        self.assertEqual(status(self.link.wire.taken()), 408)
        self.assertTrue(self.link.wire.half_closed)

    def test_time_ends_with_the_head(self) -> None:
        """The five seconds do not run on while the application decides."""
        from twisted.internet.defer import Deferred

        link = Link(App(on_open=lambda _: Deferred()))
        link.open()
        link.clock.advance(60)
        self.assertEqual(link.wire.taken(), b"")

    def test_gone(self) -> None:
        """A client that goes before its request is whole leaves nothing."""
        self.link.receive(b"GET")
        self.link.lose()
        self.assertEqual((self.link.site.connections, self.link.clock.getDelayedCalls()), (set(), []))

    def test_not_accepting(self) -> None:
        """While clients are not let in, an upgrade is a 503 that says when to come again."""
        self.link.site.accepting = False
        answer = self.link.receive(handshake())
        self.assertEqual(status(answer), 503)
        self.assertIn(b"\r\nRetry-After: ", answer)

    def test_abort(self) -> None:
        """Whatever has a transport can be dropped."""
        for data in (b"GET", handshake(), b"\0", handshake("/x")):
            link = Link(App())
            link.receive(data)
            self.assertEqual(len(link.site.connections), 1)
            link.site.abort()
            self.assertTrue(link.wire.aborted)

    def test_twice_the_same_path(self) -> None:
        """Two applications cannot have one path."""
        self.assertRaises(ConfigurationError, Site, None, [App("/a"), App("/a/")])

    def test_linear_time(self) -> None:
        """The end of a large head that comes in small pieces is found in linear time."""
        link = Link(App(limits=small(header_size=2_000_000)))
        link.wire.protocol.dataReceived(b"GET / HTTP/1.1\r\nX: ")
        began = time.perf_counter()
        for _ in range(190_000):
            link.wire.protocol.dataReceived(b"yyyyyyyyyy")
        self.assertLess(time.perf_counter() - began, 3)


class PlainTests(ServedCase):
    """Plain HTTP behind the guard, over TCP."""

    async def test_page(self) -> None:
        """The page says what this is, without a version, and ends the connection."""
        port = self.serve(App(), web=about())
        answer = await raw(port, PLAIN % b"/")
        self.assertEqual(status(answer), 200)
        self.assertIn(b"WebSocket", answer)
        self.assertIn(b"\r\nConnection: close\r\n", answer)
        self.assertNotIn(b"\r\nServer:", answer)
        self.assertNotIn(b"wisted", answer)

    async def test_elsewhere(self) -> None:
        """Elsewhere is a 404, also without a version."""
        port = self.serve(App(), web=about())
        answer = await raw(port, PLAIN % b"/x")
        self.assertEqual(status(answer), 404)
        self.assertNotIn(b"\r\nServer:", answer)

    async def test_one_request_only(self) -> None:
        """A second request behind the first, which the guard has not seen, is not answered."""
        port = self.serve(App(), web=about())
        answer = await raw(port, (PLAIN % b"/x") + (PLAIN % b"/") * 500)
        self.assertEqual(answer.count(b"HTTP/1.1 "), 1)

    async def test_bodies(self) -> None:
        """A body is read as far as the resource wants it, and one that is longer is a 413."""
        port = self.serve(App(), web=Echo(), body_size=lambda _request: 1000)
        post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
        answer = await raw(port, post % 1000 + b"x" * 1000)
        self.assertTrue(answer.endswith(b"\r\n\r\n1000"))
        self.assertEqual(status(await raw(port, post % 1001)), 413)
        chunked = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        answer = await raw(port, chunked + b"3e8\r\n" + b"x" * 1000 + b"\r\n0\r\n\r\n")
        self.assertTrue(answer.endswith(b"\r\n\r\n1000"))
        self.assertEqual(status(await raw(port, chunked + b"fffff\r\n" + b"x" * 50_000)), 413)
        port = self.serve(App(), web=Echo())
        self.assertEqual(status(await raw(port, post % 1)), 413)

    async def test_forms(self) -> None:
        """What a form sends is not taken apart: the resource has it as it came."""
        port = self.serve(App(), web=Echo(), body_size=lambda _request: 1_000_000)
        head = (
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=a\r\n"
            b"Content-Length: 900000\r\n\r\n"
        )
        began = time.process_time()
        answer = await raw(port, head + b"--a\n\n" * 180_000)
        self.assertTrue(answer.endswith(b"\r\n\r\n900000"))
        self.assertLess(time.process_time() - began, 0.5)

    async def test_slow_bodies(self) -> None:
        """A body has to arrive within a time, however steadily it drips."""
        self.patch(plain, "BODY_TIME", 0.3)
        port = self.serve(App(), web=Echo(), body_size=lambda _request: 1000)
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
        self.assertEqual(status(await raw(port, head + b"x" * 999)), 408)

    async def test_most(self) -> None:
        """Connections beyond the bound are dropped at once, and others go on."""
        port = self.serve(App(), web=about(), most=1)
        first = socket.create_connection(("127.0.0.1", port))
        self.addCleanup(first.close)
        await until(lambda: len(self.site.connections) == 1, "the first connection")
        await self.assertFailure(ensureDeferred(raw(port, PLAIN % b"/")), ConnectionError)
        first.close()
        await until(lambda: not self.site.connections, "the end of the first connection")
        self.assertEqual(status(await raw(port, PLAIN % b"/")), 200)

    async def test_malformed_chunks(self) -> None:
        """A malformed chunked body is a 400."""
        port = self.serve(App(), web=Echo(), body_size=lambda _request: 1000)
        head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        self.assertEqual(status(await raw(port, head + b"zz\r\n")), 400)

    async def test_answer_survives_unread_bytes(self) -> None:
        """An answer can be read although much of what was sent was not."""
        port = self.serve(App())
        for _ in range(5):
            answer = await raw(port, handshake("/x") + b"y" * 60_000)
            self.assertEqual(status(answer), 404)


class Echo(Resource):
    """Answers with the size of what was posted."""

    isLeaf = True

    def render_POST(self, request: object) -> bytes:
        return b"%d" % len(request.content.read())  # type: ignore[attr-defined]


class TransportTests(SynchronousTestCase):
    """Transports of other kinds."""

    def test_without_no_delay(self) -> None:
        """A transport that knows no TCP option is served too."""
        link = Link(App())
        transport = StringTransport()
        transport.abortConnection = transport.loseConnection
        guard = link.site.factory.buildProtocol(None)
        guard.makeConnection(transport)
        guard.dataReceived(handshake())
        self.assertIn(b" 101 ", transport.value())
