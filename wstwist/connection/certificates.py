# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What is wrong with a certificate, in words: whose it is (RFC 9525), what OpenSSL and servers say of it."""

from __future__ import annotations

from ipaddress import ip_address

from cryptography.x509 import Certificate
from service_identity import CertificateError, VerificationError
from service_identity.cryptography import (
    extract_patterns,
    verify_certificate_hostname,
    verify_certificate_ip_address,
)
from service_identity.hazmat import DNSPattern, IPAddressPattern

_SHOWN = 5  # names of a certificate that an error shows
_NOBODY = "the certificate is signed by nobody we know"

FAULTS = {
    9: "the certificate is not valid yet, if this machine's clock is right",
    10: "the certificate has expired",
    18: f"{_NOBODY} (self-signed certificate)",
    19: f"{_NOBODY} (self-signed certificate in its chain)",
    20: _NOBODY,
    21: _NOBODY,
    23: "the certificate has been revoked",
    24: "the certificate is signed by one that may not sign any",
    26: "the certificate is not made for servers",
    66: "the certificate's key is too weak",
    67: "the key of one who signs the certificate is too weak",
    68: "the certificate is signed with a weak hash function",
}
"""What OpenSSL finds wrong with a server's certificate, by its number (X509_V_ERR in its x509_vfy.h)."""

REFUSALS = {
    "unknown ca": "it knows nobody who has signed it",
    "bad certificate": "it is bad",
    "unsupported certificate": "it is of a kind that is not supported",
    "certificate revoked": "it has been revoked",
    "certificate expired": "it has expired",
    "certificate unknown": "there is something wrong with it",
    "access denied": "access denied",
    "decrypt error": "it is not ours",
}
"""What a server says of our certificate, by the alert's name (RFC 8446, section 6.2)."""

WITHOUT_OURS = "the server asks for a certificate of ours, and without one it drops the connection"
WITH_OURS = "the server asks for a certificate of ours, gets it, and drops the connection"
"""Of a server that drops the connection without a word it is not sure whether that is why."""


def wrong_name(certificate: Certificate, host: str) -> str | None:
    """Say whose a certificate is, if not the host's."""
    try:
        if is_ip_address(host):
            verify_certificate_ip_address(certificate, host)
        else:
            verify_certificate_hostname(certificate, host)
    except VerificationError:
        names = [_name(pattern) for pattern in extract_patterns(certificate)]
        shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
        return f"the certificate is for {shown}, not for {host}"
    except CertificateError:
        return f"the certificate names no host, so it is not for {host}"
    except ValueError as error:
        return f"the certificate cannot be for {host}: {error}"
    return None


def is_ip_address(host: str) -> bool:
    """Tell whether a host is given as an IP address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _name(pattern: object) -> str:
    if isinstance(pattern, DNSPattern):
        return pattern.pattern.decode("ascii", "replace")
    return str(pattern.pattern) if isinstance(pattern, IPAddressPattern) else "something else"
