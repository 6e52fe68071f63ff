# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of who may come in: how many, how fast, and from which pages."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from wstwist import Client, ConfigurationError, Limits, Project, Refuse
from wstwist.admission import BURST, key
from wstwist.definition import Definition
from wstwist.testing import MemoryClient, MemoryServer


class Door(Project):
    """Some wait in on_connect, and some in on_disconnect."""

    async def on_connect(self, client: Client) -> None:
        if "wait" in client.query:
            await Deferred()

    async def on_disconnect(self, client: Client) -> None:
        if "linger" in client.query:
            self.lingering: Deferred[None] = Deferred()
            await self.lingering


class Case(SynchronousTestCase):
    """A project with limits."""

    def serve(self, origins: tuple[str, ...] = (), **limits: float) -> None:
        settings = {"limits": Limits(**limits), "origins": origins}  # type: ignore[arg-type]
        self.server = MemoryServer(Door, settings)
        self.addCleanup(self.server.stop)

    def connect(self, target: str = "", address: str = "192.0.2.1", **headers: str) -> MemoryClient[Door]:
        return self.server.connect(target, address=address, headers=headers)

    def refused(self, status: int, target: str = "", address: str = "192.0.2.1", **headers: str) -> Refuse:
        with self.assertRaises(Refuse) as caught:
            self.connect(target, address, **headers)
        self.assertEqual(caught.exception.status, status, caught.exception)
        return caught.exception

    @property
    def counters(self) -> dict[str, int]:
        return dict(self.server._host.counters)


class NumberTests(Case):
    """How many may be there at once."""

    def test_clients(self) -> None:
        """Beyond `clients` it is 503 with Retry-After, until one has gone."""
        self.serve(clients=2)
        first = self.connect()
        self.connect(address="192.0.2.2")
        self.assertEqual(self.refused(503, address="192.0.2.3").headers, {"Retry-After": "5"})
        first.close()
        self.connect()
        self.assertEqual(self.counters["refused_clients"], 1)

    def test_opening_and_leaving(self) -> None:
        """Those count who wait in on_connect, and whose on_disconnect has not ended."""
        self.serve(clients=2)
        self.connect("?wait")
        leaving = self.connect("?linger")
        leaving.close()
        self.refused(503)
        leaving.instance.lingering.callback(None)
        self.server._do(lambda: None)
        self.connect()

    def test_per_address(self) -> None:
        """Beyond `clients_per_address` it is 429 for this address, and others are let in."""
        self.serve(clients_per_address=2)
        first, _ = self.connect(), self.connect()
        self.assertEqual(self.refused(429).headers, {"Retry-After": "5"})
        self.connect(address="192.0.2.2")
        first.drop()
        self.connect()
        self.refused(429)

    def test_ipv6(self) -> None:
        """Addresses of one /64 of IPv6 are one."""
        self.serve(clients_per_address=1)
        self.connect(address="2001:db8::1")
        self.refused(429, address="2001:db8::ffff:ffff")
        self.connect(address="2001:db8:0:1::1")

    def test_refused_are_not_counted(self) -> None:
        """Whoever is turned away takes nobody's place, whoever turned him away."""
        self.serve(clients_per_address=1)
        self.refused(403, origin="https://evil.example")
        self.connect("?wait")
        self.refused(429)
        self.server.advance(11)
        self.connect()

    def test_nothing_is_left(self) -> None:
        """What is known of addresses goes with their clients."""
        self.serve(clients_per_address=1, connects_per_second=1)
        for number in range(1000):
            self.connect(address=f"2001:db8:0:{number:x}::1").close()
        admission = self.server._host.admission
        self.assertEqual(len(admission._clients), 0)
        self.assertEqual(len(admission._buckets), 1000)
        self.server.advance(BURST)
        self.connect()
        self.assertEqual(len(admission._buckets), 1)


class RateTests(Case):
    """How fast they may come."""

    def test_rate(self) -> None:
        """Five seconds' worth at once, then so many a second; who is turned away has spent nothing."""
        self.serve(connects_per_second=2)
        for _ in range(10):
            self.connect().close()
        for _ in range(20):
            self.assertEqual(self.refused(429).headers, {"Retry-After": "1"})
        self.connect(address="192.0.2.2")
        self.server.advance(1)
        self.connect()
        self.connect()
        self.refused(429)
        self.assertEqual(self.counters["refused_connects_per_second"], 21)

    def test_slow_rate(self) -> None:
        """Less than one a second is a rate, too."""
        self.serve(connects_per_second=0.1)
        self.connect()
        self.assertEqual(self.refused(429).headers, {"Retry-After": "10"})
        self.server.advance(10)
        self.connect()


class OriginTests(Case):
    """From which pages."""

    def test_origins(self) -> None:
        """A page of the server's own and one that is listed may connect, no other; and who has no Origin."""
        self.serve(origins=("https://app.example",))
        self.connect()
        self.connect(origin="http://localhost")
        self.connect(origin="https://app.example")
        self.refused(403, origin="https://evil.example")
        self.refused(403, origin="null")
        self.assertEqual(self.counters["refused_origin"], 2)

    def test_no_context_is_made(self) -> None:
        """Nothing of the author's runs for a page that may not connect."""

        class Made(Project):
            def __init__(self) -> None:
                made.append(self)

        made: list[Made] = []
        with MemoryServer(Made) as server:
            self.assertRaises(Refuse, server.connect, headers={"Origin": "https://evil.example"})
        self.assertEqual(len(made), 1)

    def test_wrong_settings(self) -> None:
        """What is no list of origins is refused when the project is served."""
        for wrong, words in (
            ("https://a.example", "a list of origins"),
            (["a.example"], "write 'https://a.example'"),
            (1, "a list of origins"),
        ):
            with self.assertRaises(ConfigurationError) as caught:
                Definition(Door, {"origins": wrong})
            self.assertIn(words, str(caught.exception))
            self.assertTrue(str(caught.exception).startswith("Door.origins: "))


class KeyTests(SynchronousTestCase):
    """What an address is counted as."""

    def test_key(self) -> None:
        """IPv4 as it is, IPv6 by its /64, a Unix socket not at all."""
        self.assertEqual(key("192.0.2.1", 1), "192.0.2.1")
        self.assertEqual(key("2001:db8:1:2:3:4:5:6", 1), "2001:db8:1:2::/64")
        self.assertEqual(key("fe80::1%eth0", 1), "fe80::/64")
        self.assertEqual(key("/run/chat.sock", None), "")
        self.assertEqual(key("odd:address", 1), "odd:address")
