# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of the blocking client's TLS: whose certificates are accepted, and what is said of the others."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.connection.servers import (
    PATIENCE,
    LeftoverCase,
    Peer,
    Server,
    demand_in_silence,
    echo_server,
    leave,
    read_head,
    reset,
)
from wstwist import blocking
from wstwist.exceptions import (
    CertificateRefused,
    ConfigurationError,
    ConnectError,
    ConnectionClosed,
    ConnectionFailed,
    ConnectTimeout,
    NotWebSocket,
)

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)


class Certificates:
    """Certificates of all kinds, in a folder.

    Attributes:
        authority: Who signs them.
        ca_file: Its certificate.
    """

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self.authority = trustme.CA()
        self.ca_file = self._write("ca.pem", self.authority.cert_pem.bytes())

    def right(self) -> str:
        """Give a certificate for the loopback."""
        return self._issue("right", "localhost", "127.0.0.1")

    def for_another(self) -> str:
        """Give one for another host."""
        return self._issue("another", "other.example", "*.other.example", "192.0.2.1")

    def expired(self) -> str:
        """Give one of yesterday."""
        return self._issue("expired", "localhost", not_before=NOW - 3 * DAY, not_after=NOW - DAY)

    def too_early(self) -> str:
        """Give one of tomorrow."""
        return self._issue("early", "localhost", not_before=NOW + DAY, not_after=NOW + 3 * DAY)

    def of_nobody(self) -> str:
        """Give one that another authority has signed."""
        other = trustme.CA().issue_cert("localhost")
        return self._write("nobody.pem", other.private_key_and_cert_chain_pem.bytes())

    def self_signed(self, *, name: str | None = "localhost") -> str:
        """Give one that nobody has signed."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - DAY)
            .not_valid_after(NOW + DAY)
        )
        if name is not None:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        certificate = builder.sign(key, hashes.SHA256())
        self.own = self._write("own.pem", certificate.public_bytes(serialization.Encoding.PEM))
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return self._write("self.pem", pem + certificate.public_bytes(serialization.Encoding.PEM))

    def clients(self) -> str:
        """Give one for a client."""
        return self._issue("client", "client.example")

    def write(self, name: str, data: bytes) -> str:
        """Write a file."""
        return self._write(name, data)

    def _issue(self, name: str, *names: str, **options: Any) -> str:
        issued = self.authority.issue_cert(*names, **options)
        return self._write(f"{name}.pem", issued.private_key_and_cert_chain_pem.bytes())

    def _write(self, name: str, data: bytes) -> str:
        path = self._folder / name
        path.write_bytes(data)
        return str(path)


class Case(LeftoverCase):
    """A test with certificates."""

    def setUp(self) -> None:
        super().setUp()
        self.files = Certificates(self.enterContext(TemporaryDirectory()))

    def server(
        self, certificate: str, *, demands: bool = False, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    ) -> int:
        """Serve echoes until the end of the test, and give the port."""
        context = self.context(certificate, demands=demands, version=version)
        return int(self.enterContext(echo_server(ssl=context)))

    def context(
        self, certificate: str, *, demands: bool, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    ) -> ssl.SSLContext:
        """Give a server's settings of TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.maximum_version = version
        if demands:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.files.ca_file)
        return context

    def works(self, port: int, **options: Any) -> None:
        """See that a connection is made."""
        with blocking.connect(f"wss://localhost:{port}/", **options) as connection:
            connection.send("hello")
            self.assertEqual(connection.receive(timeout=PATIENCE), "hello")
        self.assertEqual(connection.close_code, 1000)

    def fails(
        self, words: str, port: int, kind: type[ConnectError] = CertificateRefused, **options: Any
    ) -> None:
        """See that none is made, with these words and the address."""
        options.setdefault("ca_file", self.files.ca_file)
        with self.assertRaises(kind) as caught:
            blocking.connect(f"wss://localhost:{port}/", **options)
        self.assertIs(type(caught.exception), kind, caught.exception)
        self.assertEqual(str(caught.exception), f"wss://localhost:{port}/: {words}")


class CertificateTests(Case):
    """The server's certificate."""

    def test_right(self) -> None:
        """One that our authority has signed is accepted, by name and by address, in TLS 1.2 and 1.3."""
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            port = self.server(self.files.right(), version=version)
            self.works(port, ca_file=self.files.ca_file)
            blocking.connect(f"wss://127.0.0.1:{port}/", ca_file=self.files.ca_file).close()

    def test_systems(self) -> None:
        """Without a file of ours the system's authorities are trusted."""
        port = self.server(self.files.right())
        self.fails("the certificate is signed by nobody we know", port, ca_file=None)
        with mock.patch.dict("os.environ", {"SSL_CERT_FILE": self.files.ca_file}):
            self.works(port)

    def test_wrong(self) -> None:
        """What is wrong with a certificate is said, and nothing is sent to its server."""
        nobody = "the certificate is signed by nobody we know"
        for certificate, words in (
            (
                self.files.for_another(),
                "the certificate is for other.example, *.other.example, 192.0.2.1, not for localhost",
            ),
            (self.files.expired(), "the certificate has expired"),
            (
                self.files.too_early(),
                "the certificate is not valid yet, if this machine's clock is right",
            ),
            (self.files.of_nobody(), nobody),
            (self.files.self_signed(), f"{nobody} (self-signed certificate)"),
        ):
            with self.subTest(words=words):
                port = self.server(certificate)
                self.fails(words, port)
                self.works(port, insecure=True)

    def test_no_name(self) -> None:
        """A certificate that names no host is nobody's; its common name does not count."""
        port = self.server(self.files.self_signed(name=None))
        self.fails("the certificate names no host, so it is not for localhost", port, ca_file=self.files.own)

    def test_wrong_address(self) -> None:
        """A certificate for a name is not one for an address."""
        port = self.server(self.files.expired())
        with self.assertRaises(CertificateRefused):
            blocking.connect(f"wss://127.0.0.1:{port}/", ca_file=self.files.ca_file)
        port = self.server(self.files.for_another())
        with self.assertRaises(CertificateRefused) as caught:
            blocking.connect(f"wss://127.0.0.1:{port}/", ca_file=self.files.ca_file)
        self.assertIn("not for 127.0.0.1", str(caught.exception))


class OurCertificateTests(Case):
    """A certificate of ours."""

    def test_demanded(self) -> None:
        """A server that demands one gets it, or says that it wants one: TLS 1.3 tells after the handshake."""
        other = self.files.of_nobody()
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version=version):
                port = self.server(self.files.right(), demands=True, version=version)
                self.works(port, ca_file=self.files.ca_file, certificate=self.files.clients())
                self.fails("the server demands a certificate of ours", port)
                self.fails(
                    "the server does not accept our certificate: it knows nobody who has signed it",
                    port,
                    certificate=other,
                )

    def test_demanded_in_silence(self) -> None:
        """A server that demands one, and drops the connection without an alert, is told by its demand."""
        certificate, other = self.files.right(), self.files.of_nobody()
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = self.context(certificate, demands=True, version=version)
            for end in (leave, reset):
                with self.subTest(version=version, end=end):

                    def talk(connection: Any, context: Any = context, end: Any = end) -> None:
                        demand_in_silence(connection, context)
                        end(connection)

                    port = self.enterContext(Server(talk)).port
                    without = (
                        "the server asks for a certificate of ours, and without one it drops the connection"
                    )
                    self.fails(without, port)
                    self.fails(without, port, ca_file=None, insecure=True)
                    self.fails(
                        "the server asks for a certificate of ours, gets it, and drops the connection",
                        port,
                        certificate=other,
                    )

    def test_not_demanded(self) -> None:
        """A server that asks for none, and drops the connection, has another reason."""

        def talk(connection: Any, end: Any) -> None:
            read_head(connection)
            end(connection)

        for end in (leave, reset):
            context = self.context(self.files.right(), demands=False)
            server = self.enterContext(Server(partial(talk, end=end), context))
            with self.assertRaises(ConnectError) as caught:
                blocking.connect(server.url(host="localhost"), ca_file=self.files.ca_file)
            self.assertIs(type(caught.exception), ConnectionFailed)

    def test_files(self) -> None:
        """What cannot be read is told in one line, and nothing asks for a passphrase on the terminal."""
        port = self.server(self.files.right())
        key = ec.generate_private_key(ec.SECP256R1())
        secret = self.files.write(
            "secret.pem",
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(b"secret"),
            ),
        )
        noise, ours = self.files.write("noise.pem", b"noise"), self.files.clients()
        for options, words in (
            ({"ca_file": "nowhere.pem"}, "ca_file: nowhere.pem: No such file"),
            ({"ca_file": noise}, "is no file of certificates in PEM format"),
            ({"certificate": "nowhere.pem"}, "nowhere.pem: No such file"),
            ({"certificate": noise}, "not in PEM format"),
            ({"certificate": ours, "key": secret}, f"{secret} is encrypted"),
            ({"certificate": ours, "key": self.files.of_nobody()}, "do not belong together"),
        ):
            with self.subTest(words=words), self.assertRaises(ConfigurationError) as caught:
                blocking.connect(f"wss://localhost:{port}/", **options)  # type: ignore[typeddict-item]
            self.assertIn(words, str(caught.exception))
            self.assertNotIn("\n", str(caught.exception))


class TroubleTests(Case):
    """What else can go wrong with TLS."""

    def test_no_tls(self) -> None:
        """A server that speaks no TLS."""

        def http(connection: Any) -> None:
            connection.recv(10)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        server = self.enterContext(Server(http))
        self.fails("what answers does not speak TLS", server.port, NotWebSocket)

    def test_old(self) -> None:
        """A server with which there is no common version."""
        alert = b"\x15\x03\x03\x00\x02\x02"
        for number, words in ((70, "protocol version"), (40, "handshake failure")):
            server = self.enterContext(
                Server(lambda c, number=number: (c.recv(65536), c.sendall(alert + bytes([number]))))
            )
            with self.assertRaises(ConnectionFailed) as caught:
                blocking.connect(f"wss://localhost:{server.port}/")
            self.assertIn(words, str(caught.exception))

    def test_ended(self) -> None:
        """A server that ends the connection during the handshake, or says nothing."""
        ends = threading.Event()
        server = self.enterContext(Server(lambda connection: connection.recv(65536)))
        self.fails("the server ends the connection during the TLS handshake", server.port, ConnectionFailed)
        server = self.enterContext(Server(lambda _: ends.wait(PATIENCE)))
        words = "no connection within 100 ms: the TLS handshake is not done"
        self.fails(words, server.port, ConnectTimeout, connect_timeout=0.1)
        ends.set()

    def test_broken(self) -> None:
        """Bytes that are no TLS, behind the handshake, break the connection."""

        def talk(connection: ssl.SSLSocket) -> None:
            Peer(connection)
            with socket.socket(fileno=connection.detach()) as bare:
                bare.sendall(b"no TLS at all")

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.files.right())
        server = self.enterContext(Server(talk, context))
        connection = blocking.connect(server.url(), ca_file=self.files.ca_file)
        self.assertRaises(ConnectionClosed, connection.receive, timeout=PATIENCE)
        connection.close()
        self.assertEqual(connection.close_code, 1006)

    def test_both_ways(self) -> None:
        """Threads may send and receive at the same time: TLS is read and written under a lock."""
        port = self.server(self.files.right())
        messages = [bytes([number % 256]) * 20_000 for number in range(300)]
        with (
            blocking.connect(f"wss://localhost:{port}/", ca_file=self.files.ca_file) as connection,
            ThreadPoolExecutor(4) as threads,
        ):
            sent = [threads.submit(connection.send, message) for message in messages]
            received = [connection.receive(timeout=PATIENCE) for _ in messages]
            for each in sent:
                each.result(PATIENCE)
        self.assertEqual(sorted(received), sorted(messages))  # type: ignore[type-var]


class HeadTests(Case):
    """What a server of TLS sees."""

    def test_nothing_to_strangers(self) -> None:
        """A server with another's certificate never sees our request."""
        seen: list[bytes] = []

        def talk(connection: Any) -> None:
            try:
                seen.append(read_head(connection))
            except (EOFError, OSError):
                seen.append(b"")

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.files.for_another())
        with Server(talk, context) as server, self.assertRaises(CertificateRefused):
            blocking.connect(server.url(host="localhost"), ca_file=self.files.ca_file)
        self.assertNotIn(True, [bool(head) for head in seen])
