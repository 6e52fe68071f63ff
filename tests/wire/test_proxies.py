# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of whom a request comes from that a proxy brings."""

from __future__ import annotations

from twisted.internet.address import IPv4Address
from twisted.trial.unittest import SynchronousTestCase

from tests.wire.support import App, Link, handshake
from wstwist.wire.answers import Rejected
from wstwist.wire.proxies import NOBODY, Peer, Proxies

PROXY = Peer("10.0.0.1", 1234, secure=False)
STRANGER = Peer("203.0.113.9", 1234, secure=False)


class Case(SynchronousTestCase):
    """The proxies of 10.0.0.0/8 and of 2001:db8:1::/48 are trusted."""

    proxies = Proxies.of(["10.0.0.0/8", "2001:db8:1::/48"])

    def seen(self, peer: Peer = PROXY, **headers: str) -> Peer:
        return self.proxies.seen(peer, {name.replace("_", "-"): value for name, value in headers.items()})

    def address(self, forwarded: str) -> str:
        return self.seen(x_forwarded_for=forwarded).address

    def rejected(self, **headers: str) -> str:
        with self.assertRaises(Rejected) as caught:
            self.seen(**headers)
        self.assertEqual(caught.exception.status, 400)
        return caught.exception.advice


class XForwardedTests(Case):
    """X-Forwarded-For and X-Forwarded-Proto."""

    def test_one_proxy(self) -> None:
        """The address that the proxy names is the client's; its port is not known."""
        self.assertEqual(self.seen(x_forwarded_for="192.0.2.1"), Peer("192.0.2.1", None, secure=False))

    def test_nothing_said(self) -> None:
        """A proxy that names nobody is the client itself."""
        self.assertEqual(self.seen(), PROXY)
        self.assertEqual(self.seen(x_forwarded_for=""), PROXY)
        self.assertEqual(self.seen(x_forwarded_for=" , "), PROXY)

    def test_several_proxies(self) -> None:
        """Those that are trusted are passed over, from the right."""
        self.assertEqual(self.address("192.0.2.1, 10.9.9.9"), "192.0.2.1")
        self.assertEqual(self.address("192.0.2.1,2001:db8:1::5 , 10.9.9.9"), "192.0.2.1")

    def test_all_trusted(self) -> None:
        """Where all are trusted it is the first one: somebody within the network."""
        self.assertEqual(self.address("10.1.1.1, 10.2.2.2"), "10.1.1.1")

    def test_spoofed(self) -> None:
        """What a client has written before a proxy added to it means nothing."""
        for forged in (
            "10.0.0.5",
            "127.0.0.1",
            "203.0.113.1, 10.0.0.7",
            "garbage",
            "unknown",
            "1.2.3.4.5, ::ffff",
        ):
            self.assertEqual(self.address(f"{forged}, 192.0.2.1"), "192.0.2.1", forged)
            self.assertEqual(self.address(f"{forged}, 192.0.2.1, 10.0.0.8"), "192.0.2.1", forged)

    def test_not_trusted(self) -> None:
        """From anybody else these header fields mean nothing, malformed or not."""
        for value in ("192.0.2.1", "10.0.0.1", "garbage"):
            seen = self.seen(STRANGER, x_forwarded_for=value, x_forwarded_proto="https", forwarded="for=x")
            self.assertEqual(seen, STRANGER)
            self.assertEqual(NOBODY.seen(PROXY, {"x-forwarded-for": value}), PROXY)

    def test_forms(self) -> None:
        """Addresses may have ports; IPv4 written as IPv6 is IPv4."""
        for written, address, port in (
            ("192.0.2.1:4711", "192.0.2.1", 4711),
            ("[2001:db8::1]:4711", "2001:db8::1", 4711),
            ("[2001:db8::1]", "2001:db8::1", None),
            ("2001:DB8:0::1", "2001:db8::1", None),
            ("::ffff:192.0.2.1", "192.0.2.1", None),
            ("::ffff:10.0.0.1", "10.0.0.1", None),
        ):
            self.assertEqual(self.seen(x_forwarded_for=written), Peer(address, port, secure=False), written)

    def test_malformed(self) -> None:
        """What is no address is a 400: it would not be known who the client is; the log says which it was."""
        for wrong in (
            "unknown",
            "localhost",
            "1.2.3",
            "1.2.3.4:99999",
            "[1.2.3.4",
            "_hidden",
            "1.2.3.4 5",
            "a" * 5000,
        ):
            advice = self.rejected(x_forwarded_for=f"192.0.2.1, {wrong}")
            self.assertIn(repr(wrong[:100]), advice)
            self.assertLess(len(advice), 200)

    def test_protocol(self) -> None:
        """It says whether the client came over TLS, whatever the proxy itself speaks; of several the last."""
        for protocol, secure in (
            ("https", True),
            ("wss", True),
            ("HTTPS", True),
            ("http", False),
            ("ws", False),
            ("http, https", True),
            ("https, http", False),
        ):
            for peer in (PROXY, PROXY._replace(secure=True)):
                self.assertEqual(self.seen(peer, x_forwarded_proto=protocol).secure, secure, protocol)
                seen = self.seen(peer, x_forwarded_proto=protocol, x_forwarded_for="192.0.2.1")
                self.assertEqual(seen, Peer("192.0.2.1", None, secure))
        self.assertIn("'gopher'", self.rejected(x_forwarded_proto="gopher"))

    def test_no_protocol(self) -> None:
        """Where it says nothing of that, it is what the proxy itself speaks."""
        self.assertTrue(self.seen(PROXY._replace(secure=True), x_forwarded_for="192.0.2.1").secure)


class ForwardedTests(Case):
    """Forwarded (RFC 7239)."""

    def test_forms(self) -> None:
        """The examples of the standard, and others."""
        for value, expected in (
            ("for=192.0.2.43", Peer("192.0.2.43", None, secure=False)),
            ('For="[2001:db8:cafe::17]:4711"', Peer("2001:db8:cafe::17", 4711, secure=False)),
            ("for=192.0.2.60;proto=http;by=203.0.113.43", Peer("192.0.2.60", None, secure=False)),
            ("for=192.0.2.43, for=198.51.100.17", Peer("198.51.100.17", None, secure=False)),
            ("for=192.0.2.60; proto=HTTPS", Peer("192.0.2.60", None, secure=True)),
            ('for=192.0.2.60;proto="https"', Peer("192.0.2.60", None, secure=True)),
            ('for="192.0.2.60:80";host="a,b;c=\\"d"', Peer("192.0.2.60", 80, secure=False)),
            (",, for=192.0.2.60,", Peer("192.0.2.60", None, secure=False)),
            ("", PROXY),
        ):
            self.assertEqual(self.seen(forwarded=value), expected, value)

    def test_hops(self) -> None:
        """Those that are trusted are passed over, and the protocol is that of the hop that counts."""
        value = "for=203.0.113.1;proto=http, for=192.0.2.1;proto=https, for=10.0.0.3;proto=http"
        self.assertEqual(self.seen(forwarded=value), Peer("192.0.2.1", None, secure=True))

    def test_spoofed(self) -> None:
        """What a client has written before a proxy added to it means nothing."""
        self.assertEqual(self.seen(forwarded="for=10.0.0.9;proto=https, for=192.0.2.1").address, "192.0.2.1")
        self.assertEqual(self.seen(forwarded="for=_x, for=192.0.2.1;proto=http").secure, False)

    def test_malformed(self) -> None:
        """What cannot be read is a 400, as is a client that is hidden."""
        for wrong in (
            "for=unknown",
            "for=_hidden",
            "proto=https",
            "for=1.2.3.4;for=1.2.3.4",
            'for="1.2.3.4',
            "for 1.2.3.4",
            "for=1.2.3.4 proto=https",
            "for=",
            "for=1.2.3.4;proto=gopher",
            '"' * 8000,
            "for=" * 4000,
        ):
            self.rejected(forwarded=wrong)

    def test_x_forwarded_for_goes_before(self) -> None:
        """Where there are both, X-Forwarded-For counts: a client may have written the other."""
        seen = self.seen(x_forwarded_for="192.0.2.1", forwarded="for=10.0.0.9;proto=https")
        self.assertEqual(seen, Peer("192.0.2.1", None, secure=False))

    def test_protocol_beside_it(self) -> None:
        """X-Forwarded-Proto is not asked where Forwarded is: a client may have written it."""
        self.assertFalse(self.seen(forwarded="for=192.0.2.1", x_forwarded_proto="https").secure)


class TrustTests(SynchronousTestCase):
    """Who is trusted."""

    def test_unix(self) -> None:
        """All that come over Unix sockets, or none of them."""
        peer, headers = Peer("", None, secure=False), {"x-forwarded-for": "192.0.2.1"}
        self.assertEqual(Proxies.of(["unix"]).seen(peer, headers).address, "192.0.2.1")
        self.assertEqual(Proxies.of(["10.0.0.0/8"]).seen(peer, headers), peer)
        self.assertEqual(Proxies.of(["unix"]).seen(PROXY, headers), PROXY)

    def test_a_name_is_no_address(self) -> None:
        """A Unix socket's name that looks like an address is none."""
        peer = Peer("10.0.0.1", None, secure=False)
        self.assertEqual(Proxies.of(["10.0.0.0/8"]).seen(peer, {"x-forwarded-for": "192.0.2.1"}), peer)

    def test_one_address(self) -> None:
        """A network may be one address."""
        proxies = Proxies.of(["10.0.0.1", "::1"])
        for address, is_trusted in (("10.0.0.1", True), ("10.0.0.2", False), ("::1", True), ("::2", False)):
            seen = proxies.seen(Peer(address, 1, secure=False), {"x-forwarded-for": "192.0.2.1"})
            self.assertEqual(seen.address == "192.0.2.1", is_trusted, address)

    def test_wrong(self) -> None:
        """What is no network is refused, and what was meant is proposed."""
        for wrong, words in (
            (["10.0.0.1/8"], "write '10.0.0.0/8'"),
            (["proxy.example"], "write an address, a network such as '10.0.0.0/8', or 'unix'"),
            (["Unix"], "or 'unix'"),
            (["0.0.0.0/0"], "everybody"),
            (["::/0"], "everybody"),
            ([1], "not 1"),
            ("unix", "a list of networks"),
        ):
            with self.assertRaises(ValueError) as caught:
                Proxies.of(wrong)  # type: ignore[arg-type]
            self.assertIn(words, str(caught.exception))


class RequestTests(SynchronousTestCase):
    """What an application is told."""

    def open(self, more: str, trusted: str = "10.0.0.0/8") -> tuple[App, bytes]:
        app = App()
        link = Link(app, proxies=Proxies.of([trusted]))
        link.wire.peerAddr = IPv4Address("TCP", "10.0.0.1", 54321)
        return app, link.receive(handshake(more=more))

    def test_trusted(self) -> None:
        """An application sees the client behind the proxy; repeated fields are one list."""
        more = "X-Forwarded-For: 10.0.0.9\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n"
        app, answer = self.open(more)
        self.assertTrue(answer.startswith(b"HTTP/1.1 101 "))
        request = app.peer.request
        self.assertEqual((request.address, request.port, request.secure), ("192.0.2.1", None, True))

    def test_not_trusted(self) -> None:
        """It sees the peer where that is not trusted."""
        app, _ = self.open("X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n", "10.0.0.2")
        request = app.peer.request
        self.assertEqual((request.address, request.port, request.secure), ("10.0.0.1", 54321, False))

    def test_malformed(self) -> None:
        """What a trusted proxy says and nobody can read is a 400, of which the application learns nothing."""
        app, answer = self.open("X-Forwarded-For: unknown\r\n")
        self.assertTrue(answer.startswith(b"HTTP/1.1 400 "), answer)
        self.assertEqual(app.peers, [])
