# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A server with its administration, in a process of its own, and programs that ask it."""

from __future__ import annotations

import atexit
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from typing import Any

import httpx
from twisted.trial.unittest import TestCase
from websockets.sync.client import ClientConnection, connect

from tests import processes
from tests.processes import until

LONG = 20.0

CHAT = """
import asyncio
import enum
import time
from dataclasses import dataclass
from wstwist import Project

class Colour(enum.Enum):
    RED = 1

@dataclass
class Point:
    x: int
    y: int

class Chat(Project):
    interval = "1 h"
    nickname: str = "guest"
    seen: dict[str, int] = {}
    _secret = "hidden"

    def __init__(self):
        self.lines = ["x" * 5000]
        self.where = Point(1, 2)
        self.colour = Colour.RED

    async def global_service(self):
        self.seen["runs"] = self.seen.get("runs", 0) + 1

    async def authenticate(self, request):
        return request.query.get("user", "nobody")

    async def on_message(self, client, message):
        if message == "fail":
            raise ValueError("no such room")
        if message == "sleep":
            await asyncio.sleep(60)
        self.nickname = message
        client.send("ok " + message)

    def count(self, nickname: str, *, loud: bool = False) -> int:
        self.seen[nickname] = self.seen.get(nickname, 0) + 1
        return self.seen[nickname]

    def echo(self, *args, **kwargs):
        return args, kwargs

    def boom(self):
        raise ValueError("no such room")

    async def rest(self):
        await asyncio.sleep(60)
"""

CONFIGURATION = """
# the administration's comment
port = 0
interface = "127.0.0.1"

[projects.Chat]
import = "chat:Chat"  # the chat
reply_timeout = "1 s"
"""


class Server(processes.Server):
    """``twistd wsproject`` with a configuration file, and its administration.

    Args:
        folder: Where it runs; ``chat.py`` and ``wstwist.toml`` are written there.
        options: Further options.
        configuration: What ``wstwist.toml`` has.
        admin: The administration's endpoint; "" for the default one.

    Attributes:
        url: Where the administration is.
        tokens: Its tokens, by role.
    """

    def __init__(
        self,
        folder: Path,
        *options: str,
        configuration: str = CONFIGURATION,
        admin: str = "tcp:0:interface=127.0.0.1",
        variables: dict[str, str] | None = None,
    ) -> None:
        super().__init__(folder, "--config=wstwist.toml", *options, variables=variables, admin=admin)
        self.folder = folder
        (folder / "chat.py").write_text(CHAT)
        (folder / "wstwist.toml").write_text(dedent(configuration))
        self.url = ""
        self.tokens: dict[str, str] = {}

    def start(self) -> None:
        """Start it, and wait until its administration serves."""
        super().start()
        until(lambda: re.search(r"codec: .*\n", self.log.read_text()), "the start")
        found = re.search(r"administration at (\S+); its tokens are in (.+)\n", self.log.read_text())
        if found is not None:
            self.url = found[1]
            self.tokens = json.loads(Path(found[2]).read_text())

    def program(self, role: str = "full", **settings: Any) -> httpx.Client:
        """Give a program that shows a token; "" for none."""
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} if role else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=LONG, trust_env=False, **settings)

    @contextmanager
    def browser(self, role: str = "full", **settings: Any) -> Iterator[httpx.Client]:
        """Give a browser that has signed in."""
        headers = {"Origin": self.url.rstrip("/")}
        with httpx.Client(
            base_url=self.url, headers=headers, timeout=LONG, trust_env=False, **settings
        ) as browser:
            browser.post("/login", json={"token": self.tokens[role]}).raise_for_status()
            yield browser

    def live(self, role: str = "full", **settings: Any) -> ClientConnection:
        """Give one who looks at live data."""
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} if role else {}
        url = self.url.replace("http", "ws", 1) + "live"
        return connect(url, additional_headers=headers, proxy=None, **settings)

    @contextmanager
    def client(self, query: str = "") -> Iterator[ClientConnection]:
        """Connect a client of Chat."""
        with connect(f"ws://127.0.0.1:{self.port}/Chat{query}", proxy=None) as client:
            yield client


class AdministeredCase(TestCase):
    """Tests of one server, which all of them share.

    Attributes:
        server: It.
        full: A program with the token for everything.
        read: A program with the token for reading.
    """

    server: Server
    full: httpx.Client
    read: httpx.Client
    _stack: ExitStack

    def setUp(self) -> None:
        """Start the server, if this is the first test."""
        if "server" not in vars(type(self)):
            self._start()

    @classmethod
    def _start(cls) -> None:
        stack = cls._stack = ExitStack()
        atexit.register(stack.close)  # trial knows nothing of the end of a class
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="wstwist-test-")))
        server = cls.make(folder)
        stack.callback(server.kill)
        server.start()
        cls.full = stack.enter_context(server.program())
        cls.read = stack.enter_context(server.program("read"))
        cls.server = server

    @classmethod
    def tearDownClass(cls) -> None:
        if "_stack" in vars(cls):
            cls._stack.close()

    @classmethod
    def make(cls, folder: Path) -> Server:
        """Make the server."""
        return Server(folder)

    def check(self, response: httpx.Response, status: int = 200) -> Any:
        """Compare an answer's status, and give its content."""
        self.assertEqual(response.status_code, status, response.text)
        kind = response.headers.get("content-type", "")
        if status >= 400:
            self.assertEqual(kind, "application/problem+json")
            self.assertEqual(response.json()["status"], status)
        return response.json() if response.content else None

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        """Get something of the API."""
        return self.check(self.full.get(f"/api/v1/{path}", params=query), status)

    def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        """Post something to the API."""
        return self.check(self.full.post(f"/api/v1/{path}", json={} if body is None else body), status)

    def only_client(self) -> dict[str, Any]:
        """Give the only client of Chat, as soon as it is there."""
        until(lambda: self.get("projects/Chat/clients")["total"] == 1, "one client")
        return self.get("projects/Chat/clients")["clients"][0]
