# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""From an address to an open connection: name, TCP, proxy, TLS and opening handshake, all within a time."""

from __future__ import annotations

import socket
import ssl
from time import monotonic
from typing import Any

from wstwist import durations
from wstwist.connection.address import Address
from wstwist.connection.blocking.reasons import explain, in_words
from wstwist.connection.blocking.resolving import resolve
from wstwist.connection.blocking.stream import Stream
from wstwist.connection.blocking.tls import Layer, Versions, context_for
from wstwist.connection.blocking.waiting import wait_for
from wstwist.connection.handshake import Agreed, Handshake
from wstwist.connection.options import Options
from wstwist.connection.proxy import Proxy, Tunnel, find_proxy
from wstwist.exceptions import (
    CertificateRefused,
    ConnectError,
    ConnectionFailed,
    ConnectTimeout,
    HostNotFound,
)


class Dialing:
    """One attempt to connect; it begins when this is made.

    Args:
        address: Where to.
        options: How.
        versions: The least and the highest version of TLS to speak with the server; None: the usual ones.
    """

    def __init__(self, address: Address, options: Options, versions: Versions | None = None) -> None:
        """Know the way, and let the time begin."""
        self._address = address
        self._options = options
        self._end = monotonic() + options.connect_timeout
        self._phase = ""
        self._proxy = find_proxy(address, options.proxy)
        self._context = context_for(options, versions=versions) if address.secure else None
        self._layer: Layer | None = None  # the TLS whose other end we talk to
        self._early = b""  # what came together with the end of its handshake

    def dial(self) -> tuple[Stream, Agreed]:
        """Connect.

        Raises:
            ConnectError: There is no connection, and why.
        """
        try:
            stream = self._reach()
            try:
                return stream, self._open(stream)
            except BaseException:
                stream.close()
                raise
        except TimeoutError:
            limit = durations.describe(self._options.connect_timeout)
            raise ConnectTimeout(self._address.url, f"no connection within {limit}: {self._phase}") from None

    def _left(self) -> float:
        """Give the seconds that are left.

        Raises:
            TimeoutError: None are.
        """
        left = self._end - monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    # TCP.

    def _reach(self) -> Stream:
        """Connect to the server, or to the proxy on the way."""
        way = self._proxy or self._address
        try:
            return self._reach_one_of(self._find(way.host, way.port))
        except (HostNotFound, ConnectionFailed) as error:
            if self._proxy is None:
                raise
            raise Tunnel(self._proxy, self._address).refused(error.why) from None

    def _find(self, host: str, port: int) -> list[tuple[socket.AddressFamily, Any]]:
        """Give the host's addresses, each once."""
        self._phase = f"{host} is still being looked up"
        try:
            found = resolve(host, port, self._left())
        except TimeoutError:
            raise
        except OSError as error:
            raise HostNotFound(self._address.url, f"{host} is not found: {in_words(error)}") from None
        except UnicodeError:
            raise HostNotFound(self._address.url, f"{host} cannot be a host's name") from None
        except RuntimeError as error:  # the system gives no thread
            raise ConnectionFailed(self._address.url, f"{host} cannot be looked up: {error}") from None
        return list(dict.fromkeys((family, where) for family, _, _, _, where in found))

    def _reach_one_of(self, found: list[tuple[socket.AddressFamily, Any]]) -> Stream:
        """Try one address after the other; each has an equal part of the time that is left."""
        failures: list[str] = []
        for number, (family, where) in enumerate(found):
            name = f"{where[0]} port {where[1]}"
            self._phase = f"{name} does not answer"
            try:
                plain = _connect(family, where, self._left() / (len(found) - number))
                return Stream(plain, where[:2])
            except TimeoutError:
                failures.append(f"{name} does not answer")
            except OSError as error:
                failures.append(f"{name}: {in_words(error)}")
        self._left()
        raise ConnectionFailed(self._address.url, "; ".join(failures))

    # What follows on the connection.

    def _open(self, stream: Stream) -> Agreed:
        """Do everything that a new connection begins with."""
        if self._proxy is not None:
            self._pass(self._proxy, stream)
        if self._context is not None:
            self._phase = "the TLS handshake is not done"
            self._secure(stream, self._context, self._address.name)
        return self._shake_hands(stream)

    def _pass(self, proxy: Proxy, stream: Stream) -> None:
        """Get through a proxy."""
        self._phase = f"the proxy {proxy.url} does not answer"
        tunnel = Tunnel(proxy, self._address)
        if proxy.secure:
            self._secure_proxy(proxy, stream)
        stream.write(tunnel.request())
        while not tunnel.receive(data := self._read(stream)):
            if not data:
                raise tunnel.refused("it closes the connection without an answer")
        self._layer = None

    def _secure_proxy(self, proxy: Proxy, stream: Stream) -> None:
        try:
            self._secure(stream, context_for(self._options, to_proxy=True), proxy.host)
        except CertificateRefused as error:
            raise CertificateRefused(error.url, f"the proxy {proxy.url}: {error.why}") from None
        except ConnectError as error:
            raise Tunnel(proxy, self._address).refused(error.why) from None

    def _secure(self, stream: Stream, context: ssl.SSLContext, host: str) -> None:
        """Do a TLS handshake."""
        try:
            shows_ours = context is self._context and self._options.certificate is not None
            layer = self._layer = Layer(context, host, shows_ours=shows_ours)
        except ValueError:
            raise HostNotFound(self._address.url, f"{host} cannot be a host's name") from None
        stream.add(layer)
        while not layer.is_open:
            self._wait(stream)
            self._early = stream.read()
            if stream.is_over and not layer.is_open:
                raise self._failed(stream)

    def _shake_hands(self, stream: Stream) -> Agreed:
        """Do the opening handshake."""
        self._phase = "the server does not answer the opening handshake"
        options = self._options
        handshake = Handshake(
            self._address, options.protocols, options.request_headers(), compress=options.compress
        )
        stream.write(handshake.request())
        while True:
            data = self._read(stream)
            if not data:
                is_asked = self._layer is not None and self._layer.is_asked
                raise self._failed(stream) if stream.error or is_asked else handshake.ended()
            agreed = handshake.receive(data)
            if agreed is not None:
                return agreed

    def _failed(self, stream: Stream) -> ConnectError:
        """Say why a stream is over."""
        url, error, layer = self._address.url, stream.error, self._layer
        if layer is not None and (isinstance(error, ssl.SSLError) or layer.is_asked or not layer.is_open):
            return explain(url, error, layer)
        return ConnectionFailed(url, f"the connection was lost before it was open: {in_words(error)}")

    def _read(self, stream: Stream) -> bytes:
        """Wait for bytes; none: it is over."""
        data, self._early = self._early, b""
        while not data and not stream.is_over:
            self._wait(stream)
            data = stream.read()
        return data

    def _wait(self, stream: Stream) -> None:
        """Wait for something to read, and send what waits meanwhile."""
        while not wait_for(stream.socket, self._left(), to_write=stream.waiting > 0):
            self._left()
        stream.flush()


def _connect(family: socket.AddressFamily, where: Any, seconds: float) -> socket.socket:
    """Connect to an address."""
    plain = socket.socket(family, socket.SOCK_STREAM)
    try:
        plain.settimeout(seconds)
        plain.connect(where)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except BaseException:
        plain.close()
        raise
    return plain
