# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""File descriptors run out: accepting pauses, who is there is served, and it goes on."""

from __future__ import annotations

import os
import re
import resource
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from unittest import mock

from twisted.internet.task import Clock
from twisted.internet.tcp import Port
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import TestCase
from websockets.sync.client import connect

from tests.processes import Server, until
from tests.support import handshake
from wstwist import descriptors
from wstwist.certificate import ensure
from wstwist.wire.accepting import AT_ONCE, CALM, RETRY, Accepting

MOST = 200
"""File descriptors of a server."""

CROWD = 300
"""Clients that come at once."""

ECHO = """
    from wstwist import Project

    class Echo(Project):
        async def on_message(self, client, message):
            client.send(message)
"""


class FakePort(Port):
    """A port that records whether it reads."""

    def __init__(self) -> None:
        self.reads = True
        self.connected = True

    def stopReading(self) -> None:
        self.reads = False

    def startReading(self) -> None:
        self.reads = True

    def doRead(self) -> None:
        self.took = self.numberAccepts


class Pauses(TestCase):
    """When ports pause, on a clock."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.free = 10
        patch = self.enterContext
        patch(mock.patch.object(descriptors, "limit", return_value=100))
        patch(mock.patch.object(descriptors, "lowest_free", side_effect=lambda: self.free))
        patch(mock.patch.object(descriptors, "count_open", return_value=91))
        self.accepting = Accepting(self.clock, 10)
        self.ports = [FakePort(), FakePort()]
        self.accepting.listen(self.ports)
        self.logs = patch(capturedLogs())

    def reads(self) -> set[bool]:
        return {port.reads for port in self.ports}

    def lines(self) -> list[str]:
        return [formatEvent(log) for log in self.logs]

    def test_nearly_all(self):
        """At the bound all ports pause, and go on as soon as a lower number is free."""
        self.accepting.accepted(89)
        self.assertEqual(self.reads(), {True})
        self.free = 91
        self.accepting.accepted(90)
        self.assertEqual(self.reads(), {False})
        self.clock.advance(RETRY)
        self.assertEqual(self.reads(), {False})
        self.free = 89
        self.clock.advance(RETRY)
        self.assertEqual(self.reads(), {True})

    def test_one_line(self):
        """However often it pauses, there is one line until it has been calm."""
        for _ in range(5):
            self.accepting.accepted(95)
            self.clock.advance(RETRY)
            self.clock.advance(CALM / 2)
        (line,) = self.lines()
        self.assertEqual(line.partition(";")[0], "Accepting pauses: 91 of 100 file descriptors are open")
        self.clock.advance(CALM)
        self.assertIn("Accepting goes on; it paused, with interruptions, for 10.5 s", self.lines()[1])
        self.assertEqual(self.accepting._counters["accepting_paused"], 1)
        self.accepting.accepted(95)
        self.assertEqual((len(self.lines()), self.accepting._counters["accepting_paused"]), (3, 2))

    def test_stopped(self):
        """A service that stops lets its ports be, and leaves no timer."""
        self.accepting.accepted(95)
        self.accepting.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_few_at_once(self):
        """A port accepts few at once, however well that goes, and near the bound one after another."""
        first, second = self.ports
        for last, expected in ((1, AT_ONCE), (73, AT_ONCE), (74, 1), (89, 1), (50, AT_ONCE)):
            first.numberAccepts = second.numberAccepts = 500
            self.accepting.accepted(last)
            first.doRead()
            second.doRead()
            self.assertEqual((first.took, second.took), (expected, expected), last)


class Limit(TestCase):
    """The limit of the process."""

    def setUp(self) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.hard = hard

    def test_raised(self):
        """The soft limit is raised to the hard one, but not for select()."""
        select = type("SelectReactor", (), {})()
        resource.setrlimit(resource.RLIMIT_NOFILE, (500, self.hard))
        descriptors.raise_limit(select)
        self.assertEqual(descriptors.limit(select), 500)
        descriptors.raise_limit(object())
        self.assertGreater(descriptors.limit(object()), 500)
        self.assertLessEqual(descriptors.limit(select), 1024)

    def test_lowest(self):
        """The lowest number that is free is found, and what is open counted."""
        free, count = descriptors.lowest_free(), descriptors.count_open()
        with Path(os.devnull).open() as file:
            self.assertEqual(file.fileno(), free)
            self.assertEqual(descriptors.count_open(), count + 1)


class Crowd(TestCase):
    """Three hundred clients of a server that may have 200 descriptors."""

    timeout = 120

    @contextmanager
    def serving(self, *before: str, secure: bool = False) -> Iterator[tuple[Path, int]]:
        """Serve, and give the log and the port."""
        with TemporaryDirectory(prefix="wstwist-") as name:
            folder = Path(name)
            (folder / "echo.py").write_text(dedent(ECHO))
            options = ("--port=0",)
            if secure:
                pair = ensure(folder / "tls")
                options = ("--tls-port=0", f"--cert={pair.cert}", f"--key={pair.key}")
            server = Server(folder, *options, projects=("echo:Echo",), before=before, descriptors=MOST)
            server.start()
            self.pid = server.process.pid
            try:
                yield folder / "log", server.port
            finally:
                server.kill()

    def test_none(self):
        """Where not a single client fits, the server does not start, and says so in one line."""
        with TemporaryDirectory(prefix="wstwist-") as name:
            folder = Path(name)
            (folder / "echo.py").write_text(dedent(ECHO))
            server = Server(folder, "--port=0", projects=("echo:Echo",), descriptors=60)
            server.launch()
            self.addCleanup(server.kill)
            self.assertEqual(server.process.wait(20), 1)
            text = (folder / "log").read_text()
        self.assertRegex(text, r"wstwist: no client fits: of 60 file descriptors \d+ are open, and 64 are to")
        self.assertNotIn("Traceback", text)

    def check(self, *before: str) -> None:
        with self.serving(*before) as (log, port), connect(f"ws://127.0.0.1:{port}/Echo") as healthy:
            crowd = [socket.create_connection(("127.0.0.1", port)) for _ in range(CROWD)]
            for client in crowd:
                self.addCleanup(client.close)
                client.sendall(handshake("/Echo"))
            until(lambda: "Accepting pauses" in log.read_text(), "the pause")
            for _ in range(50):
                began = time.monotonic()
                healthy.send("there?")
                self.assertEqual(healthy.recv(timeout=5), "there?")
                self.assertLess(time.monotonic() - began, 1)
            served = self.served(crowd)
            self.assertTrue(100 < len(served) < MOST - 20, len(served))
            until(lambda: not self.leave(crowd), "those that waited are served")
            until(lambda: "Accepting goes on" in log.read_text(), "that it goes on")
            with connect(f"ws://127.0.0.1:{port}/Echo") as late:
                late.send("late")
                self.assertEqual(late.recv(timeout=5), "late")
            text = log.read_text()
        self.assertRegex(
            text, r"Accepting pauses: 1[34]\d of 200 file descriptors are open; raise `ulimit -n`"
        )
        for once in ("Accepting pauses", "Accepting goes on"):
            self.assertEqual(text.count(once), 1)
        self.assertNotIn("EMFILE", text)
        self.assertNotIn("Traceback", text)
        self.assertRegex(text, r"1[12]\d clients fit \(200 file descriptors, 64 of which are kept free\)")

    def test_at_once(self):
        """A crowd that comes before anybody else leaves as many free."""
        for before in ((), ("--reactor=epoll",)):
            with self.serving(*before) as (log, port):
                crowd = [socket.create_connection(("127.0.0.1", port)) for _ in range(CROWD)]
                for client in crowd:
                    self.addCleanup(client.close)
                    client.sendall(handshake("/Echo"))
                told = until(lambda log=log: re.search(r"pauses: (\d+) of 200", log.read_text()), "the pause")
                self.assertLessEqual(int(told[1]), MOST - 64 + 1)
                until(lambda crowd=crowd: len(self.served(crowd)) > 100, "answers")
                self.assertLessEqual(self.open_descriptors(), MOST - 64 + 1)

    def open_descriptors(self) -> int:
        """Count those of the server."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def leave(self, clients: list[socket.socket]) -> list[socket.socket]:
        """Have those leave that were served, and give those that wait."""
        for client in self.served(clients):
            clients.remove(client)
            client.close()
        return clients

    def served(self, clients: list[socket.socket]) -> list[socket.socket]:
        """Give those that have an answer by now."""
        answered = []
        for client in clients:
            client.setblocking(False)
            try:
                if client.recv(5, socket.MSG_PEEK):
                    answered.append(client)
            except BlockingIOError:
                pass
        return answered

    def test_fast(self):
        """On the fast endpoint."""
        self.check()

    def test_twisted(self):
        """On Twisted's."""
        self.check("--reactor=epoll")

    def test_select(self):
        """On select()."""
        self.check("--reactor=select")

    def test_tls(self):
        """Over TLS, where a handshake that hangs has its descriptor, too; they end, and it goes on."""
        for before in ((), ("--reactor=epoll",)):
            with self.serving(*before, secure=True) as (log, port):
                crowd = [socket.create_connection(("127.0.0.1", port)) for _ in range(CROWD)]
                until(lambda log=log: "Accepting pauses" in log.read_text(), "the pause")
                for client in crowd:
                    client.close()
                trusting = ssl._create_unverified_context()
                with connect(f"wss://127.0.0.1:{port}/Echo", ssl=trusting) as late:
                    late.send("late")
                    self.assertEqual(late.recv(timeout=5), "late")
                self.assertIsNone(re.search("EMFILE|Traceback", log.read_text()), log.read_text())
