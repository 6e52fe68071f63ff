# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The functions between contexts on two nodes, over a real NATS."""

from __future__ import annotations

import time

from tests.cluster.kit import ClusterCase


class FunctionTests(ClusterCase):
    """Ann is on one node, Bob and Cid on another one."""

    def setUp(self) -> None:
        """Connect them."""
        super().setUp()
        self.together()
        self.leader()
        self.ann, self.bob, self.cid = self.visit(0, "ann"), self.visit(1, "bob"), self.visit(1, "cid")

    def test_lists(self) -> None:
        """Lists and numbers are those of all nodes."""
        for order in ("list", "pages"):
            self.assertEqual(self.ann.do(order), ["ann", "bob", "cid"])
            self.assertEqual(self.bob.do(order), ["ann", "bob", "cid"])
        self.assertEqual(self.ann.do("count"), 3)
        self.assertNotEqual(self.ann.id.partition(".")[0], self.bob.id.partition(".")[0])
        self.assertEqual(self.bob.id.partition(".")[0], self.cid.id.partition(".")[0])

    def test_long_lists(self) -> None:
        """A list is read in pages: it may be longer than any message."""
        names = [f"{number:03}{'n' * 4000}" for number in range(100)]
        guests = [self.visit(1, name) for name in names]
        expected = sorted(["ann", "bob", "cid", *names])
        self.assertEqual(self.ann.do("list"), expected)
        self.assertEqual(self.ann.do("pages"), expected)
        self.assertEqual(self.ann.do("count"), 103)
        for guest in guests:
            guest.leave()
        self.wait_for(3, self.ann, "count")

    def test_send(self) -> None:
        """Messages arrive in order, also large ones; a client that has gone gets none."""
        self.ann.do("send", "bob", "one", "two")
        self.ann.do("send_large", "bob", 3_000_000)
        self.ann.do("send", "bob", "three")
        self.bob.hear("one", "two", "x" * 3_000_000, "three")
        self.assertIs(self.ann.do("drain", "bob"), True)

    def test_order(self) -> None:
        """What one context sends to another and has executed there happens in order, broadcasts among it."""
        self.bob.do("join", "order")
        self.assertEqual(self.ann.do("many", "bob", 300), list(range(0, 300, 3)))
        self.bob.hear(*(number for number in range(300) if number % 3))

    def test_disconnect(self) -> None:
        """A client is closed with the code that was given, and is in no list then."""
        self.ann.do("keep", "bob")
        self.assertIs(self.ann.do("is_kept_connected"), True)
        self.ann.do("close", "bob")
        self.assertEqual(self.bob.closed(), (4001, "you were asked to go"))
        self.wait_for(["ann", "cid"], self.ann, "list")
        self.assertIs(self.ann.do("is_kept_connected"), False)
        self.assertIn("ClientGone: client ", self.ann.do("execute_kept", "who"))

    def test_execute(self) -> None:
        """A procedure brings its result, or what it raised."""
        self.assertEqual(self.ann.do("execute", "bob", "double", 21), 42)
        self.assertEqual(self.ann.do("execute", "bob", "who"), "bob")
        self.assertEqual(self.bob.do("execute", "ann", "who"), "ann")
        self.assertEqual(self.bob.do("execute", "cid", "who"), "cid")
        self.assertEqual(self.ann.do("execute", "bob", "fail"), "ProcedureError: ValueError: as you wished")
        self.assertIn("Room has no procedure dubble; did you", self.ann.do("execute", "bob", "dubble"))

    def test_values(self) -> None:
        """Arguments and results may be as large as within one process, and no larger."""
        large = "y" * 1_000_000
        self.assertEqual(self.ann.do("execute", "bob", "same", large), large)
        self.assertEqual(len(self.ann.do("execute", "bob", "large", 1_048_000)), 1_048_000)
        self.assertIn("CannotCross: the result of large", self.ann.do("execute", "bob", "large", 1_100_000))

    def test_ends_of_waits(self) -> None:
        """A wait ends in time, and when the client goes."""
        limited = self.ann.do("execute_within", 0.2, "bob", "wait_for_ever")
        self.assertIn("ReplyTimeout: Room.wait_for_ever in client", limited)
        self.cid.leave()
        self.wait_for(["ann", "bob"], self.ann, "list")

    def test_circles(self) -> None:
        """A circle through two nodes is found within a second, and named."""
        for visitor, first, others in (
            (self.ann, "bob", "ann"),
            (self.bob, "ann", "cid bob"),
            (self.cid, "bob", "ann bob"),
        ):
            began = time.monotonic()
            self.assertIn("would wait for itself", visitor.do("execute", first, "ask", others))
            self.assertLess(time.monotonic() - began, 2.0)  # 0.1 where nothing else runs
        self.assertEqual(self.ann.do("execute", "bob", "who"), "bob")

    def test_broadcast(self) -> None:
        """A broadcast reaches all, some, or a group, on all nodes."""
        self.ann.do("broadcast", "to all")
        for visitor in (self.ann, self.bob, self.cid):
            visitor.hear("to all")
        self.bob.do("broadcast", "without cid", None, "cid")
        self.cid.do("broadcast_to", "to two", "ann", "cid")
        self.ann.hear("without cid", "to two")
        self.bob.hear("without cid")
        self.cid.hear("to two")

    def test_groups(self) -> None:
        """A group has members on several nodes; a client can be put into it from another one."""
        self.ann.do("join", "red")
        self.ann.do("join", "red", "bob")
        self.wait_for(["ann", "bob"], self.cid, "list", "red")
        self.assertEqual(self.cid.do("count", "red"), 2)
        self.assertEqual(self.cid.do("pages", "red"), ["ann", "bob"])
        self.cid.do("broadcast", "red ones", "red")
        self.ann.hear("red ones")
        self.bob.hear("red ones")
        self.ann.do("leave", "red", "bob")
        self.wait_for(["ann"], self.cid, "list", "red")
        self.cid.do("broadcast", "again", "red")
        self.ann.hear("again")
        self.bob.do("send", "bob", "nothing else")
        self.bob.hear("nothing else")

    def test_presence(self) -> None:
        """The global service is told who comes into groups and leaves them, wherever they are."""
        self.cid.do("join", "watchers")
        self.cid.hear({"group": "watchers", "came": ["cid"], "went": []})
        for visitor in (self.ann, self.bob):
            visitor.do("join", "red")
            self.cid.hear({"group": "red", "came": [visitor.name], "went": []})
        for visitor in (self.ann, self.bob):
            visitor.leave()
            self.cid.hear({"group": "red", "came": [], "went": [visitor.name]})

    def test_service(self) -> None:
        """There is one global service, whoever asks."""
        counts = [visitor.do("service", "count", "x") for visitor in (self.ann, self.bob, self.cid, self.ann)]
        self.assertEqual(counts, [1, 2, 3, 4])
        self.assertEqual(self.ann.do("service", "status"), self.bob.do("service", "status"))
        self.assertIs(self.bob.do("service", "who"), None)
        self.assertIn("as you wished", self.bob.do("service", "fail"))
