# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What hostile clients do, one connection each, and what they have to be answered."""

from __future__ import annotations

import itertools
import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from soak.frames import BINARY, CLOSE, DEFLATE, PING, TEXT, close, frame, handshake, head, text

_MIB = 1 << 20
_ECHO = handshake("/Echo")
_BEGIN = b"GET /Echo HTTP/1.1\r\nHost: localhost\r\n"
_VALID_CODES = (*range(1000, 1004), *range(1007, 1015), *range(3000, 5000))


class Visit(NamedTuple):
    """One connection.

    Attributes:
        name: What it does.
        expected: The outcomes that are right: a status, a close code, or a word of `soak.load.visits`.
        first: What is written, one after another.
        then: What is written behind the 101.
        last: What is written when so many frames have come back as `answers` says.
        answers: Likewise.
        pause: Seconds between two of these.
        ends: Who ends it: the ``server``, or this client by a ``reset`` or, properly, by ``hang up``.
        patience: Seconds for the server to end it.
    """

    name: str
    expected: Sequence[str]
    first: Sequence[bytes]
    then: Sequence[bytes] = ()
    last: bytes = b""
    answers: int = 0
    pause: float = 0
    ends: str = "server"
    patience: float = 20


def slow_requests(count: int) -> Iterator[Visit]:
    """Begin requests that go on byte by byte and never end."""
    return itertools.repeat(
        Visit("half a request", ["408"], [_BEGIN + b"X: ", *[b"y"] * 60], pause=0.5), count
    )


def storms(count: int) -> Iterator[Visit]:
    """Connect, and go again at once."""
    gone = ["gone"]
    return _in_turn(
        count,
        Visit("connect and reset", gone, [], ends="reset"),
        Visit("connect and hang up", gone, [], ends="hang up"),
        Visit("half a request, then reset", gone, [_ECHO[:60]], ends="reset"),
        Visit("a request, then reset", gone, [_ECHO], ends="reset"),
        Visit("a message, then reset", gone, [_ECHO], [text("x" * 100)], ends="reset"),
        Visit("half a message, then hang up", gone, [_ECHO], [text("x" * 100)[:50]], ends="hang up"),
        Visit("messages that nobody reads, then reset", gone, [_ECHO], [text("x" * 1000) * 50], ends="reset"),
        Visit("close properly", ["1000"], [_ECHO], [close(1000)]),
    )


def bytewise(count: int) -> Iterator[Visit]:
    """Write everything byte by byte."""
    talk = text("Grüße") + text("x" * 200) + frame(TEXT, b"a", fin=False) + frame(0, b"b")
    steps = [_ECHO[at : at + 1] for at in range(len(_ECHO))], [talk[at : at + 1] for at in range(len(talk))]
    return itertools.repeat(
        Visit("byte by byte", ["1000 after 3"], *steps, last=close(1000), answers=3), count
    )


def oversized(count: int) -> Iterator[Visit]:
    """Send heads of requests, frames and messages that are too large."""
    fragments = [frame(BINARY, bytes(_MIB // 4), fin=False), *[frame(0, bytes(_MIB // 4), fin=False)] * 4]
    return _in_turn(
        count,
        Visit("a frame too large, announced", ["1009"], [_ECHO], [head(BINARY, _MIB + 1)]),
        Visit("a frame too large, sent", ["1009"], [_ECHO], [frame(BINARY, bytes(_MIB + 1))]),
        Visit("the largest length", ["1009"], [_ECHO], [head(BINARY, (1 << 63) - 1) + bytes(1000)]),
        Visit("fragments too large together", ["1009"], [_ECHO], fragments),
        Visit("a field too large", ["431"], [handshake("/Echo", "X: " + "y" * 20_000)]),
        Visit("too many fields", ["431"], [handshake("/Echo", *["X: y"] * 100)]),
        Visit("a request line too large", ["431"], [b"GET /" + b"y" * 20_000 + b" HTTP/1.1\r\n\r\n"]),
        Visit("a long ping", ["1002"], [_ECHO], [frame(PING, bytes(126))]),
    )


def garbage(count: int) -> Iterator[Visit]:
    """Send noise, and what belongs to other protocols, in place of a request and in place of frames."""
    chance = random.Random(count)  # noqa: S311 - noise
    refused = ["400", "405", "408", "426", "431", "505"]
    ended = ["1002", "1007", "1009", "silence"]
    known = (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"SSH-2.0-x\r\n\r\n",
    )
    for number in range(count):
        noise = chance.randbytes(chance.randrange(1, 3000))
        if number % 4 == 0:
            yield Visit("noise behind the handshake", ended, [_ECHO], [noise], patience=1)
        elif number % 4 == 1:
            yield Visit("another protocol", refused, [known[number // 4 % len(known)]])
        else:
            yield Visit("noise", refused, [noise])


def bombs(count: int) -> Iterator[Visit]:
    """Send 255 KiB that inflate to 256 MiB."""
    compressor = zlib.compressobj(9, wbits=-15)
    payload = (compressor.compress(bytes(256 * _MIB)) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]
    upgrade = handshake("/Compressed", DEFLATE)
    parts = [
        frame(0 if at else TEXT, payload[at : at + 4096], fin=False, rsv=0 if at else 4)
        for at in range(0, len(payload), 4096)
    ]
    return _in_turn(
        count,
        Visit("a bomb", ["1009"], [upgrade], [frame(TEXT, payload, rsv=4)]),
        Visit("a bomb in fragments", ["1009"], [upgrade], parts),
    )


def violations(count: int) -> Iterator[Visit]:
    """Send what no client may: reserved opcodes and bits, texts that are none, every close code there is."""
    frames = {
        **{f"opcode {opcode}": frame(opcode) for opcode in (*range(3, 8), *range(11, 16))},
        **{f"reserved bits {rsv}": frame(TEXT, rsv=rsv) for rsv in range(1, 8)},
        "half a close code": frame(CLOSE, b"\x03"),
        "unmasked": frame(TEXT, masked=False),
    }
    texts = {
        "a text that is none": frame(TEXT, b"a\xff"),
        "a text that is none, in fragments": frame(TEXT, b"a\xf0", fin=False) + frame(0),
        "a reason that is none": close(1000, b"\xed\xa0\x80"),
    }
    others = [
        *(Visit(name, ["1002"], [_ECHO], [data]) for name, data in frames.items()),
        *(Visit(name, ["1007"], [_ECHO], [data]) for name, data in texts.items()),
    ]
    codes = (
        Visit("a close code", [str(code if code in _VALID_CODES else 1002)], [_ECHO], [close(code)])
        for code in itertools.cycle(range(1 << 16))
    )
    return itertools.islice(itertools.chain(others, codes), count)


def _in_turn(count: int, *visits: Visit) -> Iterator[Visit]:
    return itertools.islice(itertools.cycle(visits), count)


CASES: dict[str, Callable[[int], Iterator[Visit]]] = {
    case.__name__: case for case in (slow_requests, storms, bytewise, oversized, garbage, bombs, violations)
}
"""How each of them is called; they are given how many visits there are to be."""
