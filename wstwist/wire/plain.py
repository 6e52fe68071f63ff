# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802, N815 - the names are Twisted's
# twisted.web has hardly any types.
# mypy: disable-error-code="no-untyped-call"
"""Plain HTTP behind the guard: one request, one answer, and the connection ends."""

from __future__ import annotations

from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel
from twisted.web.http_headers import Headers
from twisted.web.resource import IResource
from twisted.web.server import Request, Site

from wstwist.deadlines import AllDeadlines
from wstwist.limits import Limits
from wstwist.wire.answers import answer
from wstwist.wire.lingering import Registry, linger, take_over

# Seconds for a client to take 64 KiB of an answer, its end included, and between two pieces of a body.
_PATIENCE = 60


class PlainRequest(Request):
    """twisted.web's request, without its query where it is logged: there may be secrets in that."""

    def __repr__(self) -> str:
        """Show method and path."""
        path = self.uri.partition(b"?")[0]
        return f"<request {self.method.decode('latin-1')} {path.decode('latin-1')}>"


class PlainChannel(HTTPChannel):
    """twisted.web's channel for the one request that the guard has let through.

    Args:
        site: twisted.web's site around the resource.
        limits: The sizes of a request's head and body.
        registry: The live connections; it adds and removes itself.
        deadlines: Who ends what takes too long.
    """

    transport: Any
    callLater: Any
    _networkProducer: Any

    def __init__(self, site: Site, limits: Limits, registry: Registry, deadlines: AllDeadlines) -> None:
        """Set up what twisted.web's factory would."""
        super().__init__()
        self.site = self.factory = site
        self.requestFactory = PlainRequest
        self.timeOut = _PATIENCE
        self.callLater = site.reactor.callLater
        self.totalHeadersSize = self.MAX_LENGTH = limits.header_size
        self._registry = registry
        self._deadlines = deadlines
        self._clock: IReactorTime = site.reactor
        self._room = limits.header_size + limits.message_size
        self._stall: IDelayedCall | None = None
        self._over = False

    def begin(self, transport: Any, received: bytes) -> None:
        """Take over a transport with the request that came from it."""
        self._registry.add(self)
        take_over(transport, self)
        self.makeConnection(transport)
        self.dataReceived(received)

    def dataReceived(self, data: bytes) -> None:
        """Read the request, whose body may be as large as a message."""
        self._room -= len(data)
        if self._over:
            return
        if self._room < 0 and not self._handlingRequest:
            self._refuse(413, "The request's body is too long")
        else:
            super().dataReceived(data)

    def checkPersistence(self, request: Request, version: bytes) -> bool:  # noqa: ARG002 - Twisted's name
        """Handle no second request: it would not have passed the guard."""
        return False

    def writeHeaders(self, version: bytes, code: bytes, reason: bytes, headers: Headers) -> None:
        """Write an answer's head, without twisted.web's version in it."""
        headers.removeHeader(b"server")
        headers.setRawHeaders(b"connection", [b"close"])
        super().writeHeaders(version, code, reason, headers)

    def pauseProducing(self) -> None:
        """Begin the time that a client has to read on."""
        super().pauseProducing()
        if self._stall is None:
            self._stall = self._clock.callLater(_PATIENCE, self.abort)

    def resumeProducing(self) -> None:
        """Know that the client has read on."""
        self._cancel_stall()
        super().resumeProducing()

    def loseConnection(self) -> None:
        """Leave, so that the answer can be read."""
        if self._over or self.transport is None:
            return
        self._over = True
        self._networkProducer.unregisterProducer()
        self._registry.discard(self)
        # Not the short time for closing: the end of a file may still be on its way over a slow line.
        linger(self.transport, _PATIENCE, self._deadlines, self._registry, self.connectionLost)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Forget the connection."""
        self._over = True
        self._registry.discard(self)
        self._cancel_stall()
        super().connectionLost(reason)

    def abort(self) -> None:
        """Drop the connection now."""
        self.transport.abortConnection()

    def _respondToBadRequestAndDisconnect(self) -> None:
        """Answer what twisted.web finds malformed in a body."""
        self._refuse(400, "Malformed request")

    def _refuse(self, status: int, reason: str) -> None:
        """Answer with an error, and leave."""
        self.transport.write(answer(status, reason))
        self.loseConnection()

    def _cancel_stall(self) -> None:
        """Forget the time that was set for reading on."""
        if self._stall is not None and self._stall.active():
            self._stall.cancel()
        self._stall = None


def plain_site(root: IResource, reactor: Any) -> Site:
    """Give twisted.web's site around a resource."""
    return Site(root, reactor=reactor)
