# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of the client's side without I/O, against the server's."""

from __future__ import annotations

from typing import Any
from unittest import TestCase

from tests.wire.support import App, Link, echo
from wstwist.connection.address import parse_url
from wstwist.connection.handshake import HEAD_SIZE, Agreed, Handshake
from wstwist.connection.session import CLOSED, CLOSING, OPEN, Session
from wstwist.exceptions import ConnectionClosed, HandshakeRefused, NotWebSocket, Refuse
from wstwist.wire.codec import header

URL = "ws://localhost/Chat"


class Client:
    """A session whose bytes go to a server without network, and back."""

    def __init__(self, link: Link | None, agreed: Agreed, message_size: int = 1 << 20) -> None:
        self.link = link
        self.messages: list[str | bytes] = []
        self.pongs: list[bytes] = []
        self.written: list[bytes] = []
        self.ends = 0
        self.wants_more = True
        self.session = Session(agreed, self, message_size, 10)
        self.session.begin()

    def received(self, message: str | bytes) -> bool:
        self.messages.append(message)
        return self.wants_more

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def pong(self, payload: bytes) -> None:
        self.pongs.append(payload)

    def ended(self) -> None:
        self.ends += 1

    def exchange(self) -> None:
        """Let bytes pass in both directions until there are no more."""
        assert self.link is not None
        while self.written:
            self.session.feed(self.link.receive(self.written.pop(0)))


def connect(app: App | None = None, message_size: int = 1 << 20, **options: Any) -> Client:
    """Connect to a server without network."""
    link = Link(app or App(on_message=echo))
    agreed = agree(link, **options)
    assert agreed is not None
    return Client(link, agreed, message_size)


def agree(link: Link, **options: Any) -> Agreed | None:
    """Do the opening handshake, its answer in two pieces."""
    handshake = Handshake(parse_url(URL), **options)
    answer = link.receive(handshake.request())
    return handshake.receive(answer[:40]) or handshake.receive(answer[40:])


def answered(answer: str, **options: Any) -> Agreed | None:
    """Do the handshake with a server that answers this, with the right accept key for ``{accept}``."""
    handshake = Handshake(parse_url(URL), **options)
    handshake._key = b"dGhlIHNhbXBsZSBub25jZQ=="  # the example of RFC 6455, section 1.3
    accept = "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    return handshake.receive(answer.format(accept=accept).replace("\n", "\r\n").encode("latin-1"))


class HandshakeTests(TestCase):
    """From the request to the answer."""

    def test_accepted(self) -> None:
        """A server of ours accepts, with what was agreed on; what it sends at once is there."""
        app = App(protocols=("b",), compress=True, on_open=lambda peer: peer.channel.send("welcome"))
        client = connect(app, protocols=["a", "b"], compress=True, headers={"X-A": "ü", "Origin": "http://o"})
        self.assertEqual(client.session.protocol, "b")
        self.assertEqual(client.messages, ["welcome"])
        request = app.peer.request
        self.assertEqual((request.headers["x-a"], request.origin), ("ü", "http://o"))

    def test_authorization(self) -> None:
        """A URL's user becomes a header, unless there is one."""
        address = parse_url("ws://user@localhost/")
        self.assertIn(b"\r\nAuthorization: Basic dXNlcjo=\r\n", Handshake(address).request())
        request = Handshake(address, headers={"authorization": "Bearer x"}).request()
        self.assertIn(b"\r\nauthorization: Bearer x\r\n", request)
        self.assertNotIn(b"Basic", request)

    def test_refused(self) -> None:
        """A refusal is an error with status, reason, headers and what the server says."""

        def refuse(_: object) -> None:
            raise Refuse(403, "bad token")

        with self.assertRaises(HandshakeRefused) as caught:
            agree(Link(App(on_open=refuse)))
        error = caught.exception
        self.assertEqual((error.status, error.reason, error.body), (403, "Forbidden", "bad token"))
        self.assertEqual(error.headers["connection"], "close")
        self.assertEqual(str(error), f"{URL}: the server answers 403 Forbidden: bad token")

    def test_no_websocket(self) -> None:
        """What is no answer to a handshake is refused, with what is wrong about it."""
        for answer, words in (
            ("SSH-2.0-OpenSSH_9.2\n", "no HTTP"),
            ("HTTP/1.1 " + "x" * HEAD_SIZE, "no HTTP"),
            ("HTTP/2 101 x\n\n", "begins with 'HTTP/2 101 x'"),
            ("HTTP/1.1 1\n\n", "begins with 'HTTP/1.1 1'"),
            ("HTTP/1.1 101 x\nUpgrade websocket\n\n", "malformed header field, 'Upgrade websocket'"),
            ("HTTP/1.1 101 x\n\n", "does not upgrade"),
            ("HTTP/1.1 101 x\nUpgrade: websocket\nConnection: Upgrade\n\n", "Sec-WebSocket-Accept"),
            ("HTTP/1.1 101 x\n{accept}\nSec-WebSocket-Protocol: b\n\n", "'b', which was not offered"),
            ("HTTP/1.1 101 x\n{accept}\nSec-WebSocket-Extensions: x\n\n", "'x', which were not offered"),
        ):
            with self.subTest(answer=answer[:80]), self.assertRaises(NotWebSocket) as caught:
                answered(answer)
            self.assertIn(words, str(caught.exception))
            self.assertTrue(str(caught.exception).startswith(URL))

    def test_extensions(self) -> None:
        """Of extensions only permessage-deflate is taken, and only in order."""
        head = "HTTP/1.1 101\n{accept}\nSec-WebSocket-Extensions: "
        agreed = answered(
            head + "permessage-deflate; server_max_window_bits=10; client_no_context_takeover\n\n",
            compress=True,
        )
        assert agreed is not None
        assert agreed.deflater is not None
        self.assertFalse(agreed.deflater.context_takeover)
        for wrong in (
            "permessage-deflate; a",
            "permessage-deflate, permessage-deflate",
            "x-webkit-deflate-frame",
        ):
            with self.subTest(extensions=wrong), self.assertRaises(NotWebSocket):
                answered(head + wrong + "\n\n", compress=True)


class MessageTests(TestCase):
    """What goes to and fro."""

    def test_echo(self) -> None:
        """Messages of all kinds and sizes come back, compressed or not."""
        messages: list[str | bytes] = ["", "ü" * 100, "x" * 70_000, b"", bytes(range(256)) * 300]
        for compress in (False, True):
            client = connect(App(on_message=echo, compress=compress), compress=compress)
            for message in messages:
                client.session.send(message)
            client.exchange()
            self.assertEqual(client.messages, messages)

    def test_wrong(self) -> None:
        """What is no message is an error, and nothing leaves."""
        client = connect()
        self.assertRaises(TypeError, client.session.send, 1)
        self.assertRaises(ValueError, client.session.send, "\ud800")
        self.assertEqual(client.written, [])

    def test_ping(self) -> None:
        """A ping is answered, on either side."""
        client = connect()
        client.session.ping(b"?")
        client.exchange()
        self.assertEqual(client.pongs, [b"?"])
        client.session.feed(header(9, 1) + b"!")
        self.assertEqual(client.written[0][:2], b"\x8a\x81")

    def test_hold(self) -> None:
        """One that takes no more gets no more, until it says so."""
        client = connect()
        client.wants_more = False
        for number in range(3):
            client.session.send(str(number))
        client.exchange()
        self.assertEqual((client.messages, client.session.is_held), (["0"], True))
        client.wants_more = True
        client.session.resume()
        self.assertEqual((client.messages, client.session.is_held), (["0", "1", "2"], False))

    def test_heard(self) -> None:
        """Whatever comes is a sign of life."""
        client = connect()
        client.session.heard = False
        client.session.ping()
        client.exchange()
        self.assertTrue(client.session.heard)


class EndTests(TestCase):
    """How it ends."""

    def test_ours(self) -> None:
        """An end that we ask for is answered; a second one does nothing, and nothing is sent any more."""
        app = App(on_message=echo)
        client = connect(app)
        client.session.close(3001, "enough")
        self.assertEqual((client.session.state, client.ends), (CLOSING, 0))
        client.session.close(1000)
        self.assertRaises(ConnectionClosed, client.session.send, "x")
        client.exchange()
        self.assertEqual((client.session.state, client.ends), (CLOSED, 1))
        self.assertEqual(client.session.end, (3001, "enough", True))
        self.assertEqual(app.peer.ends, [(3001, "enough", True)])
        client.session.lost()
        self.assertEqual(client.ends, 1)

    def test_servers(self) -> None:
        """The server's end is answered, and told."""
        app = App(on_message=lambda peer, _: peer.channel.close(4000, "bye"))
        client = connect(app)
        client.session.send("x")
        client.exchange()
        self.assertEqual(client.session.end, (4000, "bye", True))
        self.assertEqual(app.peer.ends, [(4000, "bye", True)])
        with self.assertRaises(ConnectionClosed) as caught:
            client.session.send("x")
        self.assertEqual(str(caught.exception), "the connection is closed: 4000 bye")

    def test_lost(self) -> None:
        """A connection that breaks has ended with 1006, or with the code that we asked for."""
        for code, expected in ((None, 1006), (3000, 3000)):
            client = connect()
            if code is not None:
                client.session.close(code)
            client.session.lost()
            self.assertEqual(client.session.end, (expected, "", False))
            self.assertEqual(client.ends, 1)
        self.assertIn("without the closing handshake", str(client.session.closed()))

    def test_broken_rules(self) -> None:
        """A server that breaks a rule is told which."""
        for data, code in (
            (b"\x81\x81\0\0\0\0x", 1002),
            (b"\x81\x01\xff", 1007),
            (b"\x82\x7e\x03\xe9", 1009),
        ):
            client = connect(message_size=1000)
            client.session.feed(data)
            assert client.session.end is not None
            self.assertEqual(client.session.end[::2], (code, False))
            self.assertEqual((client.session.state, len(client.written), client.ends), (CLOSED, 1, 1))

    def test_codes(self) -> None:
        """Codes that no client may send are errors."""
        client = connect()
        for code in (0, 999, 1005, 1006, 1015, 2999, 5000):
            self.assertRaises(ValueError, client.session.close, code)
        self.assertEqual(client.session.state, OPEN)
        client.session.close(1010)
        self.assertEqual(client.session.state, CLOSING)
