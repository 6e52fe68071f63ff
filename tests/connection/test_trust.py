# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of certificates, ours and the server's, against real TLS servers: Twisted's and the fast ones."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import trustme
from OpenSSL import SSL
from twisted.internet import reactor

from tests.connection.servers import Server, demand_in_silence, leave, reset
from tests.connection.support import ClientCase
from tests.support import pair, within
from tests.wire.support import App, echo
from tests.wire.tls import on_twisted
from wstwist import CertificateRefused, ConfigurationError, NotWebSocket
from wstwist.connection.awaited.trust import Trust
from wstwist.connection.options import Options
from wstwist.wire.certificates import TlsSettings
from wstwist.wire.endpoints import BACKLOG, FastEndpoint, fast_loop, listen
from wstwist.wire.served_tls import ServedTls
from wstwist.wire.site import Site


class Strict:
    """A server's settings as tests want them: it may demand certificates of clients.

    Args:
        certificate: Its certificate.
        key: Its key.
        authority: Who signs clients' certificates; empty: none is demanded.
        newest: The newest version that it speaks.
    """

    def __init__(
        self, certificate: str, key: str, authority: str = "", newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    ) -> None:
        self.settings = TlsSettings.load(certificate, key, authority)
        self.newest = newest

    def for_twisted(self) -> Any:
        options = self.settings.for_twisted()
        if self.newest == ssl.TLSVersion.TLSv1_2:
            options.getContext().set_max_proto_version(SSL.TLS1_2_VERSION)
        return options

    def for_asyncio(self, factory: object = None) -> ssl.SSLContext:
        context = self.settings.for_asyncio(factory)
        context.maximum_version = self.newest
        return context

    def fault(self) -> str:
        return self.settings.fault()


class TrustTests(ClientCase):
    """Whom a client trusts: on the fastest transports that can be had."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.authority, self.stranger = trustme.CA(), trustme.CA()
        self.root = self.write("root.pem", self.authority.cert_pem.bytes())
        self.strange_root = self.write("strange.pem", self.stranger.cert_pem.bytes())

    def write(self, name: str, data: bytes) -> str:
        (self.folder / name).write_bytes(data)
        return str(self.folder / name)

    def issued(self, *names: str, by: trustme.CA | None = None, **details: Any) -> str:
        """Issue a certificate, and give the file with it and its key."""
        issued = (by or self.authority).issue_cert(*names, **details)
        return self.write(f"{names[0]}.pem", issued.private_key_and_cert_chain_pem.bytes())

    def endpoint(self, settings: Any) -> Any:
        """Give the endpoint to serve on."""
        loop = fast_loop(reactor)
        if loop is None:
            return on_twisted(settings)
        return FastEndpoint(reactor, 0, BACKLOG, "127.0.0.1", ServedTls(settings))

    def behind(self, certificate: str, key: str = "", host: str = "127.0.0.1", **strict: Any) -> str:
        """Serve with a certificate, and give the URL."""
        settings = Strict(certificate, key or certificate, **strict)
        self.app = App(on_message=echo)
        self.site = Site(reactor, [self.app])
        port = listen(self.endpoint(settings), self.site.factory, "the test's port")
        self.addCleanup(self._settle)
        self.addCleanup(port.stopListening)
        return f"wss://{host}:{port.getHost().port}/Chat"

    async def talks(self, url: str, **options: Any) -> None:
        """See that a connection comes about."""
        async with self.dial(url, **options) as connection:
            for message in ("x", "y" * 500_000):
                connection.send(message)
                self.assertEqual(await connection.receive(), message)
            self.assertTrue(self.app.peer.request.secure)
        self.assertEqual(self.app.peer.ends, [(1000, "", True)])

    async def refuses(self, url: str, *words: str, **options: Any) -> None:
        """See that there is none, and why."""
        with self.assertRaises(CertificateRefused) as caught:
            await within(self.dial(url, **options).as_deferred(), "an error")
        for part in (url, *words):
            self.assertIn(part, str(caught.exception))

    async def test_right_name(self) -> None:
        """A certificate of an authority that is trusted, with the right name or IP address."""
        certificate = self.issued("localhost", "127.0.0.1")
        await self.talks(self.behind(certificate), ca_file=self.root)
        await self.talks(self.behind(certificate, host="localhost"), ca_file=self.root)
        await self.talks(self.behind(certificate, newest=ssl.TLSVersion.TLSv1_2), ca_file=self.root)

    async def test_wrong_name(self) -> None:
        """A certificate for another name, or another IP address, is refused; the error says for which."""
        url = self.behind(self.issued("other.example", "*.example.org"), host="localhost")
        await self.refuses(
            url, "the certificate is for other.example, *.example.org, not for localhost", ca_file=self.root
        )
        url = self.behind(self.issued("127.0.0.2"))
        await self.refuses(url, "the certificate is for 127.0.0.2, not for 127.0.0.1", ca_file=self.root)
        await self.talks(url, insecure=True)

    async def test_expired(self) -> None:
        """A certificate that has expired, or is not valid yet, is refused."""
        now = datetime.now(UTC)
        old = now - timedelta(days=3)
        url = self.behind(self.issued("127.0.0.1", not_before=old - timedelta(days=9), not_after=old))
        await self.refuses(url, f"the certificate expired on {old:%Y-%m-%d}", ca_file=self.root)
        soon = now + timedelta(days=3)
        url = self.behind(self.issued("127.0.0.1", not_before=soon, not_after=soon + timedelta(days=9)))
        await self.refuses(url, f"is valid only from {soon:%Y-%m-%d} on", ca_file=self.root)

    async def test_unknown_authority(self) -> None:
        """A certificate of an authority that is not trusted is refused, by the system's trust, too."""
        url = self.behind(self.issued("127.0.0.1"))
        for options in ({}, {"ca_file": self.strange_root}):
            await self.refuses(url, "the certificate is signed by nobody we know", **options)
        await self.talks(url, insecure=True)

    async def test_self_signed(self) -> None:
        """A certificate that nobody has signed is refused, unless it is trusted itself."""
        url = self.behind(str(pair().cert), str(pair().key))
        await self.refuses(url, "signed by nobody we know (self-signed certificate)")
        await self.talks(url, ca_file=str(pair().cert))

    async def test_ours(self) -> None:
        """A server that demands a certificate of ours gets it; without it there is an error."""
        certificate = self.issued("127.0.0.1")
        ours = self.issued("us.example", by=self.stranger)
        wrong = self.issued("wrong.example")
        for newest in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            url = self.behind(certificate, authority=self.strange_root, newest=newest)
            await self.talks(url, ca_file=self.root, certificate=ours)
            await self.refuses(url, "the server demands a certificate of ours", ca_file=self.root)
            await self.refuses(
                url, "the server does not accept our certificate", ca_file=self.root, certificate=wrong
            )

    async def test_dropped_in_silence(self) -> None:
        """A server that asks for a certificate, and drops the connection without an alert, in any way."""
        settings = Strict(self.issued("127.0.0.1"), self.issued("127.0.0.1"), self.strange_root)
        wrong = self.issued("wrong.example")
        for newest in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            settings.newest = newest
            for end in (leave, reset):

                def talk(connection: Any, end: Any = end) -> None:
                    demand_in_silence(connection, settings.for_asyncio())
                    end(connection)

                with Server(talk) as server:
                    url = f"wss://127.0.0.1:{server.port}/"
                    await self.refuses(url, "without one it drops the connection", ca_file=self.root)
                    words = "gets it, and drops the connection"
                    await self.refuses(url, words, ca_file=self.root, certificate=wrong)

    async def test_no_tls(self) -> None:
        """A server that does not speak TLS is no WebSocket server for wss."""
        url = self.at(App(), "wss")
        with self.assertRaises(NotWebSocket) as caught:
            await self.dial(url)
        self.assertIn("does not speak TLS", str(caught.exception))


class TwistedTrustTests(TrustTests):
    """Whom a client trusts: on Twisted's own transports."""

    def endpoint(self, settings: Any) -> Any:
        """Give the endpoint to serve on."""
        return on_twisted(settings)


class FilesTests(ClientCase):
    """What is read from files."""

    def test_wrong_files(self) -> None:
        """A file that cannot be used is named in one line."""
        empty = self.mktemp()
        Path(empty).write_text("nothing")
        for options, words in (
            ({"ca_file": "/no/such.pem"}, "ca_file: /no/such.pem: No such file"),
            ({"ca_file": empty}, "is no file of certificates in PEM format"),
            ({"certificate": "/no/such.pem"}, "the certificate /no/such.pem is not there"),
            ({"certificate": str(pair().cert)}, f"{pair().cert} has no private key in it; give key, too"),
            ({"certificate": empty}, "the certificate"),
        ):
            with self.assertRaises(ConfigurationError) as caught:
                Trust(Options(**options))
            self.assertIn(words, str(caught.exception))
            self.assertNotIn("\n", str(caught.exception))

    async def test_told(self) -> None:
        """Whoever connects learns of it."""
        with self.assertRaises(ConfigurationError):
            await self.dial(self.at(App(), "wss"), ca_file="/no/such.pem")
