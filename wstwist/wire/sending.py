# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802 - the names are Twisted's
"""The way out of a connection: frames while the transport takes them, whole messages while it does not."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IPushProducer, IReactorTime
from zope.interface import classImplements

from wstwist.wire import codec
from wstwist.wire.codec import BINARY, CLOSE, PING, PONG, TEXT, Deflater, header, utf8_view
from wstwist.wire.corking import Corks
from wstwist.wire.interface import STALLED
from wstwist.wire.prepared import Prepared

CORK_SIZE = 65536
"""Bytes of frames that leave without waiting for more; a payload of more is not copied into the cork."""


class Sender:
    """What leaves a connection, in order, and bounded where the peer does not read.

    It starts shut, until `start` gives it the transport; a transport with a full buffer shuts it by
    `pauseProducing`. While it is shut messages wait as they are, of pings only the latest is remembered.
    While it is open frames are kept back, to leave in one write: until the end of the read that is handled,
    or of the reactor's turn.

    Args:
        limit: Bytes of messages that may wait. One more message than fits is always taken.
        on_closed: Called when the close frame has been given to the transport.
        clock: The reactor.
        corks: When frames that are kept back leave.
    """

    def __init__(self, limit: int, on_closed: Callable[[], None], clock: IReactorTime, corks: Corks) -> None:
        """Begin shut and empty."""
        self._limit = limit
        self._on_closed = on_closed
        self._clock = clock
        self._corks = corks
        self._cork = codec.Cork()
        self._is_corked = False
        self._transport: Any = None
        self._takes_views = False
        self._deflater: Deflater | None = None
        self._open = False
        self._is_over = False
        self._full_since = 0.0
        self._on_room: list[Callable[[], object]] | None = None
        self._messages: deque[str | bytes | Prepared] | None = None  # made when it is needed
        self._size = 0
        self._is_fresh = False
        self._ping: bytes | None = None
        self._close: bytes | None = None

    def start(self, transport: Any, deflater: Deflater | None) -> None:
        """Send what waited, and from now on what comes, through ``transport``.

        Args:
            transport: An `ITransport` that is an `IConsumer`. Where its ``takes_views`` is set it takes
                memoryviews as well.
            deflater: What compresses messages, or ``None``.
        """
        self._transport = transport
        self._takes_views = getattr(transport, "takes_views", False)
        self._deflater = deflater
        transport.registerProducer(self, True)
        self.resumeProducing()

    def stop(self) -> None:
        """Send nothing any more, and forget what waits."""
        if self._transport is not None:
            self.flush()
            self._transport.unregisterProducer()
        self._transport = None
        self._on_closed = _ignore  # or it would hold the connection in a circle
        self._open = False
        self._is_over = True
        self.clear()
        self._tell_of_room()

    def clear(self) -> None:
        """Forget the messages that wait."""
        self._messages = None
        self._size = 0

    def send(self, message: str | bytes) -> bool:
        """Send a message or let it wait; False: the queue was full already, and nothing was done."""
        if not self._open:
            return self._keep(message)
        if self._deflater is not None:
            self._send_compressed(message, self._deflater)
        elif len(message) <= CORK_SIZE:
            self._uncork_soon(self._cork.add(message))
        elif isinstance(message, str):
            self._send_large(TEXT, utf8_view(message) if self._takes_views else message.encode("utf-8"))
        else:
            self._send_large(BINARY, message)
        return True

    def send_prepared(self, prepared: Prepared) -> bool:
        """Send a message that is sent to others, too; as `send`."""
        if not self._open:
            return self._keep(prepared)
        deflater = self._deflater
        if deflater is None:
            self._uncork_soon(self._cork.add_encoded(prepared.frame))
        elif deflater.context_takeover:
            self._send_compressed(prepared.message, deflater)
        else:
            self._uncork_soon(self._cork.add_encoded(prepared.compressed(deflater)))
        return True

    def when_room(self, tell: Callable[[], object]) -> None:
        """Call something when nothing waits any more; at once if the peer has gone or stalled."""
        if self._open or self._is_over or self._clock.seconds() - self._full_since >= STALLED:
            tell()
        elif self._on_room is None:
            self._on_room = [tell]
        else:
            self._on_room.append(tell)

    def _tell_of_room(self) -> None:
        tell, self._on_room = self._on_room, None
        for each in tell or ():
            each()

    def flush(self) -> None:
        """Let out the frames that are kept back."""
        self._is_corked = False
        if self._transport is not None:
            data = self._cork.take()
            if data:
                self._transport.write(data)

    def _uncork_soon(self, size: int) -> None:
        if size >= CORK_SIZE:
            self.flush()
        elif not self._is_corked:
            self._is_corked = True
            self._corks.add(self)

    def _send_compressed(self, message: str | bytes, deflater: Deflater) -> None:
        opcode, payload = (TEXT, message.encode("utf-8")) if isinstance(message, str) else (BINARY, message)
        payload = deflater.compress(payload)
        if len(payload) <= CORK_SIZE:
            self._uncork_soon(self._cork.add_frame(opcode, payload, compressed=True))
        else:
            self._send_large(opcode, payload, compressed=True)

    def _send_large(self, opcode: int, payload: bytes | memoryview, *, compressed: bool = False) -> None:
        """Send a frame whose payload is not copied into the cork."""
        self.flush()
        self._transport.writeSequence((header(opcode, len(payload), compressed=compressed), payload))

    def _keep(self, message: str | bytes | Prepared) -> bool:
        """Let a message wait; False: the queue was full already.

        A queue is not full in the turn of the reactor in which it began: the peer had no chance to read.
        """
        size = _size(message)
        if self._size >= self._limit and not self._is_fresh:
            return False
        if self._messages is None:
            self._messages = deque()
            self._is_fresh = True
            self._clock.callLater(0, self._grow_old)
        self._messages.append(message)
        self._size += size
        return True

    def _grow_old(self) -> None:
        self._is_fresh = False

    def ping(self) -> bool:
        """Ask for a sign of life; False: the peer has to read first what was sent before."""
        if self._open:
            self._uncork_soon(self._cork.add_frame(PING, b""))
        return self._open

    def pong(self, payload: bytes) -> None:
        """Answer a ping; while the peer does not read, the latest only (RFC 6455, section 5.5.3)."""
        if self._open:
            self._uncork_soon(self._cork.add_frame(PONG, payload))
        else:
            self._ping = payload

    def close(self, payload: bytes) -> None:
        """Send a close frame after everything that waits, and then call ``on_closed``."""
        self._close = payload
        if self._open:
            self._finish()

    def close_now(self, payload: bytes) -> None:
        """Send a close frame behind what the transport has already; the messages that wait are dropped."""
        self.clear()
        self._close = payload
        if self._transport is not None:
            self._finish()

    def finish(self) -> None:
        """Send a close frame that still waits, and stop."""
        if self._close is not None:
            self.close_now(self._close)
        self.stop()

    def pauseProducing(self) -> None:
        """Keep messages back: the transport's buffer is full."""
        self._open = False
        self._full_since = self._clock.seconds()

    def resumeProducing(self) -> None:
        """Send what waits: the transport's buffer is empty."""
        self._open = True
        if self._ping is not None:
            payload, self._ping = self._ping, None
            self.pong(payload)
        while self._messages and self._open:
            message = self._messages.popleft()
            self._size -= _size(message)
            if isinstance(message, Prepared):
                self.send_prepared(message)
            else:
                self.send(message)
        if not self._messages:
            self._messages = None
            if self._close is not None and self._open:
                self._finish()
            self._tell_of_room()

    def stopProducing(self) -> None:
        """Know that the transport is lost."""
        self._open = False

    def _finish(self) -> None:
        """Send the close frame, the last one of all."""
        payload, self._close = self._close or b"", None
        self._cork.add_frame(CLOSE, payload)
        self.flush()
        self._open = False
        self._on_closed()


def _ignore() -> None:
    """Tell nobody."""


classImplements(Sender, IPushProducer)  # what is compiled cannot be decorated


def _size(message: str | bytes | Prepared) -> int:
    """Give the bytes of a message on the wire; a text that has no UTF-8 form is a ValueError here."""
    if isinstance(message, Prepared):
        return len(message.frame)
    if isinstance(message, str) and not message.isascii():
        return len(message.encode("utf-8"))
    return len(message)
