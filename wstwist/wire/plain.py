# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802, N815 - the names are Twisted's
# twisted.web has hardly any types.
# mypy: disable-error-code="no-untyped-call"
"""Plain HTTP behind the guard: one request, one answer, and the connection ends."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel
from twisted.web.http_headers import Headers
from twisted.web.resource import IResource
from twisted.web.server import Request, Site

from wstwist.deadlines import AllDeadlines, Deadline
from wstwist.limits import Limits
from wstwist.wire.answers import answer
from wstwist.wire.lingering import Registry, linger, take_over

# Seconds for a client to take 64 KiB of an answer, its end included.
_PATIENCE = 60

BODY_TIME = 20.0
"""Seconds for the whole of a request's body to arrive."""

_CHUNKING = 1024  # what may stand around the chunks of a body

BodySize = Callable[[Any], int]
"""Tells how many bytes the body of a request may have, of which only the head has come."""


def no_body(_request: object) -> int:
    """Permit no body: there are only pages to read."""
    return 0


class PlainRequest(Request):
    """twisted.web's request, without its query where it is logged: there may be secrets in that."""

    content: Any

    def gotLength(self, length: int | None) -> None:  # noqa: ARG002 - Twisted's name
        """Keep the body, which is small, in memory: a temporary file is one more descriptor."""
        self.content = BytesIO()

    def __repr__(self) -> str:
        """Show method and path."""
        path = self.uri.partition(b"?")[0]
        return f"<request {self.method.decode('latin-1')} {path.decode('latin-1')}>"


class PlainChannel(HTTPChannel):
    """twisted.web's channel for the one request that the guard has let through.

    Args:
        site: twisted.web's site around the resource.
        limits: The size of a request's head.
        body_size: That of its body.
        registry: The live connections; it adds and removes itself.
        deadlines: Who ends what takes too long.
    """

    transport: Any
    callLater: Any
    _networkProducer: Any

    def __init__(
        self,
        site: Site,
        limits: Limits,
        body_size: BodySize,
        registry: Registry,
        deadlines: AllDeadlines,
    ) -> None:
        """Set up what twisted.web's factory would."""
        super().__init__()
        self.site = self.factory = site
        self.requestFactory = PlainRequest
        self.timeOut = None
        self.callLater = site.reactor.callLater
        self.totalHeadersSize = self.MAX_LENGTH = limits.header_size
        self._registry = registry
        self._deadlines = deadlines
        self._clock: IReactorTime = site.reactor
        self._body_size = body_size
        self._room = 0
        self._deadline: Deadline | None = None
        self._stall: IDelayedCall | None = None
        self._over = False

    def begin(self, transport: Any, received: bytes) -> None:
        """Take over a transport with the request that came from it."""
        self._registry.add(self)
        take_over(transport, self)
        self.makeConnection(transport)
        self.dataReceived(received)

    def dataReceived(self, data: bytes) -> None:
        """Read the request."""
        if not self._over:
            super().dataReceived(data)

    def allHeadersReceived(self) -> None:
        """Know how large the body may be, and begin the time for it."""
        if self.length != 0:
            self._room = self._body_size(self.requests[-1])
            if (self.length or 0) > self._room:
                self._refuse_body()
                return
            self._deadline = self._deadlines.add(BODY_TIME, self._body_late)
        super().allHeadersReceived()

    def rawDataReceived(self, data: bytes) -> None:
        """Read a piece of the body."""
        if self._over:
            return
        self._room -= len(data)
        if self._room < -_CHUNKING and not self._handlingRequest:
            self._refuse_body()
        else:
            super().rawDataReceived(data)

    def allContentReceived(self) -> None:
        """Have the request answered."""
        self._cancel_deadline()
        if not self._over:
            super().allContentReceived()

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
        self._cancel_deadline()
        super().connectionLost(reason)

    def abort(self) -> None:
        """Drop the connection now."""
        self.transport.abortConnection()

    def _respondToBadRequestAndDisconnect(self) -> None:
        """Answer what twisted.web finds malformed in a body."""
        self._refuse(400, "Malformed request")

    def _refuse_body(self) -> None:
        self._refuse(413, "The request's body is too long")

    def _body_late(self) -> None:
        self._refuse(408, "The request took too long")

    def _refuse(self, status: int, reason: str) -> None:
        """Answer with an error, and leave."""
        self._cancel_deadline()
        self.transport.write(answer(status, reason))
        self.loseConnection()

    def _cancel_deadline(self) -> None:
        """Forget the time that was set for the body."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _cancel_stall(self) -> None:
        """Forget the time that was set for reading on."""
        if self._stall is not None and self._stall.active():
            self._stall.cancel()
        self._stall = None


def plain_site(root: IResource, reactor: Any) -> Site:
    """Give twisted.web's site around a resource."""
    # What forms send is parsed by nobody: twisted.web does so before anybody is asked, and takes its time.
    return Site(root, reactor=reactor, parsePOSTFormSubmission=False)
