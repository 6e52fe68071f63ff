# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802 - the names are Twisted's
"""One network connection with a session on it: reading, writing, pings and the end, in time."""

from __future__ import annotations

from collections import deque
from typing import Any
from typing import Protocol as Interface

from twisted.internet.interfaces import IDelayedCall, IPushProducer, IReactorTime
from twisted.internet.protocol import Protocol, connectionDone
from twisted.protocols.tls import TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from wstwist.connection.awaited.dialing import Reached
from wstwist.connection.awaited.pulse import Pulse
from wstwist.connection.options import Options
from wstwist.connection.session import CLOSED, OPEN, Session
from wstwist.exceptions import ConnectionClosed
from wstwist.wire.codec import PONG
from wstwist.wire.lingering import take_over

_PIECE = 65536  # bytes that the transport is given at once
_PONG = 0x80 | PONG  # with what the frame of a pong begins


class Owner(Interface):
    """Whose link it is."""

    def _received(self, message: str | bytes) -> bool:
        """Take a message; False: take no more until `Link.resume`."""

    def _has_room(self) -> None:
        """Learn that the link is writable again."""

    def _has_ended(self, closed: ConnectionClosed) -> None:
        """Learn, once, that nothing more comes or goes."""

    def _is_gone(self, link: Link) -> None:
        """Learn, once, that the network connection is over, too."""


@implementer(IPushProducer)
class Link(Protocol):
    """An open connection.

    Args:
        reached: The server.
        options: How the connection is to be.
        clock: The reactor.
        owner: Whom to tell.

    Attributes:
        session: The connection without I/O.
        is_gone: Whether the network connection is over.
    """

    transport: Any

    def __init__(self, reached: Reached, options: Options, clock: IReactorTime, owner: Owner) -> None:
        """Be ready; `begin` takes over the transport."""
        self.transport = reached.transport
        self.session = Session(reached.agreed, self, options.message_size, options.fragments)
        self.is_gone = False
        self._is_full = False  # the transport
        self._out: deque[bytes | memoryview] = deque()  # what it has not taken
        self._pong = b""  # the latest that waits (RFC 6455, section 5.5.3)
        self._options = options
        self._clock = clock
        self._owner = owner
        self._pulse: Pulse | None = None
        self._timer: IDelayedCall | None = None
        self._is_paused = False
        self._is_leaving = False
        self._has_left = False  # all that we had to say, our close frame too
        self._is_given_up = False

    def begin(self) -> None:
        """Take over the transport, and read from the next turn of the reactor on.

        Whoever awaits the connection can then answer the first message before the second is decoded.
        """
        take_over(self.transport, self)
        if hasattr(self.transport, "setTcpNoDelay"):
            self.transport.setTcpNoDelay(True)
        self.transport.registerProducer(self, True)
        self._pulse = Pulse(self._clock, self._options.ping_interval, self._options.ping_timeout, self)
        self.session.hold()
        self.session.begin()
        self._pause_or_resume()
        self._timer = self._clock.callLater(0, self._first_turn)

    def _first_turn(self) -> None:
        self._timer = None
        self.resume()

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self.session.state is OPEN and not self.is_gone

    @property
    def is_writable(self) -> bool:
        """Whether a message would leave at once."""
        return not (self._is_full or self._out or self.is_gone)

    # What the owner does.

    def send(self, message: str | bytes) -> None:
        """Write a message; the owner looks at `is_open` and `is_writable` before."""
        self.session.send(message)

    def resume(self) -> None:
        """Go on after an owner that took no more."""
        if self.session.is_held:
            self.session.resume()
            self._pause_or_resume()

    def leave(self) -> None:
        """Drop what comes from now on, and the connection if no progress is made in time."""
        if not (self._is_leaving or self.is_gone or self.session.state is CLOSED):
            self._is_leaving = True
            self._arm()
            self.resume()

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake."""
        self.leave()
        self.session.close(code, reason)

    def drop(self) -> None:
        """Drop the connection."""
        if not self.is_gone:
            self._disarm()
            self.transport.abortConnection()
            self._lose()

    # What the session tells.

    def received(self, message: str | bytes) -> bool:
        """Hand on a message, unless the program has asked for the end."""
        return self._is_leaving or self._owner._received(message) or self.is_gone

    def write(self, data: bytes) -> None:
        """Write a frame, or keep it while the transport is full; of pongs the latest."""
        if not self._is_full and not self._out:
            self._push(data)
        elif data[0] == _PONG:
            self._pong = data
        else:
            self._out.append(data)

    def pong(self, payload: bytes) -> None:
        """Be content: whatever comes is a sign of life."""

    def ended(self) -> None:
        """Give the server its time to close the network connection (RFC 6455, section 7.1.1)."""
        self._stop_pulse()
        if not self.is_gone:
            self._arm()
        self._owner._has_ended(self.session.closed())

    # What the transport tells.

    def dataReceived(self, data: bytes) -> None:
        """Decode what came."""
        self.session.feed(data)
        self._pause_or_resume()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Know that the network connection is over."""
        del reason
        if not self.is_gone:
            self._lose()
        self._owner._is_gone(self)

    def pauseProducing(self) -> None:
        """Keep frames back: the transport's buffer is full."""
        self._is_full = True

    def resumeProducing(self) -> None:
        """Let frames go: the transport's buffer is empty. That the server takes some is a sign of life."""
        self._is_full = False
        self.session.heard = True
        if (self._is_leaving or self.session.state is CLOSED) and not self._has_left:
            self._arm()  # but not for the answers to pings that may follow
            self._has_left = not self._out and self.session.state is not OPEN
        while self._out and not self._is_full:
            self._push(self._out.popleft())
        if self._pong and not self._is_full:
            pong, self._pong = self._pong, b""
            self.write(pong)
        if self.is_writable:
            self._owner._has_room()

    def stopProducing(self) -> None:
        """Know that the transport is lost, of which `connectionLost` tells."""

    # What the pulse asks.

    def was_heard(self) -> bool:
        """Whether anything came since this was last asked, or could not because we did not read."""
        heard = self.session.heard or self._is_paused
        self.session.heard = False
        return heard

    def ping(self) -> bool:
        """Ask for a sign of life; False: the server has to read first what was sent before."""
        is_writable = self.is_writable
        if is_writable:
            self.session.ping()
        return is_writable

    # Inside.

    def _push(self, data: bytes | memoryview) -> None:
        """Give the transport a frame in pieces, until it is full; keep the rest."""
        rest = memoryview(data)
        while rest and not self._is_full:
            self.transport.write(bytes(rest[:_PIECE]))
            rest = rest[_PIECE:]
        if rest:
            self._out.appendleft(rest)

    def _pause_or_resume(self) -> None:
        """Read from the network while what is read is decoded, and not otherwise."""
        is_held = self.session.is_held and self.session.state is not CLOSED
        if is_held != self._is_paused and not self.is_gone:
            self._is_paused = is_held
            if is_held:
                self.transport.pauseProducing()
            else:
                self.session.heard = True  # the server has a whole interval from here
                self.transport.resumeProducing()

    def _lose(self) -> None:
        """Deliver what had come, and end."""
        self.is_gone = True
        self._out.clear()
        self._stop_pulse()
        self._disarm()
        self.session.resume()
        self.session.lost()

    def _arm(self) -> None:
        self._disarm()
        self._timer = self._clock.callLater(self._options.close_timeout, self._too_late)

    def _too_late(self) -> None:
        """End what takes too long; what the system has by then still leaves, and a reset would destroy it."""
        self._timer = None
        if self._is_full or self._out or self._is_given_up:
            self.drop()
            return
        self._is_given_up = True
        self._arm()
        self.transport.unregisterProducer()
        self.transport.loseConnection()
        if isinstance(self.transport, TLSMemoryBIOProtocol):  # it would wait for the other side
            self.transport.transport.loseConnection()  # type: ignore[union-attr] # it is connected

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _stop_pulse(self) -> None:
        if self._pulse is not None:
            self._pulse.stop()
