# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""From an address to an open connection: name, TCP, proxy, TLS and opening handshake, all within a time."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple, cast

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import HostnameEndpoint, TCP6ClientEndpoint
from twisted.internet.error import ConnectionDone

from wstwist import durations
from wstwist.connection.address import Address, can_be_a_host
from wstwist.connection.awaited.reasons import in_words, insecure, unreachable
from wstwist.connection.awaited.stream import Stream, Streams
from wstwist.connection.awaited.trust import Examination, Trust
from wstwist.connection.handshake import Agreed, Handshake
from wstwist.connection.options import Options
from wstwist.connection.proxy import Proxy, Tunnel, find_proxy
from wstwist.exceptions import (
    CertificateRefused,
    ConnectError,
    ConnectionFailed,
    ConnectTimeout,
    HostNotFound,
    NotWebSocket,
)


class Reached(NamedTuple):
    """A server that has accepted a connection.

    Attributes:
        transport: The way to it.
        agreed: What it has agreed to.
    """

    transport: Any
    agreed: Agreed


class Dialer:
    """Makes connections to an address.

    Args:
        reactor: Twisted's.
        address: Where to.
        options: How.
    """

    def __init__(self, reactor: Any, address: Address, options: Options) -> None:
        """Keep all of it; files are read when they are needed, once."""
        self._reactor = reactor
        self._address = address
        self._options = options

    def dial(self) -> Deferred[Reached]:
        """Try once. Cancelled or failed, it leaves no socket and no timer.

        What it fails with is a `ConnectError`, or a `ConfigurationError` where a file cannot be used.
        """
        call = _Call(self)
        limit = self._options.connect_timeout
        return Deferred.fromCoroutine(call.make()).addTimeout(limit, self._reactor, call.too_late)

    @cached_property
    def trust(self) -> Trust:
        """Which servers are trusted."""
        return Trust(self._options)

    @cached_property
    def trust_for_proxy(self) -> Trust:
        """Which proxies are trusted."""
        return Trust(self._options, is_for_proxy=True)


class _Call:
    """One attempt."""

    def __init__(self, dialer: Dialer) -> None:
        """Keep whose it is."""
        self._reactor = dialer._reactor
        self._address = dialer._address
        self._options = dialer._options
        self._dialer = dialer
        self._phase = ""
        self._examination: Examination | None = None  # of the TLS whose other end we talk to

    def too_late(self, _: object, limit: float) -> Any:
        """Say what the time was lost with.

        Raises:
            ConnectTimeout: Always.
        """
        why = f"no connection within {durations.describe(limit)}: {self._phase}"
        raise ConnectTimeout(self._address.url, why) from None

    async def make(self) -> Reached:
        """Make the attempt."""
        proxy = find_proxy(self._address, self._options.proxy)
        stream = await self._reach(proxy)
        try:
            if proxy is not None:
                await self._pass(proxy, stream)
            if self._address.secure:
                await self._secure(stream, self._dialer.trust, self._address.name)
            return Reached(stream.transport, await self._shake_hands(stream))
        except BaseException:
            stream.abort()
            raise

    async def _reach(self, proxy: Proxy | None) -> Stream:
        """Connect to the server, or to the proxy on the way."""
        way = proxy or self._address
        for host in (self._address.host, way.host):
            if not can_be_a_host(host):
                raise self._unreachable(
                    proxy, HostNotFound(self._address.url, f"{host} cannot be a host's name")
                )
        name = f"{way.host}:{way.port}"
        self._phase = f"{name} does not answer"
        kind = TCP6ClientEndpoint if "%" in way.host else _Endpoint  # that one would lose the zone
        endpoint = kind(self._reactor, way.host, way.port, timeout=self._options.connect_timeout)
        try:
            stream = await _cancellable(endpoint.connect(Streams()))
        except CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - resolvers raise what they like
            raise self._unreachable(proxy, unreachable(self._address.url, name, error)) from None
        return cast("Stream", stream)

    def _unreachable(self, proxy: Proxy | None, error: ConnectError) -> ConnectError:
        """Say that it is the proxy's trouble, where there is one."""
        return error if proxy is None else Tunnel(proxy, self._address).refused(error.why)

    async def _pass(self, proxy: Proxy, stream: Stream) -> None:
        """Get through a proxy."""
        self._phase = f"the proxy {proxy.url} does not answer"
        tunnel = Tunnel(proxy, self._address)
        try:
            if proxy.secure:
                await self._secure(stream, self._dialer.trust_for_proxy, proxy.host)
            stream.write(tunnel.request())
            while not tunnel.receive(data := await self._read(stream)):
                if not data:
                    raise tunnel.refused("it closes the connection without an answer")
        except CertificateRefused as error:
            raise CertificateRefused(error.url, f"the proxy {proxy.url}: {error.why}") from None
        except (ConnectionFailed, NotWebSocket) as error:
            raise tunnel.refused(error.why) from None
        self._examination = None

    async def _secure(self, stream: Stream, trust: Trust, host: str) -> None:
        """Do a TLS handshake."""
        self._phase = f"the TLS handshake with {host} is not done"
        self._examination = examination = trust.examine(host)
        try:
            await stream.secure(examination, self._reactor)
        except CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - what a transport was lost with
            raise self._lost(error) from None
        examination.is_done = True

    async def _shake_hands(self, stream: Stream) -> Agreed:
        """Do the opening handshake."""
        self._phase = "the server does not answer the opening handshake"
        options = self._options
        handshake = Handshake(
            self._address, options.protocols, options.request_headers(), compress=options.compress
        )
        stream.write(handshake.request())
        while True:
            data = await self._read(stream)
            if not data:
                raise handshake.ended()
            agreed = handshake.receive(data)
            if agreed is not None:
                return agreed

    async def _read(self, stream: Stream) -> bytes:
        """Give what comes next; nothing: the other side has closed the connection."""
        try:
            return await stream.read()
        except CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - what a transport was lost with
            if isinstance(error, ConnectionDone) and not self._is_asked_for_ours():
                return b""
            raise self._lost(error) from None

    def _is_asked_for_ours(self) -> bool:
        """Whether the server has asked for a certificate of ours: then that may be why it goes."""
        return self._examination is not None and self._examination.is_asked

    def _lost(self, error: Exception) -> ConnectError:
        if self._examination is not None:
            return insecure(self._address.url, error, self._examination)
        why = f"the connection was lost before it was open: {in_words(error)}"
        return ConnectionFailed(self._address.url, why)


class _Endpoint(HostnameEndpoint):
    """Twisted's endpoint: all addresses of a name, one shortly after the other, and the first to answer."""

    @staticmethod
    def _hostAsBytesAndText(host: bytes | str) -> tuple[bool, bytes, str]:  # noqa: N802 - Twisted's name
        """Take the name as `parse_url` gives it: Twisted would refuse an underscore."""
        text = host if isinstance(host, str) else host.decode("ascii")
        return False, text.encode("ascii"), text


def _cancellable(connecting: Deferred[Any]) -> Deferred[Any]:
    """Give a Deferred that tells when it is cancelled; Twisted's endpoint says that the name is not found."""

    def cancel(waiting: Deferred[Any]) -> None:
        waiting.errback(CancelledError())
        connecting.cancel()

    def done(result: Any) -> None:
        if not waiting.called:
            waiting.callback(result)
        elif isinstance(result, Stream):
            result.abort()

    waiting: Deferred[Any] = Deferred(cancel)
    connecting.addBoth(done)
    return waiting
