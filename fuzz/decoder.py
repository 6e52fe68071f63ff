# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Feeds the compiled decoder whatever libFuzzer comes up with, and its twin in Python the same.

``make fuzz`` runs it. A finding is a memory error, which AddressSanitizer notices, or a difference between
the twins. An input is one byte of settings, then steps: a byte that tells what to do, or how many of the next
bytes are one read. What the callbacks do is taken from its end.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

from tests.wire.decoders import ACTIONS, ANSWERS, MASK, Events, Play, fragments, frame
from wstwist.wire import codec, decoding
from wstwist.wire.deflate import Deflater, Inflater

_SIZES = (0, 1, 125, 1000, 1 << 16, 1 << 20)
_FRAMES = ((1 << 40, 1024), (1 << 40, 2), (100, 1024), (100, 1))  # frame_size and fragments
_COMPRESSED = 0x40
_TAKEOVER = 0x80
_SERVER = 0x20
_ANSWER_COUNT = 16
_LARGE = 200  # from here on the sizes of reads are multiples of it


def steps(data: bytes) -> list[bytes | str]:
    """Read the steps: the values at the top of a byte are actions, the others sizes of reads."""
    found: list[bytes | str] = []
    at = 0
    while at < len(data):
        value = data[at]
        at += 1
        if value > 255 - len(ACTIONS):
            found.append(ACTIONS[255 - value])
        else:
            size = value if value < _LARGE else (value - _LARGE + 1) * _LARGE
            found.append(data[at : at + size])
            at += size
    return found


def play(decoder_class: object, data: bytes) -> Events:
    """Have one of the decoders act an input out."""
    settings, answers = data[0], data[-_ANSWER_COUNT:]
    inflater = Inflater(15, bool(settings & _TAKEOVER)) if settings & _COMPRESSED else None
    size = _SIZES[settings % _SERVER % len(_SIZES)]
    # Most callbacks just want more.
    names = [ANSWERS[answer] if answer < len(ANSWERS) else "more" for answer in answers]
    frame_size, fragments = _FRAMES[settings % _SERVER // len(_SIZES) % len(_FRAMES)]
    limits = {"frame_size": frame_size, "fragments": fragments}
    decoder = Play(decoder_class, size, inflater, names, masked=not settings & _SERVER, **limits)
    return decoder.act(steps(data[1:-_ANSWER_COUNT]))


def check(data: bytes) -> None:
    """Demand the same events of both."""
    if len(data) > _ANSWER_COUNT:
        compiled, reference = play(codec.Decoder, data), play(decoding.Decoder, data)
        if compiled != reference:
            raise AssertionError(f"compiled: {compiled}\nin Python: {reference}")


def seeds() -> list[bytes]:
    """Give inputs to start from: frames of all kinds, each one read."""
    deflater = Deflater(15, context_takeover=True)
    text = "Grüße, κόσμε, 你好, 🙂".encode()
    reads = [
        frame(1, b"Hello") * 3,
        frame(1, text) + frame(9, b"?") + frame(10, b"!") + frame(2, bytes(range(150))),
        fragments(1, [text[:9], b"", text[9:20], text[20:]]),
        fragments(2, [b"a", b"b" * 130]) + frame(8, b"\x03\xe8bye"),
        frame(1, deflater.compress(text * 3), rsv=4) + fragments(1, [deflater.compress(text)], rsv=4),
        frame(2, b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", rsv=4),  # RFC 7692, section 7.2.3.4
        frame(8, b"\x03\xed"),
        frame(1, b"\xed\xa0\x80"),
        b"\x82\xff\x7f" + b"\xff" * 7 + MASK,
        b"\x82\xfe\x00\x05" + MASK,
        frame(1, b"Hello", mask=None) + frame(9, b"?", mask=None) + frame(2, bytes(150), mask=None),
        fragments(1, [text[:9], text[9:]], mask=None) + frame(8, b"\x03\xe8", mask=None),
    ]
    settings = [5, 4, 5 | _COMPRESSED, 5 | _COMPRESSED | _TAKEOVER, 5 | _SERVER, 5 | _SERVER | _COMPRESSED]
    return [_seed(setting, read, size) for setting in settings for read in reads for size in (150, 7)]


def _seed(setting: int, read: bytes, size: int) -> bytes:
    """Give an input: one stream in reads of some size."""
    parts = [read[at : at + size] for at in range(0, len(read), size)]
    return (
        bytes((setting,)) + b"".join(bytes((len(part),)) + part for part in parts) + b"\xff" * _ANSWER_COUNT
    )


def main() -> None:
    """Run libFuzzer; its options and the folder of the corpus are the arguments."""
    if not codec.COMPILED:
        sys.exit("the codec is not compiled")
    corpus = Path(sys.argv[-1])
    for index, seed in enumerate(seeds()):
        (corpus / f"seed-{index}").write_bytes(seed)
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
