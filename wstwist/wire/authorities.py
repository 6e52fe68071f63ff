# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Clients' certificates: who may sign them, and how a server asks for them."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL
from OpenSSL.crypto import X509, X509StoreFlags

from wstwist.exceptions import ConfigurationError


def load(folder: Path, path: str) -> tuple[x509.Certificate, ...]:
    """Read the certificates of those who sign clients' certificates.

    Args:
        folder: What the path is relative to.
        path: A PEM file, with one certificate or more, in any order.

    Raises:
        ConfigurationError: when it is not there, cannot be read, or holds something else.
    """
    try:
        found = x509.load_pem_x509_certificates(read(folder / path, path, "client CA"))
    except ValueError:
        raise ConfigurationError(f"the client CA {path} is no certificate in PEM format") from None
    for certificate in found:
        if not _is_authority(certificate):
            name = certificate.subject.rfc4514_string()
            raise ConfigurationError(
                f"the client CA {path} holds the certificate of {name}, which is no CA: it can sign nothing"
            )
    return tuple(found)


def read(path: Path, name: str, what: str) -> bytes:
    """Read a file.

    Args:
        path: Where it is.
        name: What the operator calls it.
        what: What should be in it.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ConfigurationError(f"the {what} {name} is not there") from None
    except (OSError, ValueError) as error:  # a name with a zero byte in it is a ValueError
        why = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(f"the {what} {name} cannot be read: {why}") from None


def ask_with_openssl(context: SSL.Context, authorities: Sequence[x509.Certificate], *, demand: bool) -> None:
    """Have a context of pyOpenSSL ask clients for certificates.

    Args:
        context: The server's.
        authorities: Who may have signed them. They need not be roots.
        demand: Whether clients without one are turned away.
    """
    store = context.get_cert_store()
    assert store is not None  # noqa: S101 - every context has one
    store.set_flags(X509StoreFlags.PARTIAL_CHAIN)
    for authority in authorities:
        store.add_cert(X509.from_cryptography(authority))
    context.set_verify(SSL.VERIFY_PEER | (SSL.VERIFY_FAIL_IF_NO_PEER_CERT if demand else 0))


class Context(ssl.SSLContext):
    """A server's settings for Python's ``ssl``, and for aiofastnet."""

    def ask(self, authorities: Sequence[x509.Certificate], *, demand: bool) -> None:
        """Ask clients for certificates; the arguments are those of `ask_with_openssl`."""
        pem = b"".join(authority.public_bytes(Encoding.PEM) for authority in authorities)
        self.load_verify_locations(cadata=pem.decode("ascii"))
        self.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        set_mode = ssl.SSLContext.verify_mode.__set__  # type: ignore[attr-defined] # a property
        set_mode(self, ssl.CERT_REQUIRED if demand else ssl.CERT_OPTIONAL)

    @property
    def verify_mode(self) -> ssl.VerifyMode:  # type: ignore[override] # mypy sees an attribute
        """Say to aiofastnet 1.2 that clients are not asked; OpenSSL does what `ask` has said.

        Of clients that are asked it would write each certificate into a temporary file, to take it apart
        for somebody who may want to know; and where the disk is full the handshake would never end.
        """
        return ssl.CERT_NONE


def _is_authority(certificate: x509.Certificate) -> bool:
    """Whether a certificate is one that may sign others."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False
