# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Telling whoever accepts connections of those that never became one: bad TLS, no PROXY header."""

from __future__ import annotations

import ssl
from typing import Any

from OpenSSL import SSL

HANDSHAKE_TIME = 5.0
"""Seconds for what comes before a request, where the factory has no ``handshake_time``."""


def handshake_time(factory: Any) -> float:
    """Give the seconds that a client, or its proxy, has to say what it wants."""
    return float(_innermost(factory, "handshake_time", HANDSHAKE_TIME))


def tell(factory: Any, kind: str, peer: object, why: str) -> None:
    """Tell a factory, or the one in it, of a connection that is dropped before it began.

    Args:
        factory: Its method ``turned_away``, if it has one, is called with the rest.
        kind: The counter.
        peer: The address that it came from, as Twisted has it.
        why: What was wrong.
    """
    turned_away = _innermost(factory, "turned_away", None)
    if turned_away is not None:
        turned_away(kind, peer, why)


def why_tls(error: object) -> str | None:
    """Say in OpenSSL's words why a TLS handshake failed; None: the peer has merely gone."""
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    if isinstance(error, SSL.Error) and error.args and isinstance(error.args[0], list):
        return "; ".join(entry[-1] for entry in error.args[0]) or None
    return None


def _innermost(factory: Any, name: str, default: Any) -> Any:
    while not hasattr(factory, name) and hasattr(factory, "wrappedFactory"):
        factory = factory.wrappedFactory
    return getattr(factory, name, default)
