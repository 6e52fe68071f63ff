# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Taking a peer's frames apart (RFC 6455, sections 5 and 6.2), in Python.

`wstwist.wire.codec` gives this or its compiled twin in ``_codec.pyx``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wstwist.wire.deflate import Inflater
from wstwist.wire.frame import Frame, check_start, head_size
from wstwist.wire.message import Message
from wstwist.wire.rules import CLOSE, Violation, check_close, frame_too_big, too_many_frames


class Decoder:
    """Takes a peer's frames apart.

    A callback may call any method, `feed` included: its bytes then follow what is not decoded yet. What a
    callback raises comes out of `feed` or `resume`; its frame counts as handled.

    Args:
        deliver: Called with each whole message; False: stop before the next frame, as by `hold`.
        control: Called with opcode and payload of each ping, pong and valid close frame.
        fail: Called once with close code and reason when a rule is broken: 1002, 1007, 1008 or 1009.
        message_size: Bytes that a message has at most, after decompression.
        inflater: What decompresses messages; ``None``: compression was not agreed on.
        masked: Whether frames have to be masked: a client's are, a server's are not.
        frame_size: Bytes that a frame's payload has at most.
        fragments: Frames that a message has at most.

    Attributes:
        deliver: As above; it may be exchanged at any time.
        heard: Set by each `feed`, for others to reset.
        delivered: Set by each message, likewise.
        discard: While it is set messages are checked, and not delivered.
        held: Whether it stops before the next frame. To be read only.
        is_over: Whether nothing is decoded any more: after a close frame, a broken rule or `stop`. To be
            read only.
    """

    def __init__(
        self,
        deliver: Callable[[str | bytes], bool],
        control: Callable[[int, bytes], None],
        fail: Callable[[int, str], None],
        message_size: int,
        inflater: Inflater | None = None,
        *,
        masked: bool = True,
        frame_size: int = 1 << 20,
        fragments: int = 1024,
    ) -> None:
        """Begin between two frames."""
        self.deliver = deliver
        self.heard = self.delivered = self.discard = self.held = self.is_over = False
        self._control = control
        self._fail = fail
        self._message_size = message_size
        self._inflater = inflater
        self._masked = masked
        self._frame_size = frame_size
        self._fragments = fragments
        self._frames = 0  # of the message whose parts are coming
        self._decoding = False
        # What is being decoded, and from where on; then what came meanwhile, or while it was held.
        self._now: bytes | bytearray = b""
        self._at = 0
        self._later = bytearray()
        self._head = bytearray()
        self._frame: Frame | None = None
        self._message: Message | None = None

    @property
    def waiting(self) -> int:
        """The bytes that have come and are not decoded, because it is held."""
        return len(self._now) - self._at + len(self._later)

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Decode what has come, or keep it."""
        self.heard = True
        if self.is_over:
            return
        if self._decoding or self.held or self.waiting:
            self._later += data
        else:
            self._now, self._at = bytes(data), 0
        self._go_on()

    def feed_buffer(self, buffer: bytearray, size: int) -> None:
        """Decode the first bytes of a buffer, which are there during this call only, or keep them."""
        self.feed(memoryview(buffer)[:size])

    def hold(self) -> None:
        """Stop before the next frame."""
        self.held = True

    def resume(self) -> None:
        """Go on with what was kept."""
        if self.held:
            self.held = False
            self._go_on()

    def stop(self) -> None:
        """Decode nothing any more, and let go of the callbacks."""
        self._end()
        self._inflater = None
        self.deliver = self._control = self._fail = _ignore

    def _end(self) -> None:
        """Drop what is not decoded, and what is not whole."""
        self.is_over = True
        self._now, self._at = b"", 0
        self._later = bytearray()
        self._head = bytearray()
        self._frame = self._message = None

    def _go_on(self) -> None:
        """Decode until it is held or over, or there is no more."""
        if self._decoding:
            return
        self._decoding = True
        try:
            while not self.held and not self.is_over and self._has_more():
                self._decode_some()
        finally:
            self._decoding = False

    def _has_more(self) -> bool:
        """Whether there are bytes to decode."""
        if self._at == len(self._now):
            self._now, self._later, self._at = self._later, bytearray(), 0
        return bool(self._now)

    def _decode_some(self) -> None:
        """Decode a header or payload as far as it has come."""
        try:
            if self._frame is None:
                self._take_head()
            else:
                self._take_payload(self._frame)
        except Violation as violation:
            fail = self._fail
            self._end()
            fail(violation.code, violation.reason)

    def _take(self, most: int) -> bytes | bytearray:
        """Take the next bytes, as many as there are."""
        taken = self._now[self._at : self._at + most]
        self._at += len(taken)
        return taken

    def _take_head(self) -> None:
        """Collect a header; its first two bytes are checked as soon as they are there."""
        head = self._head
        if len(head) < 2:  # noqa: PLR2004
            head += self._take(2 - len(head))
            if len(head) < 2:  # noqa: PLR2004
                return
            inside, compression = self._message is not None, self._inflater is not None
            check_start(head[0], head[1], inside, compression, self._masked)
        head += self._take(head_size(head[1]) - len(head))
        if len(head) == head_size(head[1]):
            self._head = bytearray()
            self._begin(Frame(head))

    def _begin(self, frame: Frame) -> None:
        """Begin with a frame's payload; what is too big is refused before it comes."""
        if not frame.is_control:
            if self._message is None:
                inflater = self._inflater if frame.is_compressed else None
                self._message = Message(frame.opcode, self._message_size, inflater)
                self._frames = 0
            self._count(frame)
            self._message.expect(frame.left)
        self._frame = frame
        if not frame.left:
            self._finish(frame)

    def _count(self, frame: Frame) -> None:
        """Refuse one frame too many, or too big."""
        self._frames += 1
        if self._frames > self._fragments:
            raise too_many_frames(self._fragments)
        if frame.left > self._frame_size:
            raise frame_too_big(self._frame_size)

    def _take_payload(self, frame: Frame) -> None:
        """Take some of a frame's payload."""
        payload = frame.unmask(self._take(frame.left))
        if self._message is None or frame.is_control:
            frame.payload += payload
        else:
            self._message.add(payload)
        if not frame.left:
            self._finish(frame)

    def _finish(self, frame: Frame) -> None:
        """Hand on what is whole now."""
        self._frame = None
        if frame.is_control:
            self._finish_control(frame.opcode, bytes(frame.payload))
        elif frame.is_final and self._message is not None:
            message, self._message = self._message, None
            self._finish_message(message.finish())

    def _finish_control(self, opcode: int, payload: bytes) -> None:
        """Hand on a control frame; a close frame is the last one."""
        control = self._control
        if opcode == CLOSE:
            check_close(payload)
            self._end()
        control(opcode, payload)

    def _finish_message(self, message: str | bytes) -> None:
        """Deliver a message, and hear whether more is wanted."""
        if self.discard:
            return
        self.delivered = True
        if not self.deliver(message):
            self.held = True


def _ignore(*_: object) -> Any:
    """Stand where a callback was."""
