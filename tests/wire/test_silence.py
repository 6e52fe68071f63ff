# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of what happens to peers that are silent, idle, or ping too often."""

from __future__ import annotations

import gc
from typing import Any

from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from tests.wire.support import App, Link, Wire, close, frame, handshake, small, text
from wstwist.wire.prepared import Prepared
from wstwist.wire.protocol import Connection

PING, PONG = b"\x89\0", b"\x8a\0"


class TimedCase(SynchronousTestCase):
    """A connection without network, and time of our own."""

    def connect(self, **limits: Any) -> None:
        """Open a connection."""
        self.app = App(limits=small(**limits))
        self.link = Link(self.app)
        self.link.open()
        self.peer = self.app.peer
        self.addCleanup(self.check)

    def check(self) -> None:
        """When the connection is over nothing is left."""
        if self.link.site.connections:
            self.link.lose()
        self.assertEqual((len(self.peer.ends), self.link.clock.getDelayedCalls()), (1, []))

    def pass_(self, seconds: float) -> bytes:
        """Let time pass, and give what is written meanwhile."""
        return self.link.pass_(seconds)

    def dies_after(self, at_most: float) -> float:
        """Give the time after which the connection is dropped, to a hundredth of a second."""
        for step in range(round(at_most * 100)):
            if self.link.wire.aborted:
                return step / 100
            self.link.pass_(0.01)
        return at_most


class LoggedTests(TimedCase):
    """What the log says of those that are closed."""

    def lines(self, seconds: float) -> list[str]:
        """Let time pass, and give what is logged meanwhile."""
        with capturedLogs() as events:
            self.pass_(seconds)
        self.assertTrue(all(event["client"] == "ann" for event in events))
        return [formatEvent(event) for event in events]

    def test_dead(self) -> None:
        """A peer that does not answer a ping."""
        self.connect(ping_interval=2, ping_timeout=1)
        (line,) = self.lines(4)
        self.assertEqual(line, "/Chat: 192.168.1.1 is closed: 1006 no answer to a ping")

    def test_idle(self) -> None:
        """A peer with whom no message passes."""
        self.connect(idle_time=1, ping_interval=1000)
        (line,) = self.lines(2)
        self.assertEqual(line, "/Chat: 192.168.1.1 is closed: 1001 idle")

    def test_given_up(self) -> None:
        """One that the application gives up, once; one that it closes is not worth a line."""
        self.connect()
        with capturedLogs() as events:
            self.peer.channel.give_up(1013, "not read for too long")
            self.peer.channel.give_up(1013, "not read for too long")
            self.connect()
            self.peer.channel.close(1000, "bye")
        (line,) = map(formatEvent, events)
        self.assertEqual(line, "/Chat: 192.168.1.1 is closed: 1013 not read for too long")


class DeadTests(TimedCase):
    """Dead peers."""

    def test_intervals(self) -> None:
        """A ping leaves every ping_interval, and a peer that is silent for ping_timeout after it is dead."""
        for interval, timeout in ((20, 20), (5, 20), (20, 5), (2, 3), (10, 0.5), (0.3, 0.1)):
            self.connect(ping_interval=interval, ping_timeout=timeout)
            self.assertEqual(self.pass_(interval * 0.9), b"")
            self.assertEqual(self.pass_(interval * 0.1), PING, (interval, timeout))
            self.assertAlmostEqual(self.dies_after(timeout * 2), timeout, delta=0.02 + 0.05 * timeout)
            self.assertEqual(self.peer.ends, [(1006, "", False)])
            self.assertEqual(self.app.counters, {"dead_peers": 1})

    def test_living(self) -> None:
        """Any byte keeps a peer alive, until it ends; the pings go on all the time."""
        self.connect(ping_interval=2, ping_timeout=1)
        for _ in range(10):
            self.assertEqual(self.pass_(2), PING)
            self.link.receive(text("x")[:1] if _ == 9 else text("x"))
        self.assertAlmostEqual(self.dies_after(9), 3, delta=0.1)

    def test_own_sends(self) -> None:
        """What the server sends is no sign of the peer's life."""
        self.connect(ping_interval=2, ping_timeout=1)
        for _ in range(29):
            self.peer.channel.send("x")
            self.pass_(0.1)
        self.assertFalse(self.link.wire.aborted)
        self.peer.channel.send("x")
        self.pass_(0.15)
        self.assertTrue(self.link.wire.aborted)

    def test_not_read(self) -> None:
        """Time in which we do not read is no death; after it a peer has the whole time again."""
        self.connect(ping_interval=2, ping_timeout=1)
        self.peer.channel.pause()
        self.pass_(60)
        self.peer.channel.resume()
        self.assertGreaterEqual(self.dies_after(9), 1)
        self.assertTrue(self.link.wire.aborted)

    def test_paused_behind_a_ping(self) -> None:
        """... also where we stop reading behind a ping, and read on before its time is over."""
        self.connect(ping_interval=2, ping_timeout=1)
        self.assertEqual(self.pass_(2.1), PING)
        self.peer.channel.pause()
        self.pass_(0.5)
        self.peer.channel.resume()
        self.pass_(1.3)
        self.assertFalse(self.link.wire.aborted)

    def test_late_answer(self) -> None:
        """With a timeout of several intervals no ping follows one that is not answered."""
        self.connect(ping_interval=1, ping_timeout=4)
        self.assertEqual(self.pass_(4.5), PING)
        self.link.receive(frame(10))
        self.assertEqual(self.pass_(1), PING)
        self.assertAlmostEqual(self.dies_after(9), 3.5, delta=0.1)

    def test_own_values(self) -> None:
        """Projects with different values do not disturb each other."""
        slow, quick = (
            App("/slow", limits=small(ping_interval=8)),
            App("/quick", limits=small(ping_interval=2)),
        )
        link = Link(slow, quick)
        other = Wire(link.clock)
        other.protocol = link.site.factory.buildProtocol(None)
        other.protocol.makeConnection(other)
        link.receive(handshake("/slow"))
        other.protocol.dataReceived(handshake("/quick"))
        link.wire.clear()
        other.clear()
        written = b""
        for _ in range(4):
            written += link.pass_(2)
            other.protocol.dataReceived(frame(10))
        self.assertEqual((written, other.taken()), (PING, PING * 4))

    def test_many(self) -> None:
        """One timer serves them all, and ends with the last one."""
        link = Link(App())
        wires = [Wire(link.clock) for _ in range(1000)]
        for wire in wires:
            wire.protocol = link.site.factory.buildProtocol(None)
            wire.protocol.makeConnection(wire)
            wire.protocol.dataReceived(handshake())
            link.clock.advance(0.01)
        link.guard.abort()
        link.lose()
        self.assertEqual(len(link.clock.getDelayedCalls()), 1)
        link.pass_(50)
        self.assertTrue(all(wire.aborted for wire in wires))
        link.site.refusals.close()
        self.assertEqual(link.clock.getDelayedCalls(), [])

    def test_let_go(self) -> None:
        """A connection that is over is held by nobody, whatever watched it."""

        def connections() -> int:
            return sum(type(each) is Connection for each in gc.get_objects())

        gc.collect()
        gc.disable()
        before = connections()  # of tests that ran before
        self.addCleanup(gc.enable)
        for end in (frame(9) * 11, close(), b"\xff" * 10):
            app = App(limits=small(idle_time=60, messages_per_second=1))
            link = Link(app)
            link.open()
            link.receive(text("x"))
            link.pass_(1.5)
            link.receive(end)
            self.assertEqual(len(link.site.connections), 1)
            link.pass_(1)
            self.assertTrue(link.wire.aborted)
            link.lose()
            self.assertEqual(link.clock.getDelayedCalls(), [])
            app.peers, app.opened = [], None  # type: ignore[assignment]
            del link
            self.assertEqual(connections(), before)


class IdleTests(TimedCase):
    """Connections without a message."""

    def closed_after(self, at_most: float) -> float:
        """Give the time after which the connection is closed as idle."""
        for step in range(round(at_most * 100)):
            if (written := self.pass_(0.01)) not in (b"", PING):
                self.assertEqual(written, b"\x88\x06\x03\xe9idle")
                self.assertEqual(self.app.counters, {"idle": 1})
                return (step + 1) / 100
        return at_most

    def test_idle(self) -> None:
        """It is closed with 1001, never too early and at most a tenth too late."""
        for seconds in (1.0, 5.0, 60.0):
            self.connect(idle_time=seconds, ping_interval=1000)
            closed = self.closed_after(2 * seconds)
            self.assertGreaterEqual(closed, seconds)
            self.assertLessEqual(closed, 1.1 * seconds + 0.05)
            self.link.receive(close(1001))
            self.assertEqual(self.peer.ends, [(1001, "idle", True)])

    def test_messages(self) -> None:
        """A message in either direction begins the time anew."""
        self.connect(idle_time=1)
        for number in range(40):
            if number % 2:
                self.link.receive(text("x"))
            else:
                self.peer.channel.send("x")
            self.assertNotIn(b"idle", self.pass_(0.9))
        self.assertAlmostEqual(self.closed_after(9), 0.2, delta=0.15)

    def test_prepared(self) -> None:
        """... one that is sent to many, too."""
        self.connect(idle_time=1)
        for _ in range(5):
            self.peer.channel.send_prepared(Prepared("x"))
            self.assertNotIn(b"idle", self.pass_(0.9))

    def test_pings(self) -> None:
        """Pings and parts of a message are no message."""
        self.connect(idle_time=1, ping_interval=0.2)
        for _ in range(9):
            self.link.receive(frame(9))
            self.link.receive(frame(0 if _ else 1, b"x", fin=False))
            self.assertNotIn(b"idle", self.pass_(0.11))
        self.assertLessEqual(self.closed_after(9), 0.2)

    def test_not_read(self) -> None:
        """Who is not read may have a message for us."""
        self.connect(idle_time=1)
        self.peer.channel.pause()
        self.assertNotIn(b"idle", self.pass_(10))
        self.peer.channel.resume()
        self.assertGreaterEqual(self.closed_after(9), 1)

    def test_off(self) -> None:
        """Without the limit nobody looks."""
        self.connect()
        self.link.wire.clear()
        for _ in range(1000):
            self.link.receive(frame(10))
            self.link.clock.pump([10] * 2)
        self.assertNotIn(b"idle", self.link.wire.taken())


class PingTests(TimedCase):
    """Pings and pongs from a client."""

    flood = b"\x88\x10\x03\xf0too many pings"

    def test_burst(self) -> None:
        """A second's worth is answered at once, one more is 1008, behind the answers."""
        self.connect()
        self.assertEqual(self.link.receive(frame(9) * 10), PONG * 10)
        self.assertEqual(self.link.receive(frame(9) * 5), self.flood)
        self.assertEqual(self.peer.ends, [(1008, "too many pings", False)])
        self.assertEqual(self.app.counters, {"ping_floods": 1})

    def test_one_read(self) -> None:
        """In one read, what came before the one too many is handled, and nothing behind it."""
        self.connect(pings_per_second=2)
        answer = self.link.receive(text("a") + frame(9) * 2 + text("b") + frame(9) + text("c"))
        self.assertEqual((answer, self.peer.messages), (PONG * 2 + self.flood, ["a", "b"]))

    def test_rate(self) -> None:
        """Who keeps to the rate goes on for ever, with pings and pongs together."""
        self.connect(pings_per_second=5)
        for _ in range(100):
            self.link.receive(frame(9) + frame(10))
            self.pass_(0.4)
        self.assertEqual(self.peer.ends, [])
        self.link.receive((frame(9) + frame(10)) * 4)
        self.assertEqual(self.peer.ends, [(1008, "too many pings", False)])

    def test_answers(self) -> None:
        """The answer to a ping of ours does not count."""
        self.connect(pings_per_second=0.001, ping_interval=1, ping_timeout=1)
        for _ in range(20):
            self.assertEqual(self.pass_(1), PING)
            self.link.receive(frame(10))
        self.link.receive(frame(10))
        self.assertEqual(self.peer.ends, [])
        self.link.receive(frame(10))
        self.assertEqual(self.peer.ends, [(1008, "too many pings", False)])

    def test_while_closing(self) -> None:
        """A flood behind our close frame ends the connection with what we said."""
        self.connect()
        self.peer.channel.close(4000, "bye")
        self.link.receive(frame(9) * 11)
        self.assertEqual(self.peer.ends, [(4000, "bye", False)])

    def test_never_reads(self) -> None:
        """A client that reads nothing is left with 1008, and dropped after close_time at the latest."""
        self.connect(close_time=2)
        self.link.wire.producer.pauseProducing()
        self.link.receive(frame(9, b"x" * 125) * 1000)
        self.assertEqual(self.peer.ends, [(1008, "too many pings", False)])
        self.link.wire.clear()
        for _ in range(100):
            self.link.receive(frame(9, b"x" * 125) * 100)
        self.assertEqual(self.link.wire.taken(), b"")
        self.link.clock.advance(1.9)
        self.assertFalse(self.link.wire.aborted)
        self.link.clock.advance(0.1)
        self.assertTrue(self.link.wire.aborted)
