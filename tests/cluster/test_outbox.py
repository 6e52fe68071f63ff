# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What leaves for other nodes, without NATS: its order, its sizes, and how it is put together again."""

from __future__ import annotations

from random import Random

from twisted.trial.unittest import TestCase

from wstwist.bus import frames
from wstwist.cluster.outbox import Outbox
from wstwist.cluster.parts import Parts


class OutboxTests(TestCase):
    """An outbox whose messages are kept."""

    def setUp(self) -> None:
        """Make it."""
        self.published: list[tuple[str, bytes]] = []
        self.outbox = Outbox("here", lambda *message: self.published.append(message), lambda: 10_000)

    def send(self, subject: str, number: int, *, is_shared: bool = False) -> None:
        """Put a frame in."""
        self.outbox.put(subject, (frames.SEND, "client", str(number)), is_shared=is_shared)

    def left(self) -> list[tuple[str, list[str]]]:
        """Flush, and give what has left: subjects and texts."""
        self.outbox.flush()
        published, self.published = self.published, []
        return [(subject, [frame[2] for frame in frames.decode(data)[1]]) for subject, data in published]

    def test_batches(self) -> None:
        """What goes to one node in one turn is one message, whatever goes to others meanwhile."""
        for number in range(6):
            self.send("ab"[number % 2], number)
        self.assertEqual(self.left(), [("a", ["0", "2", "4"]), ("b", ["1", "3", "5"])])
        self.assertEqual(self.left(), [])

    def test_nothing_overtakes_what_goes_to_several(self) -> None:
        """What was put in before or after it stays there."""
        self.send("a", 0)
        self.send("all", 1, is_shared=True)
        self.send("all", 2, is_shared=True)
        self.send("a", 3)
        self.send("b", 4)
        self.send("a", 5)
        self.send("group", 6, is_shared=True)
        self.send("all", 7, is_shared=True)
        first = [("a", ["0"]), ("all", ["1", "2"]), ("a", ["3", "5"]), ("b", ["4"])]
        self.assertEqual(self.left(), [*first, ("group", ["6"]), ("all", ["7"])])

    def test_every_order(self) -> None:
        """A node that listens to several subjects gets everything in the order in which it was put in."""
        chance = Random(1)
        for _ in range(300):
            for number in range(40):
                shared = chance.random() < 0.3
                self.send(chance.choice(["all", "group"] if shared else ["a", "b"]), number, is_shared=shared)
            left = self.left()
            for mine in ({"a", "all", "group"}, {"b", "all"}, {"b", "group"}):
                numbers = [int(text) for subject, texts in left if subject in mine for text in texts]
                self.assertEqual(numbers, sorted(numbers))

    def test_large(self) -> None:
        """What NATS would not take travels in parts, and arrives whole; what is missing takes all with it."""
        self.outbox.put("a", (frames.SEND, "client", "x" * 45_000))
        self.send("a", 1)
        self.outbox.flush()
        self.assertTrue(all(len(data) <= 10_000 for _, data in self.published))
        received = [frame for _, data in self.published for frame in frames.decode(data)[1]]
        parts, whole = Parts(), []
        for frame in received[:-1]:
            self.assertEqual(frame[0], frames.PART)
            whole.append(parts.add("here", *frame[1:]))
        self.assertEqual(whole[:-1], [None] * (len(whole) - 1))
        self.assertEqual(frames.decode(whole[-1])[1], [[frames.SEND, "client", "x" * 45_000]])
        self.assertEqual(received[-1], [frames.SEND, "client", "1"])
        torn = Parts()
        self.assertEqual({torn.add("here", *frame[1:]) for frame in [*received[:2], *received[3:-1]]}, {None})

    def test_calls_are_withdrawn(self) -> None:
        """What must not arrive late is taken out, also that of a global service."""
        self.outbox.put("a", (frames.CALL, 1, None, "count", [], {}))
        self.outbox.put("a", (frames.FENCED, 7, (frames.CALL, 2, None, "count", [], {})))
        self.send("a", 3)
        self.outbox.withdraw_calls()
        self.assertEqual(self.left(), [("a", ["3"])])
