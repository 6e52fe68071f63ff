# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of one connection's life, without network and with a clock of our own."""

import zlib

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.wire.support import App, Link, Peer, close, echo, frame, handshake, small, text
from wstwist.exceptions import Refuse

NORMAL = b"\x88\x02\x03\xe8"


def waiting(peer: Peer) -> Deferred[dict[str, str]]:
    """Let the decision wait until a test makes it."""
    peer.decision = Deferred()  # type: ignore[attr-defined]
    return peer.decision  # type: ignore[attr-defined]


class HandshakeTests(SynchronousTestCase):
    """From the request to the 101, or to something else."""

    def test_accepted(self) -> None:
        """An accepted client gets a 101 with the accept key of RFC 6455, and no server's name."""
        link = Link(App())
        answer = link.open()
        self.assertIn(b"HTTP/1.1 101 ", answer)
        self.assertIn(b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", answer)
        self.assertNotIn(b"Server", answer)
        self.assertNotIn(b"Sec-WebSocket-Protocol", answer)
        self.assertTrue(link.wire.no_delay)

    def test_request(self) -> None:
        """The application sees the request as it was sent."""
        app = App(protocols=("b", "a"))
        link = Link(app)
        more = "Origin: http://o\r\nX-A: 1\r\nx-a: 2\r\nSec-WebSocket-Protocol: a, b\r\n"
        answer = link.receive(handshake("/Ch%61t/?q=1&q=%32", more))
        request = app.peer.request
        self.assertEqual((request.path, request.query_all), ("/Chat/", {"q": ["1", "2"]}))
        self.assertEqual((request.origin, request.protocol), ("http://o", "b"))
        self.assertEqual((request.headers["x-a"], request.secure), ("1, 2", False))
        self.assertIn(b"\r\nSec-WebSocket-Protocol: b\r\n", answer)

    def test_headers_of_the_application(self) -> None:
        """The application's header fields are in the 101."""
        link = Link(App(on_open=lambda _: {"Set-Cookie": "a=b"}))
        self.assertIn(b"\r\nSet-Cookie: a=b\r\n", link.open())

    def test_injected_headers(self) -> None:
        """A header field that would inject others is an error of the application's."""
        app = App(on_open=lambda _: {"A": "b\r\nC: d"})
        answer = Link(app).open()
        self.assertTrue(answer.startswith(b"HTTP/1.1 500 "))
        self.assertNotIn(b"C: d", answer)
        self.assertEqual(app.peer.ends, [(1006, "", False)])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_refused_later(self) -> None:
        """A refusal is told with its status and reason, and ends what was opened."""
        app = App(on_open=waiting)
        link = Link(app)
        self.assertEqual(link.open(), b"")
        app.peer.channel.send("never")
        app.peer.decision.errback(Refuse(403, "b\u00e9d"))
        answer = link.wire.taken()
        self.assertTrue(answer.startswith(b"HTTP/1.1 403 Forbidden\r\n"))
        self.assertIn(b"Content-Type: text/plain; charset=utf-8\r\nContent-Length: 4\r\n", answer)
        self.assertTrue(answer.endswith(b"\r\n\r\nb\xc3\xa9d"))
        self.assertEqual(app.peer.ends, [(1006, "", False)])
        self.assertTrue(link.wire.half_closed)
        # What the client still sends is read, or it would reset the connection and destroy the answer.
        self.assertEqual(link.wire.producerState, "producing")

    def test_refused_at_once(self) -> None:
        """An application may refuse before it opens anything."""

        def refuse(_: Peer) -> None:
            raise Refuse(401)

        app = App(on_open=refuse)
        self.assertTrue(Link(app).open().startswith(b"HTTP/1.1 401 Unauthorized\r\n"))

    def test_other_errors(self) -> None:
        """Of any other error the client learns nothing, and the log everything."""

        def fail(_: Peer) -> None:
            raise ZeroDivisionError("secret")

        answer = Link(App(on_open=fail)).open()
        self.assertTrue(answer.startswith(b"HTTP/1.1 500 Internal Server Error\r\n"))
        self.assertNotIn(b"secret", answer)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_early_frames_wait(self) -> None:
        """Frames that come before the 101 are delivered after it; nothing more is read meanwhile."""
        app = App(on_open=waiting)
        link = Link(app)
        link.open(text("early"))
        self.assertEqual((app.peer.messages, link.wire.producerState), ([], "paused"))
        app.peer.decision.callback({})
        self.assertEqual((app.peer.messages, link.wire.producerState), (["early"], "producing"))

    def test_early_sends_wait(self) -> None:
        """What the application sends before the 101 follows it at once, in order."""
        app = App(on_open=waiting)
        link = Link(app)
        link.open()
        app.peer.channel.send("a")
        app.peer.channel.close(3000, "b")
        app.peer.channel.send("dropped")
        app.peer.decision.callback({})
        self.assertTrue(link.wire.taken().endswith(b"\r\n\r\n\x81\x01a\x88\x03\x0b\xb8b"))

    def test_too_much_before_the_answer(self) -> None:
        """An application that sends without end before the 101 has its client closed with 1013."""
        app = App(on_open=waiting, limits=small(send_queue_size=10))
        link = Link(app)
        link.open()
        for _ in range(3):
            app.peer.channel.send("x" * 10)
            link.clock.advance(0)
        app.peer.decision.callback({})
        self.assertIn(b"\r\n\r\n\x88", link.wire.taken())

    def test_lost_while_it_waits(self) -> None:
        """A client that drops while the application decides is told as 1006, once, and never opened."""
        app = App(on_open=waiting)
        link = Link(app)
        link.open()
        link.lose()
        self.assertEqual(app.peer.ends, [(1006, "", False)])
        app.peer.decision.callback({})
        self.assertEqual((link.wire.taken(), len(app.peer.ends)), (b"", 1))
        self.assertEqual((link.site.connections, link.clock.getDelayedCalls()), (set(), []))

    def test_lost_then_refused(self) -> None:
        """A refusal that comes after the client has gone changes nothing."""
        app = App(on_open=waiting)
        link = Link(app)
        link.open()
        link.lose()
        app.peer.decision.errback(Refuse())
        self.assertEqual((link.wire.taken(), len(app.peer.ends)), (b"", 1))

    def test_compression_is_off(self) -> None:
        """Compression is accepted only where it is switched on."""
        more = "Sec-WebSocket-Extensions: permessage-deflate\r\n"
        self.assertNotIn(b"Extensions", Link(App()).open(more=more))
        self.assertIn(b"Extensions", Link(App(compress=True)).open(more=more))


class ReadingTests(SynchronousTestCase):
    """Messages from the client."""

    def setUp(self) -> None:
        """Begin with an open connection."""
        self.app = App(limits=small(message_size=1000))
        self.link = Link(self.app)
        self.link.open()
        self.peer = self.app.peer

    def test_kinds(self) -> None:
        """Text comes as str, binary as bytes, fragments as one message."""
        self.link.receive(text("\u20ac") + frame(2, b"\xff") + frame(1, b"", fin=False))
        self.link.receive(frame(0, b"\xe2\x82", fin=False) + frame(9, b"p") + frame(0, b"\xac"))
        self.assertEqual(self.peer.messages, ["\u20ac", b"\xff", "\u20ac"])

    def test_byte_by_byte(self) -> None:
        """It does not matter how the bytes arrive."""
        for byte in text("hello") + frame(2, b"x" * 300):
            self.link.receive(bytes([byte]))
        self.assertEqual(self.peer.messages, ["hello", b"x" * 300])

    def test_stops_inside_the_read(self) -> None:
        """An application that wants no more gets no more, and reading pauses."""
        self.peer.wants_more = False
        self.link.receive(text("1") + text("2") + text("3"))
        self.assertEqual((self.peer.messages, self.link.wire.producerState), (["1"], "paused"))
        self.peer.channel.resume()
        self.assertEqual((self.peer.messages, self.link.wire.producerState), (["1", "2"], "paused"))
        self.peer.wants_more = True
        self.peer.channel.resume()
        self.assertEqual((self.peer.messages, self.link.wire.producerState), (["1", "2", "3"], "producing"))

    def test_bytes_while_paused(self) -> None:
        """What a TLS transport still hands over while it is paused is kept in order."""
        self.peer.channel.pause()
        self.link.receive(text("1")[:3])
        self.link.receive(text("1")[3:] + text("2"))
        self.assertEqual(self.peer.messages, [])
        self.peer.channel.resume()
        self.assertEqual(self.peer.messages, ["1", "2"])

    def test_resumed_inside_a_delivery(self) -> None:
        """Pausing and resuming inside a delivery neither nests nor loses anything."""

        def restless(peer: Peer, _: object) -> None:
            peer.channel.pause()
            peer.channel.resume()

        self.app.on_message = restless
        self.link.receive(b"".join(text(str(n)) for n in range(2000)))
        self.assertEqual(len(self.peer.messages), 2000)
        self.assertEqual(self.link.wire.producerState, "producing")

    def test_deep_backlog(self) -> None:
        """A backlog is delivered one by one without recursion."""
        self.peer.wants_more = False
        self.link.receive(b"".join(text(str(n)) for n in range(5000)))
        while len(self.peer.messages) < 5000:
            self.peer.channel.resume()
        self.assertEqual(self.peer.messages[-1], "4999")

    def test_pings(self) -> None:
        """A ping is answered with its payload."""
        self.assertEqual(self.link.receive(frame(9, b"abc")), b"\x8a\x03abc")

    def test_delivery_that_fails(self) -> None:
        """An error of the application's in a delivery ends this connection with 1011."""

        def fail(_: Peer, __: object) -> None:
            raise ZeroDivisionError

        self.app.on_message = fail
        self.assertEqual(self.link.receive(text("x") + text("y")), b"\x88\x02\x03\xf3")
        self.assertEqual(len(self.peer.messages), 1)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.link.receive(close(1011))

    def test_violations(self) -> None:
        """Each violation is counted and answered with its close code, and nothing behind it is delivered."""
        counted = {
            1002: "protocol_errors",
            1007: "invalid_data",
            1008: "too_many_fragments",
            1009: "too_big",
        }
        for data, code in (
            (frame(1, b"x", masked=False), 1002),
            (frame(1, b"x", rsv=4), 1002),
            (frame(1, b"x", rsv=1), 1002),
            (frame(3, b"x"), 1002),
            (frame(11, b"x"), 1002),
            (frame(0, b"x"), 1002),
            (frame(1, b"x", fin=False) + frame(1, b"y"), 1002),
            (frame(9, b"x", fin=False), 1002),
            (frame(9, b"x" * 126), 1002),
            (frame(9, b"x" * 70_000), 1002),
            (frame(8, b"x"), 1002),
            (close(1005), 1002),
            (close(999), 1002),
            (frame(8, b"\x03\xe8\xff"), 1007),
            (frame(1, b"\xff"), 1007),
            (frame(1, b"\xed\xa0\x80"), 1007),
            (frame(1, b"\xe2\x82"), 1007),
            (frame(2, b"x" * 1001), 1009),
            (frame(2, b"x" * 501, fin=False) + frame(0, b"x" * 500), 1009),
            (b"\x82\xff" + b"\x7f" + b"\xff" * 7 + b"\0" * 4, 1009),
            (frame(2, b"x" * 901), 1009),
            (frame(2, fin=False) + frame(0, fin=False) * 4, 1008),
            (b"\x82\xff" + b"\xff" * 8 + b"\0" * 4, 1002),
            (b"\x82\xfe\0\x05" + b"\0" * 9, 1002),
        ):
            app = App(limits=small(message_size=1000, frame_size=900, fragments=4))
            link = Link(app)
            link.open()
            answer = link.receive(data + text("behind"))
            self.assertEqual(answer[:1] + answer[2:4], b"\x88" + code.to_bytes(2, "big"), data[:20])
            self.assertEqual((app.peer.messages, len(app.peer.ends)), ([], 1))
            self.assertEqual((app.peer.ends[0][0], app.peer.ends[0][2]), (code, False))
            self.assertEqual(app.counters, {counted[code]: 1})
            self.assertTrue(link.wire.half_closed)
            for _ in range(10):
                self.assertEqual(link.receive(text("more")), b"")
            self.assertEqual(app.peer.messages, [])
            link.clock.advance(1)
            self.assertTrue(link.wire.aborted)

    def test_invalid_utf8_is_noticed_early(self) -> None:
        """A wrong byte in a text is answered before its message is whole."""
        self.assertEqual(self.link.receive(frame(1, b"x" * 500 + b"\xff", fin=False))[2:4], b"\x03\xef")

    def test_size_at_the_limit(self) -> None:
        """A message of exactly the limit passes."""
        self.link.receive(frame(2, b"x" * 1000))
        self.assertEqual(len(self.peer.messages), 1)


class DeflateTests(SynchronousTestCase):
    """permessage-deflate."""

    def setUp(self) -> None:
        """Begin with an open, compressed connection."""
        self.app = App(on_message=echo, compress=True, limits=small(message_size=100_000))
        self.link = Link(self.app)
        self.link.open(more="Sec-WebSocket-Extensions: permessage-deflate\r\n")

    def deflate(self, data: bytes) -> bytes:
        """Compress a payload as RFC 7692 wants it."""
        compressor = zlib.compressobj(wbits=-15)
        return (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]

    def test_round_trip(self) -> None:
        """Compressed messages are understood and answered in kind, uncompressed ones understood."""
        answer = self.link.receive(frame(1, self.deflate(b"hello" * 20), rsv=4))
        self.assertEqual(self.app.peer.messages, ["hello" * 20])
        self.assertEqual(answer[0], 0xC1)
        inflated = zlib.decompressobj(-12).decompress(answer[2:] + b"\0\0\xff\xff")
        self.assertEqual(inflated, b"hello" * 20)
        self.link.receive(text("plain"))
        self.assertEqual(self.app.peer.messages[-1], "plain")

    def test_bomb(self) -> None:
        """A small frame that would inflate beyond the limit is a 1009, as a whole or in parts."""
        bomb = self.deflate(b"\0" * 50_000_000)
        self.assertLess(len(bomb), 100_000)
        self.assertEqual(self.link.receive(frame(2, bomb, rsv=4))[2:4], b"\x03\xf1")
        self.assertEqual(self.app.peer.messages, [])

    def test_bomb_in_fragments(self) -> None:
        """Fragments that inflate beyond the limit together are a 1009 too."""
        bomb = self.deflate(b"\0" * 1_000_000)
        cut = [bomb[i : i + 100] for i in range(0, len(bomb), 100)]
        answer = self.link.receive(frame(2, cut[0], rsv=4, fin=False))
        for piece in cut[1:]:
            if not answer:
                answer = self.link.receive(frame(0, piece, fin=False))
        self.assertEqual(answer[2:4], b"\x03\xf1")

    def test_corrupt(self) -> None:
        """What cannot be decompressed is a 1007."""
        self.assertEqual(self.link.receive(frame(1, b"\xff" * 20, rsv=4))[2:4], b"\x03\xef")


class SendingTests(SynchronousTestCase):
    """Messages to a client that does not read."""

    def setUp(self) -> None:
        """Begin with an open connection whose transport is full."""
        self.app = App(limits=small(send_queue_size=100))
        self.link = Link(self.app)
        self.link.open()
        self.channel = self.app.peer.channel
        self.link.wire.producer.pauseProducing()

    def test_overflow(self) -> None:
        """A queue that is full ends the connection with 1013, and without an answer drops it in time."""
        for _ in range(11):
            self.channel.send("x" * 10)
            self.link.clock.advance(0)
        self.assertEqual(self.link.wire.taken()[2:4], b"\x03\xf5")
        self.link.clock.advance(1)
        self.assertTrue(self.link.wire.aborted)
        self.assertEqual(self.app.peer.ends, [(1013, "too much was waiting to be read", False)])

    def test_large_ones_pass(self) -> None:
        """One message of any size always passes."""
        self.channel.send("x" * 10_000)
        self.link.wire.producer.resumeProducing()
        self.channel.send("y" * 2_000_000)
        self.assertGreater(len(self.link.wire.taken()), 2_010_000)

    def test_ping_flood(self) -> None:
        """A flood of pings that are not read leaves one pong."""
        for n in range(1000):
            self.link.clock.advance(0.1)  # more at once would be too many
            self.assertEqual(self.link.receive(frame(9, b"%d" % n)), b"")
        self.link.wire.producer.resumeProducing()
        self.assertEqual(self.link.wire.taken(), b"\x8a\x03999")

    def test_close_waits_for_what_was_sent(self) -> None:
        """Closing lets what was sent leave first, but not for ever."""
        self.channel.send("x")
        self.channel.close(1000, "")
        self.channel.send("dropped")
        self.assertEqual(self.link.wire.taken(), b"")
        self.link.clock.advance(59)
        self.link.wire.producer.resumeProducing()
        self.assertEqual(self.link.wire.taken(), b"\x81\x01x" + NORMAL)
        self.link.clock.advance(1)
        self.assertTrue(self.link.wire.aborted)

    def test_close_that_cannot_leave(self) -> None:
        """A client that never reads is dropped although its close frame never left."""
        self.channel.send("x")
        self.channel.close(1000, "")
        self.link.clock.advance(60)
        self.assertTrue(self.link.wire.aborted)
        self.assertEqual(self.app.peer.ends, [(1000, "", False)])

    def test_peer_closes_meanwhile(self) -> None:
        """A client that closes while messages wait for it gets its close frame."""
        self.channel.send("x")
        self.assertEqual(self.link.receive(close(1001)), b"\x88\x02\x03\xe9")
        self.assertEqual(self.app.peer.ends, [(1001, "", True)])


class EndTests(SynchronousTestCase):
    """How a connection ends."""

    def setUp(self) -> None:
        """Begin with an open connection."""
        self.app = App()
        self.link = Link(self.app)
        self.link.open()
        self.peer = self.app.peer
        self.channel = self.peer.channel

    def finished(self, *end: object) -> None:
        """Assert that the end was told once, and that nothing is left."""
        self.assertEqual(self.peer.ends, [end])
        if self.link.site.connections:
            self.link.lose()
        self.assertEqual(self.peer.ends, [end])
        self.assertEqual((self.link.site.connections, self.link.clock.getDelayedCalls()), (set(), []))
        self.channel.send("late")
        self.channel.close(1000, "")
        self.channel.resume()
        self.channel.pause()
        self.assertEqual(self.peer.ends, [end])

    def test_peer_closes(self) -> None:
        """The peer's code and reason are told, and echoed."""
        self.assertEqual(self.link.receive(close(3001, "why")), b"\x88\x05\x0b\xb9why")
        self.assertTrue(self.link.wire.half_closed)
        self.finished(3001, "why", True)

    def test_peer_closes_without_code(self) -> None:
        """A close frame without a code is 1005, and answered without one."""
        self.assertEqual(self.link.receive(close(None)), b"\x88\x00")
        self.finished(1005, "", True)

    def test_we_close(self) -> None:
        """Our code and reason are told when the peer has answered."""
        self.channel.close(4000, "x" * 200)
        self.assertEqual(self.link.wire.taken(), b"\x88\x7d\x0f\xa0" + b"x" * 123)
        self.assertEqual(self.peer.ends, [])
        self.link.receive(text("on its way") + close(4000))
        self.assertEqual(self.peer.messages, [])
        self.finished(4000, "x" * 200, True)

    def test_nobody_answers(self) -> None:
        """A peer that does not answer our close frame is dropped in time."""
        self.channel.close(1001, "bye")
        self.link.clock.advance(0.9)
        self.assertFalse(self.link.wire.aborted)
        self.link.clock.advance(0.1)
        self.assertTrue(self.link.wire.aborted)
        self.finished(1001, "bye", False)

    def test_dropped_after_we_closed(self) -> None:
        """A peer that drops instead of answering our close frame is told with our code."""
        self.channel.close(1001, "bye")
        self.link.lose()
        self.finished(1001, "bye", False)

    def test_lost(self) -> None:
        """A connection that breaks is 1006."""
        self.link.lose()
        self.finished(1006, "", False)

    def test_aborted(self) -> None:
        """An abort drops the transport, and what was not delivered."""
        self.peer.wants_more = False
        self.link.receive(text("1") + text("2"))
        self.channel.abort()
        self.assertTrue(self.link.wire.aborted)
        self.link.lose()
        self.assertEqual(self.peer.messages, ["1"])
        self.finished(1006, "", False)

    def test_aborted_inside_a_delivery(self) -> None:
        """After an abort inside a delivery nothing further is delivered."""
        self.app.on_message = lambda peer, _: peer.channel.abort()
        self.link.receive(text("1") + text("2"))
        self.assertEqual(self.peer.messages, ["1"])
        self.link.lose()
        self.finished(1006, "", False)

    def test_bad_code(self) -> None:
        """A code that no server may send is an error at once."""
        self.assertRaises(ValueError, self.channel.close, 1006, "")
        self.link.lose()

    def test_close_behind_kept_messages(self) -> None:
        """A close frame that the application has not come to yet is told after the messages before it."""
        self.peer.wants_more = False
        self.link.receive(text("1") + text("2") + close(3000))
        self.link.lose()
        self.assertEqual((self.peer.messages, self.peer.ends), (["1"], []))
        self.channel.resume()
        self.assertEqual((self.peer.messages, self.peer.ends), (["1", "2"], []))
        self.channel.resume()
        self.finished(3000, "", True)

    def test_loss_behind_kept_messages(self) -> None:
        """A connection that broke while messages were kept is told after them."""
        self.peer.wants_more = False
        self.link.receive(text("1") + text("2") + text("3")[:3])
        self.link.lose()
        self.channel.resume()
        self.assertEqual((self.peer.messages, self.peer.ends), (["1", "2"], []))
        self.channel.resume()
        self.finished(1006, "", False)

    def test_abort_behind_a_loss(self) -> None:
        """An abort gives up what was kept of a connection that is lost already."""
        self.peer.wants_more = False
        self.link.receive(text("1") + text("2"))
        self.link.lose()
        self.channel.abort()
        self.link.clock.advance(0)
        self.finished(1006, "", False)

    def test_close_while_paused(self) -> None:
        """Closing a connection that we do not read gives up what was kept, and hears the peer's answer."""
        self.peer.wants_more = False
        self.link.receive(text("1") + text("2"))
        self.channel.close(1013, "")
        self.link.clock.advance(0)
        self.assertEqual(self.link.wire.producerState, "producing")
        self.link.receive(close(1013))
        self.assertEqual(self.peer.messages, ["1"])
        self.finished(1013, "", True)

    def test_close_behind_a_loss(self) -> None:
        """Closing a connection that is lost already ends it."""
        self.peer.wants_more = False
        self.link.receive(text("1") + text("2"))
        self.link.lose()
        self.channel.close(1001, "")
        self.link.clock.advance(0)
        self.finished(1001, "", False)

    def test_dead_peer(self) -> None:
        """A peer that answers no ping is dropped after 40 seconds."""
        self.link.clock.pump([1] * 20)
        self.assertEqual(self.link.wire.taken(), b"\x89\x00")
        self.link.clock.pump([1] * 20)
        self.assertTrue(self.link.wire.aborted)
        self.finished(1006, "", False)

    def test_living_peer(self) -> None:
        """A pong keeps a peer alive."""
        for _ in range(5):
            self.link.clock.pump([1] * 20)
            self.link.receive(frame(10))
        self.assertFalse(self.link.wire.aborted)
        self.link.lose()

    def test_an_end_that_fails(self) -> None:
        """An error of the application's at the end is logged, and stops nothing."""

        def fail(*_: object) -> None:
            raise ZeroDivisionError

        self.peer.closed = fail  # type: ignore[method-assign]
        self.link.receive(close())
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.link.lose()
        self.assertEqual(self.link.site.connections, set())
