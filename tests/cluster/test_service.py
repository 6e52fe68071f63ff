# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""One global service in a cluster: it moves when its node dies, stops or is cut off."""

from __future__ import annotations

import signal
import time
from typing import Any

from tests.cluster.kit import ClusterCase, Visitor
from tests.processes import until


class ServiceCase(ClusterCase):
    """Ann is on the node that has the global service, Bob on another one."""

    nodes = 2

    def setUp(self) -> None:
        """Connect them."""
        super().setUp()
        self.together()
        self.first = self.leader()
        self.second = 1 - self.first
        self.ann, self.bob = self.visit(self.first, "ann"), self.visit(self.second, "bob")

    def answered(self, visitor: Visitor) -> tuple[Any, float]:
        """Ask the service until it answers; gives its answer, and the seconds until then."""
        began = time.monotonic()
        while True:
            status = visitor.do("service", "status")
            if isinstance(status, dict):
                return status, time.monotonic() - began
            self.assertIn("ServiceUnavailable", status)
            self.assertLess(time.monotonic() - began, 10)


class DyingTests(ServiceCase):
    """Nodes that go."""

    def test_killed(self) -> None:
        """Another node takes over, with the durable values, and fresh other globals."""
        for _ in range(3):
            self.bob.do("service", "count", "bob")
        before, _ = self.answered(self.bob)
        until(lambda: self.bob.do("service", "status")["runs"] > before["runs"] + 1, "runs")
        self.servers[self.first].kill()
        after, seconds = self.answered(self.bob)
        self.assertEqual(after["seen"], {"bob": 3})
        self.assertEqual(after["started"], 1)
        self.assertGreater(after["lease"], before["lease"])
        self.assertLess(seconds, 5)
        self.wait_for(["bob"], self.bob, "list", within=6)

    def test_stopped(self) -> None:
        """A node that stops hands the service over before its clients are closed."""
        self.ann.do("service", "count", "ann")
        self.servers[self.first].send(signal.SIGTERM)
        until(lambda: self.leader() == self.second, "the other one")
        after, seconds = self.answered(self.bob)
        self.assertEqual(after["seen"], {"ann": 1})
        self.assertLess(seconds, 1)
        self.assertEqual(self.ann.closed(), (1001, "the service stops"))
        self.wait_for(["bob"], self.bob, "list", within=2)

    def test_frozen(self) -> None:
        """A node that did nothing for a while comes back without the service, and with its clients."""
        lease = self.bob.do("service", "status")["lease"]
        self.servers[self.first].freeze()
        after, seconds = self.answered(self.bob)
        self.assertGreater(after["lease"], lease)
        self.assertLess(seconds, 5)
        self.wait_for(["bob"], self.bob, "list", within=6)
        self.servers[self.first].send(signal.SIGCONT)
        until(lambda: "is here no more" in self.log(self.first), "the loss")
        self.wait_for(["ann", "bob"], self.bob, "list")
        self.wait_for(["ann", "bob"], self.ann, "list")
        self.assertEqual(self.ann.do("service", "status")["lease"], after["lease"])
        self.assertEqual(self.bob.do("execute", "ann", "who"), "ann")


class NatsTests(ServiceCase):
    """NATS that goes."""

    def test_away(self) -> None:
        """What is on a node goes on, what needs another one fails at once; sends arrive when NATS is back."""
        self.visit(self.first, "cid")
        self.ann.do("keep", "bob")
        self.nats.kill()
        until(lambda: "NATS is away" in self.log(self.first), "it is noticed")
        began = time.monotonic()
        self.assertIn("BusUnavailable: Room: other nodes", self.ann.do("execute_kept", "who"))
        self.assertIn("BusUnavailable", self.ann.do("list"))
        self.assertLess(time.monotonic() - began, 1)
        for text in ("one", "two"):
            self.ann.do("send_kept", text)
        self.ann.do("broadcast_here", "three")
        self.ann.hear("three")
        until(lambda: "is here no more" in self.log(self.first), "the loss")
        self.assertIn("ServiceUnavailable", self.ann.do("service", "status"))
        self.nats.start()
        self.bob.hear("one", "two", "three")
        self.assertEqual(self.ann.do("execute_kept", "who"), "bob")
        self.answered(self.ann)
        self.answered(self.bob)

    def test_restarted(self) -> None:
        """A NATS that comes back within the lease leaves the service where it is."""
        self.bob.do("service", "count", "bob")
        before, _ = self.answered(self.bob)
        self.nats.kill()
        self.nats.start()
        until(lambda: self.log(self.first).count("connected to NATS") > 1, "the reconnection")
        until(lambda: self.log(self.second).count("connected to NATS") > 1, "the reconnection")
        after, _ = self.answered(self.bob)
        self.assertEqual((after["lease"], after["seen"]), (before["lease"], before["seen"]))
