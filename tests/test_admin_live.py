# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Live data of the administration, over real WebSocket connections."""

from __future__ import annotations

import json
import socket
import struct
import time
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.administered import LONG, AdministeredCase
from tests.wire.support import handshake
from wstwist.admin import live
from wstwist.admin.live import MOST_TOPICS, TICK, TICKS, Live
from wstwist.admin.log_ring import LogRing
from wstwist.admin.tokens import Role
from wstwist.exceptions import Refuse


def follow(viewer: ClientConnection, *topics: str) -> None:
    """Say what is followed from now on."""
    viewer.send(json.dumps({"subscribe": topics}))


def told(viewer: ClientConnection, topic: str) -> dict[str, Any]:
    """Give what is told next about a topic."""
    end = time.monotonic() + LONG
    while True:
        message = json.loads(viewer.recv(end - time.monotonic()))
        if message.get("topic") == topic:
            return message


class LiveTests(AdministeredCase):
    """What is followed, and who may."""

    def test_same_as_the_api(self) -> None:
        """Whatever is followed has the shape that the API gives it, at once and each second."""
        with self.server.client() as client, self.server.live() as viewer:
            identity = self.only_client()["id"]
            topics = {
                "server": "server",
                "projects": "projects",
                "project:Chat": "projects/Chat",
                "clients:Chat?sort=-messages_in&limit=5": "projects/Chat/clients",
                f"client:Chat/{identity}": f"projects/Chat/clients/{identity}",
                f"globals:Chat/{identity}": f"projects/Chat/clients/{identity}/globals",
                "globals:Chat": "projects/Chat/service/globals",
                "history": "history",
            }
            follow(viewer, *topics)
            for topic, path in topics.items():
                self.assertEqual(told(viewer, topic)["data"].keys(), self.get(path).keys(), topic)
            client.send("Ann")
            client.recv(LONG)
            while (
                told(viewer, "clients:Chat?sort=-messages_in&limit=5")["data"]["clients"][0]["messages_in"]
                != 1
            ):
                pass
            while told(viewer, f"globals:Chat/{identity}")["data"]["globals"][0]["value"] != "Ann":
                pass

    def test_each_second(self) -> None:
        """A topic is told once a second, until it is followed no more."""
        with self.server.live() as viewer:
            follow(viewer, "server")
            told(viewer, "server")
            told(viewer, "server")
            began = time.monotonic()
            for _ in range(3):
                told(viewer, "server")
            self.assertGreater(time.monotonic() - began, 2.5)
            follow(viewer)
            with self.assertRaises(TimeoutError):
                while True:
                    viewer.recv(1.5)

    def test_log(self) -> None:
        """Lines of the log come as they are written, once each, and those alone that are wanted."""
        with self.server.live() as viewer, self.server.client() as client:
            follow(viewer, "log?level=error", "log?search=blocked")
            told(viewer, "log?level=error")
            for _ in range(2):
                client.send("fail")
            lines: list[dict[str, Any]] = []
            while len(lines) < 2:
                lines += told(viewer, "log?level=error")["data"]["lines"]
            self.assertEqual([line["level"] for line in lines], ["critical"] * 2)
            self.assertLess(lines[0]["number"], lines[1]["number"])
            self.post("projects/Chat/block")
            self.post("projects/Chat/unblock")
            texts: list[str] = []
            while len(texts) < 3:
                texts += [line["text"] for line in told(viewer, "log?search=blocked")["data"]["lines"]]
            self.assertNotIn("fail", " ".join(texts))
        with self.server.live() as viewer:
            follow(viewer, f"log?after={lines[0]['number'] - 1}")
            self.assertEqual(
                told(viewer, f"log?after={lines[0]['number'] - 1}")["data"]["lines"][0], lines[0]
            )

    def test_problems(self) -> None:
        """What there is not is told once, and then as soon as it is there."""
        with self.server.live() as viewer:
            wrong = [
                "nothing",
                "project",
                "project:Chat/x",
                "clients:Chat?limti=5",
                "log?level=loud",
                "client:Chat/x",
            ]
            follow(viewer, *wrong)
            for topic in wrong:
                self.assertIn(told(viewer, topic)["error"]["status"], (400, 404), topic)
            for message in ("x", "[]", '{"subscribe": 5}', '{"subscribe": [5]}', b"{}"):
                viewer.send(message)
                self.assertEqual(json.loads(viewer.recv(LONG))["error"]["status"], 400)
            follow(viewer, *map(str, range(MOST_TOPICS + 1)))
            self.assertEqual(json.loads(viewer.recv(LONG))["error"]["status"], 400)
            follow(viewer, "project:Other")
            self.assertEqual(told(viewer, "project:Other")["error"]["status"], 404)
            (self.server.folder / "other.py").write_text(
                "from wstwist import Project\nclass Other(Project): pass\n"
            )
            self.post("projects", {"import": "other:Other"}, 201)
            self.assertEqual(told(viewer, "project:Other")["data"]["name"], "Other")
            self.check(self.full.delete("/api/v1/projects/Other"), 204)
            self.assertEqual(told(viewer, "project:Other")["error"]["status"], 404)

    def test_globals_need_the_full_token(self) -> None:
        """Who may only read follows everything but globals."""
        with self.server.live("read") as viewer:
            follow(viewer, "globals:Chat", "projects")
            self.assertEqual(told(viewer, "globals:Chat")["error"]["status"], 403)
            told(viewer, "projects")

    def test_who_may_not(self) -> None:
        """The handshake wants a token or a session, a known name, and no page of others."""
        url = self.server.url.replace("http", "ws", 1) + "live"
        bearer = {"Authorization": f"Bearer {self.server.tokens['full']}"}
        with self.server.browser() as browser:
            cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
            own = self.server.url.rstrip("/")
            for headers, origin, status in (
                ({}, None, 401),
                ({"Authorization": "Bearer wrong"}, None, 401),
                (bearer, "http://evil.example", 403),
                (cookie, "http://evil.example", 403),
                (cookie, "http://localhost:9000", 403),
                (cookie, None, 403),
            ):
                with (
                    self.assertRaises(InvalidStatus) as caught,
                    connect(url, additional_headers=headers, origin=origin, proxy=None),
                ):
                    pass
                self.assertEqual(caught.exception.response.status_code, status, (headers.keys(), origin))
            with connect(url, additional_headers=cookie, origin=own, proxy=None) as viewer:
                follow(viewer, "server")
                told(viewer, "server")
                self.check(browser.post("/logout", json={}), 204)
                with self.assertRaises(ConnectionClosed) as closed:
                    while True:
                        viewer.recv(LONG)
                self.assertEqual(closed.exception.rcvd.code, 1008)
        self.assertEqual(self.full.get("/live").status_code, 426)

    def test_a_viewer_that_does_not_read(self) -> None:
        """Who does not read is told nothing more, and costs no memory."""
        with socket.create_connection((self.server.url.split("/")[2].split(":")[0], self._port())) as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            request = handshake("/live", f"Authorization: Bearer {self.server.tokens['full']}\r\n")
            slow.sendall(request)
            topics = [f"clients:Chat?limit={number}" for number in range(1, 41)] + ["server"]
            payload = json.dumps({"subscribe": topics}).encode()
            slow.sendall(struct.pack("!BBH", 0x81, 0xFE, len(payload)) + b"\0\0\0\0" + payload)
            before = self.get("server")["memory"]
            time.sleep(3)
            self.assertLess(self.get("server")["memory"] - before, 20_000_000)
            self.assertEqual(self.get("server")["clients"], 0)

    def test_host(self) -> None:
        """The handshake is refused where it asks by a name that is not known."""
        with socket.create_connection(("127.0.0.1", self._port())) as other:
            more = f"Authorization: Bearer {self.server.tokens['full']}\r\n"
            other.sendall(handshake("/live", more).replace(b"Host: localhost", b"Host: evil.example"))
            self.assertTrue(other.recv(1000).startswith(b"HTTP/1.1 421 "))

    def _port(self) -> int:
        return int(self.server.url.split(":")[-1].strip("/"))


class _Channel:
    """A connection that reads when it is told to."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.tell: Any = None
        self.is_reading = True
        self.code = 0

    def close(self, code: int, _reason: str) -> None:
        self.code = code

    def send(self, message: str) -> None:
        self.messages.append(json.loads(message))

    def send_keyed(self, message: str, _key: str) -> None:
        self.send(message)

    def when_drained(self, tell: Any) -> None:
        if self.is_reading:
            tell(True)
        else:
            self.tell = tell


class _Panel:
    """Something to look at."""

    def __init__(self) -> None:
        self.ring = LogRing()
        self.number = 0
        self.seconds = 0.0
        self.waited: list[Deferred[dict[str, Any]]] = []

    def server(self) -> dict[str, Any]:
        self.number += 1
        return {"number": self.number}

    def clients(self, _name: str, _page: object) -> dict[str, Any]:
        began = time.perf_counter()
        while time.perf_counter() - began < self.seconds:
            pass
        return {}

    def globals(self, _name: str, _identity: str | None) -> Deferred[dict[str, Any]]:
        self.waited.append(Deferred())
        return self.waited[-1]


class _Gate:
    """Lets everybody in."""

    def check_host(self, _asker: object) -> None: ...

    check_origin = check_host

    role = Role.FULL

    def who(self, _asker: object) -> Any:
        return _Who(self.role)


class _Who:
    session = None

    def __init__(self, role: Role) -> None:
        self.role = role

    def is_current(self) -> bool:
        return True

    def require(self, _role: Role) -> None: ...


class PaceTests(TestCase):
    """When what is told, without a network."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.panel = _Panel()
        self.gate = _Gate()
        self.live = Live(self.panel, self.gate, self.clock)  # type: ignore[arg-type]

    def open(self, *topics: str) -> tuple[Any, _Channel]:
        channel = _Channel()
        request = type("Request", (), {"headers": {}, "address": "", "secure": False})
        viewer: Any = self.live.open(request, channel).receiver  # type: ignore[arg-type]
        viewer.deliver(json.dumps({"subscribe": topics}))
        return viewer, channel

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK)):
            self.clock.advance(TICK)

    def test_no_more_than_is_read(self) -> None:
        """While what was told has not been read nothing is told; then the newest is."""
        _, channel = self.open("server")
        channel.is_reading = False
        self.wait(10)
        self.assertEqual(channel.messages, [{"topic": "server", "data": {"number": 1}}])
        channel.is_reading = True
        channel.tell(True)
        self.wait(TICK * TICKS)
        self.assertEqual(len(channel.messages), 2)

    def test_once_for_all(self) -> None:
        """What several look at is found out once a second."""
        viewers = [self.open("server") for _ in range(5)]
        before = self.panel.number
        self.wait(3)
        self.assertEqual(self.panel.number, before + 3)
        self.assertEqual({channel.messages[-1]["data"]["number"] for _, channel in viewers}, {before + 3})

    def test_no_longer_than_there_is_time(self) -> None:
        """What takes long is told in turns, of all viewers; nothing is left out for ever."""
        self.patch(live, "BUDGET", 0.003)
        self.panel.seconds = 0.002
        topics = [f"clients:Chat?limit={number}" for number in range(1, 5)]
        channels = [self.open(*topics)[1] for _ in range(3)]
        self.assertLess(sum(len(channel.messages) for channel in channels), 4)
        self.wait(10)
        for channel in channels:
            self.assertEqual({message["topic"] for message in channel.messages}, set(topics))

    def test_a_place_for_who_may_do_all(self) -> None:
        """Where all places are taken one who only reads goes for one who may do all."""
        self.patch(live, "MOST_VIEWERS", 2)
        self.gate.role = Role.READ
        readers = [self.open("server") for _ in range(2)]
        self.assertRaises(Refuse, self.open, "server")
        self.gate.role = Role.FULL
        for _ in range(2):
            self.open("server")
        self.assertEqual([channel.code for _, channel in readers], [1013, 1013])
        self.assertRaises(Refuse, self.open, "server")

    def test_one_look_at_a_time(self) -> None:
        """A context that is busy is looked at once, not once a second."""
        _, channel = self.open("globals:Chat/x")
        self.wait(5)
        self.assertEqual(len(self.panel.waited), 1)
        self.panel.waited[0].callback({"globals": []})
        self.assertEqual(channel.messages[-1]["data"], {"globals": []})
        self.wait(1)
        self.assertEqual(len(self.panel.waited), 2)

    def test_followed_no_more(self) -> None:
        """What comes too late for who follows something else is not told."""
        viewer, channel = self.open("globals:Chat/x")
        viewer.deliver(json.dumps({"subscribe": []}))
        self.panel.waited[0].callback({"globals": []})
        self.assertEqual(channel.messages, [])

    def test_nobody_looks(self) -> None:
        """Where nobody looks nothing runs."""
        viewer, _ = self.open("server")
        self.assertTrue(self.clock.getDelayedCalls())
        viewer.closed(1000, "", True)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.open("server")
        self.assertTrue(self.clock.getDelayedCalls())
