# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of the TLS settings, with both libraries that speak it."""

from __future__ import annotations

import socket
import ssl
import warnings
from typing import Any

from cryptography.hazmat.primitives.asymmetric import dsa, rsa
from OpenSSL import SSL
from twisted.internet import reactor
from twisted.internet.interfaces import IProtocolNegotiationFactory
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.threads import deferToThread
from twisted.logger import LogLevel, capturedLogs, formatEvent
from twisted.trial.unittest import TestCase
from zope.interface import implementer

from tests.wire.certificates import Files, key_pem, new_certificate, new_key, pem
from tests.wire.tls import on_twisted
from wstwist.exceptions import ConfigurationError
from wstwist.wire.certificates import TlsSettings
from wstwist.wire.endpoints import listen, parse, tls
from wstwist.wire.served_tls import ServedTls


class Echo(Protocol):
    """Sends back what comes."""

    def dataReceived(self, data: bytes) -> None:
        self.transport.write(data)


@implementer(IProtocolNegotiationFactory)
class Echoes(Factory):
    """Knows what may be chosen in ALPN."""

    noisy = False
    protocol = Echo

    def acceptableProtocols(self) -> list[bytes]:
        return [b"one", b"two"]


class FilesTests(TestCase):
    """What is read from the files."""

    def test_chain(self) -> None:
        """The settings know the server's certificate, those that sign it, and the key."""
        files = Files(self.mktemp())
        settings = TlsSettings.load(files.chain, files.private)
        names = [each.subject.rfc4514_string() for each in settings.chain]
        self.assertEqual(names, ["CN=server", "CN=middle"])
        self.assertEqual(settings.private.private_numbers(), files.key.private_numbers())

    def test_unusable_key(self) -> None:
        """A key of a kind that TLS has no use for is told in one line."""
        files = Files(self.mktemp())
        key = dsa.generate_private_key(1024)
        both = files.write("both.pem", key_pem(key) + pem(new_certificate(key, "a", new_key(), "a")))
        error = str(self.assertRaises(ConfigurationError, TlsSettings.load, both, both))
        self.assertIn(f"the key {both} cannot be used for TLS", error)
        self.assertNotIn("\n", error)


class OutdatedTests(TestCase):
    """Certificates that clients will not take."""

    def setUp(self) -> None:
        self.files = Files(self.mktemp())

    def settings(self, *days: int) -> TlsSettings:
        """Give the settings for a certificate that is valid between these days, counted from today."""
        key = new_key()
        certificate = new_certificate(key, "server", new_key(), "root", days=days)
        both = self.files.write("both.pem", key_pem(key) + pem(certificate))
        return TlsSettings.load(both, both)

    def test_served(self) -> None:
        """One that has expired, or is not valid yet, is served, and a warning names it."""
        for days, words in (((-2, -1), "both.pem has expired"), ((1, 2), "both.pem is not valid before")):
            served = ServedTls(self.settings(*days))
            with capturedLogs() as events:
                served.begin(lambda settings: settings.for_twisted())
            (event,) = events
            self.assertEqual(event["log_level"], LogLevel.warn)
            self.assertIn(words, formatEvent(event))
        with capturedLogs() as events:
            ServedTls(self.settings(-1, 1)).begin(lambda settings: settings.for_twisted())
        self.assertEqual(events, [])

    def test_ssl_endpoint(self) -> None:
        """That of one of Twisted's own endpoints is named, too."""
        self.settings(-2, -1)
        with capturedLogs() as events:
            parse(reactor, f"ssl:0:privateKey={self.files.folder}/both.pem")
        self.assertIn("both.pem has expired", formatEvent(events[0]))

    def test_exchanged(self) -> None:
        """A valid one is not replaced by such a one; one that is none of the better may be, and may stay."""
        for days, words in (((-2, -1), "both.pem has expired"), ((1, 2), "both.pem is not valid before")):
            served = ServedTls(self.settings(-1, 1))
            bad = self.settings(*days)
            error = self.assertRaises(ConfigurationError, served.prepare, bad)
            self.assertIn(words, str(error))
            self.assertIn(words, str(self.assertRaises(ConfigurationError, served.prepare)))
        served = ServedTls(bad)
        for settings in (None, self.settings(-3, -2), self.settings(-1, 1)):
            served.prepare(settings)


class TlsTests(TestCase):
    """How a server speaks TLS: on the fastest transports that can be had."""

    timeout = 20

    def setUp(self) -> None:
        """Serve."""
        self.files = Files(self.mktemp())
        endpoint = self.endpoint(self.files.chain, self.files.private)
        port = listen(endpoint, Echoes(), "the test's port")
        self.addCleanup(port.stopListening)
        self.address = ("127.0.0.1", port.getHost().port)

    def endpoint(self, certificate: str, key: str) -> Any:
        """Give the endpoint to serve on."""
        return tls(reactor, 0, certificate, key, "127.0.0.1")

    async def asked(self, question: Any, **settings: Any) -> Any:
        """Ask something of a client that has shaken hands; None where the server would not."""

        def talk() -> Any:
            context = ssl.create_default_context(cafile=self.files.root)
            for name, value in settings.items():
                if hasattr(type(context), name) and not callable(getattr(context, name)):
                    setattr(context, name, value)
                else:
                    getattr(context, name)(value)
            with socket.create_connection(self.address, timeout=10) as plain:
                try:
                    client = context.wrap_socket(plain, server_hostname="127.0.0.1")
                    client.sendall(b"x")
                    if client.recv(1) != b"x":
                        return None
                except (ssl.SSLError, ConnectionResetError):
                    return None
                with client:
                    return question(client)

        return await deferToThread(talk)

    async def test_ciphers(self) -> None:
        """Good ciphers are spoken, with TLS 1.2 too, and the server chooses; others are not."""
        old = {"maximum_version": ssl.TLSVersion.TLSv1_2}
        name = await self.asked(
            lambda client: client.cipher()[0],
            set_ciphers="ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-GCM-SHA384",
            **old,
        )
        self.assertEqual(name, "ECDHE-ECDSA-AES256-GCM-SHA384")
        self.assertEqual(await self.asked(lambda client: client.version()), "TLSv1.3")
        for weak in ("ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0", "ECDHE-ECDSA-ARIA128-GCM-SHA256"):
            self.assertIsNone(await self.asked(lambda client: client.cipher(), set_ciphers=weak, **old))

    async def refused(self, ciphers: str = "ALL:@SECLEVEL=0", **settings: Any) -> str:
        """Give the alert with which the server refuses a client that takes anything."""

        def talk() -> str:
            context = ssl.create_default_context(cafile=self.files.root)
            context.set_ciphers(ciphers)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # of the versions that are tried here
                for name, value in settings.items():
                    setattr(context, name, value)
            with socket.create_connection(self.address, timeout=10) as plain:
                try:
                    with context.wrap_socket(plain, server_hostname="127.0.0.1") as client:
                        return str(client.cipher())
                except ssl.SSLError as error:
                    return str(error.reason)

        return str(await deferToThread(talk))

    async def test_old_versions(self) -> None:
        """TLS before 1.2 is refused, with the alert that says so."""
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            alert = await self.refused(minimum_version=version, maximum_version=version)
            self.assertEqual(alert, "TLSV1_ALERT_PROTOCOL_VERSION")

    async def test_weak_ciphers(self) -> None:
        """Ciphers without forward secrecy, or that do not authenticate what they encrypt, are refused."""
        files = self.files
        key = rsa.generate_private_key(65537, 2048)
        both = files.write("rsa.pem", key_pem(key) + pem(new_certificate(key, "server", key, "server")))
        port = listen(self.endpoint(both, both), Echoes(), "the test's port")
        self.addCleanup(port.stopListening)
        files.root = both
        self.address = ("127.0.0.1", port.getHost().port)
        old = {"maximum_version": ssl.TLSVersion.TLSv1_2}
        weak = (
            *("AES128-GCM-SHA256", "AES256-SHA256", "AES128-SHA"),  # the key of the certificate encrypts
            *("ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-SHA384"),  # CBC
            *("DHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-NULL-SHA", "AECDH-AES128-SHA"),
        )
        for cipher in weak:
            alert = await self.refused(f"{cipher}:@SECLEVEL=0", **old)
            self.assertIn("HANDSHAKE_FAILURE", alert, cipher)
        self.assertIn("ECDHE-RSA-AES128-GCM-SHA256", await self.refused("ECDHE-RSA-AES128-GCM-SHA256", **old))

    async def test_no_compression(self) -> None:
        """Nothing is compressed: what compression tells of secrets is known (CRIME)."""
        self.assertIs(await self.asked(lambda client: client.compression() is None), True)

    async def test_no_tickets(self) -> None:
        """No session of TLS 1.2 can be resumed with a ticket."""
        has_ticket = await self.asked(
            lambda client: client.session is not None and client.session.has_ticket,
            maximum_version=ssl.TLSVersion.TLSv1_2,
        )
        self.assertIs(has_ticket, False)

    async def test_alpn(self) -> None:
        """The factory says what may be chosen in ALPN; a client may do without."""
        choice = await self.asked(
            lambda client: client.selected_alpn_protocol(), set_alpn_protocols=["two", "three"]
        )
        self.assertEqual(choice, "two")
        self.assertEqual(await self.asked(lambda client: str(client.selected_alpn_protocol())), "None")

    async def test_no_renegotiation(self) -> None:
        """A client cannot make the server shake hands again and again."""

        def talk() -> object:
            context = SSL.Context(SSL.TLS_METHOD)
            context.set_max_proto_version(SSL.TLS1_2_VERSION)
            with socket.create_connection(self.address, timeout=10) as plain:
                plain.settimeout(None)
                client = SSL.Connection(context, plain)
                client.set_connect_state()
                client.do_handshake()
                client.renegotiate()
                try:
                    client.do_handshake()
                except SSL.Error as error:
                    return error.args[0]
                return "done"

        self.assertIn("no renegotiation", str(await deferToThread(talk)))


class TwistedTlsTests(TlsTests):
    """How a server speaks TLS: on Twisted's own transports."""

    def endpoint(self, certificate: str, key: str) -> Any:
        """Give the endpoint to serve on."""
        return on_twisted(TlsSettings.load(certificate, key))
