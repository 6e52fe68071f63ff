# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What tests of TLS share: authorities, certificates in files, servers on both transports, a client."""

from __future__ import annotations

import socket
import ssl
from collections import Counter
from pathlib import Path
from typing import Any

import trustme
from twisted.internet import reactor
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.threads import deferToThread

from tests.wire.support import App, ServedCase, echo, handshake
from wstwist.wire.certificates import TlsSettings
from wstwist.wire.endpoints import listen, tls
from wstwist.wire.served_tls import ServedTls, TlsEndpoint
from wstwist.wire.site import Site


def on_twisted(settings: Any) -> TlsEndpoint:
    """Give an endpoint on Twisted's own transports."""
    return TlsEndpoint(reactor, TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1"), ServedTls(settings))


class TlsCase(ServedCase):
    """Tests against a server with a certificate of an authority of its own.

    Attributes:
        authority: Who signs the server's certificates.
        signer: Who signs clients'.
    """

    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.authority, self.signer = trustme.CA(), trustme.CA()
        self.root = self.write("root.pem", self.authority.cert_pem.bytes())
        self.client_ca = self.write("client_ca.pem", self.signer.cert_pem.bytes())
        self.pair = self.issue("127.0.0.1")

    def write(self, name: str, data: bytes) -> str:
        """Write a file, and give its path."""
        (self.folder / name).write_bytes(data)
        return str(self.folder / name)

    def issue(self, *names: str, by: trustme.CA | None = None, **details: Any) -> str:
        """Issue a certificate, and give the file with it and its key."""
        issued = (by or self.authority).issue_cert(*names, **details)
        return self.write(f"{names[0]}.pem", issued.private_key_and_cert_chain_pem.bytes())

    def endpoint(self, *files: str) -> Any:
        """Give the endpoint to serve on: the fastest transports that can be had."""
        certificate, key, *clients = files
        keywords = dict(zip(("client_ca", "client_certificates"), clients, strict=False))
        return tls(reactor, 0, certificate, key, "127.0.0.1", **keywords)

    def serve_tls(self, *clients: str, files: tuple[str, str] | None = None) -> int:
        """Serve an echo, and give the port."""
        self.app = App(on_message=echo)
        self.counters: Counter[str] = Counter()
        self.site = Site(reactor, [self.app], None, self.counters)
        self.tls_endpoint = self.endpoint(*(files or (self.pair, self.pair)), *clients)
        port = listen(self.tls_endpoint, self.site.factory, "the test's port")
        self.addCleanup(self._settle)
        self.addCleanup(port.stopListening)
        number: int = port.getHost().port
        return number

    def trusting(self, ours: str | None = None, newest: Any = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
        """Give a client's settings, with a certificate of its own or without."""
        context = ssl.create_default_context(cafile=self.root)
        context.maximum_version = newest
        if ours is not None:
            context.load_cert_chain(ours)
        return context

    async def upgraded(self, port: int, context: ssl.SSLContext) -> str:
        """Have a client ask for an upgrade: the answer's first line, or what TLS had against it."""
        return await deferToThread(ask, port, context)


class OnTwisted:
    """The same on Twisted's own transports."""

    def endpoint(self, *files: str) -> Any:
        """Give the endpoint to serve on."""
        return on_twisted(TlsSettings.load(*files))


def ask(port: int, context: ssl.SSLContext) -> str:
    """Ask for an upgrade; for use in a thread.

    In TLS 1.3 a client has shaken hands before the server has looked at its certificate: it sends its
    request, and reads the alert afterwards.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        try:
            with context.wrap_socket(plain, server_hostname="127.0.0.1") as client:
                client.sendall(handshake())
                client.sendall(b"\0" * 10_000)
                return client.recv(4096).partition(b"\r\n")[0].decode()
        except ssl.SSLError as error:
            return str(error.reason)
        except OSError as error:
            return type(error).__name__
