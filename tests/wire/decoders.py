# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What the codec's tests and its fuzz target share: frames, and plays that decoders act out."""

from __future__ import annotations

import struct
import sys
from collections.abc import Sequence
from typing import Any

MASK = b"\x37\xfa\x21\x3d"  # the example of RFC 6455, section 5.7
ANOTHER = bytes.fromhex("8185 37fa213d 7f9f4d5158")  # "Hello", as there

ANSWERS = (
    "more",
    "enough",
    "hold",
    "resume",
    "hold and resume",
    "feed",
    "raise",
    "stop",
    "discard",
    "deliver",
)
"""What a callback may do; of `deliver` ``enough`` is False."""

ACTIONS = ("hold", "resume", "discard", "deliver", "stop")
"""What may be done to a decoder between two reads."""

Events = list[tuple[Any, ...]]


class Oops(Exception):
    """What a callback raises."""


def masked(payload: bytes, mask: bytes = MASK) -> bytes:
    """Mask or unmask a payload (RFC 6455, section 5.3)."""
    size = len(payload)
    masks = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(masks, "big")).to_bytes(size, "big")


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, mask: bytes | None = MASK
) -> bytes:
    """Encode a client's frame; without a mask, a server's."""
    size = len(payload)
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    flag = 0 if mask is None else 0x80
    if size < 126:
        head = struct.pack("!BB", first, flag | size)
    elif size < 65536:
        head = struct.pack("!BBH", first, flag | 126, size)
    else:
        head = struct.pack("!BBQ", first, flag | 127, size)
    return head + payload if mask is None else head + mask + masked(payload, mask)


def fragments(opcode: int, parts: Sequence[bytes], *, rsv: int = 0, mask: bytes | None = MASK) -> bytes:
    """Encode a client's message in fragments; without a mask, a server's."""
    last = len(parts) - 1
    return b"".join(
        frame(0 if index else opcode, part, fin=index == last, rsv=0 if index else rsv, mask=mask)
        for index, part in enumerate(parts)
    )


class Play:
    """One decoder, what is done to it, and what it tells.

    Args:
        decoder_class: Which of the twins.
        message_size: The decoder's limit.
        inflater: The decoder's inflater.
        answers: What its callbacks do, one after another; after the last one they want more.
        masked: Whether it is to decode a client's frames, or a server's.
        frame_size: The decoder's limit.
        fragments: The decoder's limit.

    Attributes:
        events: Every callback with what the decoder looked like at that moment, and every step's end.
    """

    def __init__(
        self,
        decoder_class: Any,
        message_size: int = 1 << 20,
        inflater: Any = None,
        answers: Sequence[str] = (),
        *,
        masked: bool = True,
        frame_size: int = sys.maxsize,
        fragments: int = 1024,
    ) -> None:
        self.events: Events = []
        self._answers = iter(answers)
        self.decoder = decoder_class(
            self.deliver,
            self.control,
            self.fail,
            message_size,
            inflater,
            masked=masked,
            frame_size=frame_size,
            fragments=fragments,
        )

    @property
    def told(self) -> Events:
        """The callbacks alone: messages, control frames and a failure."""
        return [event[:-1] for event in self.events if event[0] in ("message", "control", "fail")]

    @property
    def messages(self) -> list[str | bytes]:
        """The messages."""
        return [event[1] for event in self.events if event[0] == "message"]

    def act(self, steps: Sequence[bytes | str]) -> Events:
        """Do one step after another: feed bytes, or one of the actions."""
        for step in steps:
            try:
                self._step(step)
            except Oops:
                self.events.append(("raised",))
            self._note("step")
        return self.events

    def _step(self, step: bytes | str) -> None:
        if isinstance(step, bytes):
            self.decoder.heard = False
            if len(step) % 2:
                self.decoder.feed(step)
            else:  # what comes behind is of an earlier read
                self.decoder.feed_buffer(bytearray(step + b"old"), len(step))
        elif step == "discard":
            self.decoder.discard = not self.decoder.discard
        elif step == "deliver":
            self.decoder.deliver = self.deliver_elsewhere
        else:
            getattr(self.decoder, step)()

    def deliver(self, message: str | bytes) -> bool:
        self._note("message", message)
        return self._answer()

    def deliver_elsewhere(self, message: str | bytes) -> bool:
        self._note("message", message)
        return True

    def control(self, opcode: int, payload: bytes) -> None:
        self._note("control", opcode, payload)
        self._answer()

    def fail(self, code: int, reason: str) -> None:
        self._note("fail", code, reason)
        self._answer()

    def _note(self, *event: Any) -> None:
        decoder = self.decoder
        state = (decoder.heard, decoder.discard, decoder.held, decoder.is_over, decoder.waiting)
        self.events.append((*event, state))

    def _answer(self) -> bool:
        answer = next(self._answers, "more")
        if answer == "raise":
            raise Oops
        if answer == "feed":
            self.decoder.feed(ANOTHER)
        elif answer == "hold and resume":
            self.decoder.hold()
            self.decoder.resume()
        elif answer not in ("more", "enough"):
            self._step(answer)
        return answer != "enough"
