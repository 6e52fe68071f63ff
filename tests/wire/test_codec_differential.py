# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The decoder in Python, its compiled twin and stock Autobahn get the same streams, and tell the same.

Stock Autobahn 26.10 differs where this is meant to be better; such streams are not compared with it:

- Close code 1014 (IANA's registry: Bad Gateway) is taken here, Autobahn fails it with 1002.
- A final DEFLATE block (RFC 7692, section 7.2.3.4) may be followed by others, and by further messages.
  Autobahn drops what follows, and gives empty messages from then on, where the context is kept.
- A compressed message without a single byte is empty. Autobahn's inflater is out of step afterwards, where
  the context is kept.
- A compressed message may be as long as allowed after decompression, and longer than that before it.
  Autobahn applies the limit to either size, so it is not compared near the limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any
from unittest import TestCase, skipUnless

from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from autobahn.websocket.compress_deflate import PerMessageDeflateOfferAccept
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport

from tests.wire.decoders import ACTIONS, ANSWERS, Events, Play, fragments, frame
from tests.wire.support import handshake
from wstwist.wire import codec, decoding, encoding
from wstwist.wire.deflate import Deflater, Inflater
from wstwist.wire.quiet import QuietLogger

TEXT = st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass"))
ANY = st.one_of(TEXT, st.binary(max_size=300), st.integers(0, 70_000).map(lambda size: b"ab" * (size // 2)))
MASKS = st.binary(min_size=4, max_size=4)
CODES = st.sampled_from([0, 999, 1000, 1003, 1004, 1005, 1007, 1013, 1015, 2999, 3000, 4999, 5000, 65535])


def cut(data: bytes, at: Sequence[float]) -> list[bytes]:
    """Cut data at fractions of its length."""
    places = [0, *sorted(round(place * len(data)) for place in at), len(data)]
    return [data[begin:end] for begin, end in pairwise(places)]


SIZES = st.sampled_from([0, 1, 100, 5000, 1 << 20])
MESSAGES = st.one_of(st.text(), st.binary(), st.integers(0, 70_000).map(lambda size: "ü" * size))
CUTS = st.lists(st.floats(0, 1), max_size=6)
FRAMES = st.fixed_dictionaries(
    {"frame_size": st.sampled_from([1, 125, 1000, 1 << 40]), "fragments": st.sampled_from([1, 2, 3, 1024])}
)


@st.composite
def valid_frames(draw: st.DrawFn, masks: st.SearchStrategy[bytes | None] = MASKS) -> bytes:
    """Give a whole message, in fragments or not, or a control frame."""
    kind = draw(st.sampled_from(["whole", "whole", "fragments", "control", "between"]))
    opcode, payload = draw(st.sampled_from([(1, TEXT), (2, ANY)]))
    content = draw(payload)
    if kind == "whole":
        return frame(opcode, content, mask=draw(masks))
    if kind == "fragments":
        return fragments(opcode, cut(content, draw(CUTS)), mask=draw(masks))
    ping = frame(draw(st.sampled_from([9, 10])), draw(st.binary(max_size=125)), mask=draw(masks))
    if kind == "control":
        return ping
    begun = frame(opcode, content, fin=False, mask=draw(masks))
    return begun + ping + frame(0, mask=draw(masks))


@st.composite
def any_frames(draw: st.DrawFn) -> bytes:
    """Give a frame that may break any rule."""
    return frame(
        draw(st.integers(0, 15)),
        draw(ANY),
        fin=draw(st.booleans()),
        rsv=draw(st.sampled_from([0, 0, 0, 4, 1, 2, 7])),
        mask=draw(st.none() | MASKS),
    )


@st.composite
def lengths(draw: st.DrawFn) -> bytes:
    """Give a header alone, whose length may be anything."""
    width = draw(st.sampled_from([2, 8]))
    length = draw(st.integers(0, 2 ** (8 * width) - 1) | st.sampled_from([0, 125, 126, 65535]))
    first = draw(st.sampled_from([0x81, 0x82, 0x02, 0x80, 0x89]))
    return bytes((first, 0xFE if width == 2 else 0xFF)) + length.to_bytes(width, "big") + draw(MASKS)


@st.composite
def closes(draw: st.DrawFn, masks: st.SearchStrategy[bytes | None] = MASKS) -> bytes:
    """Give a close frame."""
    payload = draw(CODES).to_bytes(2, "big") + draw(TEXT | st.binary(max_size=20))[:100]
    return frame(8, payload[: draw(st.sampled_from([0, 1, 2, 125]))], mask=draw(masks))


PLAIN = st.one_of(valid_frames(), valid_frames(), valid_frames(), any_frames(), lengths(), closes())
SERVERS = st.one_of(*[valid_frames(st.none())] * 5, any_frames(), closes(st.none()))


@st.composite
def streams(draw: st.DrawFn, frames: st.SearchStrategy[bytes] = PLAIN) -> bytes:
    """Give a stream of frames, sometimes with a byte that is wrong."""
    stream = bytearray(b"".join(draw(st.lists(frames, max_size=6))))
    if stream and draw(st.integers(0, 3)) == 0:
        stream[draw(st.integers(0, len(stream) - 1))] ^= draw(st.integers(1, 255))
    return bytes(stream)


@st.composite
def compressed_streams(draw: st.DrawFn, takeover: bool) -> bytes:
    """Give a stream of frames of which some are compressed, most of them rightly."""
    deflater = Deflater(15, context_takeover=takeover)
    parts: list[bytes] = []
    for _ in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(["compressed", "compressed", "compressed", "plain", "wrong"]))
        if kind == "plain":
            parts.append(draw(PLAIN))
            continue
        payload = deflater.compress(draw(ANY))
        if kind == "wrong":
            position = draw(st.integers(0, len(payload)))
            payload = (
                payload[:position]
                + draw(st.binary(max_size=4))
                + payload[position + draw(st.integers(0, 4)) :]
            )
        parts.append(fragments(draw(st.sampled_from([1, 2])), cut(payload, draw(CUTS)), rsv=4))
    return b"".join(parts)


@st.composite
def compressed(draw: st.DrawFn) -> tuple[bytes, bool]:
    """Give a stream, and whether the context is kept."""
    takeover = draw(st.booleans())
    return draw(compressed_streams(takeover)), takeover


@st.composite
def plays(draw: st.DrawFn) -> tuple[list[bytes | str], list[str]]:
    """Give what is done between reads, and what the callbacks do."""
    actions = draw(
        st.lists(st.sampled_from(["read", "read", "read", *ACTIONS, "resume", "resume"]), max_size=12)
    )
    return list(actions), draw(st.lists(st.sampled_from(["more", "more", *ANSWERS]), max_size=12))


def steps_of(reads: Sequence[bytes], actions: Sequence[bytes | str]) -> list[bytes | str]:
    """Put actions between reads."""
    left = list(reads)
    steps = [left.pop(0) if action == "read" and left else action for action in actions]
    return [step for step in [*steps, *left, "resume", "resume"] if step != "read"]


class Stock(WebSocketServerProtocol):
    """Autobahn as it is, but for keeping what it tells."""

    log = QuietLogger()

    def __init__(self) -> None:
        super().__init__()
        self.told: Events = []

    def unregisterProducer(self) -> None:
        """Leave the transport as it is: it was told of no producer."""

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        self.told.append(("message", payload if isBinary else payload.decode()))

    def onPing(self, payload: bytes) -> None:
        self.told.append(("control", 9, payload))

    def onPong(self, payload: bytes) -> None:
        self.told.append(("control", 10, payload))

    def onCloseFrame(self, code: int | None, reasonRaw: bytes | None) -> Any:
        count = len(self.told)
        result = super().onCloseFrame(code, reasonRaw)
        if len(self.told) == count:
            head = b"" if code is None else code.to_bytes(2, "big")
            self.told.append(("control", 8, head + (reasonRaw or b"")))
        return result

    def _fail_connection(self, code: int = 1001, reason: str = "") -> None:
        self.told.append(("fail", code))
        super()._fail_connection(code, reason)


def stock(reads: Sequence[bytes], message_size: int, takeover: bool | None = None) -> Events:
    """Give what Autobahn tells; without compression where ``takeover`` is None."""
    factory = WebSocketServerFactory(reactor=Clock())
    factory.log = QuietLogger()
    factory.setProtocolOptions(
        maxMessagePayloadSize=message_size,
        openHandshakeTimeout=0,
        closeHandshakeTimeout=0,
        failByDrop=True,
        perMessageCompressionAccept=lambda offers: (
            PerMessageDeflateOfferAccept(offers[0], request_no_context_takeover=not takeover)
            if offers
            else None
        ),
    )
    protocol = Stock()
    protocol.factory = factory
    protocol.makeConnection(StringTransport())
    offer = "" if takeover is None else "Sec-WebSocket-Extensions: permessage-deflate\r\n"
    for read in (handshake(more=offer), *reads):
        protocol.dataReceived(read)
    return protocol.told


class Watching(Inflater):
    """Notices what Autobahn does differently."""

    __slots__ = ("is_odd",)

    def __init__(self, takeover: bool) -> None:
        super().__init__(15, takeover)
        self.is_odd = False

    def _go_on(self, output: bytes, rest: bytes, most: int) -> bytes:
        self.is_odd = True
        return super()._go_on(output, rest, most)

    def finish(self) -> None:
        stream, began = self._stream, self._began
        super().finish()
        self.is_odd = self.is_odd or not began or (stream is not None and stream.eof)


def codes(told: Events) -> Events:
    """Leave the reasons out, which are ours."""
    return [event[:2] if event[0] == "fail" else event for event in told]


def compressed_or_plain() -> st.SearchStrategy[tuple[bytes, bool]]:
    """Give a stream of either kind, and whether the context is kept."""
    return compressed() | st.tuples(streams(), st.booleans())


EXAMPLES = settings(max_examples=300, deadline=None)
DECODERS = (decoding.Decoder, codec.Decoder)


@skipUnless(codec.COMPILED, "nothing is compiled")
class TwinTests(TestCase):
    """Compiled or not is the same in every detail."""

    @EXAMPLES
    @given(streams(), CUTS, plays(), SIZES)
    def test_plain(
        self, stream: bytes, cuts: list[float], acts: tuple[list[str], list[str]], size: int
    ) -> None:
        """All that is told, and the decoder's state at each moment, is the same."""
        steps = steps_of(cut(stream, cuts), acts[0])
        reference, compiled = (Play(decoder, size, None, acts[1]).act(steps) for decoder in DECODERS)
        self.assertEqual(compiled, reference)

    @EXAMPLES
    @given(compressed(), CUTS, plays(), SIZES)
    def test_compressed(
        self, given: tuple[bytes, bool], cuts: list[float], acts: tuple[list[str], list[str]], size: int
    ) -> None:
        """... with compression, too."""
        stream, takeover = given
        steps = steps_of(cut(stream, cuts), acts[0])
        reference, compiled = (
            Play(decoder, size, Inflater(15, takeover), acts[1]).act(steps) for decoder in DECODERS
        )
        self.assertEqual(compiled, reference)

    @EXAMPLES
    @given(compressed_or_plain(), CUTS, plays(), SIZES, FRAMES)
    def test_frames(
        self,
        given: tuple[bytes, bool],
        cuts: list[float],
        acts: tuple[list[str], list[str]],
        size: int,
        limits: dict[str, int],
    ) -> None:
        """... with limits on frames, too."""
        stream, takeover = given
        steps = steps_of(cut(stream, cuts), acts[0])
        reference, compiled = (
            Play(decoder, size, Inflater(15, takeover), acts[1], **limits).act(steps) for decoder in DECODERS
        )
        self.assertEqual(compiled, reference)

    @EXAMPLES
    @given(streams(SERVERS), CUTS, plays(), SIZES)
    def test_servers(
        self, stream: bytes, cuts: list[float], acts: tuple[list[str], list[str]], size: int
    ) -> None:
        """... of a server's frames."""
        steps = steps_of(cut(stream, cuts), acts[0])
        reference, compiled = (
            Play(decoder, size, None, acts[1], masked=False).act(steps) for decoder in DECODERS
        )
        self.assertEqual(compiled, reference)

    @EXAMPLES
    @given(st.integers(0, 15), ANY, MASKS, st.booleans())
    def test_masked_frame(self, opcode: int, payload: bytes, key: bytes, compressed: bool) -> None:
        """A client's frame is the same, and is what it should be."""
        expected = frame(opcode, payload, mask=key, rsv=4 if compressed else 0)
        for twin in (encoding, codec):
            self.assertEqual(twin.masked_frame(opcode, payload, key, compressed=compressed), expected)
            self.assertRaises(ValueError, twin.masked_frame, opcode, payload, key + b"!")

    @EXAMPLES
    @given(streams())
    def test_bytes(self, stream: bytes) -> None:
        """... and byte by byte."""
        steps = [stream[at : at + 1] for at in range(min(len(stream), 2000))]
        reference, compiled = (Play(decoder, 1000).act(steps) for decoder in DECODERS)
        self.assertEqual(compiled, reference)

    @EXAMPLES
    @given(st.lists(MESSAGES, max_size=9), st.booleans())
    def test_encoding(self, messages: list[str | bytes], takeover: bool) -> None:
        """Frames are the same, alone and corked."""
        corks = []
        for twin in (encoding, codec):
            cork, deflater = twin.Cork(), Deflater(15, takeover)
            for message in messages:
                cork.add(message)
                cork.add_frame(9, b"?" * (len(message) % 126))
                cork.add_encoded(twin.encode(message, deflater))
            corks.append((cork.size, cork.take()))
        self.assertEqual(corks[0], corks[1])


class StockTests(TestCase):
    """Both tell what Autobahn tells."""

    def compare(self, reads: Sequence[bytes], message_size: int, takeover: bool | None = None) -> None:
        """Demand the same messages, control frames and close code, unless Autobahn is known to differ."""
        expected = stock(reads, message_size, takeover)
        for decoder in DECODERS:
            inflater = None if takeover is None else Watching(takeover)
            play = Play(decoder, message_size, inflater)
            play.act(reads)
            if inflater is None or not inflater.is_odd:
                self.assertEqual(codes(play.told), expected)

    @EXAMPLES
    @given(streams(), CUTS, SIZES.filter(bool))
    def test_plain(self, stream: bytes, cuts: list[float], size: int) -> None:
        """... of any stream, cut anywhere."""
        self.compare(cut(stream, cuts), size)

    @EXAMPLES
    @given(streams(), SIZES.filter(bool))
    def test_cuts(self, stream: bytes, size: int) -> None:
        """... and that does not depend on where it is cut."""
        whole = stock([stream], size)
        for decoder in DECODERS:
            play = Play(decoder, size)
            play.act([stream[at : at + 7] for at in range(0, len(stream), 7)])
            self.assertEqual(codes(play.told), whole)

    @EXAMPLES
    @given(compressed(), CUTS)
    def test_compressed(self, given: tuple[bytes, bool], cuts: list[float]) -> None:
        """... with compression, too."""
        stream, takeover = given
        self.compare(cut(stream, cuts), 1 << 20, takeover)


class DifferenceTests(TestCase):
    """Where Autobahn differs: each of these is to be deleted when that is no longer so."""

    def told(self, stream: bytes, message_size: int = 1 << 20, takeover: bool | None = None) -> list[Events]:
        """Give what each of the three tells."""
        plays = []
        for decoder in DECODERS:
            play = Play(decoder, message_size, None if takeover is None else Inflater(15, takeover))
            play.act([stream])
            plays.append(codes(play.told))
        return [*plays, stock([stream], message_size, takeover)]

    def test_bad_gateway(self) -> None:
        """Close code 1014."""
        ours = [("control", 8, b"\x03\xf6")]
        self.assertEqual(self.told(frame(8, b"\x03\xf6")), [ours, ours, [("fail", 1002)]])

    def test_final_block(self) -> None:
        """A message behind a final block."""
        stream = frame(1, b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", rsv=4) * 2
        ours = [("message", "Hello")] * 2
        self.assertEqual(
            self.told(stream, takeover=True), [ours, ours, [("message", "Hello"), ("message", "")]]
        )

    def test_nothing(self) -> None:
        """A compressed message that has no byte at all."""
        stream = frame(1, b"", rsv=4) + frame(1, Deflater(15).compress(b"Hello"), rsv=4)
        ours = [("message", ""), ("message", "Hello")]
        self.assertEqual(self.told(stream, takeover=True), [ours, ours, [("message", ""), ("fail", 1007)]])

    def test_longer_when_compressed(self) -> None:
        """A message of the very size, that compression makes longer."""
        payload = bytes(range(256))
        stream = frame(2, Deflater(15).compress(payload), rsv=4)
        ours = [("message", payload)]
        self.assertEqual(self.told(stream, 256, takeover=False), [ours, ours, [("fail", 1009)]])

    def test_cut(self) -> None:
        """A message whose decompression stops at the very limit, with more to come."""
        stream = frame(2, Deflater(15).compress(b"x" * 100), rsv=4)
        for size in range(90, 100):
            told = self.told(stream, size, takeover=False)
            self.assertEqual(told[:2], [[("fail", 1009)]] * 2)
