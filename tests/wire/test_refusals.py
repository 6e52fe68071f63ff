# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of the log lines about what peers do wrong."""

from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from wstwist.wire.refusals import LINES, PERIOD, Refusals


class RefusalsTests(SynchronousTestCase):
    """A few lines of each kind in a minute."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.refusals = Refusals(self.clock)

    def note(self, times: int, kind: str = "404", path: str = "") -> list[str]:
        with capturedLogs() as events:
            for number in range(times):
                self.refusals.note(kind, path, "{path}: {address}", address=number)
        return [formatEvent(event) for event in events]

    def passes(self, seconds: float) -> list[str]:
        with capturedLogs() as events:
            self.clock.advance(seconds)
        return [formatEvent(event) for event in events]

    def test_many(self) -> None:
        """The first lines are logged, and how many more there were when the minute is over."""
        self.assertEqual(len(self.note(10_000)), LINES)
        self.assertEqual(self.passes(PERIOD - 1), [])
        self.assertEqual(self.passes(1), [f"404: and {10_000 - LINES} more in the last minute"])
        self.assertEqual(len(self.note(10_000)), LINES)
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)

    def test_few(self) -> None:
        """Where all are logged, nothing comes afterwards, and no timer is left."""
        self.assertEqual(len(self.note(LINES)), LINES)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.clock.advance(PERIOD)
        self.assertEqual(len(self.note(1)), 1)

    def test_kinds(self) -> None:
        """One kind, at one path, does not silence another."""
        self.note(100)
        self.assertEqual(len(self.note(100, "403", "/Chat")), LINES)
        self.assertEqual(len(self.note(100, "403", "/Room")), LINES)

    def test_close(self) -> None:
        """At the end the rest is told, and no timer is left."""
        self.note(LINES + 7, "429", "/Chat")
        with capturedLogs() as events:
            self.refusals.close()
        self.assertEqual(
            [formatEvent(event) for event in events], ["/Chat: 429: and 7 more in the last minute"]
        )
        self.assertEqual(self.clock.getDelayedCalls(), [])
