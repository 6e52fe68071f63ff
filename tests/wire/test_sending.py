# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of the way out, of close codes and of the heartbeat."""

from collections import Counter
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.wire.support import Wire
from wstwist.limits import Limits
from wstwist.traffic import Traffic
from wstwist.wire.closing import check_close_code, encode_close
from wstwist.wire.codec import header
from wstwist.wire.corking import Corks
from wstwist.wire.heartbeat import Heart, Heartbeats
from wstwist.wire.sending import Sender
from wstwist.wire.waiting import OVERHEAD


class Owner:
    """Whose sender it is: records."""

    def __init__(self) -> None:
        self.closed = 0
        self.overflows = 0
        self.counters: Counter[str] = Counter()

    def close_frame_sent(self) -> None:
        self.closed += 1

    def overflow(self) -> None:
        self.overflows += 1

    def count(self, what: str, times: int) -> None:
        self.counters[what] += times


class SenderTests(SynchronousTestCase):
    """What leaves a connection."""

    def setUp(self) -> None:
        """Begin with a sender in whose queue ten bytes find room, and then no more."""
        self.clock = Clock()
        self.wire = Wire(self.clock)
        self.make()

    def make(self, **limits: Any) -> None:
        """Make a sender."""
        self.owner = Owner()
        limits = {"send_queue_size": 10 + OVERHEAD, "stall_time": 60} | limits
        self.sender = Sender(self.owner, Limits(**limits), self.clock, Corks(self.clock), Traffic())

    def test_before_the_start(self) -> None:
        """What is sent before the start follows it in order."""
        self.sender.send("a")
        self.sender.send(b"b")
        self.assertEqual(self.wire.taken(), b"")
        self.sender.start(self.wire, None)
        self.assertEqual(self.wire.taken(), b"\x81\x01a\x82\x01b")

    def test_pause(self) -> None:
        """Messages wait while the transport is full, and leave when it is empty."""
        self.sender.start(self.wire, None)
        self.wire.producer.pauseProducing()
        self.sender.send("a")
        self.assertEqual(self.wire.taken(), b"")
        self.wire.producer.resumeProducing()
        self.assertEqual(self.wire.taken(), b"\x81\x01a")

    def test_pause_in_the_middle(self) -> None:
        """A transport that fills up while messages leave keeps the others back."""
        self.make(send_queue_size=100_000)
        for message in (b"a" * 65536, b"b", b"c"):
            self.sender.send(message)
        write = self.wire.write

        def full(data: bytes) -> None:
            write(data)
            self.wire.producer.pauseProducing()

        self.wire.write = full
        self.sender.start(self.wire, None)
        self.assertEqual(self.wire.taken(), header(2, 65536) + b"a" * 65536)
        self.wire.producer.resumeProducing()
        self.assertEqual(self.wire.taken(), b"\x82\x01b\x82\x01c")

    def test_one_write(self) -> None:
        """What is sent in one turn leaves in one write, or in writes of 64 KiB where it is more."""
        writes: list[bytes] = []
        self.sender.start(self.wire, None)
        self.wire.write = writes.append
        for _ in range(10):
            self.sender.send("a")
        self.assertEqual(writes, [])
        self.clock.advance(0)
        self.assertEqual(writes, [b"\x81\x01a" * 10])
        for _ in range(3):
            self.sender.send(b"x" * 40_000)
        self.assertEqual([len(data) for data in writes[1:]], [80_008])

    def test_limit(self) -> None:
        """One message of any size passes while the queue is below its limit, and none when it is at it."""
        self.sender.send("x" * 9)
        self.clock.advance(0)
        self.sender.send("x" * 1000)
        self.assertEqual(self.owner.overflows, 0)
        self.sender.send("x")
        self.assertEqual(self.owner.overflows, 1)
        self.assertEqual(self.owner.counters, {"sends_dropped_slow": 3})

    def test_one_turn(self) -> None:
        """In the turn of the reactor in which it begins a queue takes sixteen times its limit, not more."""
        for _ in range(16):
            self.sender.send("x" * 10)
        self.assertEqual(self.owner.overflows, 0)
        self.sender.send("x")
        self.assertEqual(self.owner.overflows, 1)

    def test_next_turn(self) -> None:
        """In the next turn a queue that is above its limit takes nothing."""
        for _ in range(15):
            self.sender.send("x" * 10)
        self.clock.advance(0)
        self.sender.send("x")
        self.assertEqual(self.owner.overflows, 1)

    def test_empty_messages(self) -> None:
        """Messages without a byte fill the queue, too: they take memory."""
        self.sender.send("")
        self.clock.advance(0)
        for _ in range(2):
            self.sender.send(b"")
        self.assertEqual(self.owner.overflows, 1)

    def test_sizes_are_bytes(self) -> None:
        """A text's size is that of its UTF-8 form, and one that has none is an error at once."""
        self.sender.send("\u20ac\u20ac\u20ac\u20ac")
        self.clock.advance(0)
        self.assertRaises(ValueError, self.sender.send, "\ud800")
        self.assertEqual(self.owner.overflows, 0)
        self.sender.send("x")
        self.assertEqual(self.owner.overflows, 1)

    def test_no_text_at_first(self) -> None:
        """A text that has no UTF-8 form leaves no queue behind."""
        self.assertRaises(ValueError, self.sender.send, "\ud800")
        self.sender.start(self.wire, None)
        self.assertEqual(self.wire.taken(), b"")

    def test_room_comes_back(self) -> None:
        """What has left makes room again."""
        self.sender.send("x" * 20)
        self.sender.start(self.wire, None)
        self.wire.producer.pauseProducing()
        self.sender.send("x")
        self.assertEqual(self.owner.overflows, 0)

    def test_a_full_queue_is_looked_at_again(self) -> None:
        """A queue at its limit of which nothing leaves ends the connection, though nothing more is sent."""
        self.sender.start(self.wire, None)
        self.clock.advance(100)
        self.wire.producer.pauseProducing()
        for _ in range(5):
            self.sender.send("x" * 10)
        self.clock.advance(59)
        self.assertEqual(self.owner.overflows, 0)
        self.clock.advance(1)
        self.assertEqual(self.owner.overflows, 1)
        self.assertEqual(self.owner.counters, {"sends_dropped_slow": 5})
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_full_queue_before_the_start(self) -> None:
        """What waits for the start is looked at as well."""
        self.clock.advance(100)
        self.sender.send("x" * 10)
        self.clock.advance(59)
        self.assertEqual(self.owner.overflows, 0)
        self.clock.advance(1)
        self.assertEqual(self.owner.overflows, 1)

    def test_a_queue_that_moves_has_more_time(self) -> None:
        """Each time something leaves, the queue has its time again."""
        self.make(send_queue_size=60_000)
        self.sender.start(self.wire, None)
        self.wire.producer.pauseProducing()
        self.sender.send(b"a" * 65536)
        self.sender.send(b"b" * 65536)
        write = self.wire.writeSequence

        def full(data: Any) -> None:
            write(data)
            self.wire.producer.pauseProducing()

        self.wire.write = lambda data: full([data])
        self.make_room_at(40)
        self.clock.advance(59)
        self.assertEqual(self.owner.overflows, 0)
        self.clock.advance(1)
        self.assertEqual(self.owner.overflows, 1)
        self.assertEqual(self.owner.counters, {"sends_dropped_slow": 1})

    def make_room_at(self, seconds: float) -> None:
        """Have the transport take something after a time."""
        self.clock.advance(seconds)
        self.wire.producer.resumeProducing()

    def test_a_queue_below_its_limit_may_wait(self) -> None:
        """Little that waits may wait: the heartbeat ends a connection that is dead."""
        self.sender.start(self.wire, None)
        self.wire.producer.pauseProducing()
        self.sender.send("x")
        self.clock.advance(0)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_a_queue_that_has_left_is_not_looked_at(self) -> None:
        """When all has left no timer is left, nor when the connection is over."""
        self.sender.start(self.wire, None)
        for end in (self.wire.producer.resumeProducing, self.sender.stop):
            self.wire.producer.pauseProducing()
            self.sender.send("x" * 10)
            self.clock.advance(0)
            self.assertEqual(len(self.clock.getDelayedCalls()), 1)
            end()
            self.clock.advance(0)
            self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_after_the_end(self) -> None:
        """What is sent after the end is not kept."""
        self.sender.start(self.wire, None)
        self.sender.stop()
        for _ in range(100):
            self.sender.send("x" * 100)
        self.assertEqual((self.owner.overflows, self.clock.getDelayedCalls()), (0, []))

    def test_latest_ping(self) -> None:
        """Of pings that come while the peer does not read, only the latest is answered."""
        self.sender.start(self.wire, None)
        self.wire.producer.pauseProducing()
        for payload in (b"1", b"2", b"3"):
            self.sender.pong(payload)
        self.wire.producer.resumeProducing()
        self.assertEqual(self.wire.taken(), b"\x8a\x013")
        self.assertTrue(self.sender.ping())

    def test_control_frames_do_not_pile_up(self) -> None:
        """However many pings, pongs and closes there are to a peer that does not read, nothing is written."""
        self.sender.start(self.wire, None)
        self.wire.producer.pauseProducing()
        for n in range(1000):
            self.assertFalse(self.sender.ping())
            self.sender.pong(b"%d" % n)
        self.sender.send("x")
        self.sender.close(b"\x03\xe8")
        self.sender.close(b"\x03\xe9")
        self.assertEqual(self.wire.taken(), b"")
        self.wire.producer.resumeProducing()
        self.assertEqual(self.wire.taken(), b"\x8a\x03999\x81\x01x\x88\x02\x03\xe9")

    def test_nothing_behind_the_close_frame(self) -> None:
        """A pong that waited does not follow the close frame that was sent instead of what waited."""
        self.sender.start(self.wire, None)
        self.wire.producer.pauseProducing()
        self.sender.pong(b"1")
        self.sender.close_now(b"\x03\xf5")
        self.wire.producer.resumeProducing()
        self.assertEqual(self.wire.taken(), b"\x88\x02\x03\xf5")

    def test_close_after_messages(self) -> None:
        """A close frame leaves after everything that was sent before."""
        self.sender.start(self.wire, None)
        self.wire.producer.pauseProducing()
        self.sender.send("a")
        self.sender.close(b"\x03\xe8")
        self.assertEqual((self.wire.taken(), self.owner.closed), (b"", 0))
        self.wire.producer.resumeProducing()
        self.assertEqual((self.wire.taken(), self.owner.closed), (b"\x81\x01a\x88\x02\x03\xe8", 1))

    def test_close_instead(self) -> None:
        """A close frame that cannot wait replaces what waits."""
        self.sender.start(self.wire, None)
        self.wire.producer.pauseProducing()
        self.sender.send("a")
        self.sender.close_now(b"\x03\xf5")
        self.assertEqual(self.wire.taken(), b"\x88\x02\x03\xf5")

    def test_large(self) -> None:
        """Each size has its header (RFC 6455, section 5.2)."""
        self.assertEqual(header(2, 125), b"\x82\x7d")
        self.assertEqual(header(2, 126), b"\x82\x7e\x00\x7e")
        self.assertEqual(header(2, 65535), b"\x82\x7e\xff\xff")
        self.assertEqual(header(1, 65536, compressed=True), b"\xc1\x7f\0\0\0\0\0\1\0\0")
        self.sender.start(self.wire, None)
        self.sender.send(b"x" * 70_000)
        self.assertEqual(len(self.wire.taken()), 70_010)

    def test_large_text(self) -> None:
        """A large text is on the wire in UTF-8, whether the transport takes memoryviews or not."""
        for takes_views in (False, True):
            self.setUp()
            self.wire.takes_views = takes_views
            written: list[bytes | memoryview] = []
            self.wire.writeSequence = written.extend
            self.sender.start(self.wire, None)
            for text in ("x" * 70_000, "ü" * 70_000):
                payload = text.encode()
                self.sender.send(text)
                self.assertEqual(b"".join(written), header(1, len(payload)) + payload)
                self.assertTrue(takes_views or all(isinstance(piece, bytes) for piece in written))
                written.clear()


class CloseCodeTests(SynchronousTestCase):
    """Which close codes are sent."""

    def test_codes(self) -> None:
        """Only codes that RFC 6455 and IANA leave to servers are allowed."""
        for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 1014, 3000, 4999):
            self.assertEqual(check_close_code(code), code)
        for code in (0, 999, 1004, 1005, 1006, 1010, 1015, 1016, 2999, 5000, -1, True, "1000", 1000.0):
            self.assertRaises(ValueError, check_close_code, code)

    def test_reasons(self) -> None:
        """A reason is cut to 123 bytes between two characters."""
        self.assertEqual(encode_close(1000, "x" * 200)[2:], b"x" * 123)
        self.assertEqual(encode_close(1000, "\u20ac" * 100)[2:].decode(), "\u20ac" * 41)
        self.assertEqual(encode_close(1000, "x\U0001f600" * 30)[2:].decode(), "x\U0001f600" * 24 + "x")


class HeartbeatTests(SynchronousTestCase):
    """Who counts as dead."""

    def setUp(self) -> None:
        """Begin with a heart whose beats are called every 20 seconds, and whose pings leave."""
        self.clock = Clock()
        self.pings = self.deaths = 0
        self.leaves = True
        self.heard = False
        self.heart = Heart()
        self.beats = Heartbeats(self.clock, 20, 20)
        self.part = self.beats.add(self)

    def beat(self, now: int) -> None:
        """Begin an interval."""
        self.live(self.heart.beat(self.heard, self.ping, now))

    def judge(self, since: int) -> None:
        """Judge a silence."""
        self.live(self.heart.judge(self.heard, since))

    def live(self, is_alive: bool) -> None:
        """Count a death."""
        if not is_alive:
            self.deaths += 1
            self.beats.discard(self, self.part)

    def ping(self) -> bool:
        """Count a ping."""
        self.pings += self.leaves
        return self.leaves

    def let_pass(self, intervals: int) -> None:
        """Let time pass, in steps of one second."""
        self.clock.pump([1] * 20 * intervals)

    def test_silence(self) -> None:
        """A peer that answers no ping is dead 20 seconds after it; without peers there is no timer."""
        self.let_pass(1)
        self.assertEqual((self.pings, self.deaths), (1, 0))
        self.let_pass(1)
        self.assertEqual((self.pings, self.deaths), (1, 1))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_any_byte(self) -> None:
        """Any received byte keeps a peer alive, as does time in which we do not read."""
        self.heard = True
        self.let_pass(5)
        self.assertEqual((self.pings, self.deaths), (5, 0))
        self.heard = False
        self.let_pass(1)
        self.assertEqual(self.deaths, 1)

    def test_slow_reader(self) -> None:
        """A peer that has a long message to read before our ping has longer, but not for ever."""
        self.leaves = False
        self.let_pass(3)
        self.assertEqual(self.deaths, 0)
        self.let_pass(2)
        self.assertEqual(self.deaths, 1)

    def test_one_timer_for_all(self) -> None:
        """Peers that came at different times have their beats an interval after that."""
        beats: list[str] = []

        class Peer:
            def __init__(self, name: str) -> None:
                self.name = name

            def beat(self, _now: int) -> None:
                beats.append(self.name)

            def judge(self, since: int) -> None:
                """Live."""

        self.beats.discard(self, self.part)
        self.beats.add(Peer("first"))
        self.clock.pump([1] * 5)
        self.beats.add(Peer("second"))
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        self.clock.pump([1] * 15)
        self.assertEqual(beats, ["first"])
        self.clock.pump([1] * 5)
        self.assertEqual(beats, ["first", "second"])
