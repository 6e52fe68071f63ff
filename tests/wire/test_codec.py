# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of the frame codec: each rule, on the decoder in Python and on its compiled twin."""

import gc
import subprocess
import sys
import tracemalloc
import weakref
import zlib
from collections.abc import Callable
from time import process_time
from typing import Any
from unittest import TestCase, skipUnless

from tests.wire.decoders import MASK, Oops, Play, fragments, frame
from wstwist.wire import codec, decoding, encoding, rules
from wstwist.wire.codec import BINARY, CLOSE, PING, PONG, TEXT, Deflater, Inflater
from wstwist.wire.rules import Violation

TEXTS = ("Grüße", "κόσμε", "你好", "🙂", "\0", "\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff")
INVALID = (
    b"\x80",  # begins no character
    b"\xc0\xaf",  # '/' in two bytes
    b"\xc1\xbf",
    b"\xe0\x9f\xbf",  # U+07FF in three bytes
    b"\xed\xa0\x80",  # the first surrogate
    b"\xed\xbf\xbf",  # the last one
    b"\xf0\x8f\xbf\xbf",  # U+FFFF in four bytes
    b"\xf4\x90\x80\x80",  # above U+10FFFF
    b"\xf5\x80\x80\x80",
    b"\xff",
    b"\xe2\x82a",  # a character that is cut
)
INVALID_AT = (1, 1, 1, 2, 2, 2, 2, 2, 1, 1, 3)  # the byte of each at which it is known

compiled = skipUnless(codec.COMPILED, "nothing is compiled")


class DecoderRules:
    """What holds for either decoder."""

    decoder_class: Any
    assertEqual: Callable[..., None]
    assertLess: Callable[..., None]
    assertTrue: Callable[..., None]
    assertFalse: Callable[..., None]
    assertIs: Callable[..., None]
    assertIsNone: Callable[..., None]
    assertRaises: Callable[..., Any]
    subTest: Callable[..., Any]

    def play(self, *steps: bytes | str, **settings: Any) -> Play:
        """Act steps out with a new decoder."""
        play = Play(self.decoder_class, **settings)
        play.act(steps)
        return play

    def failure(self, *steps: bytes | str, **settings: Any) -> int | None:
        """Give the close code with which a decoder fails, if it does."""
        told = self.play(*steps, **settings).told
        return next((event[1] for event in told if event[0] == "fail"), None)


class MessageRules(DecoderRules):
    """Whole messages come out as they were put in."""

    def test_text(self) -> None:
        """A text frame is a str."""
        self.assertEqual(self.play(frame(TEXT, b"Hello")).told, [("message", "Hello")])

    def test_binary(self) -> None:
        """A binary frame is bytes."""
        self.assertEqual(self.play(frame(BINARY, b"\0\xff")).told, [("message", b"\0\xff")])

    def test_empty(self) -> None:
        """A message may be empty."""
        self.assertEqual(self.play(frame(TEXT), frame(BINARY)).messages, ["", b""])

    def test_every_character(self) -> None:
        """All of Unicode passes, in one read and byte by byte."""
        for text in TEXTS:
            with self.subTest(text):
                encoded = frame(TEXT, text.encode())
                self.assertEqual(self.play(encoded).messages, [text])
                self.assertEqual(self.play(*_bytes_of(encoded)).messages, [text])

    def test_lengths(self) -> None:
        """Payloads of every kind of length pass, wherever the stream is cut near their ends."""
        for size in (1, 7, 8, 9, 125, 126, 127, 65535, 65536, 70001):
            for opcode, payload in ((BINARY, bytes(range(256)) * 280), (TEXT, b"The quick brown f" * 4200)):
                encoded = frame(opcode, payload[:size])
                expected = payload[:size] if opcode == BINARY else payload[:size].decode()
                for cut in {1, 2, 3, 5, 6, 9, 13, 14, 15, 23, size // 2, size, size + 1}:
                    with self.subTest(size=size, opcode=opcode, cut=cut):
                        self.assertEqual(self.play(encoded[:cut], encoded[cut:]).messages, [expected])

    def test_every_mask(self) -> None:
        """A payload of every length up to 70 is unmasked, from every cut on."""
        payload = bytes(range(100, 170))
        for size in range(70):
            encoded = frame(BINARY, payload[:size], mask=b"\x01\x80\xfe\x33")
            for cut in range(6, size + 7):
                self.assertEqual(self.play(encoded[:cut], encoded[cut:]).messages, [payload[:size]])

    def test_buffers(self) -> None:
        """Any buffer may be fed, and is not looked at any more afterwards."""
        data = bytearray(frame(TEXT, b"abc") + frame(TEXT, b"defgh")[:9])
        play = Play(self.decoder_class)
        play.decoder.feed(memoryview(data))
        data[:] = b"x" * len(data)
        play.decoder.feed(bytearray(frame(TEXT, b"defgh")[9:]))
        self.assertEqual(play.messages, ["abc", "defgh"])
        with self.assertRaises(TypeError):
            play.decoder.feed("text")

    def test_fragments(self) -> None:
        """The fragments of a message are put together, empty ones too, cut inside of characters."""
        euro = "€€".encode()
        stream = fragments(TEXT, [b"", euro[:1], euro[1:5], b"", euro[5:]])
        self.assertEqual(self.play(stream).messages, ["€€"])
        self.assertEqual(self.play(*_bytes_of(stream)).messages, ["€€"])

    def test_control_between_fragments(self) -> None:
        """Control frames come between fragments, and are handed on at once."""
        stream = frame(TEXT, b"a", fin=False) + frame(PING, b"?") + frame(0, b"b")
        self.assertEqual(self.play(stream).told, [("control", PING, b"?"), ("message", "ab")])

    def test_control(self) -> None:
        """Pings and pongs have up to 125 bytes, whichever they are."""
        payload = bytes(range(125))
        for opcode in (PING, PONG):
            for steps in ([frame(opcode, payload)], _bytes_of(frame(opcode, payload))):
                self.assertEqual(self.play(*steps).told, [("control", opcode, payload)])

    def test_bytes_of_their_own(self) -> None:
        """Messages stay as they are when the decoder goes on."""
        play = self.play(*_bytes_of(frame(BINARY, b"one")), *_bytes_of(frame(BINARY, b"two")))
        self.assertEqual(play.messages, [b"one", b"two"])

    def test_heard(self) -> None:
        """Every read is a sign of life, also when it is held, over, or the read is empty."""
        for step in ("", "hold", "stop"):
            play = self.play(*filter(None, [step]))
            self.assertFalse(play.decoder.heard)
            play.decoder.feed(b"")
            self.assertIs(play.decoder.heard, True)


class ProtocolRules(DecoderRules):
    """Frames that RFC 6455 does not allow."""

    def fails(self, code: int, stream: bytes, **settings: Any) -> None:
        """Check that a stream fails, in one read and byte by byte, and that nothing more is decoded."""
        for steps in ([stream + frame(TEXT, b"x")], [*_bytes_of(stream), frame(TEXT, b"x")]):
            play = self.play(*steps, **settings)
            self.assertEqual([event[:2] for event in play.told], [("fail", code)])
            self.assertTrue(play.decoder.is_over)
            self.assertEqual(play.decoder.waiting, 0)

    def test_opcodes(self) -> None:
        """Opcodes that mean nothing are refused."""
        for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
            self.fails(1002, frame(opcode))

    def test_reserved_bits(self) -> None:
        """Reserved bits are refused, but RSV1 on the first frame of a message where compression is agreed."""
        for rsv in range(1, 8):
            for opcode in (TEXT, BINARY, CLOSE, PING, PONG):
                self.fails(1002, frame(opcode, rsv=rsv))
                if rsv != 4 or opcode > 2:
                    self.fails(1002, frame(opcode, rsv=rsv), inflater=Inflater())

    def test_compressed_continuation(self) -> None:
        """RSV1 is refused on a continuation."""
        stream = frame(TEXT, fin=False, rsv=4) + frame(0, rsv=4)
        self.fails(1002, stream, inflater=Inflater())

    def test_unmasked(self) -> None:
        """A client's frames are masked."""
        for opcode in (TEXT, CLOSE, PING):
            self.fails(1002, frame(opcode, mask=None))

    def test_fragmentation(self) -> None:
        """A continuation continues a message, and a message ends before the next one."""
        self.fails(1002, frame(0))
        self.fails(1002, frame(0, fin=False))
        self.fails(1002, frame(TEXT, fin=False) + frame(TEXT))
        self.fails(1002, frame(BINARY, fin=False) + frame(BINARY, fin=False))

    def test_control(self) -> None:
        """A control frame is short and whole."""
        for opcode in (CLOSE, PING, PONG):
            self.fails(1002, frame(opcode, fin=False))
            self.fails(1002, frame(opcode, b"x" * 126))
            self.fails(1002, frame(opcode, b"x" * 70000))

    def test_first_bytes(self) -> None:
        """What the first two bytes tell is not waited for."""
        for start in (
            b"\x83\x80",
            b"\xc1\x80",
            b"\x81\x00",
            b"\x80\x80",
            b"\x09\x80",
            b"\x89\xfe",
            b"\x88\x81",
        ):
            self.assertIsNone(self.failure(start[:1]))
            self.assertEqual(self.failure(start), 1002)

    def test_lengths(self) -> None:
        """A length is written in the fewest bytes, and not negative."""
        for length in (0, 1, 125):
            self.fails(1002, b"\x82\xfe" + length.to_bytes(2, "big") + MASK)
        for length in (0, 125, 126, 65535, 1 << 63, (1 << 64) - 1):
            self.fails(1002, b"\x82\xff" + length.to_bytes(8, "big") + MASK)

    def test_close_codes(self) -> None:
        """The close codes that may be sent are taken, all others refused."""
        allowed = {*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)}
        for code in (0, 999, *range(1000, 1020), 1100, 2000, 2999, 3000, 3999, 4000, 4999, 5000, 65535):
            payload = code.to_bytes(2, "big")
            for reason in (b"", "Tschüß".encode()):
                if code in allowed:
                    told = self.play(frame(CLOSE, payload + reason)).told
                    self.assertEqual(told, [("control", CLOSE, payload + reason)])
                else:
                    self.fails(1002, frame(CLOSE, payload + reason))

    def test_close_payload(self) -> None:
        """A close frame without a code is taken, half a code refused, and a reason is UTF-8."""
        self.assertEqual(self.play(frame(CLOSE)).told, [("control", CLOSE, b"")])
        self.fails(1002, frame(CLOSE, b"\x03"))
        for invalid in INVALID:
            self.fails(1007, frame(CLOSE, b"\x03\xe8" + invalid))
        self.fails(1002, frame(CLOSE, b"\x03\xec\xff"))

    def test_close_ends(self) -> None:
        """Nothing behind a close frame is decoded."""
        play = self.play(frame(CLOSE) + frame(TEXT, b"a"), frame(TEXT, b"b"), frame(7))
        self.assertEqual(play.told, [("control", CLOSE, b"")])
        self.assertTrue(play.decoder.is_over)

    def test_reason(self) -> None:
        """What the peer is told is a short sentence."""
        told = self.play(frame(TEXT, b"x" * 11), message_size=10).told
        self.assertEqual(told, [("fail", 1009, "a message has at most 10 bytes")])


class ServersFrameRules(DecoderRules):
    """A server's frames."""

    def test_sizes(self) -> None:
        """They have no mask, whatever their size."""
        for size in (0, 1, 125, 126, 65535, 65536):
            play = Play(self.decoder_class, masked=False)
            play.act([frame(BINARY, b"x" * size, mask=None) * 2])
            self.assertEqual(play.messages, [b"x" * size] * 2)

    def test_masked(self) -> None:
        """A masked one is a broken rule, and one without a mask from a client."""
        for masked, mask, reason in ((False, MASK, rules.MASKED), (True, None, rules.UNMASKED)):
            play = Play(self.decoder_class, masked=masked)
            play.act([frame(TEXT, b"Hello", mask=mask)])
            self.assertEqual(play.told, [("fail", 1002, reason)])


class TextRules(DecoderRules):
    """Text is UTF-8."""

    def test_invalid(self) -> None:
        """A text that is not UTF-8 is refused, whole or in parts."""
        for invalid in INVALID:
            for before in (b"", b"x" * 8, b"abcdefghijk", "€".encode()):
                payload = before + invalid
                with self.subTest(payload):
                    self.assertEqual(self.failure(frame(TEXT, payload)), 1007)
                    self.assertEqual(self.failure(*_bytes_of(frame(TEXT, payload))), 1007)
                    self.assertEqual(self.failure(fragments(TEXT, list(_bytes_of(payload)))), 1007)

    def test_at_once(self) -> None:
        """A text that is not whole is refused with its first wrong byte, and not before."""
        for invalid, position in zip(INVALID, INVALID_AT, strict=True):
            for start in (frame(TEXT, invalid + b"x" * 99), frame(TEXT, invalid + b"x" * 200, fin=False)):
                size = len(start) - (99 if len(start) < 126 else 200) - len(invalid)
                for steps in ([start[: size + position]], _bytes_of(start[: size + position])):
                    with self.subTest(invalid, steps=len(steps)):
                        self.assertEqual(self.failure(*steps), 1007)
                self.assertIsNone(self.failure(start[: size + position - 1]))

    def test_cut(self) -> None:
        """A text may not end inside of a character."""
        for text in ("ü", "€", "🙂"):
            for cut in range(1, len(text.encode())):
                payload = b"abc" + text.encode()[:cut]
                self.assertEqual(self.failure(frame(TEXT, payload)), 1007)
                self.assertIsNone(self.failure(frame(TEXT, payload, fin=False)))
                self.assertEqual(self.failure(fragments(TEXT, [payload, b""])), 1007)

    def test_binary(self) -> None:
        """Binary messages are not text, and a text behind one is checked from its start."""
        self.assertIsNone(self.failure(*(frame(BINARY, invalid) for invalid in INVALID)))
        stream = fragments(BINARY, [b"\xe2", b"\x82"]) + fragments(TEXT, [b"a", b"b"])
        self.assertEqual(self.play(stream).messages, [b"\xe2\x82", "ab"])


class SizeRules(DecoderRules):
    """No message is larger than allowed."""

    def test_limit(self) -> None:
        """A message of the very size passes, one byte more does not."""
        self.assertEqual(self.play(frame(TEXT, b"x" * 10), message_size=10).messages, ["x" * 10])
        self.assertEqual(self.failure(frame(TEXT, b"x" * 11), message_size=10), 1009)
        self.assertEqual(self.play(frame(TEXT), message_size=0).messages, [""])
        self.assertEqual(self.failure(frame(TEXT, b"x"), message_size=0), 1009)

    def test_header(self) -> None:
        """The header alone is enough."""
        for size in (101, 65536, (1 << 31) + 1, 1 << 32, 1 << 62, (1 << 63) - 1):
            head = b"\x82\xff" + size.to_bytes(8, "big") if size > 125 else b"\x82\xe5"
            if 125 < size < 65536:
                head = b"\x82\xfe" + size.to_bytes(2, "big")
            with self.subTest(size):
                self.assertEqual(self.failure(head + MASK, message_size=100), 1009)

    def test_sum(self) -> None:
        """What counts is the sum of the fragments."""
        start = frame(BINARY, b"x" * 99, fin=False) + frame(PING, b"y" * 100)
        self.assertEqual(self.failure(start + frame(0, b"zz")[:6], message_size=100), 1009)
        self.assertIsNone(self.failure(start + frame(0, b"z"), message_size=100))
        huge = b"\x80\xff" + ((1 << 63) - 1).to_bytes(8, "big") + MASK
        self.assertEqual(self.failure(start + huge, message_size=100), 1009)
        self.assertEqual(self.failure(start + huge, message_size=sys.maxsize), 1009)

    def test_unlimited(self) -> None:
        """The largest limit is none."""
        compressed = Deflater().compress(b"abc" * 100)
        stream = frame(TEXT, b"abc") + frame(TEXT, compressed, rsv=4)
        play = self.play(stream, message_size=sys.maxsize, inflater=Inflater())
        self.assertEqual(play.messages, ["abc", "abc" * 100])

    def test_announced(self) -> None:
        """A header that announces much allocates nothing; what comes, some times its size."""
        head = b"\x82\xff" + (1 << 26).to_bytes(8, "big") + MASK
        decoders = [Play(self.decoder_class, 1 << 26).decoder for _ in range(20)]
        for arriving in (0, 1000, 100_000):
            part = bytes(arriving)

            def feed(part: bytes = part) -> None:
                for decoder in decoders:
                    decoder.feed(part or head)

            self.assertLess(_peak(feed), 20 * 17 * arriving + 20_000)

    def test_large_message(self) -> None:
        """A large binary message that comes in many reads takes little more memory than itself."""
        size = 1 << 20
        encoded = frame(BINARY, bytes(size))
        reads = [encoded[at : at + 65536] for at in range(0, len(encoded), 65536)]
        messages: list[str | bytes] = []
        decoder = self.decoder_class(lambda m: not messages.append(m), _nothing, _nothing, size)
        self.assertLess(_peak(lambda: [decoder.feed(read) for read in reads]), 3.3 * size)
        self.assertEqual(messages, [bytes(size)])


class FrameRules(DecoderRules):
    """No frame is larger, and no message in more of them, than allowed."""

    def test_size(self) -> None:
        """A frame of the very size passes, whatever it is part of; one byte more does not."""
        whole = frame(TEXT, b"x" * 200)
        parts = fragments(BINARY, [b"y" * 200] * 3)
        play = self.play(whole + parts, frame_size=200)
        self.assertEqual(play.messages, ["x" * 200, b"y" * 600])
        for steps in ([whole], _bytes_of(whole), [parts], _bytes_of(parts)):
            told = self.play(*steps, frame_size=199).told
            self.assertEqual(told, [("fail", 1009, "a frame has at most 199 bytes")])

    def test_header(self) -> None:
        """The header alone is enough, near 2 ** 63 too, whatever a message may have."""
        for size in (1001, 65536, 1 << 32, (1 << 63) - 2, (1 << 63) - 1):
            wide = size > 65535
            length = (b"\xff" if wide else b"\xfe") + size.to_bytes(8 if wide else 2, "big")
            for head in (b"\x82" + length, b"\x02" + length):
                for steps in ([head + MASK], _bytes_of(head + MASK)):
                    for message_size in (1 << 20, sys.maxsize):
                        code = self.failure(*steps, message_size=message_size, frame_size=1000)
                        self.assertEqual(code, 1009)

    def test_compressed(self) -> None:
        """The size is the one that comes, not that after decompression."""
        payload = Deflater().compress(b"x" * 5000)
        stream = frame(TEXT, payload, rsv=4)
        self.assertEqual(self.play(stream, frame_size=100, inflater=Inflater()).messages, ["x" * 5000])
        size = len(payload) - 1
        self.assertEqual(self.failure(stream, frame_size=size, inflater=Inflater()), 1009)

    def test_control(self) -> None:
        """Control frames have a limit of their own."""
        stream = frame(PING, b"x" * 125) + frame(CLOSE, b"\x03\xe8" + b"x" * 100)
        self.assertEqual(len(self.play(stream, frame_size=1, fragments=1).told), 2)

    def test_fragments(self) -> None:
        """A message of the very number passes, empty ones counted; one more does not."""
        for parts in ([b"a"] * 5, [b""] * 5, [b"", b"a" * 200, b"", b"b", b""]):
            stream = fragments(BINARY, parts) + frame(BINARY) + fragments(BINARY, parts)
            play = self.play(stream, fragments=5)
            self.assertEqual(play.messages, [b"".join(parts), b"", b"".join(parts)])
            for steps in ([stream], _bytes_of(stream)):
                told = self.play(*steps, fragments=4).told
                self.assertEqual(told, [("fail", 1008, "a message has at most 4 frames")])

    def test_at_once(self) -> None:
        """The header of the one too many is enough, and is not taken for a frame that is too big."""
        begun = frame(TEXT, fin=False) + frame(0, fin=False)
        for head in (b"\x80\x80", b"\x00\x81", b"\x80\xff" + b"\x7f" + b"\xff" * 7):
            self.assertEqual(self.failure(begun + head + MASK, fragments=2), 1008)
        self.assertEqual(self.failure(begun + frame(TEXT), fragments=2), 1002)

    def test_control_between(self) -> None:
        """Control frames between them do not count."""
        ping = frame(PING)
        stream = (
            frame(TEXT, b"a", fin=False) + ping * 10 + frame(0, b"b", fin=False) + ping * 10 + frame(0, b"c")
        )
        self.assertEqual(self.play(stream, fragments=3).messages, ["abc"])
        self.assertEqual(self.failure(stream, fragments=2), 1008)

    def test_discarded(self) -> None:
        """What is not delivered any more has the same limits."""
        self.assertEqual(self.failure("discard", fragments(TEXT, [b""] * 3), fragments=2), 1008)

    def test_delivered(self) -> None:
        """Each message that is delivered leaves a sign, and nothing else does."""
        for stream, expected in (
            (frame(TEXT, b"a"), True),
            (fragments(TEXT, [b"a", b"b"]), True),
            (frame(TEXT, b"a", fin=False) + frame(PING), False),
        ):
            self.assertIs(self.play(stream).decoder.delivered, expected)
            self.assertIs(self.play("discard", stream).decoder.delivered, False)


class FlowRules(DecoderRules):
    """Stopping, going on, and what callbacks may do."""

    three = frame(TEXT, b"a") + frame(TEXT, b"b") + frame(TEXT, b"c")

    def test_enough(self) -> None:
        """A delivery that returns False holds the decoder, which keeps the rest."""
        play = self.play(self.three, answers=["enough"])
        self.assertEqual(play.messages, ["a"])
        self.assertTrue(play.decoder.held)
        self.assertEqual(play.decoder.waiting, 14)
        play.act([frame(TEXT, b"d"), "resume"])
        self.assertEqual(play.messages, ["a", "b", "c", "d"])
        self.assertEqual((play.decoder.held, play.decoder.waiting), (False, 0))

    def test_buffer(self) -> None:
        """Of a buffer as much is decoded as is told, and what is kept is not the buffer's any more."""
        play = Play(self.decoder_class, answers=["more", "enough"])
        buffer = bytearray(self.three + b"old bytes")
        self.assertFalse(play.decoder.heard)
        play.decoder.feed_buffer(buffer, len(self.three) - 1)
        self.assertTrue(play.decoder.heard)
        self.assertEqual(play.messages, ["a", "b"])
        buffer[:1] = self.three[-1:]
        play.decoder.feed_buffer(buffer, 1)
        buffer[:] = bytes(len(buffer))
        play.act(["resume"])
        self.assertEqual(play.messages, ["a", "b", "c"])
        play.decoder.stop()
        play.decoder.feed_buffer(buffer, 5)
        self.assertEqual(len(play.messages), 3)

    def test_each_one(self) -> None:
        """It may be held after each frame."""
        play = self.play(self.three, "resume", "resume", "resume", answers=["enough", "hold", "enough"])
        self.assertEqual(play.messages, ["a", "b", "c"])
        self.assertFalse(play.decoder.held)

    def test_hold_in_control(self) -> None:
        """A control frame may hold it, too."""
        play = self.play(frame(PING) + frame(TEXT, b"a"), answers=["hold"])
        self.assertEqual(play.told, [("control", PING, b"")])
        self.assertEqual(play.act(["resume"])[-1][0], "step")
        self.assertEqual(play.messages, ["a"])

    def test_hold_in_a_frame(self) -> None:
        """Held from outside it keeps all, also inside of a header or a payload."""
        for cut in range(len(self.three)):
            play = self.play(self.three[:cut], "hold", self.three[cut:])
            self.assertEqual(play.decoder.waiting, len(self.three) - cut)
            play.act(["resume"])
            self.assertEqual(play.messages, ["a", "b", "c"])

    def test_resume_inside(self) -> None:
        """Going on inside of a callback goes on with the same read."""
        play = self.play(self.three, answers=["hold and resume", "resume", "hold"])
        self.assertEqual(play.messages, ["a", "b", "c"])
        self.assertTrue(play.decoder.held)

    def test_feed_inside(self) -> None:
        """What a callback feeds comes behind the rest."""
        play = self.play(self.three, answers=["feed"])
        self.assertEqual(play.messages, ["a", "b", "c", "Hello"])
        play = self.play(self.three, "resume", answers=["enough", "feed"])
        self.assertEqual(play.messages, ["a", "b", "c", "Hello"])

    def test_feed_inside_and_hold(self) -> None:
        """What a callback feeds while it holds waits behind the rest."""
        play = Play(self.decoder_class)

        def deliver(message: str | bytes) -> bool:
            play.deliver(message)
            play.decoder.deliver = play.deliver
            play.decoder.feed(frame(TEXT, b"d"))
            return False

        play.decoder.deliver = deliver
        play.act([self.three])
        self.assertEqual(play.decoder.waiting, 21)
        play.act([frame(TEXT, b"e"), "resume"])
        self.assertEqual(play.messages, ["a", "b", "c", "d", "e"])

    def test_stop_inside(self) -> None:
        """A callback may stop it for good."""
        play = self.play(self.three, "resume", frame(TEXT, b"d"), answers=["stop"])
        self.assertEqual(play.messages, ["a"])
        self.assertTrue(play.decoder.is_over)
        self.assertEqual(play.decoder.waiting, 0)
        play = self.play(self.three, "resume", answers=["enough", "stop"])
        self.assertEqual(play.messages, ["a", "b"])

    def test_stop_anywhere(self) -> None:
        """It may be stopped wherever it is, and twice."""
        for cut in range(len(self.three)):
            play = self.play(self.three[:cut], "stop", "stop", self.three[cut:], "hold", "resume")
            self.assertEqual(len(play.messages), cut // 7)
            self.assertEqual(play.decoder.waiting, 0)

    def test_stop_lets_go(self) -> None:
        """A decoder that is stopped keeps no callback."""
        play = self.play()
        alive, decoder = weakref.ref(play), play.decoder
        decoder.stop()
        play._answers = play.decoder = None
        del play
        gc.collect()
        self.assertIsNone(alive())

    def test_garbage(self) -> None:
        """A decoder that is forgotten is collected with those it calls."""
        alive = weakref.ref(self.play(self.three[:10]))
        gc.collect()
        self.assertIsNone(alive())

    def test_raise(self) -> None:
        """What a callback raises comes out, its frame is handled, and the next read goes on behind it."""
        for stream in (self.three, frame(PING) + self.three[7:]):
            play = Play(self.decoder_class, answers=["raise"])
            with self.assertRaises(Oops):
                play.decoder.feed(stream)
            self.assertFalse(play.decoder.is_over)
            play.act([frame(TEXT, b"d")])
            self.assertEqual(play.messages[-3:], ["b", "c", "d"])

    def test_raise_at_the_end(self) -> None:
        """After what `fail`, or `control` of a close frame, raises it is over."""
        for stream in (frame(CLOSE), frame(7)):
            play = Play(self.decoder_class, answers=["raise"])
            with self.assertRaises(Oops):
                play.decoder.feed(stream + self.three)
            play.act([self.three])
            self.assertTrue(play.decoder.is_over)
            self.assertEqual(len(play.told), 1)

    def test_raise_in_resume(self) -> None:
        """What a callback raises comes out of `resume`, too."""
        play = self.play(self.three, answers=["enough", "raise"])
        with self.assertRaises(Oops):
            play.decoder.resume()
        play.act([b""])
        self.assertEqual(play.messages, ["a", "b", "c"])

    def test_discard(self) -> None:
        """Messages that are not wanted are checked all the same; control frames are handed on."""
        play = self.play("discard", self.three + frame(PING) + frame(TEXT, b"\xff"))
        self.assertEqual([event[:2] for event in play.told], [("control", PING), ("fail", 1007)])
        self.assertEqual(self.play(self.three, answers=["discard"]).messages, ["a"])

    def test_exchange(self) -> None:
        """The delivery may be exchanged at any time."""
        play = self.play(self.three, answers=["deliver"])
        self.assertEqual(play.decoder.deliver, play.deliver_elsewhere)
        self.assertEqual(play.messages, ["a", "b", "c"])

    def test_resume_unheld(self) -> None:
        """Going on when it is not held does nothing."""
        play = self.play("resume", self.three[:10], "resume", self.three[10:])
        self.assertEqual(play.messages, ["a", "b", "c"])


class InflatingRules(DecoderRules):
    """Messages under permessage-deflate."""

    def compressed(self, payload: bytes, **settings: Any) -> bytes:
        """Give a compressed message's frame."""
        return frame(BINARY, Deflater(15, **settings).compress(payload), rsv=4)

    def test_examples(self) -> None:
        """The examples of RFC 7692, section 7.2.3, are understood."""
        examples = (
            b"\xf2\x48\xcd\xc9\xc9\x07\x00",  # one block
            b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00",  # without compression
            b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00",  # a final block
            b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00",  # two blocks
        )
        for takeover in (False, True):
            stream = b"".join(frame(TEXT, example, rsv=4) for example in examples * 2)
            for steps in ([stream], _bytes_of(stream)):
                play = self.play(*steps, inflater=Inflater(15, takeover))
                self.assertEqual(play.told, [("message", "Hello")] * 8)

    def test_fragments(self) -> None:
        """Only the first fragment has the bit, and uncompressed messages come in between."""
        data = Deflater().compress(b"Hello")
        stream = fragments(TEXT, [data[:3], b"", data[3:]], rsv=4) + frame(TEXT, b"plain")
        for steps in ([stream], _bytes_of(stream)):
            play = self.play(*steps * 2, inflater=Inflater())
            self.assertEqual(play.messages, ["Hello", "plain"] * 2)

    def test_context_takeover(self) -> None:
        """A message refers to earlier ones where that is agreed, and cannot where it is not."""
        deflater = Deflater(15, context_takeover=True)
        payload = bytes(range(256)) * 3
        stream = b"".join(frame(BINARY, deflater.compress(payload), rsv=4) for _ in range(3))
        self.assertEqual(self.play(stream, inflater=Inflater()).messages, [payload] * 3)
        play = self.play(stream, inflater=Inflater(15, context_takeover=False))
        self.assertEqual([event[:2] for event in play.told], [("message", payload), ("fail", 1007)])

    def test_window_bits(self) -> None:
        """A smaller window is enough for who agreed to it, 8 bits included."""
        payload = bytes(range(256)) * 40
        for bits in range(9, 16):
            stream = frame(BINARY, Deflater(bits, context_takeover=True).compress(payload), rsv=4)
            self.assertEqual(self.play(stream, inflater=Inflater(bits)).messages, [payload])
        stream = frame(BINARY, Deflater(9).compress(payload), rsv=4)
        self.assertEqual(self.play(stream, inflater=Inflater(8)).messages, [payload])

    def test_empty(self) -> None:
        """An empty message may be compressed, with or without the byte that it should have."""
        for takeover in (False, True):
            stream = frame(TEXT, b"\0", rsv=4) + frame(TEXT, b"", rsv=4) + self.compressed(b"abc")
            play = self.play(stream * 2, inflater=Inflater(15, takeover))
            self.assertEqual(play.messages, ["", "", b"abc"] * 2)

    def test_garbage(self) -> None:
        """What is no DEFLATE is refused."""
        for payload in (b"\xff", b"\x07", b"\x01\x01\x00\x00\x00", b"\xf2\x48\xcd\xc9\xc9\x07\x00\x12\x34"):
            for steps in ([frame(TEXT, payload, rsv=4)], _bytes_of(frame(TEXT, payload, rsv=4))):
                self.assertEqual(self.failure(*steps, inflater=Inflater()), 1007)

    def test_text(self) -> None:
        """Compressed text is checked as it is decompressed, before its message is whole."""
        deflater = zlib.compressobj(wbits=-15)
        payload = deflater.compress(b"abc\xff" + b"d" * 99) + deflater.flush(zlib.Z_SYNC_FLUSH)
        start = frame(TEXT, payload, rsv=4, fin=False)
        self.assertEqual(self.failure(start, inflater=Inflater()), 1007)
        payload = Deflater().compress("€".encode()[:2])
        self.assertEqual(self.failure(frame(TEXT, payload, rsv=4), inflater=Inflater()), 1007)

    def test_limit(self) -> None:
        """A message of the very size passes after decompression, one byte more does not; however it comes."""
        for payload in (b"x" * 5000, bytes(range(256)) * 20, b""):
            size = len(payload)
            stream = self.compressed(payload)
            for steps in ([stream], _bytes_of(stream)):
                play = self.play(*steps, message_size=size, inflater=Inflater())
                self.assertEqual(play.told, [("message", payload)])
                if size:
                    self.assertEqual(self.failure(*steps, message_size=size - 1, inflater=Inflater()), 1009)

    def test_incompressible(self) -> None:
        """A message that becomes longer by its compression passes all the same."""
        payload = b"".join(zlib.crc32(bytes((i % 256, i // 256))).to_bytes(4, "big") for i in range(5000))
        stream = self.compressed(payload, memory_level=1)
        self.assertLess(len(payload) + 8, len(stream))
        play = self.play(stream, message_size=len(payload), inflater=Inflater())
        self.assertEqual(play.messages, [payload])

    def test_header(self) -> None:
        """A compressed frame that is much too long is refused from its header, and so is the sum of them."""
        head = b"\xc2\xfe" + (2150).to_bytes(2, "big") + MASK
        self.assertEqual(self.failure(head, message_size=1000, inflater=Inflater()), 1009)
        empty_blocks = b"\x00\x00\x00\xff\xff" * 20
        stream = fragments(BINARY, [empty_blocks] * 22, rsv=4)
        self.assertEqual(self.failure(stream, message_size=1000, inflater=Inflater()), 1009)

    def test_bomb(self) -> None:
        """A message that becomes huge is not decompressed any further than allowed."""
        deflater = zlib.compressobj(9, wbits=-15)
        payload = deflater.compress(bytes(100 << 20)) + deflater.flush(zlib.Z_SYNC_FLUSH)
        stream = frame(BINARY, payload, rsv=4)
        codes: list[int] = []
        decoder = self.decoder_class(_nothing, _nothing, lambda c, _: codes.append(c), 1 << 20, Inflater())
        self.assertLess(_peak(lambda: decoder.feed(stream)), 4 << 20)
        self.assertEqual(codes, [1009])

    def test_final_blocks_with_limit(self) -> None:
        """The limit holds behind final blocks, too."""
        deflater = zlib.compressobj(wbits=-15)
        block = deflater.compress(b"x" * 100) + deflater.flush(zlib.Z_FINISH)
        stream = frame(BINARY, block * 10 + b"\0", rsv=4)
        self.assertEqual(self.play(stream, message_size=1000, inflater=Inflater()).messages, [b"x" * 1000])
        self.assertEqual(self.failure(stream, message_size=999, inflater=Inflater()), 1009)

    def test_stopped_meanwhile(self) -> None:
        """A decoder that is stopped while it decompresses, as by a signal, tells nothing more."""
        stream = self.compressed(b"abc") + frame(TEXT, b"x")
        for name in ("inflate", "finish"):
            inflater = _Interrupted(name)
            play = Play(self.decoder_class, inflater=inflater)
            inflater.happens = play.decoder.stop
            play.act([stream])
            self.assertEqual((play.told, play.decoder.waiting), ([], 0))

    def test_memory(self) -> None:
        """Without context takeover nothing is kept between two messages."""
        stream = self.compressed(b"abc" * 20000)
        decoders = [
            self.decoder_class(
                lambda _: True, _nothing, _nothing, 1 << 20, Inflater(15, context_takeover=False)
            )
            for _ in range(50)
        ]
        for decoder in decoders:
            decoder.feed(stream)
        tracemalloc.start()
        try:
            for decoder in decoders:
                decoder.feed(stream)
            self.assertLess(tracemalloc.get_traced_memory()[0], 50 * 200)
        finally:
            tracemalloc.stop()


class WorkRules(DecoderRules):
    """Linear time and memory, whatever comes."""

    fragment_count: int

    def decoder(self, deliver: Callable[[Any], bool] = lambda _: True) -> Any:
        """Give a decoder that records nothing."""
        return self.decoder_class(deliver, _nothing, _refuse, 1 << 24, fragments=1 << 30)

    def test_tiny_frames(self) -> None:
        """Many tiny frames in one read cost no copying of the rest."""
        self.assert_linear(lambda count: self.decoder().feed(frame(TEXT, b"a") * count), 9000)

    def test_tiny_frames_held(self) -> None:
        """... nor do they when it is held after each of them."""

        def hold_each(count: int) -> None:
            decoder = self.decoder(lambda _: False)
            decoder.feed(frame(TEXT, b"a") * count)
            while decoder.held:
                decoder.resume()

        self.assert_linear(hold_each, 9000)

    def test_tiny_reads(self) -> None:
        """A message that comes byte by byte costs no copying of what has come."""

        def feed(size: int) -> None:
            decoder = self.decoder()
            for byte in _bytes_of(frame(TEXT, b"a" * size)):
                decoder.feed(byte)

        self.assert_linear(feed, 1 << 14)

    def test_tiny_reads_held(self) -> None:
        """... nor does it while it is held."""

        def feed(size: int) -> None:
            decoder = self.decoder()
            decoder.hold()
            for byte in _bytes_of(frame(TEXT, b"a" * size)):
                decoder.feed(byte)
            decoder.resume()

        self.assert_linear(feed, 1 << 14)

    def test_final_blocks(self) -> None:
        """Many final DEFLATE blocks cost no copying of the rest."""

        def feed(count: int) -> None:
            stream = frame(BINARY, b"\x03\x00" * count, rsv=4)
            self.decoder_class(lambda _: True, _nothing, _refuse, 1 << 24, Inflater()).feed(stream)

        self.assert_linear(feed, 2000)

    def test_tiny_fragments(self) -> None:
        """A message of two-byte fragments takes little more memory than its payload."""
        count = self.fragment_count
        first, part = frame(TEXT, "ü".encode(), fin=False), frame(0, "ü".encode(), fin=False) * 1000

        def feed() -> None:
            decoder = self.decoder()
            decoder.feed(first)
            for _ in range(count // 1000):
                decoder.feed(part)

        self.assertLess(_peak(feed), 3 * 2 * count + 20_000)

    def test_empty_fragments(self) -> None:
        """Empty fragments take no memory at all."""
        decoder, part = self.decoder(), frame(0, fin=False) * 1000
        decoder.feed(frame(BINARY, fin=False))

        def feed() -> None:
            for _ in range(20):
                decoder.feed(part)

        self.assertLess(_peak(feed), 20_000)

    def assert_linear(self, work: Callable[[int], None], count: int) -> None:
        """Demand that eight times the work takes about eight times as long: quadratic would be 64 times."""
        once = min(_duration(work, count) for _ in range(5))
        self.assertLess(min(_duration(work, count * 8) for _ in range(3)), 24 * once + 0.001)


class PythonMessageTests(MessageRules, TestCase):
    """The decoder in Python."""

    decoder_class = decoding.Decoder


class PythonProtocolTests(ProtocolRules, TestCase):
    """The decoder in Python."""

    decoder_class = decoding.Decoder


class PythonServersFrameTests(ServersFrameRules, TestCase):
    """The decoder in Python."""

    decoder_class = decoding.Decoder


class PythonTextTests(TextRules, TestCase):
    """The decoder in Python."""

    decoder_class = decoding.Decoder


class PythonSizeTests(SizeRules, TestCase):
    """The decoder in Python."""

    decoder_class = decoding.Decoder


class PythonFrameTests(FrameRules, TestCase):
    """... in Python."""

    decoder_class = decoding.Decoder


class PythonFlowTests(FlowRules, TestCase):
    """The decoder in Python."""

    decoder_class = decoding.Decoder


class PythonInflatingTests(InflatingRules, TestCase):
    """The decoder in Python."""

    decoder_class = decoding.Decoder


class PythonWorkTests(WorkRules, TestCase):
    """The decoder in Python."""

    decoder_class = decoding.Decoder
    fragment_count = 50_000


@compiled
class CompiledMessageTests(MessageRules, TestCase):
    """The compiled decoder."""

    decoder_class = codec.Decoder


@compiled
class CompiledProtocolTests(ProtocolRules, TestCase):
    """The compiled decoder."""

    decoder_class = codec.Decoder


@compiled
class CompiledServersFrameTests(ServersFrameRules, TestCase):
    """The compiled decoder."""

    decoder_class = codec.Decoder


@compiled
class CompiledTextTests(TextRules, TestCase):
    """The compiled decoder."""

    decoder_class = codec.Decoder


@compiled
class CompiledSizeTests(SizeRules, TestCase):
    """The compiled decoder."""

    decoder_class = codec.Decoder


@compiled
class CompiledFrameTests(FrameRules, TestCase):
    """... compiled."""

    decoder_class = codec.Decoder


@compiled
class CompiledFlowTests(FlowRules, TestCase):
    """The compiled decoder."""

    decoder_class = codec.Decoder


@compiled
class CompiledInflatingTests(InflatingRules, TestCase):
    """The compiled decoder."""

    decoder_class = codec.Decoder


@compiled
class CompiledWorkTests(WorkRules, TestCase):
    """The compiled decoder."""

    decoder_class = codec.Decoder
    fragment_count = 520_000

    def test_footprint(self) -> None:
        """An idle decoder takes a few hundred bytes."""
        self.assertLess(sys.getsizeof(self.decoder()), 300)

    def test_same_buffer(self) -> None:
        """A large message is not copied once more when it is whole, if it is binary or ASCII."""
        size = 1 << 20
        for opcode in (BINARY, TEXT):
            encoded = frame(opcode, bytes(size))
            decoder = self.decoder()
            decoder.feed(encoded[: size // 2 + 100])
            decoder.feed(encoded[size // 2 + 100 : -1])
            self.assertLess(_peak(lambda: decoder.feed(encoded[-1:])), 10_000)  # noqa: B023 - called at once


class EncodingRules:
    """What holds for the encoding of either twin."""

    twin: Any
    assertEqual: Callable[..., None]
    assertIs: Callable[..., None]
    assertRaises: Callable[..., Any]

    def test_header(self) -> None:
        """A header has the length in the fewest bytes."""
        for size, expected in (
            (0, "8200"),
            (125, "827d"),
            (126, "827e007e"),
            (65535, "827effff"),
            (65536, "827f0000000000010000"),
            (1 << 40, "827f0000010000000000"),
        ):
            self.assertEqual(self.twin.header(BINARY, size), bytes.fromhex(expected))
        self.assertEqual(self.twin.header(TEXT, 1, compressed=True), b"\xc1\x01")
        self.assertEqual(self.twin.header(PONG, 0), b"\x8a\x00")

    def test_encode(self) -> None:
        """A message is one frame, of text in UTF-8."""
        for size in (0, 1, 2, 125, 126, 65535, 65536):
            self.assertEqual(self.twin.encode(b"x" * size), self.twin.header(BINARY, size) + b"x" * size)
            for text in TEXTS:
                payload = (text * size).encode()
                self.assertEqual(
                    self.twin.encode(text * size), self.twin.header(TEXT, len(payload)) + payload
                )

    def test_subclasses(self) -> None:
        """What is a kind of str or bytes is taken for one."""
        cork = self.twin.Cork()
        for message, expected in (
            (type("Text", (str,), {})("ü"), b"\x81\x02\xc3\xbc"),
            (type("Data", (bytes,), {})(b"ab"), b"\x82\x02ab"),
        ):
            self.assertEqual(self.twin.encode(message), expected)
            cork.add(message)
            self.assertEqual(cork.take(), expected)

    def test_surrogates(self) -> None:
        """A text that has no UTF-8 form is an error, and adds nothing."""
        cork = self.twin.Cork()
        cork.add("a")
        for text in ("\ud800", "a\udfff", "🙂\udc00"):
            for function in (self.twin.encode, cork.add):
                with self.assertRaises(UnicodeEncodeError):
                    function(text)
        self.assertEqual(cork.take(), b"\x81\x01a")

    def test_no_message(self) -> None:
        """What is neither text nor bytes is an error."""
        for message in (None, 1):
            for function in (self.twin.encode, self.twin.Cork().add):
                with self.assertRaises((TypeError, AttributeError)):
                    function(message)

    def test_view(self) -> None:
        """A text's UTF-8 can be had without a frame; where there is none it is an error."""
        for text in (*TEXTS, "", type("Text", (str,), {})("ü"), type("Text", (str,), {})("u")):
            self.assertEqual(bytes(self.twin.utf8_view(text)), text.encode())
        with self.assertRaises(UnicodeEncodeError):
            self.twin.utf8_view("\ud800")

    def test_compressed(self) -> None:
        """A compressed message has its bit, and an inflater understands it."""
        for takeover in (False, True):
            deflater, inflater = Deflater(context_takeover=takeover), Inflater(12, takeover)
            for message in ("", "Hello" * 50, "Grüße", b"", b"\0" * 70000):
                encoded = self.twin.encode(message, deflater)
                payload = message.encode() if isinstance(message, str) else message
                size = len(deflater.compress(payload)) if not takeover else None
                first = 0xC1 if isinstance(message, str) else 0xC2
                self.assertEqual(encoded[0], first)
                body = encoded[2 if encoded[1] < 126 else 4 :]
                self.assertEqual(len(body), len(body) if size is None else size)
                self.assertEqual(inflater.inflate(body, 1 << 20), payload)
                inflater.finish()

    def test_cork(self) -> None:
        """Frames leave in one piece, in order."""
        cork = self.twin.Cork()
        expected = b""
        for count in range(200):
            text = "ü" * count
            frame = self.twin.encode(b"frame" * count)
            cork.add(text)
            cork.add(b"x" * count)
            cork.add_frame(PONG, b"y" * (count % 126))
            cork.add_frame(TEXT, b"z", compressed=True)
            cork.add_encoded(frame)
            expected += self.twin.encode(text) + self.twin.encode(b"x" * count)
            expected += self.twin.header(PONG, count % 126) + b"y" * (count % 126) + b"\xc1\x01z" + frame
            self.assertEqual(cork.size, len(expected))
            if count % 7 == 0:
                self.assertEqual(cork.take(), expected)
                self.assertEqual((cork.size, cork.take()), (0, b""))
                expected = b""

    def test_shared(self) -> None:
        """A frame that was encoded for many leaves as it is where it is alone, and is never changed."""
        frame = self.twin.encode("Hello")
        first, second = self.twin.Cork(), self.twin.Cork()
        for cork in (first, second):
            cork.add_encoded(frame)
        self.assertEqual(first.size, 7)
        self.assertIs(first.take(), frame)
        second.add("!")
        second.add_encoded(frame)
        self.assertEqual(frame, b"\x81\x05Hello")
        self.assertEqual(second.take(), b"\x81\x05Hello\x81\x01!\x81\x05Hello")
        first.add_encoded(frame)
        first.add_encoded(frame)
        self.assertEqual(first.take(), frame * 2)


class PythonEncodingTests(EncodingRules, TestCase):
    """The encoding in Python."""

    twin = encoding


@compiled
class CompiledEncodingTests(EncodingRules, TestCase):
    """The compiled encoding."""

    twin = codec

    def test_cork_memory(self) -> None:
        """A cork has memory only while there is something in it, for one frame exactly what it needs."""
        corks = [codec.Cork() for _ in range(100)]
        frames = [b"x" * 1000] * 100

        def take() -> None:
            for cork, payload in zip(corks, frames, strict=True):
                cork.add(payload)

        self.assertLess(_peak(take), 100 * (1004 + 33 + 16))
        tracemalloc.start()
        try:
            for cork in corks:
                cork.take()
                for _ in range(100):
                    cork.add("x")
                cork.take()
            self.assertLess(tracemalloc.get_traced_memory()[0], 2000)
        finally:
            tracemalloc.stop()

    def test_view_memory(self) -> None:
        """The UTF-8 of an ASCII text is not copied, is read-only, and outlives the text."""
        text = "x" * 100_000
        self.assertLess(_peak(lambda: codec.utf8_view(text)), 1000)
        view = codec.utf8_view("y" * 100_000)
        self.assertIsInstance(view, memoryview)
        self.assertTrue(view.readonly)
        self.assertEqual(view, b"y" * 100_000)

    def test_no_cache(self) -> None:
        """A text that was encoded has not become larger."""
        text = "ü€" * 1000
        size = sys.getsizeof(text)
        codec.encode(text)
        codec.Cork().add(text)
        self.assertEqual(sys.getsizeof(text), size)


class ChoiceTests(TestCase):
    """Which twin is in use."""

    def test_pure(self) -> None:
        """``WSTWIST_PURE=1`` chooses Python."""
        script = (
            "import os; os.environ['WSTWIST_PURE'] = '1'\n"
            "from wstwist.wire import codec, decoding\n"
            "print(codec.COMPILED, codec.Decoder is decoding.Decoder)"
        )
        told = subprocess.check_output([sys.executable, "-c", script], text=True)
        self.assertEqual(told, "False True\n")

    def test_names(self) -> None:
        """Both twins have the same methods and attributes."""
        for name in ("Decoder", "Cork"):
            names = {
                item
                for item in dir(getattr(decoding if name == "Decoder" else encoding, name))
                if item[0] != "_"
            }
            self.assertLessEqual(names, set(dir(getattr(codec, name))))

    def test_violation(self) -> None:
        """A violation shows its code and reason."""
        self.assertEqual(str(Violation(1002, "no")), "(1002, 'no')")


class _Interrupted:
    """An inflater in one of whose methods something else happens."""

    happens: Callable[[], None]

    def __init__(self, name: str) -> None:
        self._inflater = Inflater()
        self._name = name

    def inflate(self, data: bytes, most: int) -> bytes:
        inflated = self._inflater.inflate(data, most)
        if self._name == "inflate":
            self.happens()
        return inflated

    def finish(self) -> None:
        self._inflater.finish()
        if self._name == "finish":
            self.happens()


def _bytes_of(data: bytes) -> list[bytes]:
    """Give each byte as a read."""
    return [data[at : at + 1] for at in range(len(data))]


def _nothing(*_: Any) -> None:
    """Take a callback, and do nothing."""


def _refuse(code: int, reason: str) -> None:
    """Be no failure."""
    raise AssertionError(code, reason)


def _peak(work: Callable[[], Any]) -> int:
    """Give the most bytes that some work has allocated at a time."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _duration(work: Callable[[int], None], count: int) -> float:
    """Give the processor's time of some work."""
    began = process_time()
    work(count)
    return process_time() - began
