# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The lease of a global service, on clocks of the test's."""

from __future__ import annotations

from random import Random

from twisted.trial.unittest import TestCase

from wstwist.cluster.lease import INTERVAL, MARGIN, TTL, Holder, Lease, decode
from wstwist.cluster.store import NOTHING, Entry


class Bucket:
    """A value that is changed by compare-and-set, as JetStream does."""

    def __init__(self) -> None:
        self.entry = NOTHING

    def write(self, value: bytes, revision: int) -> int | None:
        if revision != self.entry.revision:
            return None
        self.entry = Entry(self.entry.revision + 1, value)
        return self.entry.revision


class LeaseTests(TestCase):
    """One or two nodes."""

    def setUp(self) -> None:
        """Begin at some time."""
        self.now = 50.0
        self.bucket = Bucket()
        self.a, self.b = Lease("a", lambda: self.now, lambda: 7), Lease("b", lambda: self.now, lambda: 7)

    def take(self, lease: Lease) -> bool:
        """Look, and take it if that may be."""
        lease.saw(self.bucket.entry)
        if not lease.may_take:
            return False
        proposal = lease.proposal()
        revision = self.bucket.write(proposal.encode(), lease.revision)
        if revision is not None:
            lease.taken(proposal, revision, self.now)
        return revision is not None

    def test_free(self) -> None:
        """What nobody has is taken at once; nobody else can take it then."""
        self.assertTrue(self.take(self.a))
        self.assertTrue(self.a.is_valid)
        self.assertEqual(self.a.number, 7)
        self.assertFalse(self.take(self.b))
        self.assertEqual(decode(self.bucket.entry.value), Holder("a", 7))

    def test_silent_holder(self) -> None:
        """A holder believes in it for less time than others wait, and its number is larger each time."""
        self.take(self.a)
        self.assertFalse(self.take(self.b))
        self.now += TTL - MARGIN - 0.001
        self.assertTrue(self.a.is_valid)
        self.assertFalse(self.take(self.b))
        self.now += 0.002
        self.assertFalse(self.a.is_valid)
        self.assertFalse(self.take(self.b))
        self.now += MARGIN
        self.assertTrue(self.take(self.b))
        self.assertEqual(self.b.number, 8)
        self.assertIs(self.bucket.write(self.a.renewal(), self.a.revision), None)
        self.assertFalse(self.a.is_ours(self.bucket.entry))

    def test_lost_answer(self) -> None:
        """A renewal whose answer was lost is ours, but wins no time."""
        self.take(self.a)
        self.now += INTERVAL
        self.bucket.write(self.a.renewal(), self.a.revision)
        self.assertTrue(self.a.is_ours(self.bucket.entry))
        self.assertAlmostEqual(self.a.left, TTL - MARGIN - INTERVAL)
        self.assertIsNot(self.bucket.write(self.a.renewal(), self.a.revision), None)

    def test_given_back(self) -> None:
        """What was given back is taken at once, with a larger number."""
        self.take(self.a)
        self.bucket.write(self.a.release(), self.a.revision)
        self.a.lost()
        self.assertFalse(self.a.is_valid)
        self.assertTrue(self.take(self.b))
        self.assertEqual(self.b.number, 8)

    def test_never_two(self) -> None:
        """Whatever is late or lost, at no moment two nodes believe in it."""
        chance = Random(3)
        nodes = [Lease(str(number), lambda: self.now, lambda: 0) for number in range(4)]
        asleep = dict.fromkeys(nodes, 0.0)
        numbers: list[int] = []
        for _ in range(20_000):
            self.now += chance.expovariate(1 / 0.05)
            node = chance.choice(nodes)
            if chance.random() < 0.002:
                asleep[node] = self.now + chance.uniform(0, 3 * TTL)
            if asleep[node] > self.now:
                continue
            if node.number is not None and not node.is_valid:
                node.lost()
            began = self.now
            if node.number is None:
                if self.take(node):
                    numbers.append(node.number or 0)
            elif chance.random() < 0.7:  # else the message is lost
                revision = self.bucket.write(node.renewal(), node.revision)
                if revision is None:
                    node.is_ours(self.bucket.entry) or node.lost()
                elif chance.random() < 0.9:  # else the answer is
                    node.renewed(revision, began)
            self.assertLessEqual(sum(each.is_valid for each in nodes), 1)
        self.assertGreater(len(numbers), 20)
        self.assertEqual(numbers, sorted(set(numbers)))
