# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Frames that no client may send: the right close code for each, on a real connection, readable to its end.

What each of the decoders makes of them stands in tests/wire/test_codec.py.
"""

from __future__ import annotations

import pytest

from soak.frames import BINARY, CLOSE, DEFLATE, PING, PONG, TEXT, close, frame, head, text
from soak.served import Served
from tests.attacks.kit import MIB, Client, bounded, close_code

RESERVED_OPCODES = (*range(3, 8), *range(11, 16))
# 1004 to 1006 and 1015 have a meaning that never goes over the wire, the others none at all.
INVALID_CODES = (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 9999, 32768, 65535)
VALID_CODES = (*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4999)
NOT_UTF8 = {
    "no beginning": b"\x80",
    "cut at the end": b"Gr\xc3",
    "overlong": b"\xc0\xaf",
    "overlong NUL": b"\xc0\x80",
    "surrogate": b"\xed\xa0\x80",
    "beyond Unicode": b"\xf4\x90\x80\x80",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "latin-1": "Grüße".encode("latin-1"),
    "behind good text": "κόσμε".encode() + b"\xff",
}


@pytest.mark.parametrize("opcode", RESERVED_OPCODES)
def test_reserved_opcode(served: Served, opcode: int) -> None:
    """An opcode that nobody has defined is a 1002, whatever comes with it."""
    for payload in (b"", b"x" * 125):
        assert close_code(served, frame(opcode, payload)) == 1002
    assert close_code(served, text("a") + frame(opcode) + text("b")) == 1002
    assert close_code(served, frame(opcode, fin=False)) == 1002


@pytest.mark.parametrize("rsv", range(1, 8))
@pytest.mark.parametrize("opcode", [TEXT, BINARY, CLOSE, PING, PONG])
def test_reserved_bits(served: Served, opcode: int, rsv: int) -> None:
    """A reserved bit that no extension was given is a 1002."""
    assert close_code(served, frame(opcode, rsv=rsv)) == 1002


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(frame(PING, rsv=4), id="ping"),
        pytest.param(frame(TEXT, fin=False) + frame(0, b"", rsv=4), id="continuation"),
        pytest.param(frame(TEXT, rsv=2), id="the second bit"),
        pytest.param(frame(TEXT, rsv=5), id="the third bit, too"),
    ],
)
def test_reserved_bits_with_compression(served: Served, data: bytes) -> None:
    """With permessage-deflate the first one belongs to a message's first frame, and to no other."""
    assert close_code(served, data, "/Compressed", DEFLATE) == 1002


@pytest.mark.parametrize("code", INVALID_CODES)
def test_invalid_close_code(served: Served, code: int) -> None:
    """A close code that may not be sent is a 1002."""
    assert close_code(served, close(code)) == 1002
    assert close_code(served, close(code, b"bye")) == 1002


@pytest.mark.parametrize("code", VALID_CODES)
def test_valid_close_code(served: Served, code: int) -> None:
    """One that may is answered with itself."""
    assert close_code(served, close(code, b"bye")) == code


def test_all_close_codes(served: Served) -> None:
    """Of all codes up to 5000 those come back that may be sent."""

    def attack() -> set[int]:
        return {code for code in range(990, 5010, 3) if close_code(served, close(code)) == code}

    sent = {*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)}
    # So many connections, one after another, have the fast transports keep some buffers: they go no further.
    assert bounded(served, attack, memory=20 * MIB) == (sent & set(range(990, 5010, 3))) | {1002}


@pytest.mark.parametrize("data", NOT_UTF8.values(), ids=NOT_UTF8)
def test_invalid_text(served: Served, data: bytes) -> None:
    """A text that is not UTF-8 is a 1007: whole, in two fragments, byte by byte, compressed."""
    middle = len(data) // 2
    halves = frame(TEXT, data[:middle], fin=False) + frame(0, data[middle:])
    bytes_of = b"".join(frame(0 if at else TEXT, data[at : at + 1], fin=False) for at in range(len(data)))
    stored = (
        b"\0" + len(data).to_bytes(2, "little") + (0xFFFF ^ len(data)).to_bytes(2, "little") + data + b"\0"
    )
    for stream in (frame(TEXT, data), halves, bytes_of + frame(0)):
        assert close_code(served, stream) == 1007
    assert close_code(served, frame(TEXT, stored, rsv=4), "/Compressed", DEFLATE) == 1007


def test_invalid_text_at_once(served: Served) -> None:
    """The first byte that is wrong ends the connection; the rest of the message is not waited for."""
    stream = frame(TEXT, b"good \xff", fin=False)
    assert close_code(served, stream) == 1007


@pytest.mark.parametrize("reason", NOT_UTF8.values(), ids=NOT_UTF8)
def test_invalid_close_reason(served: Served, reason: bytes) -> None:
    """A close reason that is not UTF-8 is a 1007."""
    assert close_code(served, close(1000, reason)) == 1007


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(frame(CLOSE, b"\x03"), 1002, id="half a close code"),
        pytest.param(frame(CLOSE, fin=False), 1002, id="a close frame in fragments"),
        pytest.param(frame(PING, fin=False), 1002, id="a ping in fragments"),
        pytest.param(frame(PING, b"x" * 126), 1002, id="a long ping"),
        pytest.param(head(CLOSE, 1 << 20), 1002, id="a long close frame"),
        pytest.param(frame(TEXT, b"x", masked=False), 1002, id="unmasked"),
        pytest.param(frame(0, b"x"), 1002, id="a continuation of nothing"),
        pytest.param(frame(TEXT, b"x", fin=False) + text("y"), 1002, id="two messages in one"),
        pytest.param(b"\x81\xfe\x00\x05" + bytes(4), 1002, id="5 written in two bytes"),
        pytest.param(b"\x81\xff" + (126).to_bytes(8, "big") + bytes(4), 1002, id="126 written in eight"),
        pytest.param(b"\x81\xff" + b"\xff" * 8 + bytes(4), 1002, id="a length of 64 bits"),
        pytest.param(head(BINARY, MIB + 1), 1009, id="a byte too much announced"),
        pytest.param(head(BINARY, (1 << 63) - 1), 1009, id="the largest length"),
        pytest.param(frame(BINARY, bytes(MIB), fin=False) + frame(0, b"x"), 1009, id="a byte too much"),
    ],
)
def test_violation(served: Served, data: bytes, expected: int) -> None:
    """Each of the others has its code, which arrives: the connection is not reset under it."""
    assert bounded(served, lambda: close_code(served, data)) == expected


def test_last_words(served: Served) -> None:
    """What is sent behind a violation is thrown away, so that the close code is not lost to a reset."""
    with Client(served, "/Echo") as client:
        client.send(frame(7) + bytes(MIB))
        assert client.close_code() == 1002
