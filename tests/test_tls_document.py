# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The code of docs/tls.md runs as it stands there, and it names what there is."""

from dataclasses import fields

import trustme
from cryptography import x509

from tests.documents import Document, DocumentCase
from wstwist import Refuse
from wstwist.config import read
from wstwist.reload import FIXED, LIVE
from wstwist.settings import NAMES
from wstwist.testing import MemoryServer
from wstwist.wire.client_certificate import ClientCertificate

TLS = Document("docs/tls.md")


class TlsDocument(DocumentCase):
    """docs/tls.md."""

    document = TLS

    def test_badge(self):
        """The project lets in who has a certificate, and nobody else."""
        names = {}
        exec(TLS.files["badge.py"], names)
        issued = trustme.CA().issue_cert("ann.example", common_name="Ann").cert_chain_pems[0].bytes()
        certificate = ClientCertificate.of(x509.load_pem_x509_certificate(issued))
        with MemoryServer(names["Badge"]) as server:
            self.assertEqual(server.connect(certificate=certificate).received, ["Welcome, Ann"])
            self.assertEqual(self.assertRaises(Refuse, server.connect).status, 401)

    def test_configuration(self):
        """The file is one that can be read."""
        self.assertEqual(read(self.folder / "wstwist.toml").client_certificates, "optional")

    def test_names(self):
        """The table says of every setting whether it can change, and the text has every attribute."""
        for row, names in (("after a restart", FIXED), ("", [*NAMES, *LIVE[1:]])):
            table = "\n".join(line for line in TLS.text.splitlines() if line.startswith("|") and row in line)
            for name in names:
                self.assertIn(f"`{name}`", table)
        for item in fields(ClientCertificate):
            self.assertIn(f"`{item.name}`", TLS.text)
