# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802, N803 - the names are Twisted's
"""Ports behind a proxy that says who the client is, in the PROXY protocol: ``haproxy:`` endpoints."""

from __future__ import annotations

import socket
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IListeningPort,
    ILoggingContext,
    IProtocolFactory,
    IStreamServerEndpoint,
)
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from wstwist.wire.fast_port import Arrivals
from wstwist.wire.lingering import take_over
from wstwist.wire.proxied import LONGEST, BadHeader, Header, Source
from wstwist.wire.unbegun import handshake_time, tell

LATE = "no header came in time"
"""Why a connection is dropped that says too little."""


@implementer(IStreamServerEndpoint)
class ProxiedEndpoint:
    """Reads the header of what another endpoint accepts, on Twisted's transports.

    Args:
        reactor: An `IReactorTime`.
        endpoint: The other one.
    """

    def __init__(self, reactor: Any, endpoint: IStreamServerEndpoint) -> None:
        """Keep what is needed to listen."""
        self._reactor = reactor
        self._endpoint = endpoint

    def listen(self, protocolFactory: IProtocolFactory) -> Deferred[IListeningPort]:
        """Listen."""
        listening: Deferred[IListeningPort] = self._endpoint.listen(_Factory(protocolFactory, self._reactor))
        return listening


@implementer(IProtocolFactory, ILoggingContext)
class _Factory:
    """Puts the reading of the header before every connection.

    Attributes:
        wrapped: The factory of what follows.
        reactor: An `IReactorTime`.
        waiting: What reads headers.
    """

    def __init__(self, wrapped: Any, reactor: Any) -> None:
        """Keep both."""
        self.wrapped = wrapped
        self.reactor = reactor
        self.waiting: set[_Reader] = set()
        self.doStart = wrapped.doStart

    def doStop(self) -> None:
        """Drop what is no connection yet, and tell the wrapped factory that the port has stopped."""
        for reader in list(self.waiting):
            reader.drop()
        self.wrapped.doStop()

    def logPrefix(self) -> str:
        """Give the factory's name for the log."""
        named = ILoggingContext.providedBy(self.wrapped)
        return f"{self.wrapped.logPrefix() if named else type(self.wrapped).__name__} (PROXY)"

    def buildProtocol(self, _address: object) -> Protocol:
        """Give what reads the header."""
        return _Reader(self)


class _Reader(Protocol):
    """Reads the header of one connection, and gives its transport to a protocol of the wrapped factory."""

    transport: Any

    def __init__(self, factory: _Factory) -> None:
        """Begin with nothing received."""
        self._factory = factory
        self._header = Header()

    def connectionMade(self) -> None:
        """Begin the time that a proxy has for its header."""
        self._factory.waiting.add(self)
        seconds = handshake_time(self._factory.wrapped)
        self._deadline = self._factory.reactor.callLater(seconds, self._complain, LATE)

    def dataReceived(self, data: bytes) -> None:
        """Take more of the header, and what stands behind it."""
        try:
            used = self._header.feed(data)
        except BadHeader as error:
            self._complain(str(error))
            return
        if self._header.is_whole:
            self._leave()
            self._hand_on(self._header.source, data[used:])

    def connectionLost(self, reason: Failure = connectionDone) -> None:  # noqa: ARG002 - IProtocol's name
        """Forget a proxy that went before its header was whole."""
        self._leave()

    def drop(self) -> None:
        """Drop the connection."""
        self._leave()
        self.transport.abortConnection()

    def _hand_on(self, source: Source, rest: bytes) -> None:
        transport = self.transport
        if source is not None:
            transport.getPeer = lambda: source
        protocol = self._factory.wrapped.buildProtocol(transport.getPeer())
        if protocol is None:
            transport.abortConnection()
            return
        take_over(transport, protocol)
        protocol.makeConnection(transport)
        if rest:
            protocol.dataReceived(rest)

    def _complain(self, why: str) -> None:
        _tell(self._factory.wrapped, self.transport.getPeer(), why)
        self.drop()

    def _leave(self) -> None:
        """Wait no longer."""
        self._factory.waiting.discard(self)
        if self._deadline.active():
            self._deadline.cancel()


class ProxiedArrivals(Arrivals):
    """What a port has accepted, until its header is read and aiofastnet takes it."""

    def __init__(self, factory: Any, loop: Any, tls: Any) -> None:
        """Begin with nothing accepted."""
        super().__init__(factory, loop, tls)
        self.factory = factory
        self.loop = loop
        self.waiting: set[_SocketReader] = set()

    def buildProtocol(self, addr: Any) -> Any:
        """Give what takes the socket in its ``makeConnection``."""
        return _SocketReader(self, addr)

    def drop(self) -> None:
        """Drop what is no connection yet."""
        for reader in list(self.waiting):
            reader.drop()
        super().drop()

    def pass_on(self, address: Any, accepted: socket.socket) -> None:
        """Have aiofastnet take a socket whose header is read."""
        super().buildProtocol(address).makeConnection(accepted)


class _SocketReader:
    """Reads the header of one connection from its socket, and no byte behind it.

    Args:
        arrivals: Where it came from, and goes to.
        address: The proxy's.
    """

    def __init__(self, arrivals: ProxiedArrivals, address: Any) -> None:
        """Begin with nothing received."""
        self._arrivals = arrivals
        self._address = address
        self._header = Header()
        self._socket: Any = None

    def makeConnection(self, accepted: socket.socket) -> None:
        """Wait for the header: it may be there already."""
        self._socket = accepted
        accepted.setblocking(False)
        arrivals = self._arrivals
        arrivals.waiting.add(self)
        seconds = handshake_time(arrivals.factory)
        self._deadline = arrivals.loop.call_later(seconds, self._complain, LATE)
        arrivals.loop.add_reader(accepted, self._read)

    def drop(self) -> None:
        """Drop the connection."""
        self._leave()
        self._socket.close()

    def _read(self) -> None:
        """Take more of the header: look at what there is, then read what belongs to it."""
        try:
            seen = self._socket.recv(LONGEST, socket.MSG_PEEK)
            used = self._header.feed(seen)
            self._socket.recv(used)
        except (BlockingIOError, InterruptedError):
            return
        except BadHeader as error:
            self._complain(str(error))
            return
        except OSError:
            seen = b""
        if not seen:  # the proxy has gone
            self.drop()
        elif self._header.is_whole:
            self._leave()
            self._arrivals.pass_on(self._header.source or self._address, self._socket)

    def _complain(self, why: str) -> None:
        _tell(self._arrivals.factory, self._address, why)
        self.drop()

    def _leave(self) -> None:
        """Wait no longer."""
        self._arrivals.waiting.discard(self)
        self._deadline.cancel()
        self._arrivals.loop.remove_reader(self._socket)


def _tell(factory: Any, peer: object, why: str) -> None:
    """Tell of a connection without a header."""
    tell(
        factory,
        "refused_proxy_header",
        peer,
        f"{why}; only proxies that send the PROXY protocol may come here",
    )
