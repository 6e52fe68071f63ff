# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The administration of one node shows the whole cluster, and reaches all of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import connect

from tests.cluster.kit import ClusterCase
from tests.processes import until


class AdministrationTests(ClusterCase):
    """Ann is on the node that is asked, Bob on another one."""

    admin = "tcp:0:interface=127.0.0.1"

    def setUp(self) -> None:
        """Connect them, and sign in."""
        super().setUp()
        self.together()
        self.first = self.leader()
        self.ann, self.bob = self.visit(0, "ann"), self.visit(1, "bob")
        where = r"administration at (\S+); its tokens are in (.+)\n"
        found = until(lambda: re.search(where, self.log(0)), "the administration")
        self.url = found[1]
        self.headers = {"Authorization": f"Bearer {json.loads(Path(found[2]).read_text())['full']}"}

    def ask(self, method: str, path: str, status: int = 200, **settings: Any) -> Any:
        """Ask the first node."""
        url = f"{self.url}api/v1/{path}"
        answer = httpx.request(method, url, headers=self.headers, timeout=30, trust_env=False, **settings)
        self.assertEqual(answer.status_code, status, answer.text)
        return answer.json() if answer.content else None

    def names(self, query: str = "") -> list[str]:
        """List clients, as they come."""
        found = self.ask("GET", f"projects/Room/clients{query}")
        return [client["query"]["name"] for client in found["clients"]]

    def test_what_there_is(self) -> None:
        """Nodes, projects and clients are those of the cluster."""
        server = self.ask("GET", "server")
        self.assertEqual([node["clients"] for node in server["nodes"]], [1, 1])
        self.assertEqual(server["clients"], 2)
        project = self.ask("GET", "projects/Room")
        self.assertEqual(project, self.ask("GET", "projects")["projects"][0] | _now(project))
        self.assertEqual(project["clients"], 2)
        self.assertEqual([node["has_service"] for node in project["nodes"]].count(True), 1)
        self.assertTrue(project["service"]["is_running"])

    def test_clients(self) -> None:
        """They are searched, sorted and in pages, wherever they are; each says on which node it is."""
        more = [self.visit(number % 2, f"guest{number}") for number in range(6)]
        self.assertEqual(sorted(self.names()), sorted(["ann", "bob", *(each.name for each in more)]))
        for number, each in enumerate(more):
            for _ in range(number + 1):
                each.do("count")
        busiest = self.names("?sort=-messages_in&limit=3")
        self.assertEqual(busiest, ["guest5", "guest4", "guest3"])
        self.assertEqual(self.names("?sort=-messages_in&limit=2&offset=1"), ["guest4", "guest3"])
        self.assertEqual(self.names("?search=name%3Dbob"), ["bob"])
        found = self.ask("GET", "projects/Room/clients?search=name%3Dbob")["clients"][0]
        other = self.ask("GET", "server")["nodes"][1]
        self.assertEqual((found["id"], found["node"]), (self.bob.id, other["name"]))
        told = self.ask("GET", f"projects/Room/clients/{self.bob.id}")
        self.assertEqual(told["query"], {"name": "bob"})
        self.ask("GET", "projects/Room/clients?offset=100000", status=400)

    def test_one_client(self) -> None:
        """It is looked into, sent to, executed in and disconnected on its own node."""
        path = f"projects/Room/clients/{self.bob.id}"
        self.ask("POST", f"{path}/send", status=204, json={"text": json.dumps("from above")})
        self.bob.hear("from above")
        told = self.ask("POST", f"{path}/execute", json={"procedure": "double", "args": [21]})
        self.assertEqual(told, {"result": 42})
        problem = self.ask("POST", f"{path}/execute", 422, json={"procedure": "fail"})
        self.assertIn("as you wished", problem["detail"])
        names = [each["name"] for each in self.ask("GET", f"{path}/globals")["globals"]]
        self.assertIn("seen", names)
        self.ask("POST", f"{path}/disconnect", status=204, json={"code": 4002, "reason": "go"})
        self.assertEqual(self.bob.closed(), (4002, "go"))
        until(lambda: self.names() == ["ann"], "the list")
        self.ask("GET", path, status=404)

    def test_the_service(self) -> None:
        """It is looked into, and executed in, on whichever node it is."""
        self.ann.do("service", "count", "ann")
        told = self.ask("POST", "projects/Room/service/execute", json={"procedure": "count", "args": ["ann"]})
        self.assertEqual(told, {"result": 2})
        found = self.ask("GET", "projects/Room/service/globals")["globals"]
        (seen,) = [each for each in found if each["name"] == "seen"]
        self.assertIn("2", json.dumps(seen))
        self.ask("POST", "projects/Room/service/pause")
        self.assertTrue(self.ask("GET", "projects/Room")["service"]["is_paused"])
        self.ask("POST", "projects/Room/service/unpause")

    def test_changes(self) -> None:
        """A project is blocked and unblocked on all nodes."""
        told = self.ask("POST", "projects/Room/block", json={"message": "not now"})
        self.assertEqual((told["state"], told["clients"]), ("blocked", 2))
        for number in range(2):
            with self.assertRaisesRegex(Exception, "503"):
                self.visit(number, "late")
        self.ask("POST", "projects/Room/unblock")
        self.visit(1, "later")
        self.assertEqual(self.ask("POST", "projects/Room/reload")["reloaded"], ["Room"])

    def test_live(self) -> None:
        """What is told live is of all nodes, too."""
        url = self.url.replace("http", "ws", 1) + "live"
        with connect(url, additional_headers=self.headers, proxy=None) as live:
            topics = ["projects", "clients:Room?sort=connected_at", f"globals:Room/{self.bob.id}"]
            live.send(json.dumps({"subscribe": topics}))
            told: dict[str, Any] = {}
            while len(told) < len(topics):
                message = json.loads(live.recv(20))
                told[message["topic"]] = message["data"]
        self.assertEqual(told[topics[0]]["projects"][0]["clients"], 2)
        self.assertEqual(told[topics[1]]["total"], 2)
        self.assertTrue(told[topics[2]]["globals"])


def _now(project: dict[str, Any]) -> dict[str, Any]:
    """Give what changes from one moment to the next."""
    names = ("durations", "service", "cpu", "event_time", "messages_in_rate", "messages_out_rate", "counters")
    return {name: project[name] for name in names}
