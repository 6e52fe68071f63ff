# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of servers behind a proxy, and of those that somebody claims to be a proxy of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twisted.internet import reactor
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.server import Site

from tests.support import Client, Closed, Place, ServedCase, handshake, until
from wstwist import Client as Handle
from wstwist import ConfigurationError, Limits, Project
from wstwist.service import ProjectService
from wstwist.wire import endpoints


class Seen(Project):
    """Tells clients how they are seen."""

    limits = Limits(clients_per_address=2)

    async def on_connect(self, client: Handle) -> None:
        client.send(f"{client.address} {client.port is None} {client.secure}")


def forwarded(address: str, **more: str) -> dict[str, str]:
    """Give what a proxy adds."""
    return {"X-Forwarded-For": address, "X-Forwarded-Proto": "https", **more}


class Case(ServedCase):
    """A server that trusts some proxies."""

    async def begin(self, trusted: Sequence[str]) -> None:
        self.service = ProjectService(Seen, endpoints=[self.place.endpoint], trusted_proxies=trusted)
        self.service.startService()
        self.addCleanup(self._stop, self.service)
        await until(lambda: self.host.is_started, "the start")

    async def seen(self, headers: dict[str, str]) -> tuple[Client, Any]:
        client = await self.connect(headers=headers)
        return client, await client.receive()


class TcpTests(Case):
    """A proxy comes over TCP or TLS."""

    async def test_trusted(self) -> None:
        """Clients have their own addresses, and came over TLS if the proxy says so."""
        await self.begin(["127.0.0.0/8"])
        _, seen = await self.seen(forwarded("6.6.6.6, 192.0.2.1, 127.0.0.2"))
        self.assertEqual(seen, "192.0.2.1 True True")
        _, seen = await self.seen({"Forwarded": 'for="[2001:db8::1]:4711";proto=http'})
        self.assertEqual(seen, "2001:db8::1 False False")

    async def test_not_trusted(self) -> None:
        """Nobody else can claim to be somebody."""
        for trusted in ((), ("10.0.0.0/8", "unix")):
            await self.begin(trusted)
            for headers in (forwarded("192.0.2.1"), {"Forwarded": "for=192.0.2.1;proto=https"}):
                _, seen = await self.seen(headers)
                self.assertEqual(seen, f"127.0.0.1 False {self.transport == 'tls'}")
            await self._stop(self.service)

    async def test_limits(self) -> None:
        """What is counted by address is counted by the clients' own, and given back when they go."""
        await self.begin(["127.0.0.1"])
        first, _ = await self.seen(forwarded("192.0.2.1"))
        await self.seen(forwarded("192.0.2.1"))
        with self.assertRaises(Closed):
            await self.seen(forwarded("192.0.2.1"))
        with self.assertRaises(Closed):
            await self.seen(forwarded("192.0.2.7, 192.0.2.1"))
        await self.seen(forwarded("192.0.2.2"))
        await first.close()
        await until(lambda: len(self.host.contexts) == 2, "the end")
        await self.seen(forwarded("192.0.2.1"))
        self.assertEqual(self.host.admission._clients, {"192.0.2.1": 2, "192.0.2.2": 1})

    async def test_malformed(self) -> None:
        """What cannot be read is a 400, and the log says what it was."""
        await self.begin(["127.0.0.1"])
        raw = await self.connect_raw(handshake("/Seen", "X-Forwarded-For: proxy.example"))
        self.assertTrue((await raw.answer()).startswith(b"HTTP/1.1 400 Bad Request\r\n"))
        self.assertEqual((self.host.contexts, self.host.counters["refused_400"]), ({}, 1))


class TlsTests(TcpTests):
    transport = "tls"


class UnixTests(Case):
    """A proxy comes over a Unix socket."""

    transport = "unix"

    async def test_trusted(self) -> None:
        """Clients have their own addresses, and are counted by them."""
        await self.begin(["unix"])
        for _ in range(2):
            _, seen = await self.seen(forwarded("192.0.2.1"))
            self.assertEqual(seen, "192.0.2.1 True True")
        with self.assertRaises(Closed):
            await self.seen(forwarded("192.0.2.1"))

    async def test_not_trusted(self) -> None:
        """Where it is not trusted all are the proxy, and Unix sockets are not counted by address."""
        await self.begin(["127.0.0.0/8"])
        for _ in range(3):
            _, seen = await self.seen(forwarded("192.0.2.1"))
            self.assertEqual(seen, " True False")


class InASiteTests(Case):
    """A proxy comes to a site of twisted.web's."""

    async def test_trusted(self) -> None:
        """The resource believes whom the service believes."""
        await self.begin(["127.0.0.1"])
        root = Resource()
        root.putChild(b"chat", self.service.resource())
        port = endpoints.listen(endpoints.tcp(reactor, 0, "127.0.0.1"), Site(root), "a site")
        self.addCleanup(port.stopListening)
        way = Place("tcp", self.place.folder).way(port.getHost().port)
        client = await Client.connect(way, "/chat", headers=forwarded("192.0.2.1"))
        self.addCleanup(self._drop, client)
        self.assertEqual(await client.receive(), "192.0.2.1 True True")


class ArgumentTests(SynchronousTestCase):
    """What an operator names."""

    def test_wrong(self) -> None:
        """A mistake is one line that says what would be right."""
        with self.assertRaises(ConfigurationError) as caught:
            ProjectService(Seen, trusted_proxies=["10.0.0.1/8"], reactor=reactor)
        self.assertEqual(
            str(caught.exception), "trusted_proxies: '10.0.0.1/8' is no network: write '10.0.0.0/8'"
        )
