# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of the PROXY protocol: its header, and ports behind a proxy that speaks it, TLS behind it too."""

from __future__ import annotations

import contextlib  # trial takes a name "suppress" of a module for its own
import random
import socket
import ssl
import struct
import time
from collections import Counter
from ipaddress import IPv4Address as Address4
from ipaddress import IPv6Address as Address6
from typing import Any

import pytest
from twisted.internet import reactor
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.threads import deferToThread
from twisted.logger import globalLogPublisher
from twisted.trial.unittest import TestCase

from tests.support import pair, until
from tests.wire.certificates import Files
from tests.wire.support import App, ServedCase, echo, handshake, text
from wstwist.exceptions import ConfigurationError
from wstwist.limits import Limits
from wstwist.wire.endpoints import is_fast, listen, parse
from wstwist.wire.fast_port import fast_loop
from wstwist.wire.proxied import LONGEST, LONGEST_LINE, BadHeader, Header
from wstwist.wire.refusals import LINES
from wstwist.wire.site import Site

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LINE = b"PROXY TCP4 203.0.113.7 192.0.2.1 51234 443\r\n"
ACCEPTED = b"HTTP/1.1 101 Switching Protocols"


def block(family: int, payload: bytes, command: int = 0x21) -> bytes:
    """Give a header of version 2."""
    return SIGNATURE + struct.pack("!BBH", command, family, len(payload)) + payload


BLOCK4 = block(0x11, Address4("203.0.113.7").packed + Address4("192.0.2.1").packed + b"\xc8\x22\x01\xbb")
BLOCK6 = block(
    0x21, Address6("2001:db8::7").packed + Address6("2001:db8::1").packed + b"\xc8\x22\x01\xbb" + b"\x04\0\1x"
)
UNIX = block(0x31, b"/run/client".ljust(108, b"\0") + b"/run/server".ljust(108, b"\0"))
MAPPED = block(0x21, Address6("::ffff:203.0.113.7").packed + bytes(16) + b"\xc8\x22\x01\xbb")
GOOD = (
    (LINE, IPv4Address("TCP", "203.0.113.7", 51234)),
    (b"PROXY TCP6 2001:db8::7 2001:DB8::1 1 65535\r\n", IPv6Address("TCP", "2001:db8::7", 1)),
    (b"PROXY UNKNOWN\r\n", None),
    (b"PROXY UNKNOWN ffff:f...f:ffff ffff 65535 65535\r\n", None),
    (BLOCK4, IPv4Address("TCP", "203.0.113.7", 51234)),
    (BLOCK6, IPv6Address("TCP", "2001:db8::7", 51234)),
    (MAPPED, IPv4Address("TCP", "203.0.113.7", 51234)),
    (UNIX, UNIXAddress(b"/run/client")),
    (block(0x11, b"", command=0x20), None),
    (block(0x00, b"anything"), None),
    (block(0x00, b"x" * (LONGEST - 16)), None),
)
BAD = {
    "http": b"GET / HTTP/1.1\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "beginning": b"PROXZ",
    "endless line": b"PROXY TCP4 " + b"1" * 200,
    "long line": b"PROXY UNKNOWN " + b"x" * LONGEST_LINE + b"\r\n",
    "no fields": b"PROXY \r\n",
    "few fields": b"PROXY TCP4 203.0.113.7 192.0.2.1 51234\r\n",
    "many fields": b"PROXY TCP4 203.0.113.7 192.0.2.1 51234 443 1\r\n",
    "family": b"PROXY UDP4 203.0.113.7 192.0.2.1 51234 443\r\n",
    "other family": b"PROXY TCP6 203.0.113.7 192.0.2.1 51234 443\r\n",
    "address": b"PROXY TCP4 <script> 192.0.2.1 51234 443\r\n",
    "zeros": b"PROXY TCP4 010.0.0.1 192.0.2.1 51234 443\r\n",
    "destination": b"PROXY TCP4 203.0.113.7 nowhere 51234 443\r\n",
    "scope": b"PROXY TCP6 fe80::1%<b> 2001:db8::1 51234 443\r\n",
    "port": b"PROXY TCP4 203.0.113.7 192.0.2.1 http 443\r\n",
    "high port": b"PROXY TCP4 203.0.113.7 192.0.2.1 65536 443\r\n",
    "negative port": b"PROXY TCP4 203.0.113.7 192.0.2.1 -1 443\r\n",
    "not ascii": b"PROXY TCP4 203.0.113.7 192.0.2.1 \xd9\xa1 443\r\n",
    "version": block(0x11, bytes(12), command=0x31),
    "command": block(0x11, bytes(12), command=0x22),
    "short addresses": block(0x11, bytes(11)),
    "short unix": block(0x31, bytes(215)),
    "too long": SIGNATURE + b"\x21\x11" + struct.pack("!H", LONGEST),
}


class HeaderTests(TestCase):
    """The header."""

    def test_good(self) -> None:
        """Both versions name the client; what follows is left alone."""
        for data, source in GOOD:
            for behind in (b"", b"GET / HTTP/1.1\r\n"):
                header = Header()
                self.assertEqual(header.feed(data + behind), len(data), data)
                self.assertTrue(header.is_whole)
                self.assertEqual(header.source, source)

    def test_pieces(self) -> None:
        """It may come byte by byte."""
        for data, source in GOOD:
            header = Header()
            for position in range(len(data)):
                self.assertFalse(header.is_whole)
                self.assertEqual(header.feed(data[position : position + 1]), 1)
            self.assertTrue(header.is_whole)
            self.assertEqual(header.source, source)

    def test_bad(self) -> None:
        """Whatever is wrong is refused, at once or byte by byte."""
        for name, data in BAD.items():
            with self.assertRaises(BadHeader, msg=name):
                Header().feed(data)
            with self.assertRaises(BadHeader, msg=name):
                header = Header()
                for byte in data:
                    header.feed(bytes([byte]))

    def test_bounded(self) -> None:
        """No more is kept than the longest header has."""
        header = Header()
        with self.assertRaises(BadHeader):
            header.feed(b"PROXY " + b"x" * 1_000_000)
        self.assertLessEqual(len(header._received), LONGEST + 1)

    def test_random(self) -> None:
        """Whatever comes is a header, the beginning of one, or a BadHeader."""
        source = random.Random(1)
        for _ in range(20_000):
            data = bytearray(source.choice(GOOD)[0][:300])
            for _ in range(source.randint(0, 3)):
                data[source.randrange(len(data))] = source.randrange(256)
            header = Header()
            try:
                used = header.feed(bytes(data[: source.randint(1, len(data))]))
            except BadHeader:
                continue
            self.assertGreater(used, 0)


class PortTests(ServedCase):
    """Ports behind a proxy."""

    description = "haproxy:tcp:0:interface=127.0.0.1"
    secure = False

    def setUp(self) -> None:
        """Have files for TLS."""
        self.files = Files(self.mktemp())
        self.root = self.files.root
        self.pair = f"privateKey={self.files.private}:certKey={self.files.chain}"

    def serve_behind(self, limits: Limits | None = None) -> int:
        """Serve an echo behind a proxy, and give the port."""
        self.app = App(on_message=echo, limits=limits or Limits())
        self.counters: Counter[str] = Counter()
        self.site = Site(reactor, [self.app], None, self.counters)
        endpoint = parse(reactor, self.description.format(pair=self.pair))
        self.port = listen(endpoint, self.site.factory, "a port")
        self.addCleanup(self._settle)
        self.addCleanup(self.port.stopListening)
        return self.port.getHost().port

    def dial(self, port: int, *pieces: bytes, pause: float = 0.0) -> socket.socket:
        """Connect as a proxy does, and speak TLS behind the header where the port does; in a thread."""
        client = socket.create_connection(("127.0.0.1", port), timeout=10)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            client.sendall(piece)
            time.sleep(pause)
        if self.secure:
            context = ssl.create_default_context(cafile=self.root)
            return context.wrap_socket(client, server_hostname="127.0.0.1")
        return client

    def talk(self, port: int, *pieces: bytes, pause: float = 0.0) -> bytes:
        """Ask for an upgrade, and have a message sent back; in a thread."""
        with self.dial(port, *pieces, pause=pause) as client:
            client.sendall(handshake() + text("hello"))
            received = b""
            while not received.endswith(b"hello"):
                piece = client.recv(4096)
                if not piece:
                    break
                received += piece
            return received

    async def test_source(self) -> None:
        """The client's address and port are those of the header, else the proxy's own."""
        port = self.serve_behind()
        for data, source in GOOD:
            received = await deferToThread(self.talk, port, data)
            self.assertTrue(received.startswith(ACCEPTED), (data, received))
            request = self.app.peer.request
            self.assertEqual(request.secure, self.secure)
            if source is None:
                self.assertEqual(request.address, "127.0.0.1")
            elif isinstance(source, UNIXAddress):
                self.assertEqual((request.address, request.port), ("/run/client", None))
            else:
                self.assertEqual((request.address, request.port), (source.host, source.port))

    async def test_pieces(self) -> None:
        """The header may come in pieces, and the request right behind it."""
        port = self.serve_behind()
        for data in (LINE, BLOCK4):
            pieces = [data[at : at + 1] for at in range(len(data))]
            received = await deferToThread(self.talk, port, *pieces, pause=0.001)
            self.assertTrue(received.startswith(ACCEPTED))
            self.assertEqual(self.app.peer.request.address, "203.0.113.7")

    async def test_page(self) -> None:
        """What is no upgrade is answered, too."""
        port = self.serve_behind()

        def ask() -> bytes:
            with self.dial(port, BLOCK6) as client:
                client.sendall(b"GET /Chat HTTP/1.1\r\nHost: a\r\n\r\n")
                return client.recv(4096)

        self.assertIn(b"426", await deferToThread(ask))

    async def test_garbage(self) -> None:
        """What is no header is dropped at once and counted, and a few lines in the log say so."""
        port = self.serve_behind()
        events: list[Any] = []
        globalLogPublisher.addObserver(events.append)
        self.addCleanup(globalLogPublisher.removeObserver, events.append)

        def offer(data: bytes) -> bytes:
            with socket.create_connection(("127.0.0.1", port), timeout=3) as client:
                client.sendall(data)
                try:
                    return client.recv(4096)
                except ConnectionResetError:
                    return b""

        for name, data in BAD.items():
            self.assertEqual(await deferToThread(offer, data), b"", name)
        told = [event for event in events if "only proxies" in event.get("why", "")]
        self.assertEqual(len(told), LINES)
        self.assertEqual({event["address"] for event in told}, {"127.0.0.1"})
        self.assertEqual(self.counters, {"refused_proxy_header": len(BAD)})
        self.site.abort()
        self.assertEqual(self.flushLoggedErrors(), [])
        self.assertEqual(self.app.peers, [])

    async def test_silent(self) -> None:
        """A proxy that says nothing, or half of a header, is dropped when the handshake's time is over."""
        port = self.serve_behind(Limits(handshake_time=0.2))

        def wait(data: bytes) -> float:
            began = time.monotonic()
            with socket.create_connection(("127.0.0.1", port), timeout=3) as client:
                client.sendall(data)
                with contextlib.suppress(ConnectionResetError):
                    client.recv(4096)
            return time.monotonic() - began

        for data in (b"", LINE[:20], BLOCK4[:14], BLOCK4[:20]):
            self.assertLess(await deferToThread(wait, data), 1.5)

    async def test_stopped(self) -> None:
        """Where the port stops, proxies that have not said who the client is are dropped."""
        port = self.serve_behind()
        client = await deferToThread(lambda: socket.create_connection(("127.0.0.1", port), timeout=3))
        self.addCleanup(client.close)
        await deferToThread(client.sendall, LINE[:20])
        waiting = self.waiting()
        await until(lambda: waiting, "the connection")
        await self.port.stopListening()

        def read() -> bytes:
            try:
                return client.recv(10)
            except ConnectionResetError:
                return b""

        self.assertEqual(await deferToThread(read), b"")
        self.assertFalse(waiting)

    def waiting(self) -> Any:
        """Give the set of the port's connections whose header is not whole."""
        factory = self.port.factory
        while not hasattr(factory, "waiting"):
            factory = factory.wrappedFactory
        return factory.waiting

    async def test_gone(self) -> None:
        """A proxy that goes before its header is whole is forgotten."""
        port = self.serve_behind()
        waiting = self.waiting()

        def go(data: bytes) -> None:
            with socket.create_connection(("127.0.0.1", port), timeout=3) as client:
                client.sendall(data)

        for data in (b"", LINE[:20]):
            await deferToThread(go, data)
            await until(lambda: not waiting, "the end")
        self.assertEqual(self.flushLoggedErrors(), [])


@pytest.mark.filterwarnings("ignore:Passing pyOpenSSL:DeprecationWarning")  # Twisted does
class SslPortTests(PortTests):
    """Ports with Twisted's TLS behind a proxy: the header comes before TLS."""

    description = "haproxy:ssl:0:interface=127.0.0.1:{pair}"
    secure = True

    def setUp(self) -> None:
        """Have files for TLS, without others between the certificate and its root."""
        cert, key = pair()
        self.root = str(cert)
        self.pair = f"privateKey={key}:certKey={cert}"


class FastPortTests(PortTests):
    """Fast ports behind a proxy."""

    description = "haproxy:fast:0:interface=127.0.0.1"

    async def test_fast(self) -> None:
        """They are fast all the same."""
        self.serve_behind()
        self.assertEqual(is_fast(self.port), fast_loop(reactor) is not None)


class FastTlsPortTests(FastPortTests):
    """Fast ports with TLS behind a proxy."""

    description = "haproxy:fast:0:interface=127.0.0.1:{pair}"
    secure = True


class EveryInterfaceTests(PortTests):
    """Fast ports for both IPv4 and IPv6 behind a proxy: its addresses need not be of the same kind."""

    description = "haproxy:fast:0"


class DescriptionTests(TestCase):
    """What is no endpoint behind a proxy."""

    def test_bad(self) -> None:
        """Each is told in one line."""
        for description in ("haproxy:", "haproxy:tcp", "haproxy:haproxy:tcp:1", "haproxy:nothing:1"):
            with self.assertRaises(ConfigurationError) as caught:
                parse(reactor, description)
            self.assertNotIn("\n", str(caught.exception))
            self.assertIn("endpoint" if description != "haproxy:tcp" else "port", str(caught.exception))
