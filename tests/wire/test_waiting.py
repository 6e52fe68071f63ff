# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of messages that wait for a peer that does not read, and of what becomes of them."""

from collections import Counter
from time import monotonic
from typing import Any
from zlib import decompressobj

from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from tests.wire.support import App, Link, Wire, small
from tests.wire.test_sending import Owner
from wstwist.exceptions import ConfigurationError
from wstwist.limits import Limits
from wstwist.project import Project
from wstwist.settings import settings_of
from wstwist.traffic import Traffic
from wstwist.wire.codec import Deflater
from wstwist.wire.corking import Corks
from wstwist.wire.prepared import Prepared
from wstwist.wire.sending import Sender
from wstwist.wire.waiting import FIRST_TURN, NEWEST, OVERHEAD, Waiting


class WaitingTests(SynchronousTestCase):
    """The queue alone, with a bound of five messages without a byte."""

    def make(self, policy: Any, room: int = 5) -> Waiting:
        """Make a queue that is not in its first turn any more."""
        self.counters: Counter[str] = Counter()
        limits = Limits(send_queue_size=room * OVERHEAD, slow_client=policy)
        waiting = Waiting(limits, lambda what, times: self.counters.update({what: times}), 0)
        waiting.grow_old()
        return waiting

    def all(self, waiting: Waiting) -> list[Any]:
        """Take all messages."""
        return [waiting.take() for _ in range(len(waiting))]

    def test_close(self) -> None:
        """At the bound a queue that has to be closed takes nothing more."""
        waiting = self.make("close")
        self.assertEqual([waiting.put("", None) for _ in range(6)], [True] * 5 + [False])
        self.assertTrue(waiting.is_full())

    def test_drop_oldest(self) -> None:
        """At the bound the oldest go, as many as make room, and they are counted."""
        waiting = self.make("drop_oldest")
        for n in range(9):
            self.assertTrue(waiting.put(bytes([n]), None))
        self.assertEqual(self.all(waiting), [bytes([n]) for n in range(4, 9)])
        self.assertEqual(self.counters, {"sends_dropped_slow": 4})

    def test_one_large_message(self) -> None:
        """A message of any size finds room, and the next one drops as many as have to go."""
        waiting = self.make("drop_oldest")
        for n in range(4):
            waiting.put(bytes([n]), None)
        waiting.put("x" * 10_000, None)
        self.assertEqual(len(waiting), 5)
        waiting.put("y", None)
        self.assertEqual(self.all(waiting), ["y"])
        self.assertEqual(self.counters, {"sends_dropped_slow": 5})

    def test_latest(self) -> None:
        """Of each key the newest waits; at the bound the oldest goes."""
        waiting = self.make("latest")
        for n in range(20):
            waiting.put(f"{n}", NEWEST)
            waiting.put(f"{n}", "a")
        self.assertEqual(self.all(waiting), ["19", "19"])
        self.assertEqual(self.counters, {"sends_dropped_slow": 19, "sends_replaced": 19})
        for n in range(9):
            waiting.put(f"{n}", f"{n}")
        self.assertEqual(self.all(waiting), ["4", "5", "6", "7", "8"])

    def test_place(self) -> None:
        """What replaces another message goes to the end: what comes, comes in the order of sending."""
        for policy in ("close", "drop_oldest", "latest"):
            waiting = self.make(policy, 10)
            for message, key in (("1", "a"), ("2", None), ("3", "b"), ("4", "a"), ("5", None)):
                waiting.put(message, key)
            self.assertEqual(self.all(waiting), ["2", "3", "4", "5"])

    def test_replaced_before_anything_is_dropped(self) -> None:
        """A queue that is full with a key's message has room for a new one of that key."""
        for policy in ("close", "drop_oldest", "latest"):
            waiting = self.make(policy)
            waiting.put("x" * 1000, "a")
            for n in range(10):
                self.assertTrue(waiting.put(f"{n}" * 1000, "a"))
            self.assertEqual(self.all(waiting), ["9" * 1000])
            self.assertEqual(self.counters, {"sends_replaced": 10})

    def test_keys_count(self) -> None:
        """A key takes room, too."""
        waiting = self.make("close")
        waiting.put("", "k" * 5 * OVERHEAD)
        self.assertFalse(waiting.put("", None))

    def test_sizes_come_out_even(self) -> None:
        """What has been taken, replaced and dropped counts no more, whatever it was."""
        waiting = self.make("drop_oldest")
        for _ in range(100):
            for message in ("x", "\u20ac", b"yz", Prepared("\u20ac")):
                waiting.put(message, None)
                waiting.put(message, "\u20ac")
            self.all(waiting)
        waiting = self.make("close")
        for _ in range(1000):
            self.assertTrue(waiting.put("\u20ac" * 1000, "\u20ac"))
            waiting.take()
        self.assertFalse(waiting.is_full())

    def test_trim(self) -> None:
        """Beyond the bound the oldest go; one that is larger than the bound stays."""
        waiting = self.make("drop_oldest")
        waiting.put("first", None)
        waiting.put("x" * 10_000, None)
        waiting.trim()
        self.assertEqual(self.all(waiting), ["x" * 10_000])
        self.assertEqual(self.counters, {"sends_dropped_slow": 1})
        for _ in range(5):
            waiting.put("", None)
        waiting.trim()
        self.assertEqual(len(waiting), 5)

    def test_first_turn(self) -> None:
        """In the first turn there is room for sixteen times as much, under each policy."""
        for policy, left in (("close", 80), ("drop_oldest", 80), ("latest", 80)):
            limits = Limits(send_queue_size=5 * OVERHEAD, slow_client=policy)  # type: ignore[arg-type] # is one
            waiting = Waiting(limits, lambda _what, _times: None, 0)
            room = [waiting.put("", None) for _ in range(5 * FIRST_TURN + 1)]
            self.assertEqual(room, [True] * 80 + [policy != "close"])
            self.assertEqual(len(waiting), left)

    def test_a_hundred_thousand_keys(self) -> None:
        """With many keys a message costs no more than with few: none is searched for."""
        for policy in ("close", "latest"):
            waiting = self.make(policy, 200_000)
            keys = [f"k{n}" for n in range(100_000)]
            began = monotonic()
            for _ in range(3):
                for key in keys:
                    waiting.put(b"", key)
            self.assertEqual(len(self.all(waiting)), 100_000)
            self.assertLess(monotonic() - began, 10)  # a search would take minutes

    def test_a_key_that_changes_all_the_time(self) -> None:
        """Behind a message that waits, a key's messages take the room of one, however many there were."""
        waiting = self.make("close", 3)
        waiting.put("first", None)
        for _ in range(100_000):
            self.assertTrue(waiting.put("", "a"))
        self.assertEqual(self.all(waiting), ["first", ""])


class PolicyTests(SynchronousTestCase):
    """What a peer gets that reads again, by policy."""

    def setUp(self) -> None:
        """Begin without a peer."""
        self.clock = Clock()

    def make(self, policy: Any, *, deflater: Deflater | None = None, starts: bool = True) -> Sender:
        """Make a sender whose peer does not read, with room for three messages of some bytes."""
        self.owner = Owner()
        limits = Limits(send_queue_size=3 * (OVERHEAD + 2), slow_client=policy)
        sender = Sender(self.owner, limits, self.clock, Corks(self.clock), Traffic())
        if starts:
            self.start(sender, deflater)
        return sender

    def start(self, sender: Sender, deflater: Deflater | None = None) -> None:
        """Give it a transport, which is full at once."""
        self.wire = Wire(self.clock)
        sender.start(self.wire, deflater)
        self.wire.producer.pauseProducing()
        self.clock.advance(0)

    def read(self) -> bytes:
        """Read all."""
        self.wire.producer.resumeProducing()
        return self.wire.taken()

    def test_drop_oldest(self) -> None:
        """What was sent last comes, and the connection stays."""
        sender = self.make("drop_oldest")
        for n in range(10):
            sender.send(f"{n}s")
            self.clock.advance(0)
        self.assertEqual(self.read(), b"\x81\x027s\x81\x028s\x81\x029s")
        self.assertEqual((self.owner.overflows, self.owner.counters), (0, {"sends_dropped_slow": 7}))

    def test_latest(self) -> None:
        """Of each key the newest comes, and the newest without one, prepared or not."""
        sender = self.make("latest")
        for n in range(10):
            sender.send(f"{n}")
            sender.send_keyed(f"{n}a", "a")
            sender.send_prepared(Prepared(f"{n}p"))
            self.clock.advance(0)
        self.assertEqual(self.read(), b"\x81\x029a\x81\x029p")

    def test_keys_while_the_peer_reads(self) -> None:
        """What the transport takes leaves, whatever its key."""
        for policy in ("close", "drop_oldest", "latest"):
            sender = self.make(policy)
            self.read()
            sender.send_keyed("1", "a")
            sender.send_keyed("2", "a")
            self.assertEqual(self.wire.taken(), b"\x81\x011\x81\x012")

    def test_latest_begins_with_the_start(self) -> None:
        """What waits for the handshake all comes: the peer could not read."""
        sender = self.make("latest", starts=False)
        sender.send("1")
        sender.send("2")
        self.start(sender)
        self.assertEqual(self.read(), b"\x81\x011\x81\x012")

    def test_dropped_down_to_the_bound(self) -> None:
        """What came in the first turn beyond the bound goes when nothing has left for the stall time."""
        for policy in ("drop_oldest", "latest"):
            sender = self.make(policy)
            for n in range(9):
                sender.send_keyed(f"{n}", f"{n}")
            self.clock.advance(59)
            self.assertEqual(self.owner.counters, {})
            self.clock.advance(1)
            self.assertEqual((self.owner.overflows, self.owner.counters), (0, {"sends_dropped_slow": 6}))
            self.assertEqual(self.clock.getDelayedCalls(), [])
            self.assertEqual(self.read(), b"\x81\x016\x81\x017\x81\x018")

    def test_compressed(self) -> None:
        """Messages are compressed when they leave: none that was dropped is missed, with takeover or not."""
        for takeover in (False, True):
            for policy, expected in (("drop_oldest", [b"7", b"8", b"9"]), ("latest", [b"9"])):
                sender = self.make(policy, deflater=Deflater(12, takeover, 5))
                for n in range(10):
                    (sender.send if n % 2 else lambda m, s=sender: s.send_prepared(Prepared(m)))(f"{n}" * 2)
                    self.clock.advance(0)
                self.assertEqual(self.inflated(self.read(), takeover), [digit * 2 for digit in expected])

    def inflated(self, data: bytes, takeover: bool) -> list[bytes]:
        """Decompress the small messages in frames."""
        inflater = decompressobj(-12)
        messages = []
        while data:
            self.assertEqual(data[0], 0xC1)
            end = 2 + data[1]
            messages.append(inflater.decompress(data[2:end] + b"\0\0\xff\xff"))
            data = data[end:]
            inflater = inflater if takeover else decompressobj(-12)
        return messages

    def test_drained(self) -> None:
        """Who wants to know is told when nothing waits; with False where that is not to be expected."""
        told: list[tuple[str, bool]] = []

        def teller(name: str) -> Any:
            return lambda drained: told.append((name, drained))

        sender = self.make("drop_oldest")
        sender.when_drained(teller("paused"))
        for n in range(10):
            sender.send(f"{n}s")
            self.clock.advance(5)
        sender.when_drained(teller("dropped"))
        self.assertEqual(told, [])
        self.read()
        self.assertEqual(told, [("paused", True), ("dropped", True)])
        sender.send("x")
        sender.when_drained(teller("open"))
        self.assertEqual(told.pop(), ("open", True))
        self.assertEqual(self.wire.value(), b"\x81\x01x")
        self.wire.producer.pauseProducing()
        sender.send("x")
        sender.when_drained(teller("over"))
        sender.stop()
        sender.when_drained(teller("still over"))
        self.assertEqual(told[2:], [("over", False), ("still over", False)])

    def test_drained_after_the_end_of_patience(self) -> None:
        """Where the connection is ended because the peer does not read it is told soon, and not at once."""
        told: list[bool] = []
        sender = self.make("close")
        sender.send("x" * 1000)
        sender.when_drained(told.append)
        self.clock.advance(0)
        sender.send("x")
        self.assertEqual((self.owner.overflows, told), (1, []))
        self.clock.advance(0)
        self.assertEqual(told, [False])


class LimitsTests(SynchronousTestCase):
    """The setting."""

    def test_policies(self) -> None:
        """There are three, and another one is refused in a line that names them."""
        self.assertEqual(Limits().slow_client, "close")
        for policy in ("close", "drop_oldest", "latest"):
            Limits(slow_client=policy)  # type: ignore[arg-type] # it is one
        for wrong in ("closed", None, 1, ["latest"]):
            with self.assertRaises(ConfigurationError) as caught:
                Limits(slow_client=wrong)  # type: ignore[arg-type] # as in a configuration file
            self.assertEqual(
                str(caught.exception),
                f'limits: slow_client must be "close", "drop_oldest" or "latest", not {wrong!r}',
            )

    def test_configured(self) -> None:
        """The configuration may set it, and is told what is wrong in one line."""

        class Ticker(Project):
            pass

        self.assertEqual(
            settings_of(Ticker, {"limits": {"slow_client": "latest"}}).limits.slow_client, "latest"
        )
        with self.assertRaisesRegex(
            ConfigurationError, r'^Ticker\.limits: slow_client must be "close", .*, not \'last\'$'
        ):
            settings_of(Ticker, {"limits": {"slow_client": "last"}})


class ConnectionTests(SynchronousTestCase):
    """The policies on a connection."""

    def open(self, **limits: Any) -> Any:
        """Open a connection whose transport is full, and give its channel."""
        self.app = App(limits=small(**limits))
        self.link = Link(self.app)
        self.link.open()
        self.link.wire.producer.pauseProducing()
        return self.app.peer.channel

    def test_close(self) -> None:
        """A queue at its bound ends the connection with 1013, and both are counted."""
        channel = self.open(send_queue_size=100)
        for _ in range(3):
            channel.send("x")
            self.link.clock.advance(0)
        self.assertEqual(self.link.wire.taken()[2:4], b"\x03\xf5")
        self.assertEqual(self.app.counters, {"slow_clients_closed": 1, "sends_dropped_slow": 2})

    def test_close_although_nothing_more_is_sent(self) -> None:
        """A queue that was filled in one turn ends the connection when nothing leaves for the stall time."""
        channel = self.open(send_queue_size=1000, stall_time=15)
        for _ in range(9):
            channel.send("x" * 1000)
        self.link.clock.advance(14)
        self.assertEqual(self.link.wire.taken(), b"")
        self.link.clock.advance(1)
        self.assertEqual(self.link.wire.taken()[2:4], b"\x03\xf5")
        self.link.clock.advance(1)
        self.assertEqual(self.app.peer.ends, [(1013, "too much was waiting to be read", False)])
        self.assertEqual(self.app.counters, {"slow_clients_closed": 1, "sends_dropped_slow": 9})

    def test_close_before_the_answer(self) -> None:
        """An application that sends too much before the 101, in one turn, has its client closed with 1013."""
        app = App(
            on_open=lambda peer: [peer.channel.send("x" * 10) for _ in range(100)] and None,
            limits=small(send_queue_size=100),
        )
        answer = Link(app).open()
        self.assertEqual(answer.partition(b"\r\n\r\n")[2][2:4], b"\x03\xf5")
        self.assertEqual(app.counters["slow_clients_closed"], 1)

    def test_a_connection_that_closes_already(self) -> None:
        """What waits for a client that is being disconnected keeps its close code."""
        channel = self.open(send_queue_size=100, stall_time=15)
        channel.send("x")
        self.link.clock.advance(10)
        channel.close(3000, "bye")
        self.link.clock.advance(5)
        self.link.clock.advance(15)
        self.assertEqual(self.app.peer.ends, [(3000, "bye", False)])

    def test_drop_oldest(self) -> None:
        """Whatever is sent the connection stays open, and the newest comes."""
        channel = self.open(send_queue_size=1000, slow_client="drop_oldest")
        for n in range(1000):
            channel.send(f"{n}")
            channel.send_keyed(f"{n}", f"{n}")
            channel.send_prepared(Prepared(f"{n}"))
            self.link.clock.advance(0)
        self.assertEqual(self.app.peer.ends, [])
        self.link.wire.producer.resumeProducing()
        self.assertTrue(self.link.wire.taken().endswith(b"\x81\x03999" * 3))

    def test_dropping_is_logged(self) -> None:
        """Once a minute the log says how many messages of how many clients were dropped."""
        for policy in ("drop_oldest", "latest"):
            with self.subTest(policy=policy), capturedLogs() as events:
                channel = self.open(send_queue_size=260, slow_client=policy, stall_time=30)
                for n in range(10):
                    channel.send(f"{n}")
                    self.link.clock.advance(0)
                for _ in range(10):
                    channel.send_keyed("x", "y")
                self.link.clock.advance(59)
                self.assertEqual(events, [])
                self.link.clock.advance(1)
                (event,) = events
                dropped = self.app.counters["sends_dropped_slow"]
                self.assertGreater(dropped, 7)
                self.assertEqual(
                    formatEvent(event),
                    f"/Chat: messages dropped in the last minute: {dropped}, of clients that do not read: 1 "
                    "(limits: slow_client)",
                )
                self.assertEqual(event["project"], "Chat")

    def test_closing_is_not_dropping(self) -> None:
        """A client that is closed has a line of its own, and no other."""
        with capturedLogs() as events:
            channel = self.open(send_queue_size=100)
            for _ in range(3):
                channel.send("x")
                self.link.clock.advance(0)
            self.link.site.abort()
        self.assertEqual(len(events), 1)
        self.assertIn("is closed: 1013", formatEvent(events[0]))
