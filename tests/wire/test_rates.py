# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of rates, with a time of our own."""

from __future__ import annotations

from unittest import TestCase

from wstwist.wire.rates import Bucket


class BucketTests(TestCase):
    """A token bucket."""

    def test_burst(self) -> None:
        """It begins full, and what is too much is not taken."""
        bucket = Bucket(10, 3, 100.0)
        self.assertEqual([bucket.take(100.0) for _ in range(5)], [True, True, True, False, False])

    def test_rate(self) -> None:
        """Tokens come at the rate, in the smallest steps too, and never more than it holds."""
        bucket = Bucket(10, 10, 0.0)
        self.assertTrue(bucket.take(0.0, 10))
        taken = sum(bucket.take(step * 0.01) for step in range(1, 1001))
        self.assertEqual(taken, 100)
        self.assertTrue(bucket.take(1000.0, 10))
        self.assertFalse(bucket.take(1000.0))

    def test_at_least_one(self) -> None:
        """However low the rate, one token is there at once."""
        bucket = Bucket(0.01, 0.01, 0.0)
        self.assertEqual([bucket.take(now) for now in (0.0, 99.0, 100.0)], [True, False, True])

    def test_credit(self) -> None:
        """What is spent on credit has to come in again before there is one."""
        bucket = Bucket(10, 10, 0.0)
        self.assertTrue(bucket.spend(0.0, 9))
        self.assertFalse(bucket.spend(0.0, 21))
        self.assertEqual([bucket.has_one(now) for now in (1.0, 2.05, 2.1)], [False, False, True])
        self.assertFalse(bucket.take(2.1, 2))

    def test_clock_set_back(self) -> None:
        """A clock that is set back brings nothing, and goes on from there."""
        bucket = Bucket(10, 1, 1000.0)
        self.assertTrue(bucket.take(1000.0))
        self.assertEqual([bucket.take(now) for now in (0.0, 0.05, 0.1)], [False, False, True])
