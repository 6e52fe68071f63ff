# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802 - the names are Twisted's
"""TLS of a port: settings that can be exchanged while it listens, and TLS on Twisted's own transports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from OpenSSL import SSL
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IListeningPort,
    IOpenSSLServerConnectionCreator,
    IProtocolFactory,
    IStreamServerEndpoint,
)
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.protocols.tls import BufferingTLSTransport, TLSMemoryBIOFactory
from twisted.python.failure import Failure
from zope.interface import implementer

from wstwist.exceptions import ConfigurationError
from wstwist.wire.unbegun import tell, why_tls

PARTING_TIME = 1.0
"""Seconds for a client whose TLS handshake has failed to read why."""


_log = Logger(namespace="wstwist.wire")


class Settings(Protocol):
    """What a port's settings can do; `wstwist.wire.certificates.TlsSettings` are such."""

    def for_twisted(self) -> Any:
        """Give them as Twisted's transports want them."""

    def for_asyncio(self, factory: object = None) -> Any:
        """Give them as aiofastnet's transports want them."""

    def reread(self) -> Settings:
        """Read the files again."""

    def fault(self) -> str:
        """Say why clients will not take the certificate now, if that is so."""


class Fresh(NamedTuple):
    """Settings that could be exchanged for those in use.

    Attributes:
        settings: The settings.
        context: What the port's library has made of them, None as long as it does not listen.
    """

    settings: Any
    context: Any


class ServedTls:
    """The TLS of one port.

    Args:
        settings: The first settings.

    Attributes:
        settings: Those that hold for new connections.
        context: What the library that is in use has made of them.
    """

    def __init__(self, settings: Settings) -> None:
        """Begin without a library."""
        self.settings: Any = settings
        self.context: Any = None
        self._make: Callable[[Any], Any] | None = None

    def begin(self, make: Callable[[Any], Any]) -> None:
        """Begin to listen, with a library that makes its own of settings."""
        warn_of(self.settings)
        self._make = make
        self.context = make(self.settings)

    def prepare(self, settings: Settings | None = None) -> Fresh:
        """Make ready what `exchange` takes; nothing changes yet.

        Args:
            settings: The new ones; None: the files of those in use are read again.

        Raises:
            ConfigurationError: A file cannot be used; or the certificate is expired or not valid yet, and the
                one in use is neither.
        """
        fresh = self.settings.reread() if settings is None else settings
        fault = fresh.fault()
        if fault and not self.settings.fault():
            raise ConfigurationError(fault)
        warn_of(fresh)
        return Fresh(fresh, None if self._make is None else self._make(fresh))

    def exchange(self, fresh: Fresh) -> None:
        """Use other settings for new connections; those that are open keep theirs."""
        self.settings, self.context = fresh


def warn_of(settings: Settings) -> None:
    """Log that clients will not take the certificate, if that is so."""
    fault = settings.fault()
    if fault:
        _log.warn("TLS: {fault}; clients will refuse it", fault=fault)


@implementer(IOpenSSLServerConnectionCreator)
class _Current:
    """Makes each connection with the settings of its moment."""

    def __init__(self, tls: ServedTls) -> None:
        """Use the settings through pyOpenSSL."""
        self._tls = tls
        tls.begin(lambda settings: settings.for_twisted())

    def serverConnectionForTLS(self, protocol: Any) -> SSL.Connection:
        """Make one."""
        connection: SSL.Connection = self._tls.context.serverConnectionForTLS(protocol)
        return connection


@implementer(IStreamServerEndpoint)
class TlsEndpoint:
    """Puts TLS, on Twisted's transports, over what another endpoint accepts.

    Args:
        reactor: An `IReactorTime`.
        endpoint: The other one.
        tls: The settings, as a `ServedTls` or one of Twisted's context factories.

    Attributes:
        tls: The settings, if they can be exchanged.
    """

    def __init__(self, reactor: Any, endpoint: IStreamServerEndpoint, tls: Any) -> None:
        """Keep what is needed to listen."""
        self._reactor = reactor
        self._endpoint = endpoint
        self._port = getattr(endpoint, "_port", None)  # as Twisted's own endpoints have it
        self._given = tls
        self.tls = tls if isinstance(tls, ServedTls) else None

    def over(self, wrap: Callable[[IStreamServerEndpoint], IStreamServerEndpoint]) -> TlsEndpoint:
        """Give the same, with something between TLS and what is accepted."""
        return TlsEndpoint(self._reactor, wrap(self._endpoint), self._given)

    def listen(self, protocolFactory: IProtocolFactory) -> Deferred[IListeningPort]:  # noqa: N803
        """Listen."""
        creator = self._given if self.tls is None else _Current(self.tls)
        factory = _Factory(creator, False, protocolFactory, self._reactor)
        listening: Deferred[IListeningPort] = self._endpoint.listen(factory)
        return listening.addCallback(_call_it_tls)


class _Transport(BufferingTLSTransport):
    """TLS over one of Twisted's transports, which lets a client read why its handshake has failed.

    Twisted would close the socket at once. Where the client has sent more by then, that resets the
    connection, and the reset may destroy the alert (see `wstwist.wire.lingering`).
    """

    transport: Any
    _parting: Any = None
    _is_gone = False

    def _tlsShutdownFinished(self, reason: Failure | None) -> None:
        if self._handshakeDone or self._aborted or self._is_gone or reason is None:
            super()._tlsShutdownFinished(reason)  # type: ignore[no-untyped-call] # Twisted's
            return
        why = why_tls(reason.value)
        if why is not None:
            tell(self.factory.wrappedFactory, "refused_tls", self.transport.getPeer(), f"TLS: {why}")
        self._reason = reason
        self._lostTLSConnection = True
        self.dataReceived = _ignore  # type: ignore[method-assign] # what still comes means nothing
        self._flushSendBIO()  # type: ignore[no-untyped-call]
        self.transport.loseWriteConnection()
        self._parting = self.factory._clock.callLater(PARTING_TIME, self.transport.abortConnection)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Learn that the connection is over."""
        self._is_gone = True
        if self._parting is not None and self._parting.active():
            self._parting.cancel()
        super().connectionLost(reason)


class _Factory(TLSMemoryBIOFactory):
    """Makes these transports."""

    protocol = _Transport


def _ignore(_data: bytes) -> None:
    """Throw away what comes after the end."""


def _call_it_tls(port: Any) -> Any:
    """Have Twisted's log call the port what it is, as `listenSSL` does."""
    port._type = "TLS"
    return port
