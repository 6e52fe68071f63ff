# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of the way through a proxy, with a real one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

import trustme
from twisted.internet import reactor

from tests.connection.support import ClientCase, Proxy
from tests.support import until
from tests.wire.support import App, echo
from wstwist import CertificateRefused, ConnectTimeout, ProxyRefused
from wstwist.wire.endpoints import listen, tls
from wstwist.wire.site import Site


class ProxyTests(ClientCase):
    """From a client through a proxy to a server, each over TLS or not."""

    def setUp(self) -> None:
        super().setUp()
        folder = Path(self.mktemp())
        folder.mkdir()
        authority = trustme.CA()
        self.root, self.pem = str(folder / "root.pem"), str(folder / "server.pem")
        authority.cert_pem.write_to_path(self.root)
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(self.pem)
        self.app = App(on_message=echo)
        self.site = Site(reactor, [self.app])

    def through(self, proxy: Proxy, *, secure: bool = False) -> str:
        """Run a proxy, and give its URL."""
        self.addCleanup(until, lambda: not proxy.open, "the end of the proxy's connections")
        return self._listening(proxy, "https" if secure else "http", secure=secure)

    def served(self, *, secure: bool = False) -> str:
        """Serve the application, and give its URL."""
        scheme = "wss" if secure else "ws"
        return self._listening(self.site.factory, scheme, secure=secure) + self.app.path

    def _listening(self, factory: Any, scheme: str, *, secure: bool) -> str:
        if not secure:
            return f"{scheme}://127.0.0.1:{self.listen(factory)}"
        endpoint = tls(reactor, 0, self.pem, self.pem, "127.0.0.1")
        port = listen(endpoint, factory, "the test's port")
        self.addCleanup(self._settle)
        self.addCleanup(port.stopListening)
        return f"{scheme}://127.0.0.1:{port.getHost().port}"

    async def talks(self, url: str, **options: Any) -> None:
        """See that messages pass."""
        async with self.dial(url, ca_file=self.root, **options) as connection:
            for message in ("x", b"y" * 500_000):
                connection.send(message)
                self.assertEqual(await connection.receive(), message)
        self.assertEqual(self.app.peer.ends, [(1000, "", True)])

    async def test_ways(self) -> None:
        """Messages pass through a proxy: TLS outside, inside, both and none."""
        for outside in (False, True):
            for inside in (False, True):
                proxy = Proxy()
                url = self.served(secure=inside)
                await self.talks(url, proxy=self.through(proxy, secure=outside))
                (head,) = proxy.heads
                port = url.split(":")[2].split("/")[0]
                self.assertTrue(head.startswith(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n".encode()), head)

    async def test_user(self) -> None:
        """A proxy gets the user and password of its URL, and the server does not."""
        proxy = Proxy()
        url = self.through(proxy).replace("//", "//ann:secret@")
        await self.talks(self.served(), proxy=url)
        self.assertIn(b"\r\nProxy-Authorization: Basic ", proxy.heads[0])
        self.assertNotIn("proxy-authorization", self.app.peer.request.headers)

    async def test_environment(self) -> None:
        """What the environment says is done, its exceptions included."""
        proxy = Proxy()
        url = self.served()
        names = {"http_proxy": self.through(proxy), "no_proxy": ""}
        with patch.dict(os.environ, names):
            await self.talks(url, proxy=True)
            self.assertEqual(len(proxy.heads), 1)
            with patch.dict(os.environ, {"no_proxy": "127.0.0.1"}):
                await self.talks(url, proxy=True)
            await self.talks(url, proxy=None)
        self.assertEqual(len(proxy.heads), 1)

    async def test_refused(self) -> None:
        """A proxy that does not make a way, is none, is away or says nothing: an error that names it."""
        url = self.served()
        silent, _ = self.servers(lambda _: None)
        leaving, _ = self.servers(lambda server: server.transport.loseConnection())
        for proxy, words, status in (
            (
                self.through(Proxy(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")),
                "it answers 407 Proxy Authentication Required",
                407,
            ),
            (self.through(Proxy(b"SSH-2.0-OpenSSH\r\n")), "no HTTP", None),
            (leaving.replace("ws", "http"), "it closes the connection without an answer", None),
            (leaving.replace("ws", "https"), "the connection was lost during the TLS handshake", None),
            (self.served().replace("ws", "https"), "what answers does not speak TLS", None),
            ("http://127.0.0.1:1", "127.0.0.1:1 refuses the connection", None),
            ("http://no-such-host.invalid", "no-such-host.invalid is not found", None),
            ("http://a..b:1", "a..b cannot be a host's name", None),
        ):
            with self.assertRaises(ProxyRefused) as caught:
                await self.dial(url, proxy=proxy)
            error = caught.exception
            self.assertEqual((error.url, error.status), (url, status), error)
            self.assertIn(words, str(error))
        with self.assertRaises(ConnectTimeout) as late:
            await self.dial(url, proxy=silent.replace("ws", "http"), connect_timeout=0.1)
        self.assertIn("the proxy http://127.0.0.1", str(late.exception))

    async def test_certificates(self) -> None:
        """The certificates of proxy and server are both examined."""
        proxy = Proxy()
        with self.assertRaises(CertificateRefused) as caught:
            await self.dial(self.served(), proxy=self.through(proxy, secure=True))
        self.assertIn("the proxy https://127.0.0.1", str(caught.exception))
        self.assertEqual(proxy.heads, [])
        with self.assertRaises(CertificateRefused) as caught:
            await self.dial(self.served(secure=True), proxy=self.through(proxy))
        self.assertNotIn("proxy", str(caught.exception))

    async def test_wrong_url(self) -> None:
        """A proxy of another kind is an error."""
        with self.assertRaises(ValueError):
            await self.dial(self.served(), proxy="socks5://localhost")
