# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""TLS between two byte streams, without I/O."""

from __future__ import annotations

import ssl
from contextlib import suppress

from cryptography.x509 import load_der_x509_certificate

from wstwist.connection.certificates import check_key, wrong_name
from wstwist.connection.options import Options
from wstwist.exceptions import ConfigurationError

Versions = tuple[ssl.TLSVersion, ssl.TLSVersion]
"""The least version of TLS to speak, and the highest."""

_PIECE = 65536
_USUAL = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.MAXIMUM_SUPPORTED)
_HANDSHAKE, _CERTIFICATE_REQUEST = 22, 13  # RFC 8446, sections 5.1 and 4


class WrongNameError(Exception):
    """The certificate is another host's."""


class Layer:
    """TLS over a byte stream.

    Args:
        context: How it is spoken; no other layer uses it.
        host: Whom the certificate has to name.
        shows_ours: Whether the server can see a certificate of our own.

    Attributes:
        shows_ours: As above.
        is_open: Whether the TLS handshake is done, and the certificate is the host's.
        is_over: Whether nothing more is to be decrypted.
        error: Why, where it is no orderly end.
        is_asked: Whether the server has asked for a certificate of ours.
    """

    def __init__(self, context: ssl.SSLContext, host: str, *, shows_ours: bool) -> None:
        """Begin the handshake; `encrypt` gives its first bytes."""
        self.shows_ours = shows_ours
        self.is_open = self.is_over = self.is_asked = False
        self.error: Exception | None = None
        self._host = host
        self._is_checked = context.verify_mode == ssl.CERT_REQUIRED
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._context = context
        context._msg_callback = self._note_request  # type: ignore[attr-defined] # nothing else tells
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._shake_hands()

    def decrypt(self, data: bytes, *, is_over: bool) -> bytes:
        """Take what came, and whether that was all; what is to be sent meanwhile `encrypt` gives."""
        if self.is_over:
            return b""
        self._incoming.write(data)
        if is_over:
            self._incoming.write_eof()
        if not self.is_open:
            self._shake_hands()
        return self._read() if self.is_open else b""

    def encrypt(self, data: bytes) -> bytes:
        """Give the bytes to send: these, and what TLS has to say by itself."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._tls.write(rest) :]
        except ssl.SSLError as error:
            self._end(error)
        return self._outgoing.read()

    def finish(self) -> None:
        """Say that nothing more is sent, and read nothing any more; `encrypt` gives the bytes for it."""
        self.is_over = True
        if self.is_open:
            with suppress(ssl.SSLError):  # the other side's word is not waited for
                self._tls.unwrap()

    def _shake_hands(self) -> None:
        try:
            self._tls.do_handshake()
            if self._is_checked:
                self._check_name()
            self.is_open = True
            self._context._msg_callback = None  # type: ignore[attr-defined]
        except ssl.SSLWantReadError:
            pass
        except WrongNameError as error:
            self._outgoing.read()  # whoever that is does not learn who we are
            self._end(error)
        except ssl.SSLError as error:
            self._end(error)

    def _note_request(
        self, tls: object, direction: str, version: object, content: int, kind: int, data: bytes
    ) -> None:
        """Note that the server asks for a certificate of ours; OpenSSL shows each message."""
        del tls, version, data
        if (direction, content, kind) == ("read", _HANDSHAKE, _CERTIFICATE_REQUEST):
            self.is_asked = True

    def _check_name(self) -> None:
        """See that the certificate names the host."""
        try:
            certificate = load_der_x509_certificate(self._tls.getpeercert(binary_form=True) or b"")
        except ValueError as error:
            raise WrongNameError(f"the certificate cannot be read: {error}") from None
        fault = wrong_name(certificate, self._host.rstrip("."))
        if fault is not None:
            raise WrongNameError(fault)

    def _read(self) -> bytes:
        """Decrypt all that is there."""
        plain = bytearray()
        try:
            while piece := self._tls.read(_PIECE):
                plain += piece
            self._end(None)
        except ssl.SSLWantReadError:
            pass
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            self._end(None)
        except ssl.SSLError as error:
            self._end(error)
        return bytes(plain)

    def _end(self, error: Exception | None) -> None:
        if not self.is_over:
            self.is_over = True
            self.error = error


def context_for(
    options: Options, *, to_proxy: bool = False, versions: Versions | None = None
) -> ssl.SSLContext:
    """Make the settings of TLS.

    Args:
        options: What the program asks for.
        to_proxy: Whether they are for a proxy: it does not see a certificate of ours.
        versions: The versions that may be spoken; None: TLS 1.2 and all after it.

    Raises:
        ConfigurationError: A file cannot be used.
    """
    context = _trusting(options.ca_file)
    context.minimum_version, context.maximum_version = versions or _USUAL
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.check_hostname = False  # OpenSSL would not say whom the certificate names: `wrong_name` does
    if options.insecure:
        context.verify_mode = ssl.CERT_NONE
    if not to_proxy and options.certificate is not None:
        _load_ours(context, options.certificate, options.key)
    return context


def _trusting(ca_file: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError:
        raise ConfigurationError(
            f"connect: ca_file: {ca_file} is no file of certificates in PEM format"
        ) from None
    except OSError as error:
        raise ConfigurationError(f"connect: ca_file: {ca_file}: {error.strerror}") from None


def _load_ours(context: ssl.SSLContext, certificate: str, key: str | None) -> None:
    def encrypted() -> str:
        raise ConfigurationError(f"connect: key: {key or certificate} is encrypted")

    check_key(certificate, key)
    where = certificate if key is None else f"{certificate} and {key}"
    try:
        context.load_cert_chain(certificate, key, encrypted)
    except ssl.SSLError as error:
        why = "they do not belong together" if "MISMATCH" in (error.reason or "") else "not in PEM format"
        raise ConfigurationError(f"connect: certificate and key: {where}: {why}") from None
    except OSError as error:
        raise ConfigurationError(f"connect: certificate and key: {where}: {error.strerror}") from None
