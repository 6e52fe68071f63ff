# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The administration's API, asked by real programs: what is told, and what is done."""

from __future__ import annotations

import base64
import json
import re
import socket
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.administered import LONG, AdministeredCase
from tests.processes import until

OTHER = """
from wstwist import Project

class Other(Project):
    interval = "1 h"

    async def on_message(self, client, message):
        client.send("other")
"""


class ReadingTests(AdministeredCase):
    """What there is to read."""

    def test_server(self) -> None:
        """The server tells which one it is, and how it is."""
        server = self.get("server")
        self.assertEqual(server["node"], socket.gethostname())
        self.assertEqual(server["pid"], self.server.process.pid)
        self.assertEqual(server["endpoints"], [f"ws://localhost:{self.server.port}/"])
        self.assertEqual(server["configuration"], str(self.server.folder / "wstwist.toml"))
        self.assertEqual((server["kept"], server["is_draining"]), (True, False))
        self.assertGreater(server["memory"], 10_000_000)
        age = datetime.now(UTC) - datetime.fromisoformat(server["started_at"])
        self.assertLess(age.total_seconds(), 600)

    def test_projects(self) -> None:
        """A project tells what it is, who is there, what passes it, and what can be executed in it."""
        with self.server.client() as client:
            for message in ("one", "fail", "two"):
                client.send(message)
            self.assertEqual((client.recv(LONG), client.recv(LONG)), ("ok one", "ok two"))
            (project,) = self.get("projects")["projects"]
            self.assertEqual(self.get("projects/Chat").keys(), project.keys())
            self.assertEqual(
                (project["name"], project["import"], project["path"]), ("Chat", "chat:Chat", "/Chat")
            )
            self.assertEqual(project["directory"], str(self.server.folder))
            self.assertEqual(project["urls"], [f"ws://localhost:{self.server.port}/Chat"])
            self.assertEqual(
                (project["state"], project["interval"], project["clients"]), ("served", "1 h", 1)
            )
            self.assertGreaterEqual(project["messages_in"], 3)
            self.assertGreaterEqual(project["messages_out"], 2)
            self.assertGreaterEqual(project["errors"], 1)
            self.assertGreaterEqual(project["durations"]["on_message"]["count"], 3)
            self.assertGreater(project["durations"]["on_message"]["p99"], 0)
            self.assertIn(
                {
                    "name": "count",
                    "signature": "(nickname: str, *, loud: bool = False) -> int",
                    "is_blocking": True,
                },
                project["procedures"],
            )
            self.assertIn({"name": "rest", "signature": "()", "is_blocking": False}, project["procedures"])
            self.assertGreaterEqual(project["service"]["runs"], 1)
            self.assertFalse(project["service"]["is_paused"])

    def test_one_client(self) -> None:
        """A client tells where it comes from, who it is, and what it has used."""
        with self.server.client("?user=ann&room=5") as client:
            client.send("hello")
            client.recv(LONG)
            found = self.only_client()
            self.assertEqual((found["address"], found["user"], found["path"]), ("127.0.0.1", "ann", "/Chat"))
            self.assertEqual(found["port"], client.local_address[1])
            self.assertEqual(found["query"], {"user": "ann", "room": "5"})
            self.assertEqual((found["messages_in"], found["messages_out"], found["secure"]), (1, 1, False))
            self.assertEqual((found["node"], found["event"]), (socket.gethostname(), None))
            self.assertGreaterEqual(found["last_activity"], found["connected_at"])
            self.assertEqual(self.get(f"projects/Chat/clients/{found['id']}")["id"], found["id"])
        until(lambda: self.get("projects/Chat/clients")["total"] == 0, "the end")
        self.get(f"projects/Chat/clients/{found['id']}", 404)

    def test_clients_are_searched_sorted_and_paged(self) -> None:
        """Clients come in pages, in any order, and those alone that fit a search."""
        with (
            self.server.client("?user=ann") as ann,
            self.server.client("?user=bob") as bob,
            self.server.client("?user=Anna"),
        ):
            until(lambda: self.get("projects/Chat/clients")["total"] == 3, "three clients")
            for client, times in ((ann, 1), (bob, 2)):
                for _ in range(times):
                    client.send("x")
                    client.recv(LONG)

            def users(**query: object) -> list[str]:
                return [each["user"] for each in self.get("projects/Chat/clients", **query)["clients"]]

            self.assertEqual(users(), ["ann", "bob", "Anna"])
            self.assertEqual(users(sort="-connected_at"), ["Anna", "bob", "ann"])
            self.assertEqual(users(sort="-messages_in"), ["bob", "ann", "Anna"])
            self.assertEqual(users(sort="messages_in", limit=2), ["Anna", "ann"])
            self.assertEqual(users(sort="user"), ["Anna", "ann", "bob"])
            self.assertEqual(users(offset=1, limit=1), ["bob"])
            self.assertEqual(users(offset=3), [])
            self.assertEqual(users(search="ann"), ["ann", "Anna"])
            self.assertEqual(users(search=f"127.0.0.1:{bob.local_address[1]}"), ["bob"])
            self.assertEqual(self.get("projects/Chat/clients", search="ANN", limit=1)["total"], 2)
            for sort in ("last_activity", "-last_activity", "origin", "-user_agent", "cpu", "secure"):
                self.assertEqual(len(users(sort=sort)), 3, sort)
            self.assertIn("messages_in", self.get("projects/Chat/clients", 400, sort="mesages_in")["detail"])

    def test_settings(self) -> None:
        """Settings say what they are, what the class has, and whether a change takes effect at once."""
        found = {each["name"]: each for each in self.get("projects/Chat/settings")["settings"]}
        self.assertEqual(
            found["interval"],
            {
                "name": "interval",
                "value": "1 h",
                "pending": "1 h",
                "is_pending": False,
                "default": "1 h",
                "source": "class",
                "is_live": True,
            },
        )
        self.assertEqual((found["reply_timeout"]["value"], found["reply_timeout"]["default"]), (1.0, 30.0))
        self.assertEqual(found["reply_timeout"]["source"], "configuration")
        self.assertEqual((found["path"]["value"], found["path"]["is_live"]), ("/Chat", False))
        self.assertEqual(found["limits"]["value"]["message_size"], 1024 * 1024)
        self.assertIsNone(found["limits"]["value"]["clients"])

    def test_history(self) -> None:
        """The last hour comes in steps of five seconds, of the server and of each project."""
        self.assertEqual(self.get("history")["step"], 5)
        until(lambda: self.get("history")["points"], "a point")
        first = self.get("history")["points"][0]
        self.assertGreater(first["memory"], 10_000_000)
        self.assertGreaterEqual(first["lag"], 0)
        self.assertTrue(self.get("history", project="Chat")["points"])
        self.assertNotIn(first, self.get("history", since=first["at"])["points"])
        self.get("history", 404, project="Nobody")
        self.assertIn("2026-01-31", self.get("history", 400, since="yesterday")["detail"])

    def test_log(self) -> None:
        """The log's lines can be had by level, project, client and what they say, and from one on."""
        with self.server.client("?user=ann") as client:
            identity = self.only_client()["id"]
            before = self.get("log")["next"]
            client.send("fail")
            until(lambda: self.get("log", after=before, level="error")["lines"], "the error")
            (line,) = self.get("log", after=before, level="error")["lines"]
            self.assertEqual((line["level"], line["project"], line["client"]), ("critical", "Chat", identity))
            self.assertIn("ValueError: no such room", line["text"])
            self.assertIn("in on_message", line["text"])
            for query in ({"client": identity}, {"project": "Chat"}, {"search": "NO SUCH ROOM"}):
                self.assertIn(line, self.get("log", after=before, **query)["lines"], query)
            self.assertEqual(self.get("log", after=line["number"], search="no such")["lines"], [])
            self.assertEqual(self.get(f"projects/Chat/clients/{identity}/log")["lines"][-1], line)
            self.assertEqual(len(self.get("log", limit=2)["lines"]), 2)
        self.get("log", 400, level="loud")
        self.get("log", 400, limit="0")
        self.get("projects/Nobody/clients/x/log", 404)

    def test_nothing_there(self) -> None:
        """Who asks for what there is not is told so, with what may have been meant."""
        for path in (
            "",
            "projects/",
            "x",
            "projects/Chat/x",
            "projects/Chat/clients/x/y",
            "server/x",
            "../login",
        ):
            self.check(self.full.get(f"/api/v1/{path}"), 404)
        self.assertIn("did you mean Chat?", self.get("projects/Chatt", 404)["detail"])
        self.assertIn("limit", self.get("projects/Chat/clients", 400, limti=5)["detail"])
        self.assertEqual(self.full.get("/api/v1/log?limit=1&limit=2").status_code, 400)
        self.check(self.full.put("/api/v1/projects/Chat", json={}), 405)
        self.assertEqual(self.full.put("/api/v1/projects/Chat").headers["allow"], "GET, DELETE, HEAD")
        self.assertEqual(self.full.get("/api/v1/projects/%ff").status_code, 400)
        self.assertEqual(self.full.head("/api/v1/server").status_code, 200)
        self.assertEqual(self.full.head("/api/v1/server").content, b"")


class ClientTests(AdministeredCase):
    """What is done with clients."""

    def test_globals(self) -> None:
        """A client's globals are a copy, named as written; those with an underscore are hidden."""
        with self.server.client() as client:
            client.send("Ann")
            client.recv(LONG)
            path = f"projects/Chat/clients/{self.only_client()['id']}/globals"
            found = {each["name"]: each for each in self.get(path)["globals"]}
            self.assertEqual(list(found), ["nickname", "seen", "lines", "where", "colour"])
            self.assertEqual(
                found["nickname"], {"name": "nickname", "type": "str", "value": "Ann", "is_shortened": False}
            )
            self.assertEqual(
                found["where"]["value"],
                {"$type": "dataclass", "class": "chat.Point", "value": {"x": 1, "y": 2}},
            )
            self.assertEqual(
                found["colour"]["value"], {"$type": "enum", "class": "chat.Colour", "value": "RED"}
            )
            self.assertTrue(found["lines"]["is_shortened"])
            self.assertLess(len(found["lines"]["value"][0]), 5000)
            self.check(self.read.get(f"/api/v1/{path}"), 403)

    def test_globals_of_a_busy_client(self) -> None:
        """Where an event does not end within two seconds, the answer says which one it is."""
        with self.server.client() as client:
            identity = self.only_client()["id"]
            client.send("sleep")
            until(lambda: self.get(f"projects/Chat/clients/{identity}")["event"], "the event")
            event = self.get(f"projects/Chat/clients/{identity}")["event"]
            self.assertEqual(event["name"], "on_message")
            began = time.monotonic()
            problem = self.get(f"projects/Chat/clients/{identity}/globals", 504)
            self.assertLess(time.monotonic() - began, 2 + 2)
            self.assertIn("is in on_message", problem["detail"])

    def test_query(self) -> None:
        """What a client has written into its query is for who may do all: there may be a token in it."""
        with self.server.client("?token=s3cret&user=ann"):
            identity = self.only_client()["id"]
            for path in (f"projects/Chat/clients/{identity}", "projects/Chat/clients"):
                self.assertIn("s3cret", json.dumps(self.get(path)))
                told = json.dumps(self.check(self.read.get(f"/api/v1/{path}")))
                self.assertNotIn("s3cret", told)
                self.assertIn('"token": "***"', told)
            found = [
                self.check(program.get("/api/v1/projects/Chat/clients?search=s3cret"))["total"]
                for program in (self.full, self.read)
            ]
            self.assertEqual(found, [1, 0])
            for role, is_seen in (("full", True), ("read", False)):
                with self.server.live(role) as viewer:
                    viewer.send(json.dumps({"subscribe": ["clients:Chat", f"client:Chat/{identity}"]}))
                    told = [str(viewer.recv(LONG)) for _ in range(2)]
                    self.assertEqual(["s3cret" in each for each in told], [is_seen] * 2)

    def test_send(self) -> None:
        """A client is sent text and bytes."""
        with self.server.client() as client:
            path = f"projects/Chat/clients/{self.only_client()['id']}/send"
            self.post(path, {"text": "grüße"}, 204)
            self.post(path, {"base64": base64.b64encode(b"\0\xff").decode()}, 204)
            self.assertEqual((client.recv(LONG), client.recv(LONG)), ("grüße", b"\0\xff"))
            for body in (
                {},
                {"text": "a", "base64": "YQ=="},
                {"base64": "?"},
                {"text": 1},
                {"text": "\ud800"},
                {"txt": ""},
            ):
                self.check(
                    self.full.post(
                        f"/api/v1/{path}",
                        content=json.dumps(body),
                        headers={"Content-Type": "application/json"},
                    ),
                    400,
                )
            self.check(self.read.post(f"/api/v1/{path}", json={"text": "x"}), 403)

    def test_disconnect(self) -> None:
        """A client is disconnected, with code and reason."""
        with self.server.client() as client:
            path = f"projects/Chat/clients/{self.only_client()['id']}/disconnect"
            for body in ({"code": 5}, {"code": "1000"}, {"code": 1006}, {"reason": 5}):
                self.post(path, body, 400)
            self.check(self.read.post(f"/api/v1/{path}", json={}), 403)
            self.post(path, {"code": 4001, "reason": "enough"}, 204)
            with self.assertRaises(ConnectionClosed) as caught:
                client.recv(LONG)
            self.assertEqual((caught.exception.rcvd.code, caught.exception.rcvd.reason), (4001, "enough"))
            until(lambda: self.get("projects/Chat/clients")["total"] == 0, "the end")
            self.post(path, {}, 404)

    def test_execute(self) -> None:
        """A procedure is executed in a client's context, with values of all kinds, and its result is told."""
        with self.server.client():
            path = f"projects/Chat/clients/{self.only_client()['id']}/execute"
            self.assertEqual(self.post(path, {"procedure": "count", "args": ["Ann"]}), {"result": 1})
            self.assertEqual(
                self.post(path, {"procedure": "count", "kwargs": {"nickname": "Ann"}}), {"result": 2}
            )
            values = [
                None,
                True,
                1,
                1.5,
                "x",
                [1, [2]],
                {"a": {"b": 1}},
                {"$type": "tuple", "value": [1, 2]},
                {"$type": "bytes", "value": "AP8="},
                {"$type": "int", "value": "90071992547409931"},
                {"$type": "dict", "value": [[1, "one"]]},
                {"$type": "datetime", "value": "2026-01-31T12:00:00", "zone": "Europe/Paris"},
                {"$type": "enum", "class": "chat.Colour", "value": "RED"},
                {"$type": "dataclass", "class": "chat.Point", "value": {"x": 1, "y": 2}},
            ]
            result = self.post(path, {"procedure": "echo", "args": values})["result"]
            self.assertEqual(result["value"][0], {"$type": "tuple", "value": values})
            self.check(self.read.post(f"/api/v1/{path}", json={"procedure": "count"}), 403)

    def test_execute_what_is_no_procedure(self) -> None:
        """Only procedures are executed: nothing else of the class, of wstwist or of Python."""
        with self.server.client():
            path = f"projects/Chat/clients/{self.only_client()['id']}/execute"
            for name in (
                "coutn",
                "on_message",
                "global_service",
                "execute_global_service",
                "__init__",
                "_secret",
                "nickname",
                "1 + 1",
                "count()",
                "__class__.__mro__",
                "chat.Chat.count",
                "",
            ):
                self.assertIn("has no procedure", self.post(path, {"procedure": name}, 404)["detail"], name)
            detail = self.post(path, {"procedure": "a\nb" * 1000}, 404)["detail"]
            self.assertTrue("\n" not in detail and len(detail) < 400, detail)
            self.assertIn("did you mean count?", self.post(path, {"procedure": "coutn"}, 404)["detail"])
            for said in re.findall("executes (\\S+) in", self.server.log.read_text()):
                self.assertIn(said, {"count", "echo", "boom", "rest"})
            for body in (
                {},
                {"procedure": 1},
                {"procedure": "count", "args": {}},
                {"procedure": "count", "kwargs": []},
            ):
                self.post(path, body, 400)
            problem = self.post(
                path, {"procedure": "echo", "args": [[{"$type": "enum", "class": "os", "value": "x"}]]}, 400
            )
            self.assertIn("argument 1[0]", problem["detail"])

    def test_execute_what_raises(self) -> None:
        """What a procedure raises is told with its type, message and traceback."""
        with self.server.client():
            path = f"projects/Chat/clients/{self.only_client()['id']}/execute"
            problem = self.post(path, {"procedure": "boom"}, 422)
            self.assertEqual((problem["error_type"], problem["message"]), ("ValueError", "no such room"))
            self.assertIn("in boom", problem["traceback"])
            self.assertIn("TypeError", self.post(path, {"procedure": "count"}, 422)["detail"])
            self.assertIn("no reply within", self.post(path, {"procedure": "rest"}, 504)["detail"])


class ServiceTests(AdministeredCase):
    """The global service."""

    def test_service(self) -> None:
        """The service is run now, paused and unpaused; its globals are read, and procedures executed."""

        def runs() -> int:
            return self.get("projects/Chat")["service"]["runs"]

        until(lambda: runs() == 1, "the first run")
        self.post("projects/Chat/service/run")
        until(lambda: runs() == 2, "the second run")
        self.assertTrue(self.post("projects/Chat/service/pause")["service"]["is_paused"])
        self.post("projects/Chat/service/run")
        until(lambda: runs() == 3, "a run of a paused service")
        self.assertFalse(self.post("projects/Chat/service/unpause")["service"]["is_paused"])
        until(lambda: runs() == 4, "the run of one that goes on")
        self.assertEqual(
            self.post("projects/Chat/service/execute", {"procedure": "count", "args": ["x"]}), {"result": 1}
        )
        found = {each["name"]: each["value"] for each in self.get("projects/Chat/service/globals")["globals"]}
        self.assertEqual(found["seen"], {"runs": 4, "x": 1})
        for path in ("run", "pause", "unpause", "execute"):
            self.check(self.read.post(f"/api/v1/projects/Chat/service/{path}", json={}), 403)
        self.check(self.read.get("/api/v1/projects/Chat/service/globals"), 403)
        self.post("projects/Chat/stop")
        for path in ("run", "pause", "unpause"):
            self.post(f"projects/Chat/service/{path}", None, 409)
        self.get("projects/Chat/service/globals", 409)
        self.assertIsNone(self.get("projects/Chat")["service"])
        self.post("projects/Chat/start")


class DeploymentTests(AdministeredCase):
    """What is done with projects, as the issue tells it."""

    def setUp(self) -> None:
        super().setUp()
        (self.server.folder / "more").mkdir(exist_ok=True)
        (self.server.folder / "more" / "other.py").write_text(OTHER)
        self.before = (self.server.folder / "wstwist.toml").read_text()

    def test_whole_way(self) -> None:
        """A project is added, blocked, reloaded, stopped, started and removed; the others go on."""
        with self.server.client() as chat:
            project = self.post("projects", {"import": "other:Other", "directory": "more"}, 201)
            self.assertEqual((project["name"], project["state"]), ("Other", "served"))
            (url,) = project["urls"]
            with connect(url) as client:
                client.send("x")
                self.assertEqual(client.recv(LONG), "other")
                self.assertEqual(
                    self.post("projects/Other/block", {"message": "back at noon"})["state"], "blocked"
                )
                with self.assertRaises(InvalidStatus) as caught, connect(url):
                    pass
                self.assertEqual(caught.exception.response.status_code, 503)
                self.assertIn(b"back at noon", caught.exception.response.body)
                client.send("still here")
                self.assertEqual(client.recv(LONG), "other")
                self.assertEqual(self.post("projects/Other/unblock")["state"], "served")
                with connect(url):
                    pass
                (self.server.folder / "more" / "other.py").write_text(OTHER.replace('"other"', '"another"'))
                self.assertEqual(self.post("projects/Other/reload"), {"reloaded": ["Other"], "restart": []})
                client.send("x")
                self.assertEqual(client.recv(LONG), "another")
                self.assertEqual(self.post("projects/Other/stop")["state"], "stopped")
                with self.assertRaises(ConnectionClosed) as closed:
                    client.recv(LONG)
                self.assertEqual(closed.exception.rcvd.code, 1001)
            self.assertEqual(self.get("projects/Other")["clients"], 0)
            self.assertEqual(self.post("projects/Other/start")["state"], "served")
            with connect(url):
                pass
            text = (self.server.folder / "wstwist.toml").read_text()
            self.assertIn("[projects.Other]", text)
            self.assertIn("# the chat", text)
            self.check(self.full.delete("/api/v1/projects/Other"), 204)
            self.get("projects/Other", 404)
            self.assertTrue((self.server.folder / "more" / "other.py").exists())
            chat.send("hello")
            self.assertEqual(chat.recv(LONG), "ok hello")
        self.assertNotIn("Other", (self.server.folder / "wstwist.toml").read_text())

    def test_settings_are_changed(self) -> None:
        """Settings change while the project runs, are written into the file, and go back to the class's."""
        path = "/api/v1/projects/Chat/settings"
        changes = self.check(self.full.patch(path, json={"interval": "5 s", "limits": {"message_size": 100}}))
        self.assertEqual(set(changes["changed"]), {"interval", "limits.message_size"})
        self.assertEqual(self.get("projects/Chat")["interval"], "5 s")
        self.assertIn('interval = "5 s"', (self.server.folder / "wstwist.toml").read_text())
        found = {each["name"]: each for each in self.get("projects/Chat/settings")["settings"]}
        self.assertEqual(
            (found["interval"]["source"], found["interval"]["default"]), ("configuration", "1 h")
        )
        self.assertEqual(self.check(self.full.patch(path, json={"threads": 5}))["restart"], ["threads"])
        self.check(self.full.patch(path, json={"interval": None, "limits": None, "threads": None}))
        self.assertEqual(self.get("projects/Chat")["interval"], "1 h")
        self.assertEqual((self.server.folder / "wstwist.toml").read_text().strip(), self.before.strip())
        for wrong in ({"intervall": "5 s"}, {"interval": -1}, {"limits": {"message_size": 0}}, {"limits": 5}):
            self.check(self.full.patch(path, json=wrong), 422)
        self.check(self.full.patch(path, json=[]), 400)
        self.check(self.read.patch(path, json={"interval": "5 s"}), 403)

    def test_what_cannot_be_done(self) -> None:
        """What an operator does wrong is one clear line, and changes nothing."""
        for body, status in (
            ({}, 400),
            ({"import": 5}, 400),
            ({"import": "chat:Chat"}, 422),
            ({"import": "nowhere:Nobody"}, 422),
            ({"import": "chat"}, 422),
            ({"import": "chat:Point"}, 422),
            ({"import": "other:Other", "directory": "nowhere"}, 422),
            ({"import": "other:Other", "directory": "more", "settings": {"intervall": 1}}, 422),
            ({"imports": "other:Other"}, 400),
        ):
            problem = self.post("projects", body, status)
            self.assertNotIn("\n", problem["detail"])
            self.assertNotIn("Traceback", problem["detail"])
        self.check(self.full.delete("/api/v1/projects/Nobody"), 404)
        for verb in ("block", "unblock", "stop", "start", "reload"):
            self.post(f"projects/Nobody/{verb}", None, 404)
            self.check(self.read.post(f"/api/v1/projects/Chat/{verb}", json={}), 403)
        self.check(self.read.delete("/api/v1/projects/Chat"), 403)
        self.check(self.read.post("/api/v1/projects", json={"import": "other:Other"}), 403)
        self.assertEqual((self.server.folder / "wstwist.toml").read_text(), self.before)

    def test_code_that_cannot_be_imported(self) -> None:
        """New code that fails to import changes nothing; the error is told, and stands with the project."""
        code = (self.server.folder / "chat.py").read_text()
        self.addCleanup(self.post, "projects/Chat/reload")
        self.addCleanup((self.server.folder / "chat.py").write_text, code)
        with self.server.client() as client:
            (self.server.folder / "chat.py").write_text(code + "\nraise RuntimeError('broken')\n")
            self.assertIn("broken", self.post("projects/Chat/reload", None, 422)["detail"])
            self.assertIn("broken", self.get("projects/Chat")["error"])
            client.send("x")
            self.assertEqual(client.recv(LONG), "ok x")
            (self.server.folder / "chat.py").write_text(code)
            self.post("projects/Chat/reload")
            self.assertEqual(self.get("projects/Chat")["error"], "")

    def test_nobody_waits_for_the_answer(self) -> None:
        """What was done is logged, too, where whoever asked for it has gone meanwhile."""
        place = urlsplit(self.server.url)
        with (
            self.server.client(),
            socket.create_connection((place.hostname or "", place.port or 0)) as asker,
        ):
            token = self.full.headers["authorization"]
            head = f"POST /api/v1/projects/Chat/stop HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token}"
            asker.sendall(f"{head}\r\n\r\n".encode())
            until(lambda: self.get("projects/Chat")["state"] == "stopped", "the stop")
        line = "administration, full at 127.0.0.1: stopped Chat"
        until(lambda: line in self.server.log.read_text(), "the line")
        self.post("projects/Chat/start")

    def test_changes_are_logged(self) -> None:
        """Each change is logged with who made it, and what; a refused one is not."""
        before = self.get("log")["next"]
        self.post("projects/Chat/block", {"message": "soon"})
        self.post("projects/Chat/unblock")
        self.check(self.read.post("/api/v1/projects/Chat/block", json={}), 403)
        lines = self.get("log", after=before, search="administration")["lines"]
        self.assertEqual(
            [line["text"] for line in lines],
            [
                "administration, full at 127.0.0.1: blocked Chat: soon",
                "administration, full at 127.0.0.1: unblocked Chat",
            ],
        )
        self.assertEqual({line["project"] for line in lines}, {"Chat"})

    def test_tokens_are_never_logged(self) -> None:
        """Neither the log nor the API tells a token."""
        with self.server.browser():
            pass
        self.full.post("/login", json={"token": self.server.tokens["full"] + "x"})
        text = self.server.log.read_text() + json.dumps(self.get("log", limit=5000))
        for token in self.server.tokens.values():
            self.assertNotIn(token, text)
        self.assertIsNone(re.search("wstwist-admin-[0-9]+=", text))
        self.assertEqual((self.server.folder / "wstwist.tokens").stat().st_mode & 0o777, 0o600)
