# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Why there is no connection, in words."""

from __future__ import annotations

import os

from OpenSSL import SSL
from twisted.internet import error as errors

from wstwist.connection.awaited.trust import Examination
from wstwist.connection.certificates import REFUSALS, WITH_OURS, WITHOUT_OURS
from wstwist.exceptions import CertificateRefused, ConnectError, ConnectionFailed, HostNotFound, NotWebSocket

_DEMANDED = "certificate required"
_UNSPECIFIC = "handshake failure"  # TLS 1.2 has no alert of its own for a certificate that is missing


def unreachable(url: str, name: str, error: Exception) -> ConnectError:
    """Give the error that says why there is no connection over TCP.

    Args:
        url: Where to.
        name: The host that was to be reached, and its port.
        error: What Twisted says.
    """
    if isinstance(error, (errors.DNSLookupError, errors.UnknownHostError)):
        return HostNotFound(url, f"{name.rpartition(':')[0]} is not found")
    if isinstance(error, errors.ConnectionRefusedError):
        return ConnectionFailed(url, f"{name} refuses the connection")
    if isinstance(error, errors.TimeoutError):
        return ConnectionFailed(url, f"{name} does not answer")
    return ConnectionFailed(url, f"{name} cannot be reached: {in_words(error)}")


def insecure(url: str, error: Exception, examination: Examination) -> ConnectError:
    """Give the error that says why a connection over TLS was lost.

    Args:
        url: Where to.
        error: What Twisted says.
        examination: The TLS handshake.
    """
    if examination.fault is not None:
        return CertificateRefused(url, examination.fault)
    alert = _alert(error)
    if alert is None:
        return _lost(url, error, examination)
    if alert == _DEMANDED or (alert == _UNSPECIFIC and examination.is_asked):
        if examination.shows_ours:
            return CertificateRefused(url, "the server does not accept our certificate")
        return CertificateRefused(url, "the server demands a certificate of ours")
    if alert in REFUSALS:
        return CertificateRefused(url, f"the server does not accept our certificate: {REFUSALS[alert]}")
    return ConnectionFailed(url, f"the server ends the TLS handshake: {alert}")


def _lost(url: str, error: Exception, examination: Examination) -> ConnectError:
    """Give the error of a connection that was lost without a word about it in TLS."""
    if isinstance(error, SSL.Error) and not isinstance(error, (SSL.SysCallError, SSL.ZeroReturnError)):
        if examination.is_done:
            return ConnectionFailed(url, f"TLS failed: {_reason(error)}")
        return NotWebSocket(url, f"what answers does not speak TLS: {_reason(error)}")
    if examination.is_asked:
        return CertificateRefused(url, WITH_OURS if examination.shows_ours else WITHOUT_OURS)
    during = "before it was open" if examination.is_done else "during the TLS handshake"
    return ConnectionFailed(url, f"the connection was lost {during}: {in_words(error)}")


def _alert(error: Exception) -> str | None:
    """Give the name of the alert by which the server ended TLS, if it did."""
    return _reason(error).rpartition("alert ")[2] if "alert " in _reason(error) else None


def _reason(error: Exception) -> str:
    """Give OpenSSL's words for an error."""
    if isinstance(error, SSL.Error) and error.args and isinstance(error.args[0], list):
        return ", ".join(str(each[-1]) for each in error.args[0])
    return str(error)


def in_words(error: Exception) -> str:
    """Give what the system says of an error, without its number."""
    number = getattr(error, "osError", None)
    if isinstance(number, int):
        return os.strerror(number)
    if isinstance(error, errors.ConnectionDone):
        return "the other side has closed it"
    if isinstance(error, errors.ConnectionLost):
        return "the other side has dropped it"
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
