# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""`wstwist.certificate`: the certificate for trying out TLS."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from twisted.trial import unittest

from wstwist.certificate import ensure, main

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


class CertificateTests(unittest.TestCase):
    """Making, keeping and replacing certificate and key."""

    def setUp(self):
        """Choose a folder that is not there yet."""
        self.folder = Path(self.enterContext(TemporaryDirectory()), "new")

    def test_made(self):
        """A certificate is made for this machine's names, with a key that its owner alone can read."""
        pair = ensure(self.folder, NOW)
        cert = x509.load_pem_x509_certificate(pair.cert.read_bytes())
        names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        self.assertIn("localhost", names.get_values_for_type(x509.DNSName))
        self.assertIn(socket.gethostname().lower(), names.get_values_for_type(x509.DNSName))
        self.assertEqual(
            names.get_values_for_type(x509.IPAddress), [ip_address("127.0.0.1"), ip_address("::1")]
        )
        self.assertIsInstance(cert.public_key().curve, ec.SECP256R1)
        self.assertLessEqual(cert.not_valid_after_utc - cert.not_valid_before_utc, timedelta(days=397))
        self.assertEqual(pair.key.stat().st_mode & 0o777, 0o600)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["cert.pem", "key.pem"])

    def test_kept(self):
        """A good pair is kept."""
        before = ensure(self.folder, NOW).cert.read_bytes()
        self.assertEqual(ensure(self.folder, NOW + timedelta(days=300)).cert.read_bytes(), before)

    def test_replaced(self):
        """A pair that has expired, does not match or cannot be read is made anew."""
        pair = ensure(self.folder, NOW)
        other = ensure(self.folder.with_name("other"), NOW)
        for spoil in (
            lambda: None,
            lambda: pair.key.write_bytes(other.key.read_bytes()),
            lambda: pair.cert.write_text("not a certificate"),
            pair.key.unlink,
        ):
            spoil()
            before = pair.cert.read_bytes()
            ensure(self.folder, NOW + timedelta(days=396))
            self.assertNotEqual(pair.cert.read_bytes(), before)

    def test_handshake(self):
        """A client that trusts the certificate agrees with a server that has it, as localhost."""
        pair = ensure(self.folder)
        server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        server.load_cert_chain(*pair)
        client = ssl.create_default_context(cafile=str(pair.cert))
        client.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13
        to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        ends = [
            client.wrap_bio(to_client, to_server, server_hostname="localhost"),
            server.wrap_bio(to_server, to_client, server_side=True),
        ]
        while ends:
            end = ends.pop(0)
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                ends.append(end)

    def test_command(self):
        """The command says where certificate and key are, or in one line why there are none."""
        main([str(self.folder)])
        self.assertTrue((self.folder / "cert.pem").exists())
        self.assertEqual(str(self.assertRaises(SystemExit, main, [])), "python -m wstwist.certificate FOLDER")
        place = str(self.folder / "cert.pem" / "folder")
        self.assertIn("no certificate in", str(self.assertRaises(SystemExit, main, [place])))
