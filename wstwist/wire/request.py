# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""From a checked head and its transport to the `Request` that an application sees."""

from __future__ import annotations

from typing import Any

from twisted.internet.address import UNIXAddress
from twisted.internet.interfaces import ISSLTransport

from wstwist.wire.client_certificate import certificate_of
from wstwist.wire.handshake import decode_path, decode_query
from wstwist.wire.head import Head
from wstwist.wire.interface import Request
from wstwist.wire.proxies import Peer, Proxies

_MAPPED = "::ffff:"


def make_request(head: Head, transport: Any, protocol: str | None, proxies: Proxies) -> Request:
    """Put together a request; its path must be one that `decode_path` takes.

    Raises:
        Rejected: with 400, where a proxy that is trusted says what cannot be read.
    """
    is_tls = bool(ISSLTransport.providedBy(transport))
    address, port, secure = proxies.seen(Peer(*peer_of(transport), is_tls), head.headers)
    return Request(
        path=decode_path(head.path),
        query_all=decode_query(head.query),
        headers=head.headers,
        address=address,
        port=port,
        secure=secure,
        origin=head.headers.get("origin"),
        protocol=protocol,
        certificate=certificate_of(transport) if is_tls else None,
    )


def peer_of(transport: Any) -> tuple[str, int | None]:
    """Give a peer's address and port, as `host_and_port` does."""
    return host_and_port(transport.getPeer())


def host_and_port(peer: object) -> tuple[str, int | None]:
    """Give both of one of Twisted's addresses; an IPv4 one that came in over IPv6 is written as IPv4."""
    if isinstance(peer, UNIXAddress):
        return (peer.name or b"").decode("utf-8", "replace"), None
    host = str(getattr(peer, "host", ""))
    if host.startswith(_MAPPED) and "." in host:
        host = host[len(_MAPPED) :]
    return host, getattr(peer, "port", None)
