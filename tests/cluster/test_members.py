# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Which nodes there are, and what they were asked; on a clock of the test's."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import TestCase

from wstwist.cluster.members import GONE_AFTER, INTERVAL, Members, Served
from wstwist.cluster.requests import Requests


class MemberTests(TestCase):
    """Members on a clock."""

    def setUp(self) -> None:
        """Know nobody."""
        self.now = 100.0
        self.gone: list[str] = []
        self.changed: list[str] = []
        self.members = Members(
            lambda: self.now,
            lambda member: self.changed.append(member.id),
            lambda member: self.gone.append(member.id),
        )

    def look(self, seconds: float = INTERVAL) -> None:
        """Let time pass, and look."""
        self.now += seconds
        self.members.look()

    def test_silence(self) -> None:
        """A node that is not heard of for `GONE_AFTER` has gone; one that is has not."""
        self.members.heard("a", "A", {})
        self.members.heard("b", "B", {})
        for _ in range(int(GONE_AFTER / INTERVAL) + 1):
            self.members.heard("b", "B", {})
            self.look()
        self.assertEqual(self.gone, ["a"])
        self.assertEqual([member.id for member in self.members], ["b"])

    def test_held_up(self) -> None:
        """Where this process did nothing for a while, nobody has gone for that."""
        self.members.heard("a", "A", {})
        self.look(60.0)
        self.assertEqual(self.gone, [])
        for _ in range(int(GONE_AFTER / INTERVAL) + 1):
            self.look()
        self.assertEqual(self.gone, ["a"])

    def test_what_is_new(self) -> None:
        """What a node says is told when it is something else."""
        self.assertTrue(self.members.heard("a", "A", {"Chat": Served(1, None)}))
        self.assertFalse(self.members.heard("a", "A", {"Chat": Served(1, None)}))
        self.assertFalse(self.members.heard("a", "A", {"Chat": Served(1, 7)}))
        self.assertEqual(self.changed, ["a", "a"])
        self.assertEqual([member.id for member in self.members.serving("Chat")], ["a"])
        self.assertEqual(self.members.serving("Other"), [])


class RequestTests(TestCase):
    """Requests to nodes."""

    def setUp(self) -> None:
        """Ask nothing yet."""
        self.requests = Requests()
        self.answers: list[Any] = []

    def ask(self, node: str) -> int:
        """Ask a node."""
        gone = ConnectionError(f"{node} has gone")
        return self.requests.add(node, lambda value, error: self.answers.append(error or value), lambda: gone)

    def test_answers(self) -> None:
        """Each is answered once, and by whom was asked."""
        number = self.ask("a")
        self.requests.answered("b", number, "not me", None)
        self.requests.answered("a", number, "yes", None)
        self.requests.answered("a", number, "again", None)
        self.assertEqual(self.answers, ["yes"])
        self.assertEqual(len(self.requests), 0)

    def test_gone(self) -> None:
        """Those of a node that has gone are answered with that."""
        self.ask("a")
        other = self.ask("b")
        self.requests.gone("a")
        self.assertEqual([str(each) for each in self.answers], ["a has gone"])
        self.assertEqual(self.requests.withdraw(other), "b")
        self.assertIs(self.requests.withdraw(other), None)
        self.requests.gone("b")
        self.assertEqual(len(self.answers), 1)
