# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802 - the names are Twisted's
"""The way out of a connection: frames while the transport takes them, whole messages while it does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, cast

from twisted.internet.interfaces import IPushProducer, IReactorTime
from zope.interface import classImplements

from wstwist.limits import Limits
from wstwist.traffic import Traffic
from wstwist.wire import codec
from wstwist.wire.codec import BINARY, CLOSE, PING, PONG, TEXT, Deflater, header, utf8_view
from wstwist.wire.corking import Corks
from wstwist.wire.interface import STALLED
from wstwist.wire.prepared import Prepared
from wstwist.wire.waiting import NEWEST, Waiting

CORK_SIZE = 65536
"""Bytes of frames that leave without waiting for more; a payload of more is not copied into the cork."""


# What is due within this many seconds is due now: sums of fractions are not exact.
_PRECISION = 1e-6


class Owner(Protocol):
    """Whose messages a `Sender` sends: a connection."""

    def close_frame_sent(self) -> None:
        """Know that the close frame has been given to the transport."""

    def overflow(self) -> None:
        """End the connection of a peer that does not read."""

    def count(self, what: str, times: int) -> None:
        """Count something that happened."""


class Sender:
    """What leaves a connection, in order, and bounded where the peer does not read.

    It starts shut, until `start` gives it the transport; a transport with a full buffer shuts it by
    `pauseProducing`. While it is shut messages wait as they are (`Waiting`), of pings only the latest is
    remembered. While it is open frames are kept back, to leave in one write: until the end of the read that
    is handled, or of the reactor's turn.

    Args:
        owner: Whom to tell what happens.
        limits: How many bytes may wait, for how long, and what becomes of them then.
        clock: The reactor.
        corks: When frames that are kept back leave.
        traffic: Where what leaves is counted.
    """

    def __init__(
        self, owner: Owner, limits: Limits, clock: IReactorTime, corks: Corks, traffic: Traffic
    ) -> None:
        """Begin shut and empty."""
        self._owner: Owner = owner
        self._limits = limits
        self._clock = clock
        self._corks = corks
        self._traffic = traffic
        self._cork = codec.Cork()
        self._is_corked = False
        self._transport: Any = None
        self._takes_views = False
        self._deflater: Deflater | None = None
        self._open = False
        self._is_over = False
        self._full_since = 0.0
        self._on_drained: list[Callable[[bool], object]] | None = None
        self._waiting: Waiting | None = None  # while the peer does not read
        self._keeps_newest = False
        self._look: Any = None
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
        self._keeps_newest = self._limits.slow_client == "latest"  # what came before the start all leaves
        transport.registerProducer(self, True)
        self.resumeProducing()

    def stop(self) -> None:
        """Send nothing any more, and forget what waits."""
        if self._transport is not None:
            self.flush()
            self._transport.unregisterProducer()
        self._transport = None
        self._owner = cast("Owner", None)  # or it would hold the connection in a circle
        self._open = False
        self._is_over = True
        self.clear()
        self._tell(drained=False)

    @property
    def waiting(self) -> int:
        """Bytes of the messages that wait."""
        return 0 if self._waiting is None else self._waiting.size

    def clear(self) -> None:
        """Forget the messages that wait."""
        self._waiting = None
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def send(self, message: str | bytes) -> None:
        """Send a message or let it wait."""
        if not self._open:
            self._keep(message, None)
            return
        self._traffic.message_out()
        if self._deflater is not None:
            self._send_compressed(message, self._deflater)
        elif len(message) <= CORK_SIZE:
            self._uncork_soon(self._cork.add(message))
        elif isinstance(message, str):
            self._send_large(TEXT, utf8_view(message) if self._takes_views else message.encode("utf-8"))
        else:
            self._send_large(BINARY, message)

    def send_keyed(self, message: str | bytes, key: str) -> None:
        """Send a message, as `send`; while it waits it takes the place of one with the same key."""
        if self._open:
            self.send(message)
        else:
            self._keep(message, key)

    def send_prepared(self, prepared: Prepared) -> None:
        """Send a message that is sent to others, too; as `send`."""
        deflater = self._deflater
        if not self._open:
            self._keep(prepared, None)
            return
        self._traffic.message_out()
        if deflater is None:
            self._uncork_soon(self._cork.add_encoded(prepared.frame))
        elif deflater.context_takeover:
            self._send_compressed(prepared.message, deflater)
        else:
            self._uncork_soon(self._cork.add_encoded(prepared.compressed(deflater)))

    def when_drained(self, tell: Callable[[bool], object]) -> None:
        """Call something with True when the transport has all, with False where it never will."""
        if self._open:
            self.flush()
        if self._open or self._is_over:
            tell(not self._is_over)
        elif self._on_drained is None:
            self._on_drained = [tell]
        else:
            self._on_drained.append(tell)

    def when_room(self, tell: Callable[[], object]) -> None:
        """Call something when nothing waits any more; at once if the peer has gone or stalled."""
        if self._is_stalled():
            tell()
        else:
            self.when_drained(lambda _drained: tell())

    def _is_stalled(self) -> bool:
        """Tell whether nothing has left for a while; or, where messages are dropped, not all that waits."""
        since = self._full_since
        if self._waiting is not None and self._limits.slow_client != "close":
            since = min(since, self._waiting.began)
        return not self._open and self._clock.seconds() - since >= STALLED

    def _tell(self, *, drained: bool) -> None:
        """Tell those who want to know that all has left, or never will."""
        tell, self._on_drained = self._on_drained, None
        for each in tell or ():
            each(drained)

    def flush(self) -> None:
        """Let out the frames that are kept back."""
        self._is_corked = False
        if self._transport is not None:
            data = self._cork.take()
            if data:
                self._traffic.written(len(data))
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
        head = header(opcode, len(payload), compressed=compressed)
        self._traffic.written(len(head) + len(payload))
        self._transport.writeSequence((head, payload))

    def _keep(self, message: str | bytes | Prepared, key: object) -> None:
        """Let a message wait."""
        if self._is_over:
            return
        waiting = self._waiting or Waiting(self._limits, self._owner.count, self._clock.seconds())
        if key is None and self._keeps_newest:
            key = NEWEST
        if not waiting.put(message, key):
            self._overflow(1)
            return
        if self._waiting is None:
            self._waiting = waiting
            self._clock.callLater(0, waiting.grow_old)
        if self._look is None and waiting.is_full():
            self._look = self._clock.callLater(self._limits.stall_time, self._look_again)

    def _look_again(self) -> None:
        """Apply the policy to a queue that was at its bound, if nothing has left since."""
        self._look = None
        waiting = self._waiting
        if waiting is None or not waiting.is_full():
            return
        rest = max(self._full_since, waiting.began) + self._limits.stall_time - self._clock.seconds()
        if rest > _PRECISION:
            self._look = self._clock.callLater(rest, self._look_again)
        elif self._limits.slow_client == "close":
            self._overflow(0)
        else:
            waiting.trim()

    def _overflow(self, more: int) -> None:
        """Drop what waits, and ``more`` messages that do not; the peer does not read."""
        assert self._waiting is not None  # noqa: S101 - it is full
        self._owner.count("sends_dropped_slow", len(self._waiting) + more)
        self.clear()
        tell, self._on_drained = self._on_drained, None
        for each in tell or ():
            self._clock.callLater(0, each, False)  # not now, while somebody sends
        self._owner.overflow()

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
        """Send a close frame after everything that waits, and then tell the owner."""
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
        while self._waiting is not None and self._open:
            message = self._waiting.take()
            if not len(self._waiting):
                self.clear()
            if isinstance(message, Prepared):
                self.send_prepared(message)
            else:
                self.send(message)
        if self._waiting is None:
            if self._close is not None and self._open:
                self._finish()
            self._tell(drained=True)

    def stopProducing(self) -> None:
        """Know that the transport is lost."""
        self._open = False

    def _finish(self) -> None:
        """Send the close frame, the last one of all."""
        payload, self._close = self._close or b"", None
        self._ping = None
        self._cork.add_frame(CLOSE, payload)
        self.flush()
        self._open = False
        self._owner.close_frame_sent()


classImplements(Sender, IPushProducer)  # what is compiled cannot be decorated
