# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802 - the names are Twisted's
"""Which servers are trusted, and with which certificate of our own we come (pyOpenSSL, service-identity)."""

from __future__ import annotations

from typing import Any

from cryptography.x509 import Certificate
from OpenSSL import SSL
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from zope.interface import implementer

from wstwist.connection.certificates import FAULTS, is_ip_address, wrong_name
from wstwist.connection.options import Options
from wstwist.exceptions import ConfigurationError
from wstwist.wire.certificates import CIPHERS, TlsSettings

_NOT_YET_VALID, _EXPIRED = 9, 10  # X509_V_ERR in OpenSSL's x509_vfy.h


class Trust:
    """The settings of TLS: 1.2 or later.

    Args:
        options: What the program asks for.
        is_for_proxy: Whether they are for a proxy: it does not see a certificate of ours.

    Raises:
        ConfigurationError: A file cannot be used.
    """

    def __init__(self, options: Options, *, is_for_proxy: bool = False) -> None:
        """Read the files."""
        self._shows_ours = options.certificate is not None and not is_for_proxy
        self._is_insecure = options.insecure
        self._context = context = SSL.Context(SSL.TLS_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.set_options(SSL.OP_NO_COMPRESSION | SSL.OP_NO_RENEGOTIATION)
        context.set_mode(SSL.MODE_RELEASE_BUFFERS)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        _trust(context, options.ca_file)
        if options.certificate is not None and self._shows_ours:
            _show(context, options.certificate, options.key)
        context.set_cipher_list(CIPHERS.encode("ascii"))

    def examine(self, host: str) -> Examination:
        """Give what makes and examines one TLS connection with a host."""
        return Examination(self._context, host, accepts_all=self._is_insecure, shows_ours=self._shows_ours)


@implementer(IOpenSSLClientConnectionCreator)
class Examination:
    """One TLS handshake with a server, whose certificate is examined.

    Args:
        context: The settings.
        host: Whom we ask for, and whom the certificate has to name.
        accepts_all: Whether any certificate will do.
        shows_ours: Whether the server can see a certificate of ours.

    Attributes:
        shows_ours: As above.
        fault: What is wrong with the certificate, in words; None: nothing.
        is_asked: Whether the server has asked for a certificate of ours.
        is_done: To be set when the handshake is done.
    """

    def __init__(self, context: SSL.Context, host: str, *, accepts_all: bool, shows_ours: bool) -> None:
        """Begin without a fault."""
        self._context = context
        self._host = host.rstrip(".")
        self._accepts_all = accepts_all
        self.shows_ours = shows_ours
        self.fault: str | None = None
        self.is_asked = False
        self.is_done = False

    def clientConnectionForTLS(self, tlsProtocol: object) -> SSL.Connection:  # noqa: ARG002, N803 - Twisted's
        """Make the connection."""
        connection = SSL.Connection(self._context, None)
        connection.set_info_callback(self._note_request)
        if not is_ip_address(self._host):
            connection.set_tlsext_host_name(self._host.encode("ascii"))
        if self._accepts_all:
            connection.set_verify(SSL.VERIFY_NONE)
        else:
            connection.set_verify(SSL.VERIFY_PEER, self._judge)
        return connection

    def _note_request(self, connection: SSL.Connection, where: int, _: int) -> None:
        """Note that the server asks for a certificate of ours: OpenSSL's state says so, and nothing else."""
        if where & SSL.SSL_CB_LOOP and b"certificate request" in connection.get_state_string():
            self.is_asked = True

    def _judge(self, _: SSL.Connection, certificate: Any, number: int, depth: int, is_fine: int) -> bool:
        """Take OpenSSL's word on a certificate of the chain, and see whether the server's own names it."""
        parsed: Certificate = certificate.to_cryptography()
        if not is_fine:
            self.fault = self.fault or _fault(number, parsed, depth)
        elif depth == 0:
            self.fault = wrong_name(parsed, self._host)
        return self.fault is None


def _trust(context: SSL.Context, ca_file: str | None) -> None:
    if ca_file is None:
        context.set_default_verify_paths()
        return
    try:
        with open(ca_file, "rb"):  # noqa: PTH123 - only to see whether it can be read
            context.load_verify_locations(ca_file)
    except OSError as error:
        raise ConfigurationError(f"connect: ca_file: {ca_file}: {error.strerror}") from None
    except SSL.Error:
        raise ConfigurationError(
            f"connect: ca_file: {ca_file} is no file of certificates in PEM format"
        ) from None


def _show(context: SSL.Context, certificate: str, key: str | None) -> None:
    """Come with a certificate of our own."""
    try:
        ours = TlsSettings.load(certificate, key or certificate)
    except ConfigurationError as error:
        raise ConfigurationError(f"connect: {error}") from None
    first, *others = ours.chain
    context.use_certificate(first)
    for other in others:
        context.add_extra_chain_cert(other)
    context.use_privatekey(ours.private)  # type: ignore[arg-type] # TlsSettings takes only such as TLS knows


def _fault(number: int, certificate: Certificate, depth: int) -> str:
    whose = "the certificate" if depth == 0 else f"{certificate.subject.rfc4514_string()}, who signs it,"
    if number == _EXPIRED:
        return f"{whose} expired on {certificate.not_valid_after_utc:%Y-%m-%d}"
    if number == _NOT_YET_VALID:
        return f"{whose} is valid only from {certificate.not_valid_before_utc:%Y-%m-%d} on"
    return FAULTS.get(number, f"the certificate is not valid (OpenSSL's verification error {number})")
