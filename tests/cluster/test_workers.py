# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``--workers``: processes that share the ports, looked after by one that starts, replaces and ends them."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from twisted.trial.unittest import FailTest, TestCase
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from tests.cluster.kit import PROJECT, Visitor
from tests.processes import PATIENCE, ROOT, TWISTD, Server, until
from wstwist import certificate


class WorkersCase(TestCase):
    """A server of three workers, in a folder of its own."""

    workers = 3
    options: tuple[str, ...] = ()

    def setUp(self) -> None:
        """Start it."""
        folder = TemporaryDirectory(prefix="wstwist-test-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "room.py").write_text(PROJECT.read_text())
        self.server = Server(
            self.folder,
            *("--port=0", f"--workers={self.workers}", *self.options),
            projects=("room:Room",),
            variables={"XDG_STATE_HOME": str(self.folder)},
            admin="tcp:0:interface=127.0.0.1",
        )
        self.addCleanup(self._end)
        self.server.start()
        self.wait_for_log("codec: ", self.workers)
        self.wait_for_log("has come", self.workers * (self.workers - 1))

    def _end(self) -> None:
        log = self.server.log.read_text()
        self.server.kill(signal.SIGTERM)
        self.assertNotIn("Traceback", log)

    @property
    def log(self) -> str:
        """What stands in the log of all processes."""
        return self.server.log.read_text()

    def wait_for_log(self, text: str, times: int = 1) -> None:
        """Wait until something stands in the log so often."""
        until(lambda: self.log.count(text) >= times, f"{text} {times} times")

    def visit(self, name: str) -> Visitor:
        """Connect a client."""
        visitor = Visitor(self.server, name)
        self.addCleanup(visitor.leave)
        return visitor

    def pids(self) -> list[int]:
        """Give the process ids of the workers."""
        pid = self.server.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(each) for each in children if b"supervising.worker" in _command(each)]


class WorkerTests(WorkersCase):
    """Workers that serve."""

    def test_they_share_clients(self) -> None:
        """Each has some of the clients, and all are in one cluster with one service."""
        visitors = [self.visit(f"guest{number}") for number in range(30)]
        nodes = {visitor.id.partition(".")[0] for visitor in visitors}
        self.assertEqual(len(nodes), self.workers)
        self.assertEqual(visitors[0].do("count"), 30)
        counts = [visitor.do("service", "count", "x") for visitor in visitors[:6]]
        self.assertEqual(counts, [1, 2, 3, 4, 5, 6])
        self.assertEqual(len(re.findall(r"worker \d \[.*codec: ", self.log)), self.workers)

    def test_one_that_dies(self) -> None:
        """It is started again at once; nobody who connects meanwhile is refused."""
        victim = self.pids()[0]
        with Arriving(self.server.port) as arriving:
            arriving.wait_for(20)
            os.kill(victim, signal.SIGKILL)
            self.wait_for_log("has ended (SIGKILL); it is started again now")
            self.wait_for_log("codec: ", self.workers + 1)
            arriving.wait_for(20)
        self.assertEqual(arriving.refused, [])
        self.assertEqual(len(self.pids()), self.workers)
        self.assertNotIn(victim, self.pids())

    def test_they_are_replaced(self) -> None:
        """SIGUSR2 replaces one after the other: nobody is refused, and clients are told to come back."""
        before = self.pids()
        staying = [self.visit(f"guest{number}") for number in range(12)]
        staying[0].do("service", "count", "x")
        with Arriving(self.server.port) as arriving:
            self.server.send(signal.SIGUSR2)
            self.wait_for_log("was replaced", self.workers)
            until(lambda: len(self.pids()) == self.workers, "the end of those before")
            arriving.wait_for(20)
        self.assertEqual(arriving.refused, [])
        self.assertEqual(set(before) & set(self.pids()), set())
        self.assertEqual({visitor.closed() for visitor in staying}, {(1001, "the service stops")})
        late = self.visit("late")
        late.wait_for_service()
        self.assertEqual(late.do("service", "count", "x"), 2)

    def test_the_administration(self) -> None:
        """The first worker has it, for all; a restart replaces all workers, and changes are made in all."""
        found = until(lambda: re.search(r"administration at (\S+); its tokens are in (.+)\n", self.log), "it")
        token = json.loads(Path(found[2]).read_text())["full"]

        def ask(method: str, path: str, **settings: Any) -> Any:
            headers = {"Authorization": f"Bearer {token}"}
            return httpx.request(method, f"{found[1]}api/v1/{path}", headers=headers, timeout=30, **settings)

        self.assertEqual(len(ask("GET", "server").json()["nodes"]), self.workers)
        self.assertEqual(ask("POST", "projects/Room/block", json={}).status_code, 200)
        for _ in range(2 * self.workers):
            with self.assertRaises(InvalidHandshake), connect(f"ws://127.0.0.1:{self.server.port}/Room"):
                pass
        self.assertEqual(ask("POST", "projects/Room/unblock").status_code, 200)
        before = set(self.pids())
        self.assertEqual(ask("POST", "restart").status_code, 202)
        self.wait_for_log("was replaced", self.workers)
        until(lambda: len(self.pids()) == self.workers and not before & set(self.pids()), "other processes")
        until(lambda: _nodes(ask) == self.workers, "the new administration")

    def test_a_configuration_that_became_wrong(self) -> None:
        """Where a successor cannot serve, those who do go on."""
        before = self.pids()
        module = self.folder / "room.py"
        module.write_text("nothing\n")
        self.server.send(signal.SIGUSR2)
        self.wait_for_log("is not replaced, for its successor has ended (status 1)")
        self.assertIn("room cannot be imported", self.log)
        self.assertEqual(self.pids(), before)
        self.assertEqual(self.visit("ann").do("count"), 1)

    def test_signals(self) -> None:
        """SIGHUP reaches all; SIGTERM ends all gracefully."""
        self.server.send(signal.SIGHUP)
        self.wait_for_log("reloaded", self.workers)
        ann = self.visit("ann")
        self.server.send(signal.SIGTERM)
        self.assertEqual(ann.closed(), (1001, "the service stops"))
        self.assertEqual(self.server.process.wait(PATIENCE), 0)
        self.assertEqual(self.pids_left(), [])

    def test_a_supervisor_that_is_killed(self) -> None:
        """Its workers and its nats-server end by themselves."""
        pids, nats = self.pids(), _pids_of("nats-server", "-c")
        self.assertTrue(pids)
        self.server.kill()
        until(lambda: not any(map(_is_alive, pids)), "the end of the workers")
        until(lambda: not [pid for pid in nats if _is_alive(pid) and _is_orphan(pid)], "the end of NATS")

    def pids_left(self) -> list[int]:
        """Give the workers that are left of those whose folder this is."""
        return [pid for pid in _pids_of("wstwist.supervising.worker") if _folder(pid) == str(self.folder)]


class OptionTests(TestCase):
    """Command lines."""

    def refused(self, *options: str) -> str:
        """Give the one line with which a command line is refused."""
        with TemporaryDirectory(prefix="wstwist-test-") as folder:
            (Path(folder) / "room.py").write_text(PROJECT.read_text())
            done = subprocess.run(
                [
                    *(sys.executable, TWISTD, "-n", "--pidfile=", "wsproject"),
                    *("--port=0", "--admin=off", *options),
                ],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        self.assertEqual(done.returncode, 1, done.stderr)
        lines = [line for line in (done.stdout + done.stderr).splitlines() if "wstwist: " in line]
        self.assertEqual(len(lines), 1, done.stdout + done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        return lines[0]

    def test_numbers(self) -> None:
        """A number of workers that cannot be is one line."""
        for number in ("0", "-3", "many", "1.5", "99999"):
            self.assertIn("from 1 to 1000, or 'auto'", self.refused(f"--workers={number}", "room:Room"))

    def test_ports(self) -> None:
        """A port that is in use, also by other workers, is one line."""
        with socket.create_server(("127.0.0.1", 0), reuse_port=True) as taken:
            port = taken.getsockname()[1]
            said = self.refused("--workers=2", f"--port={port}", "--interface=127.0.0.1", "room:Room")
        self.assertIn(f"port {port} is in use", said)

    def test_projects(self) -> None:
        """A project that cannot be served ends all of it, with the line that says why."""
        self.assertIn("nowhere", self.refused("--workers=2", "nowhere:Nothing"))

    def test_state(self) -> None:
        """A folder that cannot be used is one line."""
        self.assertIn("--state: ", self.refused("--workers=2", "--state=/proc/nothing", "room:Room"))


class TlsTests(WorkersCase):
    """TLS, Unix sockets and state that is kept."""

    workers = 2

    def setUp(self) -> None:
        """Make a certificate, and start."""
        self.own = TemporaryDirectory(prefix="wstwist-test-")
        self.addCleanup(self.own.cleanup)
        pair = certificate.ensure(Path(self.own.name))
        self.state, self.socket = Path(self.own.name) / "state", f"{self.own.name}/room.sock"
        self.options = (
            f"--listen=fast:0:interface=127.0.0.1:privateKey={pair.key}:certKey={pair.cert}",
            f"--listen=unix:{self.socket}",
            f"--state={self.state}",
        )
        super().setUp()

    def test_all(self) -> None:
        """Clients come over all of them, and what is durable outlives all processes."""
        port = int(re.findall(r"wss://localhost:(\d+)/", self.log)[0])
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        for _ in range(6):
            with connect(f"wss://127.0.0.1:{port}/Room?name=x", ssl=trusting) as client:
                self.assertIn("id", json.loads(client.recv(PATIENCE)))
        with socket.socket(socket.AF_UNIX) as plain:
            plain.connect(self.socket)
            with connect("ws://localhost/Room?name=y", sock=plain) as client:
                self.assertIn("id", json.loads(client.recv(PATIENCE)))
        ann = self.visit("ann")
        self.assertEqual(ann.do("service", "count", "ann"), 1)
        until(lambda: ann.do("service", "status")["runs"] > 12, "runs, and what they keep")
        self.server.send(signal.SIGTERM)
        self.server.process.wait(PATIENCE)
        self.assertFalse(Path(self.socket).exists())
        self.server.start()
        ann = self.visit("ann")
        ann.wait_for_service()
        self.assertEqual(ann.do("service", "count", "ann"), 2)


class Arriving:
    """Clients that come one after the other, as fast as they can, and go again.

    Args:
        port: Where to.
    """

    def __init__(self, port: int) -> None:
        self._url = f"ws://127.0.0.1:{port}/Room?name=arriving"
        self._is_over = False
        self._thread = threading.Thread(target=self._arrive)
        self.count = 0
        self.refused: list[str] = []

    def __enter__(self) -> Arriving:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._thread.join(PATIENCE)

    def wait_for(self, more: int) -> None:
        """Wait until so many more have come."""
        wanted = self.count + more
        until(lambda: self.count >= wanted or self.refused, "clients that come")

    def _arrive(self) -> None:
        while not self._is_over:
            try:
                with connect(self._url, open_timeout=PATIENCE) as client:
                    client.recv(PATIENCE)
                self.count += 1
            except ConnectionClosed as error:
                if error.rcvd is None or error.rcvd.code != 1001:
                    self.refused.append(repr(error))
            except (OSError, InvalidHandshake, TimeoutError, FailTest) as error:
                self.refused.append(repr(error))
            time.sleep(0.005)


def _nodes(ask: Any) -> int:
    try:
        return len(ask("GET", "server").json()["nodes"])
    except (httpx.HTTPError, ValueError):
        return 0


def _command(pid: int | str) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _folder(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return ""


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _is_orphan(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1] == "1"
    except OSError:
        return False


def _pids_of(*words: str) -> list[int]:
    found = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal())
    return [pid for pid in found if all(word.encode() in _command(pid) for word in words)]
