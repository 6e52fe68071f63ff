# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A server's certificate and key from PEM files, with one clear line for each thing that can be wrong."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from OpenSSL import SSL
from twisted.internet.interfaces import IProtocolNegotiationFactory
from twisted.internet.ssl import AcceptableCiphers, CertificateOptions, TLSVersion

from wstwist.exceptions import ConfigurationError
from wstwist.wire import authorities

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL:!PSK"
"""Those of TLS 1.2: of Mozilla's intermediate profile the ones with elliptic curves.

All have forward secrecy and authenticate what they encrypt. Those of TLS 1.3 are good, too, and always on.
"""

REQUIRED, OPTIONAL = "required", "optional"
"""What a server that asks for clients' certificates does with a client that has none."""


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """How a server speaks TLS: 1.2 or later, without compression, renegotiation and session tickets.

    It is said once for two libraries: pyOpenSSL under Twisted's transports, and Python's ``ssl`` under those
    of aiofastnet. They differ in ciphers and curves that the OpenSSL of one does not know; as to a client
    whose ALPN names nothing that is spoken here, which Twisted drops and ``ssl`` serves; and as to sessions
    of TLS 1.3, which Twisted offers to resume.

    Attributes:
        certificate: A PEM file with the server's certificate, followed by those that sign it, if any.
        key: A PEM file with its private key, not encrypted; it may be the same file.
        client_ca: A PEM file with the certificates of those who sign clients' certificates; empty: clients
            are not asked for any.
        client_certificates: Whether a client that has none is let in: `OPTIONAL`, or not: `REQUIRED`; empty
            where clients are not asked.
        chain: What is in the first.
        private: What is in the second.
        authorities: What is in the third.
        folder: What relative paths are relative to.
    """

    certificate: str
    key: str
    client_ca: str
    client_certificates: str
    chain: tuple[x509.Certificate, ...]
    private: PrivateKeyTypes
    authorities: tuple[x509.Certificate, ...]
    folder: Path

    @classmethod
    def load(
        cls,
        certificate: str,
        key: str,
        client_ca: str = "",
        client_certificates: str = "",
        folder: Path | None = None,
    ) -> TlsSettings:
        """Read the files, and see that they can be used with both libraries.

        Raises:
            ConfigurationError: when a file is not there, cannot be read, is not what it should be, or when
                certificate and key do not belong together.
        """
        folder = Path.cwd() if folder is None else folder
        chain = _load_chain(folder, certificate)
        private = _load_key(folder, key)
        if _public_bytes(private.public_key()) != _public_bytes(chain[0].public_key()):
            raise ConfigurationError(f"the key {key} does not belong to the certificate {certificate}")
        signers = authorities.load(folder, client_ca) if client_ca else ()
        demand = _check_demand(client_certificates, client_ca)
        settings = cls(certificate, key, client_ca, demand, tuple(chain), private, signers, folder)
        try:
            settings.for_twisted()
            settings.for_asyncio()
        except (ValueError, TypeError, OSError, SSL.Error) as error:
            raise ConfigurationError(f"the key {key} cannot be used for TLS: {error}") from None
        return settings

    def reread(self) -> TlsSettings:
        """Read the files again; raises as `load` does."""
        return self.load(self.certificate, self.key, self.client_ca, self.client_certificates, self.folder)

    def fault(self) -> str:
        """Say in one line why no client will take the certificate now; empty: clients may."""
        own, now = self.chain[0], datetime.now(UTC)
        if now > own.not_valid_after_utc:
            why = f"has expired: it was valid until {own.not_valid_after_utc:%Y-%m-%d %H:%M:%S} UTC"
        elif now < own.not_valid_before_utc:
            why = f"is not valid before {own.not_valid_before_utc:%Y-%m-%d %H:%M:%S} UTC"
        else:
            return ""
        return f"the certificate {self.certificate} {why}"

    def for_twisted(self) -> CertificateOptions:
        """Give the settings as Twisted's transports want them."""
        first, *others = self.chain
        # pyOpenSSL takes cryptography's objects, and deprecates its own; Twisted's types do not know it yet.
        options = CertificateOptions(
            privateKey=self.private,  # type: ignore[arg-type]
            certificate=first,  # type: ignore[arg-type]
            extraCertChain=others or None,  # type: ignore[arg-type]
            insecurelyLowerMinimumTo=TLSVersion.TLSv1_2,
            acceptableCiphers=AcceptableCiphers.fromOpenSSLCipherString(CIPHERS),
        )
        context = options.getContext()
        context.set_options(SSL.OP_NO_RENEGOTIATION)
        if self.authorities:
            authorities.ask_with_openssl(context, self.authorities, demand=self._is_demanding)
        return options

    def for_asyncio(self, factory: object = None) -> ssl.SSLContext:
        """Give the settings as asyncio's transports, and aiofastnet's, want them.

        Args:
            factory: The factory of the protocols, which may know what clients can choose in ALPN (RFC 7301).
                Twisted's transports ask it by themselves.
        """
        context = authorities.Context(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= (
            ssl.OP_NO_COMPRESSION
            | ssl.OP_NO_RENEGOTIATION
            | ssl.OP_NO_TICKET
            | ssl.OP_CIPHER_SERVER_PREFERENCE
        )
        context.num_tickets = 0
        context.set_ciphers(CIPHERS)
        # The empty passphrase keeps OpenSSL from asking for one on the terminal.
        context.load_cert_chain(self.folder / self.certificate, self.folder / self.key, password="")
        if self.authorities:
            context.ask(self.authorities, demand=self._is_demanding)
        if IProtocolNegotiationFactory.providedBy(factory):
            context.set_alpn_protocols([name.decode("ascii") for name in factory.acceptableProtocols()])
        return context

    @property
    def _is_demanding(self) -> bool:
        """Whether a client without a certificate is turned away."""
        return self.client_certificates == REQUIRED


def _check_demand(demand: str, client_ca: str) -> str:
    """Give what is done with clients without a certificate."""
    if demand not in ("", REQUIRED, OPTIONAL):
        raise ConfigurationError(f"client certificates are {REQUIRED!r} or {OPTIONAL!r}, not {demand!r}")
    if demand and not client_ca:
        raise ConfigurationError(f"client certificates that are {demand} need a client CA, which signs them")
    return (demand or REQUIRED) if client_ca else ""


def _load_chain(folder: Path, path: str) -> list[x509.Certificate]:
    """Read the certificates of a file, the server's own first."""
    try:
        return x509.load_pem_x509_certificates(authorities.read(folder / path, path, "certificate"))
    except ValueError:
        raise ConfigurationError(f"the certificate {path} is no certificate in PEM format") from None


def _load_key(folder: Path, path: str) -> PrivateKeyTypes:
    """Read the private key of a file."""
    try:
        return load_pem_private_key(authorities.read(folder / path, path, "key"), None)
    except TypeError:
        raise ConfigurationError(f"the key {path} is encrypted: give one without a passphrase") from None
    except ValueError:
        raise ConfigurationError(f"the key {path} is no private key in PEM format") from None


def _public_bytes(public: Any) -> bytes:
    """Give a public key in a form that can be compared."""
    return bytes(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
