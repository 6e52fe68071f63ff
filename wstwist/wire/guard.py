# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802 - the names are Twisted's
"""The first protocol of every connection: reads one request's head, checks it, and hands the transport on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure

from wstwist.wire.answers import Rejected, not_accepting, upgrade_required
from wstwist.wire.handshake import check_upgrade, decode_path
from wstwist.wire.head import END_OF_HEAD, Head, parse
from wstwist.wire.lingering import linger

if TYPE_CHECKING:
    from wstwist.wire.site import Site

# What no request can begin with: a TLS hello, an empty line, binary noise.
_BEGINNINGS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&'*+-.^_`|~0123456789")


class Guard(Protocol):
    """Reads the head of a connection's one request.

    Args:
        site: Who knows what is behind which path, and the limits.
    """

    transport: Any

    def __init__(self, site: Site) -> None:
        """Begin with nothing received."""
        self._site = site
        self._received = bytearray()

    def connectionMade(self) -> None:
        """Begin the time that a client has for its request, a TLS handshake included."""
        fileno = getattr(self.transport, "fileno", None)
        if fileno is not None:  # what aiofastnet takes has been told already
            self._site.ports.accepted(fileno())
        is_one_too_many = self._site.most is not None and len(self._site.connections) >= self._site.most
        self._site.connections.add(self)
        self._deadline = self._site.deadlines.add(self._site.limits.handshake_time, self._too_late)
        if is_one_too_many:
            self.transport.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: ARG002 - IProtocol's name
        """Forget a client that went before its request was whole."""
        self._leave()

    def dataReceived(self, data: bytes) -> None:
        """Collect the head, looking for its end only where it can be."""
        searched = max(0, len(self._received) - len(END_OF_HEAD) + 1)
        self._received += data
        try:
            end = self._find_end(searched)
            if end:
                self._pass_on(bytes(self._received[:end]), bytes(self._received[end:]))
        except Rejected as rejected:
            self._reject(rejected)

    def abort(self) -> None:
        """Drop the connection now."""
        self.transport.abortConnection()

    def _find_end(self, start: int) -> int:
        """Give the head's length, 0 while it is not whole."""
        if self._received[0] not in _BEGINNINGS:
            raise Rejected(400, "Malformed request line")
        found = self._received.find(END_OF_HEAD, start)
        end = found + len(END_OF_HEAD) if found >= 0 else 0
        if (end or len(self._received)) > self._site.limits.header_size:
            raise Rejected(431, "The request's head is too long")
        return end

    def _pass_on(self, data: bytes, rest: bytes) -> None:
        """Give the transport to whom the request is for."""
        head = parse(data, self._site.limits.header_count)
        path = decode_path(head.path)
        application = self._site.find(path)
        if head.wants_websocket:
            if not self._site.accepting:
                raise not_accepting()
            if application is None:
                raise self._site.nothing_at(path)
            upgrade = check_upgrade(head)
            self._leave()
            self._site.connect(application).begin(self.transport, head, upgrade, rest)
        elif application is not None and not self._site.has_page(application):
            raise _refuse_plain(head)
        elif self._site.web is None:
            raise self._site.nothing_at(path)
        else:
            self._leave()
            self._site.serve(self.transport, data + rest)

    def _leave(self) -> None:
        """Be no longer the one in charge."""
        self._site.connections.discard(self)
        self._deadline.cancel()

    def _too_late(self) -> None:
        """Turn away a client that took too long."""
        self._reject(Rejected(408, "The request took too long"))

    def _reject(self, rejected: Rejected) -> None:
        """Answer, and see that the answer can be read."""
        self._leave()
        self._site.note_rejection(rejected, self.transport)
        self.transport.write(rejected.encode(body=not self._received.startswith(b"HEAD ")))
        linger(self.transport, self._site.limits.close_time, self._site.deadlines, self._site.connections)


def _refuse_plain(head: Head) -> Rejected:
    """Give the answer to a request without upgrade where only WebSocket is spoken."""
    if head.method in (b"GET", b"HEAD"):
        return upgrade_required()
    return Rejected(405, "Only GET, to upgrade to WebSocket", {"Allow": "GET"})
