# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802 - the names are Twisted's
"""One WebSocket connection: the application's `Channel` on one side, frames on the other.

Sending, pings and times are not Autobahn's here: it rounds its times to whole seconds, runs them on the
global reactor, and formats for its debug log on every frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from wstwist.exceptions import Refuse
from wstwist.wire import closing
from wstwist.wire.answers import Rejected
from wstwist.wire.framing import CLOSED, CLOSING, CONNECTING, OPEN, ConnectionFactory, Framing
from wstwist.wire.handshake import Upgrade, check_response_headers, choose_protocol
from wstwist.wire.head import Head
from wstwist.wire.heartbeat import Heartbeat
from wstwist.wire.interface import Application, Receiver
from wstwist.wire.lingering import Registry, linger, take_over
from wstwist.wire.request import make_request
from wstwist.wire.sending import Sender

_log = Logger()


class Connection(Framing):
    """A connection from the moment its request is whole until its end has been told.

    Args:
        application: Whom it is for.
        factory: Autobahn's factory, shared by all connections.
        registry: The live connections; it adds and removes itself.
    """

    def __init__(self, application: Application, factory: ConnectionFactory, registry: Registry) -> None:
        """Set up what does not depend on the transport."""
        limits = application.wire.limits
        super().__init__(factory, limits.message_size)
        self._application = application
        self._limits = limits
        self._registry = registry
        self._clock: IReactorTime = factory.reactor
        self._sender = Sender(limits.send_queue_size, self._close_frame_sent, self._clock)
        self._heartbeat = Heartbeat(self._clock, self._sender.ping, self._drop)
        self._receiver: Receiver | None = None
        self._protocol_name: str | None = None
        self._early_close: tuple[int, str] | None = None
        self._lost = False
        self._timer: IDelayedCall | None = None

    # The opening handshake.

    def begin(self, transport: Any, head: Head, upgrade: Upgrade, rest: bytes) -> None:
        """Take over a transport whose request is whole, and ask the application.

        Args:
            transport: Where the request came from. It is paused until the application has decided.
            head: The request's head.
            upgrade: What `check_upgrade` made of it.
            rest: What came behind the head in the same read.
        """
        self._registry.add(self)
        take_over(transport, self)
        transport.pauseProducing()
        self.makeConnection(transport)
        wire = self._application.wire
        self._prepare(upgrade, rest, compress=wire.compress)
        self._protocol_name = choose_protocol(wire.protocols, upgrade.protocols)
        try:
            opening = self._application.open(make_request(head, transport, self._protocol_name), self)
        except Exception:  # noqa: BLE001 - an application's error becomes a 500
            self._declined(Failure())
            return
        self._receiver = opening.receiver
        opening.accepted.addCallbacks(self._accepted, self._declined).addErrback(self._broken)

    def _accepted(self, headers: Mapping[str, str]) -> None:
        """Answer with a 101, send what waited, and begin to read."""
        if self.state != CONNECTING:
            return
        try:
            extra = check_response_headers(headers)
        except ValueError:
            self._declined(Failure())
            return
        self.succeedHandshake((self._protocol_name, extra))
        self._read_on()

    def _opened(self) -> None:
        """Let out what waited, now that the 101 is written."""
        self._sender.start(self.transport, self._perMessageCompress)
        self._heartbeat.start()
        if self._early_close is not None:
            self._begin_closing(*self._early_close)

    def _declined(self, failure: Failure) -> None:
        """Answer with what the application refused with; of any other error the peer learns nothing."""
        error = failure.value
        if not isinstance(error, Refuse):
            _log.failure("{path}: a client could not be let in", failure, path=self._application.path)
        if self.state != CONNECTING:
            return
        rejected = Rejected(error.status, error.reason) if isinstance(error, Refuse) else Rejected(500, "")
        self.transport.write(rejected.encode())
        self._part(closing.ABNORMAL, "", was_clean=False)

    def _broken(self, failure: Failure) -> None:
        """Drop the connection whose handshake met an error of ours."""
        _log.failure("{path}: the handshake failed", failure, path=self._application.path)
        self._drop()

    # Reading.

    def dataReceived(self, data: bytes) -> None:
        """Decode what came, or keep it while the application takes no more."""
        self._heartbeat.heard = True
        self.data = self.data + data if self.data else data
        if not self._held:
            self.consumeData()
            self._receiver and self._receiver.delivered()

    def _deliver(self, message: str | bytes) -> None:
        """Give a message to the application, and stop decoding where it wants no more."""
        if self._receiver is None:
            return
        try:
            wants_more = self._receiver.deliver(message)
        except Exception:  # noqa: BLE001 - whatever it is, it ends this connection only
            _log.failure("{path}: a message could not be delivered", path=self._application.path)
            self._begin_closing(closing.INTERNAL_ERROR, "")
            return
        if not wants_more and self.state == OPEN:
            self._hold()

    def _pong(self, payload: bytes) -> None:
        """Answer a ping."""
        self._sender.pong(payload)

    def _hold(self) -> None:
        """Read no more, and keep what is not decoded yet."""
        self._held = True
        self._heartbeat.pause()
        if self.state != CONNECTING and not self._lost:
            self.transport.pauseProducing()

    def _read_on(self) -> None:
        """Decode what was kept, and if the application still wants more, read from the network again."""
        self.consumeData()
        self._receiver and self._receiver.delivered()
        if self._held or self.state not in (OPEN, CLOSING):
            return
        if not self._lost:
            self._heartbeat.resume()
            self.transport.resumeProducing()
        elif not self._decoding:
            self._end_broken()

    # The application's channel.

    def send(self, message: str | bytes) -> None:
        """Queue a message; a queue that was full already ends the connection with 1013."""
        may_send = self.state == OPEN or (self.state == CONNECTING and self._early_close is None)
        if may_send and not self._sender.send(message):
            self._overflow()

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake after what was sent before; a second call does nothing."""
        closing.check_close_code(code)
        if self.state == OPEN:
            self._begin_closing(code, reason)
        elif self.state == CONNECTING and self._early_close is None:
            self._early_close = code, reason

    def pause(self) -> None:
        """Read no more from the network until `resume`."""
        if self.state in (OPEN, CONNECTING):
            self._hold()

    def resume(self) -> None:
        """Read on, and deliver what was kept since `Receiver.deliver` said to stop."""
        if self._held:
            self._held = False
            self._read_on()

    def abort(self) -> None:
        """Drop the connection at once, without the closing handshake."""
        self.state = CLOSED
        self.data = b""
        if self._lost:
            self._clock.callLater(0, self._end_broken)
        else:
            self.transport.abortConnection()

    # The end.

    def _begin_closing(self, code: int, reason: str, *, now: bool = False) -> None:
        """Send a close frame, after what waits or instead of it, and read only for the peer's."""
        self.state = CLOSING
        self.closedByMe = True
        self.localCloseCode, self.localCloseReason = code, reason
        self._heartbeat.stop()
        self._arm(self._limits.stall_time)
        send_close = self._sender.close_now if now else self._sender.close
        send_close(closing.encode_close(code, reason))
        if self._held:
            self._held = False
            self._clock.callLater(0, self._read_on)

    def _overflow(self) -> None:
        """End the connection of a peer that does not read: 1013, without what waited."""
        self._sender.clear()
        reason = "too much was waiting to be read"
        if self.state == OPEN:
            self._begin_closing(closing.TRY_AGAIN_LATER, reason, now=True)
        else:
            self._early_close = closing.TRY_AGAIN_LATER, reason

    def _close_frame_sent(self) -> None:
        """Give the peer its time to answer our close frame."""
        if self.closedByMe:
            self._arm(self._limits.close_time)

    def _failed(self, code: int, reason: str) -> None:
        """Say why the peer's frames are wrong, and listen to nothing any more (RFC 6455, section 7.1.7)."""
        if not self.closedByMe:
            self.localCloseCode, self.localCloseReason = code, reason
            self._sender.close_now(closing.encode_close(code, reason))
        self._part(self.localCloseCode, self.localCloseReason, was_clean=False)

    def _answer_close(self, payload: bytes) -> None:
        """Answer the peer's close frame; what still waits to be sent is of no use to it any more."""
        self._sender.close_now(payload)

    def _peer_closed(self, code: int, reason: str) -> None:
        """Leave, both close frames being exchanged."""
        if self.closedByMe:
            code, reason = self.localCloseCode, self.localCloseReason
        self._part(code, reason, was_clean=True)

    def _transport_lost(self) -> None:
        """Tell the end, after what the peer sent before it."""
        self._registry.discard(self)
        self._lost = True
        self._sender.stop()
        self._heartbeat.stop()
        if not (self._held and self.data and self.state == OPEN):
            self._end_broken()

    def _arm(self, seconds: float) -> None:
        """Drop the connection if it still is there after this time."""
        self._disarm()
        self._timer = self._clock.callLater(seconds, self._drop)

    def _disarm(self) -> None:
        """Forget the time that was set."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def _drop(self) -> None:
        """Drop the transport of a peer that does not answer."""
        self.transport.abortConnection()
        self._end_broken()

    def _part(self, code: int, reason: str, *, was_clean: bool) -> None:
        """Tell the end, and leave the transport so that the peer can read what was written last."""
        self.state = CLOSED
        self._sender.finish()
        if not self._lost:
            self._registry.discard(self)
            linger(self.transport, self._limits.close_time, self._clock, self._registry)
        self._end(code, reason, was_clean)

    def _end_broken(self) -> None:
        """Tell the end of a connection that was not closed properly."""
        if self.closedByMe:
            self._end(self.localCloseCode, self.localCloseReason, was_clean=False)
        else:
            self._end(closing.ABNORMAL, "", was_clean=False)

    def _end(self, code: int, reason: str, was_clean: bool) -> None:
        """Tell the application of the end, once, and let go of everything."""
        self.state = CLOSED
        self.data = self._payload = b""
        self._disarm()
        self._heartbeat.stop()
        receiver, self._receiver = self._receiver, None
        if receiver is None:
            return
        try:
            receiver.closed(code, reason, was_clean)
        except Exception:  # noqa: BLE001 - whatever it is, this connection is over
            _log.failure("{path}: the end of a connection met an error", path=self._application.path)
