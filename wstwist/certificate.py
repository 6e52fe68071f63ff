# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Make a certificate for trying out TLS on this machine: ``python -m wstwist.certificate FOLDER``.

It is signed by its own key, so browsers warn. For anything else get one from an authority.
"""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = timedelta(days=397)
"""Browsers refuse certificates that are valid for longer."""

MARGIN = timedelta(days=1)
"""A certificate with less time than this left is made anew; one made is valid since this long ago."""


class Pair(NamedTuple):
    """Where certificate and key are."""

    cert: Path
    key: Path


def would_replace(folder: Path) -> list[Path]:
    """Name the files that `ensure` would replace, because they are no certificate and key that are good."""
    pair = Pair(folder / "cert.pem", folder / "key.pem")
    return [] if _is_good(pair, datetime.now(UTC)) else [path for path in pair if path.exists()]


def ensure(folder: Path, now: datetime | None = None) -> Pair:
    """Make certificate and key in a folder, unless good ones are there.

    Args:
        folder: Where ``cert.pem`` and ``key.pem`` go; it is made where it is missing.
        now: The time, with its zone.

    Returns:
        Where they are.

    Raises:
        OSError: The folder cannot be written.
    """
    now = now or datetime.now(UTC)
    pair = Pair(folder / "cert.pem", folder / "key.pem")
    if not _is_good(pair, now):
        folder.mkdir(parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        _write(pair.key, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
        _write(pair.cert, _certificate(key, now).public_bytes(Encoding.PEM), 0o644)
    return pair


def _is_good(pair: Pair, now: datetime) -> bool:
    try:
        cert = x509.load_pem_x509_certificate(pair.cert.read_bytes())
        key = load_pem_private_key(pair.key.read_bytes(), None)
    except (OSError, ValueError):
        return False
    if cert.not_valid_after_utc < now + MARGIN:
        return False
    return _public_bytes(cert.public_key()) == _public_bytes(key.public_key())


def _public_bytes(key: object) -> bytes:
    public: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    return public


def _certificate(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost (wstwist)")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - MARGIN)
        .not_valid_after(now - MARGIN + LIFETIME)
    )
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.SubjectAlternativeName(_names()), False),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False),
    ]
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(key, hashes.SHA256())


def _names() -> list[x509.GeneralName]:
    hosts = dict.fromkeys(("localhost", socket.gethostname().lower()))
    return [
        *(x509.DNSName(host) for host in hosts if host.isascii() and host),
        *(x509.IPAddress(ip_address(address)) for address in ("127.0.0.1", "::1")),
    ]


def _write(path: Path, content: bytes, mode: int) -> None:
    """Write a file so that nobody ever sees a part of it, or the key with another mode."""
    handle, name = tempfile.mkstemp(dir=path.parent)  # readable for its owner alone
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    temporary = Path(name)
    temporary.chmod(mode)
    temporary.replace(path)


def main(arguments: list[str]) -> None:
    """Make certificate and key in the folder that the command line names, and say where they are."""
    if len(arguments) != 1:
        raise SystemExit("python -m wstwist.certificate FOLDER")
    try:
        pair = ensure(Path(arguments[0]))
    except OSError as error:
        raise SystemExit(f"no certificate in {arguments[0]}: {error.strerror}") from error
    sys.stdout.write(f"{pair.cert}\n{pair.key}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
