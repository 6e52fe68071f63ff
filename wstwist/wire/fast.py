# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802 - the names are Twisted's
"""A connection on aiofastnet's compiled transports, which its protocol sees as one of Twisted's.

One object is both: what aiofastnet calls, as it would an ``asyncio.BufferedProtocol``, and the transport of
the protocol in charge. So a read costs one call of a bound method, and a write another.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from OpenSSL.crypto import FILETYPE_ASN1, X509, load_certificate
from twisted.internet._producer_helpers import _PullToPush  # what Twisted itself does for TLS
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import (
    IConsumer,
    IHalfCloseableProtocol,
    INegotiated,
    IPushProducer,
    ISSLTransport,
    ISystemHandle,
    ITCPTransport,
)
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import classImplements

BUFFER_SIZE = 256 * 1024
"""Bytes that are read at once, at most."""

# All connections read into this one: what was read is used up before anything else is read.
_BUFFER = bytearray(BUFFER_SIZE)
_WHOLE = memoryview(_BUFFER)

# SO_LINGER on, with no time: a socket that is closed so is reset.
_RESET = struct.pack("ii", 1, 0)

# How many parts the system's name of a socket has.
_SIZE_OF_IPV4 = 2

_DONE = Failure(ConnectionDone())
_LOST = Failure(ConnectionLost())
_ABORTED = Failure(ConnectionAborted())

_log = Logger(namespace="wstwist.wire")


def _ignore(*_data: object) -> None:
    """Take what is written, or was read, after the end."""


class FastTransport:
    """A TCP connection.

    What is read goes to the protocol's ``bufferReceived(buffer, size)``, where it has such a method: so many
    bytes of a buffer that all connections read into, and which are there during the call only. Other
    protocols get bytes in ``dataReceived``.

    Args:
        arrivals: Where it came from; see `wstwist.wire.fast_port.Arrivals`.
        address: The peer's.

    Attributes:
        connected: Whether the protocol was told of the connection, and not yet of its end.
        disconnecting: Whether it is ending, as soon as what was written has left.
        protocol: The protocol in charge, which may be replaced at any time; None when all is over.
    """

    takes_views = True
    """Whether `writeSequence` takes memoryviews as well."""

    __slots__ = (
        "_address",
        "_arrivals",
        "_deliver",
        "_is_full",
        "_is_heard",
        "_is_paused",
        "_is_pulled",
        "_is_read_to_end",
        "_is_reset",
        "_is_shutting",
        "_producer",
        "_protocol",
        "_reason",
        "_socket",
        "_takes_buffers",
        "_transport",
        "_write",
        "connected",
        "disconnecting",
    )

    def __init__(self, arrivals: Any, address: IPv4Address | IPv6Address) -> None:
        """Wait for its socket."""
        self._arrivals = arrivals
        self._address = address
        self._socket: Any = None
        self._transport: Any = None
        self._write: Any = _ignore
        self._deliver: Any = _ignore
        self._protocol: Any = None
        self._takes_buffers = True
        self._producer: Any = None
        self._reason: Failure | None = None
        self._is_paused = False  # the producer, because the buffer was full
        self._is_pulled = False  # the producer is a pull producer
        self._is_full = False
        self._is_shutting = False  # our half is to be shut
        self._is_read_to_end = False
        self._is_heard = False  # something came since the last look for a reset
        self._is_reset = False
        self.connected = False
        self.disconnecting = False

    @property
    def protocol(self) -> Any:
        """The protocol in charge."""
        return self._protocol

    @protocol.setter
    def protocol(self, protocol: Any) -> None:
        self._protocol = protocol
        if self.disconnecting:
            return
        deliver = getattr(protocol, "bufferReceived", None)
        self._takes_buffers = deliver is not None
        self._deliver = protocol.dataReceived if deliver is None else deliver

    # What is called when a connection has come: by Twisted's port, then by aiofastnet.

    def makeConnection(self, arrived: socket.socket) -> None:
        """Have aiofastnet take a socket that has just been accepted."""
        self._socket = arrived
        self._arrivals.take(self, arrived)

    def connection_made(self, transport: Any) -> None:
        """Begin, with a protocol of the factory."""
        self._transport = transport
        self._write = transport.write_nocheck
        try:
            protocol = self._arrivals.build(self._address)
            if protocol is None:
                transport.abort()
                return
            self.connected = True
            self.protocol = protocol
            protocol.makeConnection(self)
        except BaseException:  # noqa: BLE001 - whatever it is, it ends this connection only
            self._fail()

    # Reading, as aiofastnet calls it.

    def is_buffered_protocol(self) -> bool:
        """Say that it has a buffer to read into."""
        return True

    def get_buffer(self, _size: int) -> bytearray:
        """Give the buffer to read into."""
        return _BUFFER

    def buffer_updated(self, size: int) -> None:
        """Give the protocol what was read."""
        if not self._is_heard:
            self._is_heard = True
            self._arrivals.heard(self)
        try:
            if self._takes_buffers:
                self._deliver(_BUFFER, size)
            else:
                self._deliver(bytes(_WHOLE[:size]))
        except BaseException:  # noqa: BLE001 - likewise
            self._fail()

    def eof_received(self) -> bool:
        """Know that the peer sends no more; True: what is written still goes to it."""
        self._is_read_to_end = True
        try:
            if not self._is_reset and IHalfCloseableProtocol.providedBy(self._protocol):
                self._protocol.readConnectionLost()
                return True
        except BaseException:  # noqa: BLE001 - likewise
            self._fail()
        else:
            self._drop(_LOST if self._is_reset else _DONE)
        return False

    def look_for_reset(self) -> None:
        """See whether the peer has reset the connection without the event loop's knowing of it."""
        self._is_heard = False
        # Asking for the error clears it: what is left can be read then, and the end of it.
        if not self._is_readable() or not self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            return
        self._is_reset = True
        if self._transport.is_reading():
            self._transport.pause_reading()
            self._transport.resume_reading()

    # Writing.

    def write(self, data: bytes) -> None:
        """Send bytes; nothing happens when the connection is over.

        That may be known to aiofastnet before we are told, and it would log what is written meanwhile.
        """
        if not isinstance(data, bytes):
            raise TypeError("Data must be bytes")
        if not self._transport.is_closing():
            self._write(data)

    def writeSequence(self, data: Iterable[bytes | memoryview]) -> None:
        """Send several pieces with one call of the system."""
        pieces = list(data)
        for piece in pieces:
            if not isinstance(piece, (bytes, memoryview)):
                raise TypeError("Data must be bytes")
        if self._write is not _ignore and not self._transport.is_closing():
            self._transport.writelines_nocheck(pieces)

    def pause_writing(self) -> None:
        """Know that more is written than the peer reads."""
        self._is_full = True
        if self._producer is not None:
            self._pause_producer()

    def resume_writing(self) -> None:
        """Know that most of what was written has left."""
        self._is_full = False
        try:
            if self._is_paused:
                self._is_paused = False
                self._producer.resumeProducing()
        except BaseException:  # noqa: BLE001 - likewise
            self._fail()
        self._go_on_ending()

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Have a push producer paused while the peer does not read, or ask a pull producer for data."""
        if self._producer is not None:
            raise RuntimeError(f"{producer!r} cannot be registered: there is {self._producer!r}")
        if not self.connected:
            producer.stopProducing()
            return
        self._is_pulled = not streaming
        self._producer = _PullToPush(producer, self) if self._is_pulled else producer
        if self._is_pulled:
            self._producer.startStreaming()
        if self._is_full:
            self._pause_producer()

    def unregisterProducer(self) -> None:
        """Forget the producer; what waited for its end goes on."""
        producer, self._producer = self._producer, None
        self._is_paused = False
        if producer is not None and self._is_pulled:
            producer.stopStreaming()
        self._go_on_ending()

    def _pause_producer(self) -> None:
        """Have the producer wait."""
        if self._is_paused:
            return
        self._is_paused = True
        try:
            self._producer.pauseProducing()
        except BaseException:  # noqa: BLE001 - likewise
            self._fail()

    # The end.

    def loseConnection(self) -> None:
        """End the connection when what is written has left, and what a producer wants to add, too."""
        if not self.connected or self.disconnecting:
            return
        self._stop_delivering()
        if self._is_feeding():
            self._transport.pause_reading()
        self._go_on_ending()

    def loseWriteConnection(self) -> None:
        """Shut our half when what is written has left; the protocol may want to know of it."""
        if not self.connected or self.disconnecting or self._is_shutting:
            return
        self._is_shutting = True
        if self._transport.get_write_buffer_size():
            self._transport.set_write_buffer_limits(0)
        else:
            self._arrivals.call_soon(self._go_on_ending)

    def abortConnection(self) -> None:
        """Reset the connection."""
        if not self.connected or self._reason is _ABORTED:
            return
        with suppress(OSError):  # some systems refuse it for a socket that is not connected any more
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._drop(_ABORTED)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell the protocol, and let go of everything."""
        protocol, self._protocol = self._protocol, None
        producer, self._producer = self._producer, None
        reason = self._reason or (_DONE if self._is_clean(error) else _LOST)
        self.connected = False
        self._stop_delivering()
        self._write = _ignore
        try:
            if producer is not None:
                producer.stopProducing()
        except BaseException:  # noqa: BLE001 - likewise
            self._fail()
        try:
            if protocol is not None:
                protocol.connectionLost(reason)
        except BaseException:  # noqa: BLE001 - likewise
            self._fail()

    def _is_clean(self, error: Exception | None) -> bool:
        """Whether an end is one that was asked for."""
        return error is None

    def _is_feeding(self) -> bool:
        """Whether a producer has more for a connection that is ending."""
        return self._producer is not None and (self._is_paused or self._is_pulled)

    def _is_readable(self) -> bool:
        """Whether there may be more to read."""
        is_over = not self.connected or self.disconnecting or self._is_read_to_end
        return not is_over and not self._transport.is_closing()

    def _stop_delivering(self) -> None:
        """Give the protocol nothing more."""
        self.disconnecting = True
        self._deliver = _ignore
        self._takes_buffers = True

    def _go_on_ending(self) -> None:
        """Take the next step of an end that has begun, where nothing is to be waited for."""
        if not self.connected or self._is_feeding():
            return
        if self.disconnecting:
            self._write = _ignore
            self._transport.close()
        elif self._is_shutting and self._write is not _ignore and not self._transport.get_write_buffer_size():
            self._shut()

    def _shut(self) -> None:
        """Shut our half."""
        self._write = _ignore
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            return  # the peer has reset the connection, of which the reading tells
        try:
            if IHalfCloseableProtocol.providedBy(self._protocol):
                self._protocol.writeConnectionLost()
        except BaseException:  # noqa: BLE001 - likewise
            self._fail()

    def _drop(self, reason: Failure) -> None:
        """End the connection now; what has not left yet is lost."""
        self._reason = reason
        self._stop_delivering()
        self._write = _ignore
        self._transport.abort()

    def _fail(self) -> None:
        """End the connection whose protocol has met an error."""
        failure = Failure()
        _log.failure("{peer}: a connection is dropped", failure, peer=self._address)
        if self._transport is not None:
            self._drop(failure)

    # The rest of an ITCPTransport and an IPushProducer.

    def pauseProducing(self) -> None:
        """Read no more."""
        if self._is_readable():
            self._transport.pause_reading()

    def resumeProducing(self) -> None:
        """Read on."""
        if self._is_readable():
            self._transport.resume_reading()

    def stopProducing(self) -> None:
        """End the connection."""
        self.loseConnection()

    def getPeer(self) -> IPv4Address | IPv6Address:
        """Give the peer's address."""
        return self._address

    def getHost(self) -> IPv4Address | IPv6Address:
        """Give our address."""
        name = self._transport.get_extra_info("sockname")
        return (IPv4Address if len(name) == _SIZE_OF_IPV4 else IPv6Address)("TCP", *name)

    def getHandle(self) -> Any:
        """Give the socket."""
        return self._socket

    def getTcpNoDelay(self) -> bool:
        """Whether small pieces leave at once."""
        return bool(self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    def setTcpNoDelay(self, enabled: bool) -> None:
        """Have small pieces leave at once, as they do from the beginning; or not."""
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, enabled)

    def getTcpKeepAlive(self) -> bool:
        """Whether the system asks a silent peer for signs of life."""
        return bool(self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))

    def setTcpKeepAlive(self, enabled: bool) -> None:
        """Have the system ask a silent peer for signs of life, or not."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, enabled)


class FastTlsTransport(FastTransport):
    """A TLS connection, whose protocol is told of it when the handshake is done."""

    __slots__ = ()

    @property
    def negotiatedProtocol(self) -> bytes | None:
        """The protocol that was chosen in ALPN (RFC 7301), if any."""
        name = self._tls().selected_alpn_protocol()
        return None if name is None else name.encode("ascii")

    def getPeerCertificate(self) -> X509 | None:
        """Give the peer's certificate, if it had to show one."""
        encoded = self._tls().getpeercert(True)
        return load_certificate(FILETYPE_ASN1, encoded) if encoded else None

    def eof_received(self) -> bool:
        """Know that the peer has closed TLS; aiofastnet answers, and ends the connection."""
        self._is_read_to_end = True
        self._stop_delivering()
        self._write = _ignore
        return False

    def loseConnection(self) -> None:
        """End the connection when what is written has left, and no producer is left."""
        if not self.connected or self.disconnecting:
            return
        if self._is_readable():
            self._transport.resume_reading()  # or the peer's end would not be seen
        self._stop_delivering()
        self._go_on_ending()

    def loseWriteConnection(self) -> None:
        """End the connection: TLS has no halves that could be shut."""
        self.loseConnection()

    def resumeProducing(self) -> None:
        """Read on, beginning with what TLS has read already.

        aiofastnet 1.2 looks at that when something new comes, and not before.
        """
        if self._is_readable() and not self._transport.is_reading():
            self._transport.resume_reading()
            self._arrivals.call_soon(self._transport._retry_ssl_read)

    def _is_clean(self, error: Exception | None) -> bool:
        """Whether either side has closed TLS; an end without that may be anybody's doing."""
        return error is None and self.disconnecting

    def _is_feeding(self) -> bool:
        """Whether there is a producer."""
        return self._producer is not None

    def _tls(self) -> Any:
        """Give the connection's TLS, as the ``ssl`` module shows it."""
        return self._transport.get_extra_info("ssl_object")


classImplements(FastTransport, ITCPTransport, IConsumer, IPushProducer, ISystemHandle)
classImplements(FastTlsTransport, ISSLTransport, INegotiated)
