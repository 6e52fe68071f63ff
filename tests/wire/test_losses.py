# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of the log lines about messages that were dropped."""

from twisted.internet.task import Clock
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from wstwist.wire.losses import Losses
from wstwist.wire.refusals import PERIOD


class LossesTests(SynchronousTestCase):
    """One line a minute for each project."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.losses = Losses(self.clock)

    def drop(self, path: str, clients: int) -> None:
        """Drop two messages, three times, of so many clients."""
        before = [None] * clients
        for _ in range(3):
            before = [self.losses.note(path, {"project": path[1:]}, 2, each) for each in before]

    def after(self, seconds: float) -> list[tuple[str, int, int]]:
        """Let time pass, and give what is logged meanwhile: project, messages, clients."""
        with capturedLogs() as events:
            self.clock.advance(seconds)
        return [(event["project"], event["messages"], event["clients"]) for event in events]

    def test_minutes(self) -> None:
        """Each minute in which something is dropped has a line for each project, and no other has one."""
        self.drop("/Chat", 5)
        self.drop("/Room", 1)
        self.assertEqual(self.after(PERIOD - 1), [])
        self.assertEqual(self.after(1), [("Chat", 30, 5), ("Room", 6, 1)])
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.drop("/Chat", 2)
        self.assertEqual(self.after(PERIOD), [("Chat", 12, 2)])

    def test_same_client(self) -> None:
        """A client counts once in each minute."""
        before = self.losses.note("/Chat", {}, 1, None)
        self.clock.advance(PERIOD)
        self.assertEqual(self.losses.note("/Chat", {}, 1, before).clients, 1)

    def test_close(self) -> None:
        """At the end the rest is told, and no timer is left."""
        self.drop("/Chat", 1)
        with capturedLogs() as events:
            self.losses.close()
        self.assertEqual([event["messages"] for event in events], [6])
        self.assertEqual(self.clock.getDelayedCalls(), [])
