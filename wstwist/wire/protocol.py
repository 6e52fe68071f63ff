# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802 - the names are Twisted's
"""One WebSocket connection: the application's `Channel` on one side, frames on the other.

The opening handshake is Autobahn's (`opening`). What follows is not: its framing takes most of a server's
time, and it rounds its times to whole seconds, runs them on the global reactor, and formats for its debug log
on every frame.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from wstwist.exceptions import Refuse
from wstwist.traffic import Traffic
from wstwist.wire import closing, codec
from wstwist.wire.answers import Rejected
from wstwist.wire.codec import CLOSE, PING
from wstwist.wire.declining import note_refusal, rejection
from wstwist.wire.handshake import Upgrade, check_response_headers, choose_protocol
from wstwist.wire.head import Head
from wstwist.wire.interface import Application, Receiver
from wstwist.wire.last_wait import LastWait
from wstwist.wire.lingering import linger, take_over
from wstwist.wire.losses import Loss
from wstwist.wire.pacing import Pacer
from wstwist.wire.prepared import Prepared
from wstwist.wire.request import make_request, peer_of
from wstwist.wire.rules import INVALID_DATA, POLICY, PROTOCOL_ERROR, TOO_BIG
from wstwist.wire.sending import Sender
from wstwist.wire.vigil import Vigil

if TYPE_CHECKING:
    from wstwist.wire.site import Site

_log = Logger(namespace="wstwist.wire")

# How the broken rules are counted.
_BROKEN = {
    PROTOCOL_ERROR: "protocol_errors",
    INVALID_DATA: "invalid_data",
    POLICY: "too_many_fragments",
    TOO_BIG: "too_big",
}


class State(Enum):
    """Where a connection stands."""

    CONNECTING = auto()
    """The application decides."""
    OPEN = auto()
    CLOSING = auto()
    """The application has asked for the end, and the peer's close frame is waited for."""
    CLOSED = auto()
    """Nothing of the peer is decoded any more."""


CONNECTING, OPEN, CLOSING, CLOSED = State


class Connection:
    """A connection from the moment its request is whole until its end has been told.

    Args:
        application: Whom it is for.
        site: What connections share; it adds itself to the live ones, and removes itself.

    Attributes:
        state: Where it stands.
        traffic: What has passed it.
    """

    def __init__(self, application: Application, site: Site) -> None:
        """Set up what does not depend on the transport."""
        self._application = application
        self._site = site
        self._limits = application.wire.limits
        self._corks = site.corks
        self.state = CONNECTING
        self.traffic = Traffic(application.traffic)
        self._sender = Sender(self, self._limits, site.reactor, site.corks, self.traffic)
        self._decoder: codec.Decoder | None = None  # made when the handshake is done
        self._address = ""
        self._early_data = b""
        self._early_close: tuple[int, str] | None = None
        self._upgrade: tuple[Upgrade, str | None] | None = None  # with the sub-protocol that was chosen
        self._receiver: Receiver | None = None
        self._transport: Any = None
        self._is_paused = False
        self._is_lost = False
        self._closing: tuple[int, str] | None = None  # what we said, where we closed
        self._pacer: Pacer | None = None  # where there are rates
        self._vigil: Vigil | None = None  # made when the handshake is done
        self._last_wait: LastWait | None = None  # where we closed
        self._loss: Loss | None = None  # where messages were dropped

    # The opening handshake.

    def begin(self, transport: Any, head: Head, upgrade: Upgrade, rest: bytes) -> None:
        """Take over a transport whose request is whole, and ask the application.

        Args:
            transport: Where the request came from. It is paused while the application has not decided.
            head: The request's head.
            upgrade: What `check_upgrade` made of it.
            rest: What came behind the head in the same read.
        """
        self._site.connections.add(self)
        take_over(transport, self)
        self._transport = transport
        if hasattr(transport, "setTcpNoDelay"):
            transport.setTcpNoDelay(True)
        self._early_data = rest
        protocol = choose_protocol(self._application.wire.protocols, upgrade.protocols)
        self._upgrade = upgrade, protocol
        try:
            self._address, _ = peer_of(transport)
            request = make_request(head, transport, protocol, self._site.proxies)
            self._address = request.address
            opening = self._application.open(request, self)
        except Exception:  # noqa: BLE001 - an application's error becomes a 500
            self._declined(Failure())
            return
        self._receiver = opening.receiver
        opening.accepted.addCallbacks(self._accepted, self._declined).addErrback(self._broken)
        if self.state is CONNECTING:  # most have decided: two system calls less
            self._is_paused = True
            transport.pauseProducing()

    def _accepted(self, headers: Mapping[str, str]) -> None:
        """Answer with a 101, send what waited, and begin to read."""
        if self.state is not CONNECTING:
            return
        try:
            extra = check_response_headers(headers)
        except ValueError:
            self._declined(Failure())
            return
        self._open(extra)
        if self._early_close is not None:
            self._begin_closing(*self._early_close)
        self._read(self._early_data)
        self._early_data = b""

    def _open(self, headers: Mapping[str, str]) -> None:
        """Be open: write the 101, and what waited behind it."""
        asked, self._upgrade = self._upgrade, None
        assert asked is not None and self._receiver is not None  # noqa: PT018, S101 - begin() was called
        answer = self._site.opener.answer(*asked, headers, compress=self._application.wire.compress)
        self._transport.write(answer.data)
        self.state = OPEN
        limits = self._limits
        self._decoder = codec.Decoder(
            self._choose_deliver(),
            self._control,
            self._failed,
            limits.message_size,
            answer.inflater,
            frame_size=limits.largest_frame,
            fragments=limits.fragments,
        )
        self._vigil = Vigil(
            limits,
            self._site,
            self._transport,
            self._decoder,
            self._sender,
            self._drop_dead,
            self._idle_too_long,
        )
        self._sender.start(self._transport, answer.deflater)

    def _choose_deliver(self) -> Callable[[str | bytes], bool]:
        """Give what takes messages: the receiver, or a pacer before it where rates are limited."""
        assert self._receiver is not None  # noqa: S101 - begin() was called
        deliver, limits = self._receiver.deliver, self._limits
        if limits.messages_per_second is None and limits.bytes_per_second is None:
            return deliver
        site = self._site
        self._pacer = Pacer(limits, deliver, site.reactor, site.deadlines, self._read_on)
        return self._pacer.deliver

    def _declined(self, failure: Failure) -> None:
        """Answer with what the application refused with; of any other error the peer learns nothing."""
        error = failure.value
        if not isinstance(error, (Refuse, Rejected)):
            _log.failure("{path}: a client could not be let in", failure, **self._log_fields())
        if self.state is not CONNECTING:
            return
        rejected = rejection(error, self._log_fields())
        note_refusal(self._site.refusals, self._application, self._address, error, rejected)
        self._transport.write(rejected.encode())
        self._part_from(closing.ABNORMAL, "", was_clean=False)

    def _note_end(self, code: int, reason: str) -> None:
        self._site.refusals.note(
            f"{code}",
            self._application.path,
            "{path}: {address} is closed: {code} {reason}",
            address=self._address,
            code=code,
            reason=reason,
            **(self._receiver or self._application).log_fields,
        )

    def _broken(self, failure: Failure) -> None:
        """Drop the connection whose handshake met an error of ours."""
        _log.failure("{path}: the handshake failed", failure, **self._log_fields())
        self._drop()

    # Reading.

    def dataReceived(self, data: bytes) -> None:
        """Decode what came, or keep it while the application takes no more."""
        if self._decoder is None:
            self._early_data += data
        else:
            self._read(data)

    def bufferReceived(self, buffer: bytearray, size: int) -> None:
        """Decode the first bytes of a buffer, which are there during this call only."""
        if self._decoder is None:
            self._early_data += buffer[:size]
        else:
            self._read(buffer, size)

    def _read(self, data: bytes | bytearray | None, size: int = -1) -> None:
        """Decode, have all that was decoded handled, and let out what was sent meanwhile.

        Args:
            data: What came; None: go on with what was kept.
            size: How much of ``data`` is meant; -1: all.
        """
        corks, sender = self._corks, self._sender
        other, corks.reader = corks.reader, sender
        try:
            self._decode(data, size)
            if self._receiver is not None:
                self._receiver.delivered()
        except Exception:  # noqa: BLE001 - whatever it is, it ends this connection only
            _log.failure("{path}: a message could not be delivered", **self._log_fields())
            if self.state is OPEN:
                self._begin_closing(closing.INTERNAL_ERROR, "")
        corks.reader = other
        sender.flush()
        if other is None:
            corks.flush()
        self._pause_or_resume()

    def _decode(self, data: bytes | bytearray | None, size: int) -> None:
        decoder = self._decoder
        assert decoder is not None  # noqa: S101 - it is open
        if data is None:
            decoder.resume()
        elif size < 0:
            self.traffic.read(len(data))
            decoder.feed(data)
        else:
            self.traffic.read(size)
            decoder.feed_buffer(data, size)  # type: ignore[arg-type] # a buffer has its size beside it

    def _control(self, opcode: int, payload: bytes) -> None:
        """Answer a ping, and the peer's close frame after what came before it; a pong is a sign of life."""
        if opcode == CLOSE:
            if self._receiver is not None:
                self._receiver.delivered()
            self._peer_closed(payload)
        elif self._vigil is not None and not self._vigil.may_come(opcode):
            self._application.count("ping_floods")
            self._fail(POLICY, "too many pings")
        elif opcode == PING and self.state is OPEN:
            self._sender.pong(payload)

    def _pause_or_resume(self) -> None:
        """Read from the network while what is read is decoded, and not otherwise."""
        if self._decoder is None or self.state not in (OPEN, CLOSING):
            return
        if self._decoder.held != self._is_paused and not self._is_lost:
            self._is_paused = self._decoder.held
            if self._is_paused:
                self._transport.pauseProducing()
            else:
                if self._vigil is not None:
                    self._vigil.read_on()
                self._transport.resumeProducing()
        elif self._is_lost and not self._decoder.held:
            self._end_broken()

    def _drop_dead(self) -> None:
        self._application.count("dead_peers")
        self._note_end(closing.ABNORMAL, "no answer to a ping")
        self._drop()

    def _idle_too_long(self) -> None:
        self._application.count("idle")
        self.give_up(closing.GOING_AWAY, "idle")

    # The application's channel.

    def send(self, message: str | bytes) -> None:
        """Queue a message; what becomes of it where too much waits already `Limits.slow_client` says."""
        if self._may_send():
            self._sender.send(message)

    def send_keyed(self, message: str | bytes, key: str) -> None:
        """Queue a message, as `send`, instead of the one with the same key that still waits, if one does."""
        if self._may_send():
            self._sender.send_keyed(message, key)

    def send_prepared(self, prepared: Prepared) -> None:
        """Queue a message that is sent to others, too, as `send`."""
        if self._may_send():
            self._sender.send_prepared(prepared)

    @property
    def send_queue(self) -> int:
        """Bytes that wait because the peer does not read."""
        return self._sender.waiting

    def _may_send(self) -> bool:
        if self._vigil is not None:
            self._vigil.is_used = True
        return self.state is OPEN or (self.state is CONNECTING and self._early_close is None)

    def when_room(self, tell: Callable[[], object]) -> None:
        """Call something, once, when the peer has read all that waits; at once if it has gone or stalled."""
        self._sender.when_room(tell)

    def when_drained(self, tell: Callable[[bool], object]) -> None:
        """Call something, once: with True when nothing waits any more, with False if the end comes before."""
        self._sender.when_drained(tell)

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake after what was sent before; a second call does nothing."""
        closing.check_close_code(code)
        if self.state is OPEN:
            self._begin_closing(code, reason)
        elif self.state is CONNECTING and self._early_close is None:
            self._early_close = code, reason

    def give_up(self, code: int, reason: str) -> None:
        """Close as `close` does, for a reason that the operator is to read in the log."""
        if self.state is OPEN:
            self._note_end(code, reason)
        self.close(code, reason)

    def pause(self) -> None:
        """Read no more from the network until `resume`."""
        if self._decoder is not None and self.state is OPEN:
            if self._pacer is not None:
                self._pacer.hold()
            self._decoder.hold()
            self._pause_or_resume()

    def resume(self) -> None:
        """Read on, and deliver what was kept since `Receiver.deliver` said to stop."""
        if self._pacer is None or self._pacer.resume():
            self._read_on()

    def _read_on(self) -> None:
        if self._decoder is not None and self._decoder.held:
            self._read(None)

    def abort(self) -> None:
        """Drop the connection at once, without the closing handshake."""
        self.state = CLOSED
        self._stop_decoding()
        if self._is_lost:
            self._site.reactor.callLater(0, self._end_broken)
        else:
            self._transport.abortConnection()

    # The end.

    def _begin_closing(self, code: int, reason: str, *, now: bool = False) -> None:
        """Send a close frame, after what waits or instead of it, and read only for the peer's."""
        self.state = CLOSING
        self._closing = code, reason
        self._stop_watching()
        self._stop_pacing()
        self._last_wait = LastWait(self._limits, self._site.reactor, self._transport, self._drop)
        send_close = self._sender.close_now if now else self._sender.close
        send_close(closing.encode_close(code, reason))
        if self._decoder is not None:
            self._decoder.discard = True
            if self._decoder.held:
                self._site.reactor.callLater(0, self.resume)

    # What the sender tells.

    def overflow(self) -> None:
        """End the connection of a peer that does not read: 1013, without what waited."""
        reason = "too much was waiting to be read"
        if self.state is OPEN:
            self._begin_closing(closing.TRY_AGAIN_LATER, reason, now=True)
        elif self.state is CONNECTING:
            self._early_close = closing.TRY_AGAIN_LATER, reason
        else:
            return
        self._note_end(closing.TRY_AGAIN_LATER, reason)
        self.count("slow_clients_closed", 1)

    def count(self, what: str, times: int) -> None:
        """Count something that happened; of dropped messages the log tells, too, where clients stay."""
        self._application.count(what, times)
        if what == "sends_dropped_slow" and self._limits.slow_client != "close":
            project = self._application
            self._loss = self._site.losses.note(project.path, project.log_fields, times, self._loss)

    def close_frame_sent(self) -> None:
        """Give the peer its time to answer our close frame."""
        if self._last_wait is not None:
            self._last_wait.close_frame_sent()

    def _failed(self, code: int, reason: str) -> None:
        """Count a broken rule, and end the connection."""
        self._application.count(_BROKEN[code])
        self._fail(code, reason)

    def _fail(self, code: int, reason: str) -> None:
        """Say why the peer's frames are wrong, and listen to nothing any more (RFC 6455, section 7.1.7)."""
        if self._receiver is not None:
            self._receiver.delivered()
        if self._closing is None:
            self._closing = code, reason
            self._note_end(code, reason)
            self._sender.close_now(closing.encode_close(code, reason))
        self._part_from(*self._closing, was_clean=False)

    def _peer_closed(self, payload: bytes) -> None:
        """Answer the peer's close frame; what still waits to be sent is of no use to it any more."""
        if self._closing is None:
            self._sender.close_now(payload)
            self._part_from(*closing.decode_close(payload), was_clean=True)
        else:
            self._part_from(*self._closing, was_clean=True)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the end, after what the peer sent before it."""
        del reason
        self._site.connections.discard(self)
        self._is_lost = True
        self._sender.stop()
        self._stop_watching()
        decoder = self._decoder
        if decoder is None or not (decoder.held and decoder.waiting and self.state is OPEN):
            self._end_broken()

    def _drop(self) -> None:
        """Drop the transport of a peer that does not answer."""
        self._transport.abortConnection()
        self._end_broken()

    def _part_from(self, code: int, reason: str, *, was_clean: bool) -> None:
        """Tell the end, and leave the transport so that the peer can read what was written last."""
        self.state = CLOSED
        self._sender.finish()
        if not self._is_lost:
            self._site.connections.discard(self)
            linger(self._transport, self._limits.close_time, self._site.deadlines, self._site.connections)
        self._end(code, reason, was_clean)

    def _end_broken(self) -> None:
        """Tell the end of a connection that was not closed properly."""
        self._end(*(self._closing or (closing.ABNORMAL, "")), was_clean=False)

    def _end(self, code: int, reason: str, was_clean: bool) -> None:
        """Tell the application of the end, once, and let go of everything."""
        self.state = CLOSED
        self._early_data = b""
        self._stop_decoding()
        self._stop_watching()
        self._stop_pacing()
        if self._last_wait is not None:
            self._last_wait.stop()
        receiver, self._receiver = self._receiver, None
        if receiver is None:
            return
        try:
            receiver.closed(code, reason, was_clean)
        except Exception:  # noqa: BLE001 - whatever it is, this connection is over
            _log.failure("{path}: the end of a connection met an error", **self._log_fields(receiver))

    def _log_fields(self, receiver: Receiver | None = None) -> dict[str, Any]:
        """Say whom a line in the log concerns."""
        concerned = receiver or self._receiver or self._application
        return {"path": self._application.path, **concerned.log_fields}

    def _stop_watching(self) -> None:
        if self._vigil is not None:
            self._vigil.stop()

    def _stop_pacing(self) -> None:
        if self._pacer is not None:
            self._pacer.stop()
            self._pacer = None

    def _stop_decoding(self) -> None:
        if self._decoder is not None:
            self._decoder.stop()
