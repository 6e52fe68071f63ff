# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of clients' certificates, on the fast transports and on Twisted's."""

from __future__ import annotations

import hashlib
import socket
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import trustme
from cryptography import x509
from twisted.internet.threads import deferToThread
from twisted.logger import globalLogPublisher
from twisted.trial.unittest import TestCase

from tests.support import until
from tests.wire.certificates import Files
from tests.wire.tls import OnTwisted, TlsCase
from wstwist.exceptions import ConfigurationError
from wstwist.wire.certificates import TlsSettings
from wstwist.wire.client_certificate import ClientCertificate

ACCEPTED = "HTTP/1.1 101 Switching Protocols"
VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


def descriptors() -> int:
    """Count what this process has open."""
    return len(list(Path("/dev/fd").iterdir()))


def leaf(path: str) -> x509.Certificate:
    """Read the first certificate of a file."""
    return x509.load_pem_x509_certificates(Path(path).read_bytes())[0]


class ClientCertificateTests(TlsCase):
    """Whom a server with a client CA lets in: on the fastest transports that can be had."""

    async def test_shown(self) -> None:
        """A certificate that the client CA signed is accepted, and the application gets it."""
        port = self.serve_tls(self.client_ca)
        ours = self.issue("ann.example", "ann@example.com", by=self.signer, common_name="Ann")
        shown = leaf(ours)
        for newest in VERSIONS:
            self.assertEqual(await self.upgraded(port, self.trusting(ours, newest)), ACCEPTED)
            certificate = self.app.peer.request.certificate
            self.assertEqual(certificate.common_name, "Ann")
            self.assertIn("CN=Ann", certificate.subject)
            self.assertEqual(
                certificate.alternative_names, (("DNS", "ann.example"), ("email", "ann@example.com"))
            )
            self.assertEqual(certificate.serial, shown.serial_number)
            self.assertEqual(certificate.issuer, shown.issuer.rfc4514_string())
            self.assertEqual(certificate.not_after, shown.not_valid_after_utc)
            self.assertEqual(certificate.fingerprint_sha256, hashlib.sha256(certificate.der).hexdigest())
            self.assertEqual(x509.load_der_x509_certificate(certificate.der), shown)
            self.assertEqual(ClientCertificate.from_der(certificate.der), certificate)

    async def test_demanded(self) -> None:
        """Without a certificate the handshake fails, and the client is told why."""
        port = self.serve_tls(self.client_ca)
        self.assertIn("HANDSHAKE_FAILURE", await self.upgraded(port, self.trusting(None, VERSIONS[0])))
        for _ in range(20):  # in TLS 1.3 what the client has sent meanwhile must not destroy the alert
            alert = await self.upgraded(port, self.trusting())
            self.assertEqual(alert, "TLSV13_ALERT_CERTIFICATE_REQUIRED")
        self.assertEqual(self.app.peers, [])
        self.assertEqual(self.flushLoggedErrors(), [])

    async def test_counted(self) -> None:
        """Handshakes that fail are counted, and logged with the reason; peers that merely go are neither."""
        events: list[Any] = []
        globalLogPublisher.addObserver(events.append)
        self.addCleanup(globalLogPublisher.removeObserver, events.append)
        port = self.serve_tls(self.client_ca)
        await self.upgraded(port, self.trusting())
        strange = self.issue("strange.example", by=trustme.CA())
        await self.upgraded(port, self.trusting(strange))

        def speak_plainly(data: bytes) -> None:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
                client.sendall(data)
                if data:
                    client.recv(100)

        await deferToThread(speak_plainly, b"")
        await deferToThread(speak_plainly, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await until(lambda: self.counters["refused_tls"] == 3, "the count")
        told = [event["why"] for event in events if "TLS: " in event.get("why", "")]
        self.assertEqual(len(told), 3)
        self.assertIn("peer did not return a certificate", told[0])
        self.assertIn("certificate verify failed", told[1])
        self.assertIn("http request", told[2])
        self.assertEqual(self.flushLoggedErrors(), [])

    async def test_wrong(self) -> None:
        """A certificate of another CA, an expired one, one that is not valid yet: each has its alert."""
        port = self.serve_tls(self.client_ca)
        now, day = datetime.now(UTC), timedelta(days=1)
        old = self.issue("old.example", by=self.signer, not_before=now - 9 * day, not_after=now - day)
        soon = self.issue("soon.example", by=self.signer, not_before=now + day, not_after=now + 9 * day)
        strange = self.issue("strange.example", by=trustme.CA())
        for newest in VERSIONS:
            for ours, alert in (
                (strange, "UNKNOWN_CA"),
                (old, "CERTIFICATE_EXPIRED"),
                (soon, "BAD_CERTIFICATE"),
                (self.pair, "UNKNOWN_CA"),  # the server's own authority signs no clients
            ):
                self.assertIn(alert, await self.upgraded(port, self.trusting(ours, newest)), ours)
        self.assertEqual(self.app.peers, [])
        self.assertEqual(self.flushLoggedErrors(), [])

    async def test_optional(self) -> None:
        """A certificate that is asked for may be missing, and must not be wrong."""
        port = self.serve_tls(self.client_ca, "optional")
        ours = self.issue("ann.example", by=self.signer)
        for newest in VERSIONS:
            self.assertEqual(await self.upgraded(port, self.trusting(None, newest)), ACCEPTED)
            self.assertIsNone(self.app.peer.request.certificate)
            self.assertEqual(await self.upgraded(port, self.trusting(ours, newest)), ACCEPTED)
            self.assertIsNotNone(self.app.peer.request.certificate)
            self.assertIn("UNKNOWN_CA", await self.upgraded(port, self.trusting(self.pair, newest)))

    async def test_not_asked(self) -> None:
        """A server without a client CA asks for nothing, and believes in nothing."""
        port = self.serve_tls()
        ours = self.issue("ann.example", by=self.signer)
        self.assertEqual(await self.upgraded(port, self.trusting(ours)), ACCEPTED)
        self.assertIsNone(self.app.peer.request.certificate)

    async def test_middle(self) -> None:
        """The client CA need not be a root: then its root's other clients are not accepted."""
        middle = self.signer.create_child_ca()
        port = self.serve_tls(self.write("middle.pem", middle.cert_pem.bytes()))
        ours = self.issue("ann.example", by=middle)
        self.assertEqual(await self.upgraded(port, self.trusting(ours)), ACCEPTED)
        others = self.issue("bob.example", by=self.signer)
        self.assertIn("UNKNOWN_CA", await self.upgraded(port, self.trusting(others)))

    async def test_two(self) -> None:
        """The file may hold several."""
        second = trustme.CA()
        both = self.write("both.pem", self.signer.cert_pem.bytes() + second.cert_pem.bytes())
        port = self.serve_tls(both)
        for signer in (self.signer, second):
            ours = self.issue("ann.example", by=signer)
            self.assertEqual(await self.upgraded(port, self.trusting(ours)), ACCEPTED)

    async def test_no_disk(self) -> None:
        """No handshake needs a temporary file: a full disk keeps nobody out."""
        port = self.serve_tls(self.client_ca)
        ours = self.issue("ann.example", by=self.signer)
        with mock.patch.object(tempfile, "NamedTemporaryFile", side_effect=OSError(28, "disk full")):
            self.assertEqual(await self.upgraded(port, self.trusting(ours)), ACCEPTED)

    async def test_left(self) -> None:
        """Clients that were refused hold nothing once they have gone, nor if they stay: a second later."""
        port = self.serve_tls(self.client_ca)
        await self.upgraded(port, self.trusting())
        await until(lambda: not self.site.connections, "the end of the first")
        before = descriptors()
        for _ in range(30):
            await self.upgraded(port, self.trusting())
        await until(lambda: descriptors() <= before, "the end of those that went", 0.9)
        staying = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(30)]
        for each in staying:
            self.addCleanup(each.close)
            each.sendall(b"GET / HTTP/1.1\r\n\r\n")
        await until(lambda: descriptors() <= before + len(staying), "the end of those that stay", 3)
        self.assertEqual(self.flushLoggedErrors(), [])


class TwistedClientCertificateTests(OnTwisted, ClientCertificateTests):
    """Whom a server with a client CA lets in: on Twisted's own transports."""


class FilesTests(TestCase):
    """What is said of a client CA that is none."""

    def complaint(self, client_ca: str, demand: str = "") -> str:
        files = Files(self.mktemp())
        with self.assertRaises(ConfigurationError) as caught:
            TlsSettings.load(files.chain, files.private, client_ca, demand)
        self.assertNotIn("\n", str(caught.exception))
        return str(caught.exception)

    def test_bad(self) -> None:
        """Each fault has its line."""
        files = Files(self.mktemp())
        empty = files.write("empty.pem", b"nothing")
        broken = files.write("broken.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        for path, words in (
            ("/no/such.pem", "the client CA /no/such.pem is not there"),
            (str(files.folder), f"the client CA {files.folder} cannot be read: Is a directory"),
            (empty, f"the client CA {empty} is no certificate in PEM format"),
            (broken, f"the client CA {broken} is no certificate in PEM format"),
            (files.private, f"the client CA {files.private} is no certificate in PEM format"),
            (files.chain, f"the client CA {files.chain} holds the certificate of CN=server, which is no CA"),
        ):
            self.assertIn(words, self.complaint(path))

    def test_demand(self) -> None:
        """Certificates are required or optional, and need a CA."""
        files = Files(self.mktemp())
        self.assertIn("'required' or 'optional', not 'maybe'", self.complaint(files.root, "maybe"))
        self.assertIn("need a client CA", self.complaint("", "optional"))
