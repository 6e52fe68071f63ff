# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Time limits of very many at once."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wstwist.deadlines import AllDeadlines


class DeadlineTests(SynchronousTestCase):
    """Moments that come, or are cancelled before."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.deadlines = AllDeadlines(self.clock)
        self.happened: list[str] = []

    def add(self, seconds: float, name: str):
        return self.deadlines.add(seconds, lambda: self.happened.append(name))

    def test_each_at_its_moment(self) -> None:
        """Each comes after its own time, neither earlier nor later, and once."""
        self.add(0.3, "first")
        self.clock.advance(0.1)
        self.add(0.3, "second")
        self.add(5, "long")
        self.clock.advance(0.19)
        self.assertEqual(self.happened, [])
        self.clock.advance(0.01)
        self.assertEqual(self.happened, ["first"])
        self.clock.advance(0.1)
        self.assertEqual(self.happened, ["first", "second"])
        self.clock.pump([1] * 10)
        self.assertEqual(self.happened, ["first", "second", "long"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_one_timer(self) -> None:
        """All of the same length have one timer, which ends with the last of them."""
        added = [self.add(5, "") for _ in range(100)]
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        for deadline in added:
            deadline.cancel()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_first_cancelled(self) -> None:
        """When the first one is cancelled the others still come at their moments."""
        first = self.add(5, "first")
        self.clock.advance(1)
        self.add(5, "second")
        first.cancel()
        self.clock.advance(4.5)
        self.assertEqual(self.happened, [])
        self.clock.advance(0.5)
        self.assertEqual(self.happened, ["second"])

    def test_cancelled_twice_or_too_late(self) -> None:
        """To cancel what was cancelled, or has come, does nothing."""
        first, second = self.add(1, "first"), self.add(1, "second")
        first.cancel()
        first.cancel()
        self.clock.advance(1)
        second.cancel()
        self.assertEqual(self.happened, ["second"])

    def test_one_that_cancels_and_adds(self) -> None:
        """What happens at one moment may cancel the others, and begin new ones."""

        def first() -> None:
            second.cancel()
            self.add(1, "new")

        self.deadlines.add(1, first)
        second = self.add(1, "second")
        self.clock.advance(1)
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        self.clock.advance(1)
        self.assertEqual(self.happened, ["new"])

    def test_one_that_fails(self) -> None:
        """An error of one leaves the others their moments."""
        self.deadlines.add(1, lambda: 1 / 0)
        self.add(1, "second")
        self.assertRaises(ZeroDivisionError, self.clock.advance, 1)
        self.clock.advance(0)
        self.assertEqual(self.happened, ["second"])
