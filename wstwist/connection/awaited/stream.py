# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802 - the names are Twisted's
"""The bytes of a network connection, awaited one read after the other."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IHandshakeListener, IOpenSSLClientConnectionCreator, IReactorTime
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from zope.interface import implementer

from wstwist.wire.lingering import take_over


@implementer(IHandshakeListener)
class Stream(Protocol):
    """A network connection while it is made: until something else takes over its transport."""

    transport: Any

    def __init__(self) -> None:
        """Begin without bytes."""
        self._received = b""
        self._lost: Failure | None = None
        self._reading: Deferred[bytes] | None = None
        self._securing: Deferred[None] | None = None

    def write(self, data: bytes) -> None:
        """Write bytes."""
        self.transport.write(data)

    def read(self) -> Deferred[bytes]:
        """Give what comes next; it fails with the reason where the connection is lost."""
        if self._received:
            data, self._received = self._received, b""
            return succeed(data)
        if self._lost is not None:
            return fail(self._lost)
        reading: Deferred[bytes] = Deferred()
        self._reading = reading
        return reading

    def secure(self, creator: IOpenSSLClientConnectionCreator, clock: IReactorTime) -> Deferred[None]:
        """Speak TLS from now on, which may be inside of TLS; it fires when the handshake is done."""
        if self._lost is not None:
            return fail(self._lost)
        transport = self.transport
        self._received = b""
        securing: Deferred[None] = Deferred()
        self._securing = securing
        tls = TLSMemoryBIOFactory(creator, True, Factory.forProtocol(lambda: self), clock).buildProtocol(None)
        take_over(transport, tls)
        tls.makeConnection(transport)
        return securing

    def abort(self) -> None:
        """Drop the connection."""
        if self._lost is None:
            self.transport.abortConnection()

    # What the transport tells.

    def handshakeCompleted(self) -> None:
        """Go on: the TLS handshake is done."""
        securing, self._securing = self._securing, None
        if securing is not None:
            securing.callback(None)

    def dataReceived(self, data: bytes) -> None:
        """Give the bytes to the one who waits, or keep them."""
        reading, self._reading = self._reading, None
        if reading is None:
            self._received += data
        else:
            reading.callback(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the one who waits."""
        self._lost = reason
        waiting = self._reading or self._securing
        self._reading = self._securing = None
        if waiting is not None:
            waiting.errback(reason)


class Streams(Factory):
    """Makes streams, and logs nothing."""

    noisy = False
    protocol = Stream
