# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Whether a certificate is that of a host (RFC 9525), and if not, whose it is."""

from __future__ import annotations

from ipaddress import ip_address

from cryptography.x509 import load_der_x509_certificate
from service_identity import CertificateError, VerificationError
from service_identity.cryptography import (
    extract_patterns,
    verify_certificate_hostname,
    verify_certificate_ip_address,
)
from service_identity.hazmat import DNSPattern, IPAddressPattern

_SHOWN = 5  # names of a certificate that an error shows


class WrongNameError(Exception):
    """A certificate is another host's."""


def check_name(certificate: bytes, host: str) -> None:
    """Check that a certificate, in DER, names a host.

    Raises:
        WrongNameError: It does not.
    """
    try:
        parsed = load_der_x509_certificate(certificate)
        if _is_address(host):
            verify_certificate_ip_address(parsed, host)
        else:
            verify_certificate_hostname(parsed, host.rstrip("."))
    except VerificationError:
        names = [_name(pattern) for pattern in extract_patterns(parsed)]
        shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
        raise WrongNameError(f"the certificate is for {shown}, not for {host}") from None
    except CertificateError:
        raise WrongNameError(f"the certificate names no host, so it is not for {host}") from None
    except ValueError as error:
        raise WrongNameError(f"the certificate cannot be read: {error}") from None


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _name(pattern: object) -> str:
    if isinstance(pattern, DNSPattern):
        return pattern.pattern.decode("ascii", "replace")
    return str(pattern.pattern) if isinstance(pattern, IPAddressPattern) else "something else"
