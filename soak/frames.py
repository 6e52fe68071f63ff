# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What a client writes, as bytes: handshakes and frames, proper ones and others."""

from __future__ import annotations

import struct

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

_SHORT, _MEDIUM = 126, 65536


def handshake(path: str, *more: str) -> bytes:
    """Give a request to upgrade; ``more`` are further header lines, in Latin-1."""
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: localhost",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {KEY}",
        "Sec-WebSocket-Version: 13",
        *more,
    ]
    return "\r\n".join((*lines, "", "")).encode("latin-1")


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, masked: bool = True) -> bytes:
    """Encode a frame; its mask is zero, so that its payload stays as it is."""
    return head(opcode, len(payload), fin=fin, rsv=rsv, masked=masked) + payload


def head(opcode: int, size: int, *, fin: bool = True, rsv: int = 0, masked: bool = True) -> bytes:
    """Encode the head of a frame that announces a payload of some size."""
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    mask = 0x80 if masked else 0
    if size < _SHORT:
        begin = struct.pack("!BB", first, mask | size)
    elif size < _MEDIUM:
        begin = struct.pack("!BBH", first, mask | 126, size)
    else:
        begin = struct.pack("!BBQ", first, mask | 127, size)
    return begin + (bytes(4) if masked else b"")


def text(message: str) -> bytes:
    """Encode a text message."""
    return frame(TEXT, message.encode())


def close(code: int | None = 1000, reason: bytes = b"") -> bytes:
    """Encode a close frame; ``None``: without a code."""
    return frame(CLOSE, b"" if code is None else code.to_bytes(2, "big") + reason)


class Reader:
    """Takes apart what a server writes behind its 101: unmasked frames, none of them in fragments."""

    def __init__(self) -> None:
        """Begin with nothing received."""
        self._rest = b""

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Give the opcodes (with RSV1) and payloads of the frames that are complete."""
        self._rest += data
        frames = []
        while (found := self._next()) is not None:
            frames.append(found)
        return frames

    def _next(self) -> tuple[int, bytes] | None:
        data = self._rest
        if len(data) < 2:  # noqa: PLR2004 - the shortest frame
            return None
        size, begin = data[1], 2
        if size >= _SHORT:
            width = 2 if size == _SHORT else 8
            size, begin = int.from_bytes(data[2 : 2 + width], "big"), 2 + width
        if len(data) < begin + size:
            return None
        self._rest = data[begin + size :]
        return data[0] & 0x4F, data[begin : begin + size]
