# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""An open connection, from the client's side and without I/O: messages in, frames out, and the end."""

from __future__ import annotations

import os
import sys
from enum import Enum, auto
from typing import Protocol

from wstwist.connection.handshake import Agreed
from wstwist.exceptions import ConnectionClosed
from wstwist.messages import check_message, no_text
from wstwist.wire import closing
from wstwist.wire.codec import BINARY, CLOSE, PING, PONG, TEXT, Decoder, masked_frame


class State(Enum):
    """Where a session stands."""

    OPEN = auto()
    CLOSING = auto()
    """We have asked for the end, and the server's close frame is waited for."""
    CLOSED = auto()
    """Both close frames have passed, or the connection is broken."""


OPEN, CLOSING, CLOSED = State


class Listener(Protocol):
    """What a session tells."""

    def received(self, message: str | bytes) -> bool:
        """Take a message; False: take no more until `Session.resume`."""

    def write(self, data: bytes) -> None:
        """Write bytes to the server."""

    def pong(self, payload: bytes) -> None:
        """Learn that the server has answered a ping."""

    def ended(self) -> None:
        """Learn, once, that nothing more is to come: `Session.end` says why."""


class Session:
    """A connection after its handshake.

    Args:
        agreed: What the handshake agreed on.
        listener: Whom to tell.
        message_size: The bytes that a message from the server has at most, after decompression.
        fragments: The frames that it has at most.

    Attributes:
        state: Where it stands.
        end: How it ended: close code, reason, and whether the closing handshake was completed.
        protocol: The sub-protocol, or None.
    """

    def __init__(self, agreed: Agreed, listener: Listener, message_size: int, fragments: int) -> None:
        """Be open; `begin` decodes what came behind the answer."""
        self.state = OPEN
        self.end: tuple[int, str, bool] | None = None
        self.protocol = agreed.protocol
        self._rest = agreed.rest
        self._listener = listener
        self._deflater = agreed.deflater
        self._asked: tuple[int, str] | None = None  # the end that we asked for
        self._decoder = Decoder(
            listener.received,
            self._control,
            self._failed,
            message_size,
            agreed.inflater,
            masked=False,
            frame_size=sys.maxsize,  # the message's bounds it
            fragments=fragments,
        )

    def begin(self) -> None:
        """Decode what came behind the handshake's answer."""
        rest, self._rest = self._rest, b""
        if rest:
            self._decoder.feed(rest)

    @property
    def heard(self) -> bool:
        """Whether anything came since this was last set to False."""
        return self._decoder.heard

    @heard.setter
    def heard(self, value: bool) -> None:
        self._decoder.heard = value

    @property
    def is_held(self) -> bool:
        """Whether nothing is decoded until `resume`: no more should be read from the network."""
        return self._decoder.held

    # In.

    def feed(self, data: bytes) -> None:
        """Decode what came from the server."""
        self._decoder.feed(data)

    def hold(self) -> None:
        """Decode nothing until `resume`."""
        self._decoder.hold()

    def resume(self) -> None:
        """Go on after `hold`, or a listener that took no more."""
        self._decoder.resume()

    def lost(self) -> None:
        """Know that the network connection is over."""
        code, reason = self._asked or (closing.ABNORMAL, "")
        self._end(code, reason, was_clean=False)

    # Out.

    def send(self, message: str | bytes) -> None:
        """Write a message.

        Raises:
            ConnectionClosed: It is over, or we have asked for the end.
            TypeError: The message is neither text nor bytes.
            ValueError: It is a text that has no UTF-8 form.
        """
        check_message("send", message)
        if self.state is not OPEN:
            raise self.closed()
        try:
            self._listener.write(self.encode(message))
        except UnicodeEncodeError as error:
            raise no_text("send", error) from None

    def encode(self, message: str | bytes) -> bytes:
        """Make a message's frame; a connection's frames leave in the order in which they are made."""
        opcode, payload = (TEXT, message.encode("utf-8")) if isinstance(message, str) else (BINARY, message)
        if self._deflater is None:
            return masked_frame(opcode, payload, os.urandom(4))
        return masked_frame(opcode, self._deflater.compress(payload), os.urandom(4), compressed=True)

    def ping(self, payload: bytes = b"") -> None:
        """Ask for a sign of life; not once the end has begun."""
        if self.state is OPEN:
            self._write(PING, payload)

    def close(self, code: int = closing.NORMAL, reason: str = "") -> None:
        """Ask for the end; what was sent before has left before it. A second call does nothing.

        Raises:
            ValueError: No client may send this code.
            TypeError: The reason is no text.
        """
        closing.check_end(code, reason)
        if self.state is OPEN:
            self._asked = code, reason
            self.state = CLOSING
            self._write(CLOSE, closing.encode_close(code, reason))

    def closed(self) -> ConnectionClosed:
        """Give the error of one who sends or receives after the end."""
        code, reason, was_clean = self.end or (*(self._asked or (closing.ABNORMAL, "")), False)
        return ConnectionClosed(code, reason, was_clean)

    def _write(self, opcode: int, payload: bytes) -> None:
        self._listener.write(masked_frame(opcode, payload, os.urandom(4)))

    # The end, and what leads to it.

    def _control(self, opcode: int, payload: bytes) -> None:
        if opcode == PING and self.state is not CLOSED:
            self._write(PONG, payload)
        elif opcode == PONG:
            self._listener.pong(payload)
        elif opcode == CLOSE:
            self._closed_by_server(payload)

    def _closed_by_server(self, payload: bytes) -> None:
        """Answer the server's close frame, unless it is the answer to ours (section 5.5.1)."""
        if self._asked is not None:
            self._end(*self._asked, was_clean=True)
        else:
            self._write(CLOSE, payload[:2])
            self._end(*closing.decode_close(payload), was_clean=True)

    def _failed(self, code: int, reason: str) -> None:
        """Say why the server's frames are wrong, and listen to nothing any more (section 7.1.7)."""
        if self.state is OPEN:
            self._write(CLOSE, closing.encode_close(code, reason))
        self._end(code, reason, was_clean=False)

    def _end(self, code: int, reason: str, *, was_clean: bool) -> None:
        if self.end is None:
            self.end = code, reason, was_clean
            self.state = CLOSED
            self._decoder.stop()
            self._listener.ended()
