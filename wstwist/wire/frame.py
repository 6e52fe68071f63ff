# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""One frame of a peer (RFC 6455, section 5.2), for the decoder in Python."""

from __future__ import annotations

from wstwist.wire import rules
from wstwist.wire.rules import BINARY, CLOSE, CONTINUATION, PING, PONG, PROTOCOL_ERROR, TEXT, Violation

_FINAL = 0x80
_RESERVED = 0x70
_COMPRESSED = 0x40
_OPCODE = 0x0F
_CONTROL = 0x08
_MASKED = 0x80
_LENGTH = 0x7F
_SHORT = 125
_MEDIUM = 126
_LARGEST = 2**63 - 1
_OPCODES = (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG)


def head_size(second: int) -> int:
    """Give the bytes of a header from its second byte: with the length's further bytes, and the mask."""
    length = second & _LENGTH
    size = 2 if length <= _SHORT else 4 if length == _MEDIUM else 10
    return size + 4 if second & _MASKED else size


def check_start(first: int, second: int, inside: bool, compression: bool, masked: bool) -> None:
    """Check a header's first two bytes.

    Args:
        first: Flags and opcode.
        second: The mask's flag and the length.
        inside: Whether a message has begun and not ended.
        compression: Whether RFC 7692 was agreed on.
        masked: Whether it has to be masked: a client's is, a server's is not (section 5.1).

    Raises:
        Violation: when they break a rule.
    """
    opcode = first & _OPCODE
    reserved = first & _RESERVED
    if reserved and not (compression and reserved == _COMPRESSED and opcode in (TEXT, BINARY)):
        raise Violation(PROTOCOL_ERROR, rules.RESERVED_BITS)
    if bool(second & _MASKED) != masked:
        raise Violation(PROTOCOL_ERROR, rules.UNMASKED if masked else rules.MASKED)
    if opcode not in _OPCODES:
        raise Violation(PROTOCOL_ERROR, rules.UNKNOWN_OPCODE)
    if opcode & _CONTROL:
        _check_control(first, second & _LENGTH)
    elif inside and opcode != CONTINUATION:
        raise Violation(PROTOCOL_ERROR, rules.NOT_ENDED)
    elif not inside and opcode == CONTINUATION:
        raise Violation(PROTOCOL_ERROR, rules.NOT_BEGUN)


def _check_control(first: int, length: int) -> None:
    """Check a control frame (section 5.5)."""
    if not first & _FINAL:
        raise Violation(PROTOCOL_ERROR, rules.FRAGMENTED_CONTROL)
    if length > _SHORT:
        raise Violation(PROTOCOL_ERROR, rules.LONG_CONTROL)
    if first & _OPCODE == CLOSE and length == 1:
        raise Violation(PROTOCOL_ERROR, rules.SHORT_CLOSE)


class Frame:
    """A frame whose payload is coming.

    Args:
        head: A whole header, its first two bytes known to be right.

    Attributes:
        opcode: What it is.
        is_final: Whether it ends its message.
        is_compressed: Whether it begins a compressed message.
        left: The bytes of its payload that have not come yet.
        payload: The payload of a control frame as far as it has come.
    """

    __slots__ = ("_mask", "is_compressed", "is_final", "left", "opcode", "payload")

    def __init__(self, head: bytearray) -> None:
        """Read the header."""
        self.opcode = head[0] & _OPCODE
        self.is_final = bool(head[0] & _FINAL)
        self.is_compressed = bool(head[0] & _COMPRESSED)
        self.left = _length(head)
        self.payload = bytearray()
        self._mask = bytes(head[-4:]) if head[1] & _MASKED else bytes(4)

    @property
    def is_control(self) -> bool:
        """Whether it is a ping, pong or close frame."""
        return bool(self.opcode & _CONTROL)

    def unmask(self, data: bytes | bytearray) -> bytes:
        """Take the next part of the payload, and undo its masking (section 5.3)."""
        size = len(data)
        masks = (self._mask * (size // 4 + 2))[:size]
        turn = size % 4
        self._mask = self._mask[turn:] + self._mask[:turn]
        self.left -= size
        return (int.from_bytes(data, "little") ^ int.from_bytes(masks, "little")).to_bytes(size, "little")


def _length(head: bytearray) -> int:
    """Read a payload's length, which is written in the fewest bytes (section 5.2)."""
    short = head[1] & _LENGTH
    if short <= _SHORT:
        return short
    length = int.from_bytes(head[2 : -4 if head[1] & _MASKED else None], "big")
    if length > _LARGEST:
        raise Violation(PROTOCOL_ERROR, rules.NEGATIVE_LENGTH)
    if length <= (_SHORT if short == _MEDIUM else 0xFFFF):
        raise Violation(PROTOCOL_ERROR, rules.LONG_LENGTH)
    return length
