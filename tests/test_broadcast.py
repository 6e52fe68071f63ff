# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""One message for many clients."""

import zlib
from concurrent.futures import ThreadPoolExecutor

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.wire.support import Wire
from tests.wire.test_sending import Owner
from wstwist import Client, Limits, Project
from wstwist.testing import MemoryServer
from wstwist.traffic import Traffic
from wstwist.wire.codec import Deflater
from wstwist.wire.corking import Corks
from wstwist.wire.prepared import Prepared
from wstwist.wire.sending import Sender


class Chat(Project):
    others: list[Client] = []

    async def on_message(self, client, message):
        kind, _, text = message.partition(" ")
        if kind == "all":
            await self.broadcast(text)
        elif kind == "others":
            self.broadcast(text.encode(), exclude=[client])
        elif kind == "to":
            clients = await self.connected_clients()
            self.broadcast(text, to=[each for each in clients for _ in range(2) if each != client])

    def from_a_thread(self, text: str) -> None:
        self.broadcast(text).wait()

    def service_tells(self, text: str) -> None:
        for _ in range(10):
            self.broadcast(text)


class ToWhom(SynchronousTestCase):
    """Everybody gets a broadcast, or those that are named."""

    def setUp(self):
        self.server = self.enterContext(MemoryServer(Chat))
        self.ann, self.bob, self.cid = (self.server.connect() for _ in range(3))

    def received(self):
        return [list(each.received) for each in (self.ann, self.bob, self.cid)]

    def test_everybody(self):
        """Without arguments it goes to all that are connected, the sender too."""
        self.ann.send("all x")
        self.assertEqual(self.received(), [["x"]] * 3)

    def test_excluded(self):
        """Who is excluded gets nothing; bytes are binary."""
        self.ann.send("others x")
        self.assertEqual(self.received(), [[], [b"x"], [b"x"]])

    def test_named(self):
        """It goes once to each of those that are named, however often."""
        self.ann.send("to x")
        self.assertEqual(self.received(), [[], ["x"], ["x"]])

    def test_gone(self):
        """One that has gone is counted, and the others get it."""
        bob = self.bob.instance.client
        self.bob.close()
        ann = self.ann.instance
        self.server._do(lambda: ann.broadcast("x", to=[bob, ann.client]))
        self.assertEqual(self.ann.received, ["x"])
        self.assertEqual(self.server._host.counters["sends_dropped"], 1)

    def test_from_blocking_code_and_from_the_service(self):
        """Any context and any thread may broadcast."""
        self.server.run(self.ann.instance.client.execute(Chat.from_a_thread, "thread"))
        self.server.run(self.ann.instance.execute_global_service(Chat.service_tells, "service"))
        self.assertEqual(self.received(), [["thread", *["service"] * 10]] * 3)

    def test_what_is_wrong_is_said(self):
        """A message that is neither text nor bytes, and clients that are none, are errors at once."""
        ann = self.ann.instance
        self.assertRaisesRegex(TypeError, "broadcast: a message is str", ann.broadcast, 1)
        self.assertRaisesRegex(
            TypeError, "broadcast: to is a list.* not Client$", ann.broadcast, "", to=ann.client
        )
        for argument in ("to", "exclude"):
            for none, kind in (("bob", "str"), (b"bob", "bytes"), (1, "int")):
                with self.assertRaisesRegex(
                    TypeError, f"broadcast: {argument} is a list.* of clients, not {kind}$"
                ):
                    ann.broadcast("", **{argument: none})
            with self.assertRaisesRegex(TypeError, f"broadcast: {argument} .*not <Reply of .*>; await it"):
                ann.broadcast("", **{argument: ann.connected_clients()})
            with self.assertRaisesRegex(TypeError, "and 'bob' is none"):
                ann.broadcast("", **{argument: ["bob"]})

    def test_no_text(self):
        """A str without a UTF-8 form is an error at once, which says what is wrong, for one client too."""
        ann = self.ann.instance
        why = r"the message is a str with the lone surrogate '\\ud800', which is no text: give bytes"
        self.assertRaisesRegex(ValueError, f"^broadcast: {why}$", ann.broadcast, "a\ud800")
        self.server._do(
            lambda: self.assertRaisesRegex(ValueError, f"^send: {why}$", ann.client.send, "a\ud800")
        )
        with ThreadPoolExecutor(1) as thread:
            sent = thread.submit(ann.client.send, "a\ud800")
            self.assertRaisesRegex(ValueError, f"^send: {why}$", sent.result)


class Encoding(SynchronousTestCase):
    """A message for many is encoded once, and compressed once for each setting."""

    def sender(self, deflater=None, **limits):
        clock = Clock()
        wire = Wire(clock)
        self.owner = Owner()
        limits = {"send_queue_size": 10} | limits
        sender = Sender(self.owner, Limits(**limits), clock, Corks(clock), Traffic())
        sender.start(wire, deflater)
        return sender, wire

    def test_the_very_same_bytes(self):
        """A frame that is alone in a turn is written as it is, without a copy."""
        prepared = Prepared("x" * 1000)
        written = []
        for _ in range(2):
            sender, wire = self.sender()
            wire.write = written.append
            sender.send_prepared(prepared)
            sender.flush()
        self.assertIs(written[0], prepared.frame)
        self.assertIs(written[1], prepared.frame)

    def test_compressed_once_for_each_setting(self):
        """Connections with the same setting share the compressed frame, others do not."""
        prepared = Prepared("x" * 1000)
        frames = []
        for bits in (12, 12, 9):
            sender, wire = self.sender(Deflater(bits, False, 5))
            wire.write = frames.append
            sender.send_prepared(prepared)
            sender.flush()
        self.assertIs(frames[0], frames[1])
        self.assertIsNot(frames[0], frames[2])
        for frame in frames:
            payload = zlib.decompressobj(-15).decompress(frame[2:] + b"\0\0\xff\xff")
            self.assertEqual((frame[0], payload), (0xC1, b"x" * 1000))

    def test_with_context_takeover_each_compresses_its_own(self):
        """Where frames depend on what was sent before they are not shared."""
        sender, wire = self.sender(Deflater(12, True, 5))
        sender.send("x" * 1000)
        first = wire.taken()
        sender.send_prepared(Prepared("x" * 1000))
        self.assertLess(len(wire.taken()), len(first))

    def test_it_waits_as_it_is(self):
        """For a peer that does not read it waits with the messages, against the same limit."""
        sender, wire = self.sender()
        wire.producer.pauseProducing()
        sender.send_prepared(Prepared("x" * 20))
        wire.producer.resumeProducing()
        self.assertEqual(wire.taken(), b"\x81\x14" + b"x" * 20)
        wire.producer.pauseProducing()
        sender.send_prepared(Prepared("x" * 20))
        wire.clock.advance(0)
        sender.send_prepared(Prepared("y"))
        self.assertEqual(self.owner.overflows, 1)

    def test_room(self):
        """Whoever wants to know of room is told once, when nothing waits, or when the connection is over."""
        told = []
        sender, wire = self.sender()
        sender.when_room(lambda: told.append("at once"))
        wire.producer.pauseProducing()
        sender.when_room(lambda: told.append("later"))
        self.assertEqual(told, ["at once"])
        wire.producer.resumeProducing()
        self.assertEqual(told, ["at once", "later"])
        wire.producer.pauseProducing()
        sender.when_room(lambda: told.append("over"))
        sender.stop()
        sender.when_room(lambda: told.append("still over"))
        self.assertEqual(told[2:], ["over", "still over"])

    def test_a_stalled_peer_holds_nobody_up(self):
        """Who has not read for a second is not waited for."""
        told = []
        sender, wire = self.sender()
        wire.producer.pauseProducing()
        wire.clock.advance(0.9)
        sender.when_room(lambda: told.append("patient"))
        self.assertEqual(told, [])
        wire.clock.advance(0.1)
        sender.when_room(lambda: told.append("not any more"))
        self.assertEqual(told, ["not any more"])

    def test_a_slow_peer_holds_nobody_up_where_messages_are_dropped(self):
        """Who reads too slowly for what is sent costs a second as well, where there is always room."""
        for policy, patient in (("close", 0), ("drop_oldest", 1), ("latest", 1)):
            told = []
            sender, wire = self.sender(slow_client=policy, send_queue_size=1_000_000)
            wire.producer.pauseProducing()
            wire.write = lambda _data, wire=wire: wire.producer.pauseProducing()
            for _ in range(3):
                sender.send_keyed(b"x" * 65536, "a")
                sender.send_keyed(b"x" * 65536, "b")
                wire.clock.advance(0.4)
                wire.producer.resumeProducing()
            sender.when_room(lambda told=told: told.append(True))
            self.assertEqual(len(told), patient, policy)
