# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The certificate with which a client came over TLS, as applications see it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from wstwist.exceptions import Refuse

_KINDS: dict[type[x509.GeneralName], str] = {
    x509.DNSName: "DNS",
    x509.IPAddress: "IP Address",
    x509.RFC822Name: "email",
    x509.UniformResourceIdentifier: "URI",
}


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A client's certificate, which the server has verified: signed by its client CA, and valid today.

    Attributes:
        common_name: The common name of its subject, None where there is none.
        subject: All of its subject (RFC 4514), ``"CN=Ann,O=Example"``.
        alternative_names: The subject's other names, each with its kind, as Python's ``ssl`` gives them:
            ``("DNS", "ann.example")``, ``("email", "ann@example.com")``, ``("IP Address", "192.0.2.1")``,
            ``("URI", "spiffe://example/ann")``.
        issuer: Who signed it, likewise.
        serial: Its number, unique among those of its issuer.
        not_after: When it expires.
        fingerprint_sha256: The SHA-256 of all of it, 64 hexadecimal digits in lower case.
        der: All of it.
    """

    common_name: str | None
    subject: str
    alternative_names: tuple[tuple[str, str], ...]
    issuer: str
    serial: int
    not_after: datetime
    fingerprint_sha256: str
    der: bytes

    @classmethod
    def from_der(cls, der: bytes) -> ClientCertificate:
        """Take a certificate apart; a ValueError says that it is none."""
        return cls.of(x509.load_der_x509_certificate(der))

    @classmethod
    def of(cls, certificate: x509.Certificate) -> ClientCertificate:
        """Take a certificate apart; a ValueError says that it is malformed."""
        der = certificate.public_bytes(Encoding.DER)
        return cls(
            common_name=_common_name(certificate),
            subject=certificate.subject.rfc4514_string(),
            alternative_names=tuple(_alternative_names(certificate)),
            issuer=certificate.issuer.rfc4514_string(),
            serial=certificate.serial_number,
            not_after=certificate.not_valid_after_utc,
            fingerprint_sha256=hashlib.sha256(der).hexdigest(),
            der=der,
        )


def certificate_of(transport: Any) -> ClientCertificate | None:
    """Give the certificate of the client at the other end of a TLS transport, None where it has shown none.

    Raises:
        Refuse: It is one that cannot be read.
    """
    shown = transport.getPeerCertificate()
    if shown is None:
        return None
    try:
        return ClientCertificate.of(shown.to_cryptography())
    except ValueError:
        raise Refuse(400, "the client certificate is malformed") from None


def _common_name(certificate: x509.Certificate) -> str | None:
    """Give the most specific of a subject's common names."""
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[-1].value) if found else None


def _alternative_names(certificate: x509.Certificate) -> Iterator[tuple[str, str]]:
    """Give the names that stand beside the subject, but those of rare kinds."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    for name in names:
        if type(name) in _KINDS:
            yield _KINDS[type(name)], str(name.value)
