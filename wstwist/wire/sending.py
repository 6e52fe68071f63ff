# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802 - the names are Twisted's
"""The way out of a connection: frames while the transport takes them, whole messages while it does not."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IPushProducer, IReactorTime
from zope.interface import implementer

from wstwist.wire.frames import BINARY, CLOSE, PING, PONG, TEXT, control_frame, frame_header

# A payload up to here is joined with its header for one write; a larger one is not copied.
_JOINED = 4096


@implementer(IPushProducer)
class Sender:
    """What leaves a connection, in order, and bounded where the peer does not read.

    It starts shut, until `start` gives it the transport; a transport with a full buffer shuts it by
    `pauseProducing`. While it is shut messages wait as they are, of pings only the latest is remembered.

    Args:
        limit: Bytes of messages that may wait. One more message than fits is always taken.
        on_closed: Called when the close frame has been given to the transport.
        clock: The reactor.
    """

    def __init__(self, limit: int, on_closed: Callable[[], None], clock: IReactorTime) -> None:
        """Begin shut and empty."""
        self._limit = limit
        self._clock = clock
        self._is_fresh = False
        self._on_closed = on_closed
        self._transport: Any = None
        self._deflate: Any = None
        self._open = False
        self._messages: deque[str | bytes] = deque()
        self._size = 0
        self._ping: bytes | None = None
        self._close: bytes | None = None

    def start(self, transport: Any, deflate: Any) -> None:
        """Send what waited, and from now on what comes, through ``transport``.

        Args:
            transport: An `ITransport` that is an `IConsumer`.
            deflate: Autobahn's compressor for this connection, or ``None``.
        """
        self._transport = transport
        self._deflate = deflate
        transport.registerProducer(self, True)
        self.resumeProducing()

    def stop(self) -> None:
        """Send nothing any more, and forget what waits."""
        if self._transport is not None:
            self._transport.unregisterProducer()
        self._transport = None
        self._open = False
        self.clear()

    def clear(self) -> None:
        """Forget the messages that wait."""
        self._messages.clear()
        self._size = 0

    def send(self, message: str | bytes) -> bool:
        """Send a message or let it wait; False: the queue was full already, and nothing was done.

        A queue is not full in the turn of the reactor in which it began: the peer had no chance to read.
        """
        if self._open:
            self._write(message)
            return True
        size = _size(message)
        if self._size >= self._limit and not self._is_fresh:
            return False
        if not self._messages:
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
            self._transport.write(control_frame(PING, b""))
            return True
        return False

    def pong(self, payload: bytes) -> None:
        """Answer a ping; while the peer does not read, the latest only (RFC 6455, section 5.5.3)."""
        if self._open:
            self._transport.write(control_frame(PONG, payload))
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

    def resumeProducing(self) -> None:
        """Send what waits: the transport's buffer is empty."""
        self._open = True
        if self._ping is not None:
            payload, self._ping = self._ping, None
            self.pong(payload)
        while self._messages and self._open:
            message = self._messages.popleft()
            self._size -= _size(message)
            self._write(message)
        if self._close is not None and self._open:
            self._finish()

    def stopProducing(self) -> None:
        """Know that the transport is lost."""
        self._open = False

    def _write(self, message: str | bytes) -> None:
        """Encode a message, and give it to the transport."""
        if isinstance(message, str):
            opcode, payload = TEXT, message.encode("utf-8")
        else:
            opcode, payload = BINARY, message
        if self._deflate is not None:
            payload = self._compress(payload)
        header = frame_header(opcode, len(payload), compressed=self._deflate is not None)
        if len(payload) <= _JOINED:
            self._transport.write(header + payload)
        else:
            self._transport.writeSequence((header, payload))

    def _compress(self, payload: bytes) -> bytes:
        """Compress a message's payload (RFC 7692, section 7.2.1)."""
        self._deflate.start_compress_message()
        parts = self._deflate.compress_message_data(payload), self._deflate.end_compress_message()
        return b"".join(parts)

    def _finish(self) -> None:
        """Send the close frame, the last one of all."""
        payload, self._close = self._close or b"", None
        self._transport.write(control_frame(CLOSE, payload))
        self._open = False
        self._on_closed()


def _size(message: str | bytes) -> int:
    """Give the bytes of a message on the wire; a text that has no UTF-8 form is a ValueError here."""
    if isinstance(message, str) and not message.isascii():
        return len(message.encode("utf-8"))
    return len(message)
