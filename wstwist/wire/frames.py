# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The frames that a server sends (RFC 6455, section 5.2): whole, unmasked."""

from __future__ import annotations

TEXT = 0x1
BINARY = 0x2
CLOSE = 0x8
PING = 0x9
PONG = 0xA

_FINAL = 0x80
_COMPRESSED = 0x40  # RSV1, RFC 7692, section 6
_SHORT = 125
_MEDIUM = 0xFFFF


def frame_header(opcode: int, size: int, *, compressed: bool = False) -> bytes:
    """Encode the header of a final frame with a payload of ``size`` bytes."""
    first = _FINAL | opcode | (_COMPRESSED if compressed else 0)
    if size <= _SHORT:
        return bytes((first, size))
    if size <= _MEDIUM:
        return bytes((first, 126)) + size.to_bytes(2, "big")
    return bytes((first, 127)) + size.to_bytes(8, "big")


def control_frame(opcode: int, payload: bytes) -> bytes:
    """Encode a frame of control; its payload has at most 125 bytes."""
    return frame_header(opcode, len(payload)) + payload
