# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The frames that are sent (RFC 6455, section 5.2), in Python: whole; a server's are not masked.

`wstwist.wire.codec` gives these or their compiled twins in ``_codec.pyx``.
"""

from __future__ import annotations

from wstwist.wire.deflate import Deflater
from wstwist.wire.rules import BINARY, TEXT

_FINAL = 0x80
_COMPRESSED = 0x40  # RSV1, RFC 7692, section 6
_MASKED = 0x80
_SHORT = 125
_MEDIUM = 0xFFFF


def header(opcode: int, size: int, *, compressed: bool = False) -> bytes:
    """Encode the header of a final frame with a payload of ``size`` bytes."""
    first = _FINAL | opcode | (_COMPRESSED if compressed else 0)
    if size <= _SHORT:
        return bytes((first, size))
    if size <= _MEDIUM:
        return bytes((first, 126)) + size.to_bytes(2, "big")
    return bytes((first, 127)) + size.to_bytes(8, "big")


def encode(message: str | bytes, deflater: Deflater | None = None) -> bytes:
    """Encode a message as one frame, compressed where there is a ``deflater``.

    Raises:
        UnicodeEncodeError: for a text with lone surrogates, which has no UTF-8 form.
    """
    opcode, payload = (TEXT, message.encode("utf-8")) if isinstance(message, str) else (BINARY, message)
    if deflater is None:
        return header(opcode, len(payload)) + payload
    payload = deflater.compress(payload)
    return header(opcode, len(payload), compressed=True) + payload


def masked_frame(opcode: int, payload: bytes, key: bytes, *, compressed: bool = False) -> bytes:
    """Encode a final frame as a client sends it (section 5.3).

    Args:
        opcode: What it is.
        payload: Its payload, compressed where that is agreed on.
        key: Four bytes that nobody can foresee.
        compressed: Whether it is a compressed message.

    Raises:
        ValueError: for a key of another size.
    """
    if len(key) != 4:  # noqa: PLR2004
        raise ValueError("a key has four bytes")
    head = bytearray(header(opcode, len(payload), compressed=compressed))
    head[1] |= _MASKED
    size = len(payload)
    mask = (key * (size // 4 + 1))[:size]
    hidden = int.from_bytes(payload, "little") ^ int.from_bytes(mask, "little")
    return bytes(head) + key + hidden.to_bytes(size, "little")


def utf8_view(text: str) -> bytes | memoryview:
    """Give the UTF-8 of a text; where this is compiled that of ASCII is not copied.

    Raises:
        UnicodeEncodeError: for a text with lone surrogates.
    """
    return text.encode("utf-8")


class Cork:
    """Frames that leave in one write.

    Attributes:
        size: The bytes in it.
    """

    __slots__ = ("_frames", "size")

    def __init__(self) -> None:
        """Begin empty."""
        self._frames: list[bytes] = []
        self.size = 0

    def add(self, message: str | bytes) -> int:
        """Add a message, uncompressed; gives the bytes in the cork, as the other additions do.

        Raises:
            UnicodeEncodeError: for a text with lone surrogates; nothing is added.
        """
        return self.add_encoded(encode(message))

    def add_frame(self, opcode: int, payload: bytes, *, compressed: bool = False) -> int:
        """Add a frame with a payload as it is to be on the wire."""
        return self.add_encoded(header(opcode, len(payload), compressed=compressed) + payload)

    def add_encoded(self, frame: bytes) -> int:
        """Add a frame that `encode` made; where it stays alone `take` gives this very object."""
        self._frames.append(frame)
        self.size += len(frame)
        return self.size

    def take(self) -> bytes:
        """Take everything out."""
        frames, self._frames, self.size = self._frames, [], 0
        return b"".join(frames)
