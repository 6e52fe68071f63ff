# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Why TLS failed, in words."""

from __future__ import annotations

import ssl

from wstwist.connection.blocking.tls import Layer, WrongNameError
from wstwist.connection.certificates import FAULTS, REFUSALS, WITH_OURS, WITHOUT_OURS
from wstwist.exceptions import CertificateRefused, ConnectError, ConnectionFailed, NotWebSocket

# Alerts about a certificate of ours (RFC 8446, section 6.2).
_DEMANDED = "CERTIFICATE_REQUIRED"
_UNSPECIFIC = "HANDSHAKE_FAILURE"
_NO_TLS = (
    "WRONG_VERSION_NUMBER",
    "RECORD_LAYER_FAILURE",
    "HTTP_REQUEST",
    "UNEXPECTED_MESSAGE",
    "PACKET_LENGTH",
)


def explain(url: str, error: Exception | None, layer: Layer) -> ConnectError:
    """Give the error that says why TLS failed.

    Args:
        url: Where to.
        error: What the layer tells.
        layer: The layer.
    """
    if isinstance(error, WrongNameError):
        return CertificateRefused(url, str(error))
    if isinstance(error, ssl.SSLCertVerificationError):
        fault = FAULTS.get(error.verify_code, f"the certificate is not valid: {error.verify_message}")
        return CertificateRefused(url, fault)
    is_end = isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError))
    if isinstance(error, ssl.SSLError) and not is_end:
        return _explain_alert(url, error.reason or "", layer)
    if layer.is_asked:
        return CertificateRefused(url, WITH_OURS if layer.shows_ours else WITHOUT_OURS)
    if is_end:
        return ConnectionFailed(url, "the server ends the connection during the TLS handshake")
    return ConnectionFailed(url, f"the connection was lost during the TLS handshake: {in_words(error)}")


def _explain_alert(url: str, reason: str, layer: Layer) -> ConnectError:
    # TLS 1.2 has no alert of its own for a certificate that is missing.
    is_about_ours = reason.endswith(_DEMANDED) or (reason.endswith(_UNSPECIFIC) and layer.is_asked)
    if is_about_ours and not layer.shows_ours:
        return CertificateRefused(url, "the server demands a certificate of ours")
    if is_about_ours:
        return CertificateRefused(url, "the server does not accept our certificate")
    words = REFUSALS.get(reason.rpartition("ALERT_")[2].lower().replace("_", " "))
    if words is not None:
        return CertificateRefused(url, f"the server does not accept our certificate: {words}")
    if not layer.is_open and any(name in reason for name in _NO_TLS):
        return NotWebSocket(url, "what answers does not speak TLS")
    return ConnectionFailed(url, f"the TLS handshake failed: {reason.lower().replace('_', ' ')}")


def in_words(error: Exception | None) -> str:
    """Give what the system says of an error, without its number."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
