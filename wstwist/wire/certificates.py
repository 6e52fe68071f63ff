# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A server's certificate and key from PEM files, with one clear line for each thing that can be wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from OpenSSL.SSL import Error
from twisted.internet.ssl import CertificateOptions, TLSVersion

from wstwist.exceptions import ConfigurationError


def server_options(certificate: str, key: str) -> CertificateOptions:
    """Give the TLS settings of a server: TLS 1.2 or later.

    Args:
        certificate: A PEM file with the server's certificate, followed by those that sign it, if any.
        key: A PEM file with its private key, not encrypted; it may be the same file.

    Raises:
        ConfigurationError: when a file is not there, cannot be read, is not what it should be, or when the
            two do not belong together.
    """
    chain = _load_chain(certificate)
    private = _load_key(key)
    if _public_bytes(private.public_key()) != _public_bytes(chain[0].public_key()):
        raise ConfigurationError(f"the key {key} does not belong to the certificate {certificate}")
    first, *others = chain
    # pyOpenSSL takes cryptography's objects, and deprecates its own; Twisted's types do not know it yet.
    options = CertificateOptions(
        privateKey=private,  # type: ignore[arg-type]
        certificate=first,  # type: ignore[arg-type]
        extraCertChain=others or None,  # type: ignore[arg-type]
        insecurelyLowerMinimumTo=TLSVersion.TLSv1_2,
    )
    try:
        options.getContext()
    except (ValueError, TypeError, Error) as error:
        raise ConfigurationError(f"the key {key} cannot be used for TLS: {error}") from None
    return options


def _load_chain(path: str) -> list[x509.Certificate]:
    """Read the certificates of a file, the server's own first."""
    try:
        return x509.load_pem_x509_certificates(_read(path, "certificate"))
    except ValueError:
        raise ConfigurationError(f"the certificate {path} is no certificate in PEM format") from None


def _load_key(path: str) -> PrivateKeyTypes:
    """Read the private key of a file."""
    try:
        return load_pem_private_key(_read(path, "key"), None)
    except TypeError:
        raise ConfigurationError(f"the key {path} is encrypted: give one without a passphrase") from None
    except ValueError:
        raise ConfigurationError(f"the key {path} is no private key in PEM format") from None


def _read(path: str, what: str) -> bytes:
    """Read a file."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise ConfigurationError(f"the {what} {path} is not there") from None
    except OSError as error:
        raise ConfigurationError(f"the {what} {path} cannot be read: {error.strerror}") from None


def _public_bytes(public: Any) -> bytes:
    """Give a public key in a form that can be compared."""
    return bytes(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
