# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of rates of messages: reading pauses, and nothing else happens."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.wire.support import App, Link, close, frame, small, text


class PacingTests(SynchronousTestCase):
    """A client that sends more than it may."""

    def connect(self, **limits: Any) -> None:
        """Connect a client that has rates."""
        self.app = App(limits=small(**limits))
        self.link = Link(self.app)
        self.link.open()
        self.peer = self.app.peer
        self.addCleanup(self.check)

    def check(self) -> None:
        """When the connection is over nothing is left."""
        if self.link.site.connections:
            self.link.lose()
            self.peer.channel.abort()
            self.link.clock.advance(0)
        self.assertEqual((len(self.peer.ends), self.link.clock.getDelayedCalls()), (1, []))

    def send(self, count: int, size: int = 1) -> None:
        """Let a client's messages come in one read."""
        self.link.receive(text("x" * size) * count)

    def pass_(self, seconds: float) -> None:
        """Let time pass."""
        self.link.pass_(seconds)

    @property
    def is_reading(self) -> bool:
        """Whether the network is read."""
        return self.link.wire.producerState == "producing"

    @property
    def count(self) -> int:
        """How many messages were delivered."""
        return len(self.peer.messages)

    def test_within(self) -> None:
        """Who keeps to the rate is not paused."""
        self.connect(messages_per_second=10)
        for _ in range(100):
            self.send(1)
            self.assertTrue(self.is_reading)
            self.pass_(0.1)
        self.assertEqual(self.count, 100)

    def test_messages(self) -> None:
        """A second's worth is delivered at once, the others when their time has come; all are, in order."""
        self.connect(messages_per_second=10)
        self.link.receive(b"".join(text(str(number)) for number in range(50)))
        self.assertEqual((self.count, self.is_reading), (10, False))
        for second in range(1, 4):
            self.pass_(1)
            self.assertAlmostEqual(self.count, 10 + 10 * second, delta=1)
        self.pass_(1.2)
        self.assertEqual(self.peer.messages, [str(number) for number in range(50)])
        self.assertTrue(self.is_reading)
        self.assertEqual(self.peer.ends, [])

    def test_slow_rate(self) -> None:
        """However low the rate, one message passes at once."""
        self.connect(messages_per_second=0.5)
        self.send(3)
        counts = []
        for _ in range(5):
            counts.append(self.count)
            self.pass_(1)
        self.assertEqual(counts, [1, 1, 2, 2, 3])

    def test_bytes(self) -> None:
        """Bytes are those of the messages, in UTF-8; one of any size passes, and is paid back."""
        self.connect(bytes_per_second=100)
        self.link.receive(text("ü" * 150) + text("x"))
        self.assertEqual((self.count, self.is_reading), (1, False))
        self.pass_(1.9)
        self.assertEqual(self.count, 1)
        self.pass_(0.3)
        self.assertEqual((self.count, self.is_reading), (2, True))

    def test_both(self) -> None:
        """Of two rates the one that is exceeded counts."""
        self.connect(bytes_per_second=100, messages_per_second=10)
        self.send(2, 50)
        self.assertEqual((self.count, self.is_reading), (2, False))
        self.pass_(1)
        self.send(11)
        self.assertEqual((self.count, self.is_reading), (12, False))

    def test_full_mailbox(self) -> None:
        """Reading goes on when rate and application allow it, whichever comes last."""
        for application_first in (True, False):
            self.connect(messages_per_second=10)
            self.peer.wants_more = False
            self.send(20)
            for _ in range(9):
                self.peer.channel.resume()
            self.assertEqual((self.count, self.is_reading), (10, False))
            self.peer.wants_more = True
            if application_first:
                self.peer.channel.resume()
                self.assertEqual(self.count, 10)
                self.pass_(0.2)
            else:
                self.pass_(1)
                self.assertEqual((self.count, self.is_reading), (10, False))
                self.peer.channel.resume()
            self.assertGreater(self.count, 10)

    def test_drained(self) -> None:
        """A channel that is paused, as when the server stops, stays so until it is closed."""
        self.connect(messages_per_second=10)
        self.send(20)
        self.peer.channel.pause()
        self.pass_(5)
        self.assertEqual((self.count, self.is_reading), (10, False))
        self.peer.channel.close(1001, "stop")
        self.peer.channel.resume()
        self.assertTrue(self.is_reading)
        self.link.receive(close(1001))
        self.assertEqual((self.count, self.peer.ends), (10, [(1001, "stop", True)]))

    def test_closed_while_paused(self) -> None:
        """Closing gives up what was kept, and hears the peer's answer at once."""
        self.connect(messages_per_second=10)
        self.send(20)
        self.peer.channel.close(4000, "")
        self.link.clock.advance(0)
        self.assertTrue(self.is_reading)
        self.link.receive(close(4000))
        self.assertEqual((self.count, self.peer.ends), (10, [(4000, "", True)]))

    def test_lost_while_paused(self) -> None:
        """The end of a connection that is lost follows what came before it."""
        self.connect(messages_per_second=10)
        self.send(15)
        self.link.lose()
        self.assertEqual((self.count, self.peer.ends), (10, []))
        self.pass_(1)
        self.assertEqual((self.count, self.peer.ends), (15, [(1006, "", False)]))

    def test_close_frame_behind(self) -> None:
        """A close frame is heard behind the messages before it."""
        self.connect(messages_per_second=10)
        self.link.receive(text("x") * 12 + close(3000))
        self.pass_(0.5)
        self.assertEqual((self.count, self.peer.ends), (12, [(3000, "", True)]))

    def test_no_death(self) -> None:
        """A client that is not read for very long is neither dead nor idle."""
        self.connect(bytes_per_second=100, ping_interval=5, ping_timeout=5, idle_time=10)
        self.send(1, 100_000)
        self.pass_(60)
        self.assertFalse(self.is_reading)
        self.assertEqual((self.peer.ends, self.link.wire.aborted), ([], False))

    def test_aborted_inside(self) -> None:
        """An application may abort in the very message that is one too many."""
        self.connect(messages_per_second=1)
        self.app.on_message = lambda peer, _: peer.channel.abort()
        self.send(5)
        self.link.lose()
        self.assertEqual(self.count, 1)

    def test_failure_inside(self) -> None:
        """... or fail."""

        def fail(*_: object) -> None:
            raise ZeroDivisionError

        self.connect(messages_per_second=1)
        self.app.on_message = fail
        self.assertEqual(self.link.receive(text("x") * 3), b"\x88\x02\x03\xf3")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.link.receive(close(1011))

    def test_off(self) -> None:
        """Without rates the decoder gets the receiver's own function."""
        self.connect()
        self.send(5000)
        self.assertEqual((self.count, self.is_reading), (5000, True))

    def test_control(self) -> None:
        """Pings are no messages."""
        self.connect(messages_per_second=1)
        for _ in range(5):
            self.assertEqual(self.link.receive(frame(9)), b"\x8a\0")
