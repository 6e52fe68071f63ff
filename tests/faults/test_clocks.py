# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The time of day is set back and forth; nothing that measures time minds."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent

from twisted.trial.unittest import TestCase
from websockets.sync.client import connect

from tests.processes import ROOT, Server

CLOCK = """
    # Python runs this first of all: the time of day as the project sets it.
    import time
    real = time.time
    time.jump = 0.0
    time.time = lambda: real() + time.jump
"""

PROJECT = """
    import time
    from twisted.internet import reactor
    from twisted.internet.task import deferLater
    from wstwist import Limits, Project

    class Clocks(Project):
        interval = "50 ms"
        limits = Limits(handshake_time=3, connect_time=4)
        runs = 0

        async def global_service(self):
            self.runs += 1

        async def on_connect(self, client):
            if "slow" in client.query:
                await deferLater(reactor, 1)

        async def on_message(self, client, message):
            if message == "runs":
                client.send(str(await self.execute_global_service(self.count_runs)))
            elif message == "sleep":
                await deferLater(reactor, 0.2)
                client.send("slept")
            elif message == "thread":
                client.send(await self.in_thread(lambda: "done"))
            else:
                time.jump += float(message)
                client.send(str(time.time()))

        def count_runs(self):
            return self.runs
"""


class Jumps(TestCase):
    """A real server, whose time of day jumps by an hour."""

    timeout = 60

    def check(self, *before: str) -> None:
        folder = Path(self.enterContext(TemporaryDirectory(prefix="wstwist-")))
        (folder / "sitecustomize.py").write_text(dedent(CLOCK))
        (folder / "clocks.py").write_text(dedent(PROJECT))
        path = {"PYTHONPATH": f"{folder}:{ROOT}"}
        server = Server(folder, projects=("clocks:Clocks",), before=before, variables=path)
        self.addCleanup(server.kill)
        server.start()
        url = f"ws://127.0.0.1:{server.port}/Clocks"
        with connect(url) as client:

            def ask(message: str) -> str:
                client.send(message)
                return str(client.recv(timeout=5))

            for jump in (-3600, 7200, -3600):
                with socket.create_connection(("127.0.0.1", server.port)) as waiting:
                    waiting.sendall(b"GET /Clocks")
                    time.sleep(0.2)
                    before_jump = int(ask("runs"))
                    ask(str(jump))
                    began = time.monotonic()
                    self.assertEqual(ask("sleep"), "slept")
                    self.assertTrue(0.19 < time.monotonic() - began < 1)
                    self.assertEqual(ask("thread"), "done")
                    with connect(url + "?slow=1"):
                        pass
                    time.sleep(max(0.0, began + 1.5 - time.monotonic()))
                    self.assertTrue(20 <= int(ask("runs")) - before_jump <= 45)
                    # Its time for the handshake is neither over nor prolonged.
                    waiting.settimeout(0.01)
                    self.assertRaises(TimeoutError, waiting.recv, 1)
                    waiting.settimeout(5)
                    self.assertIn(b" 408 ", waiting.recv(100))
                    self.assertLess(time.monotonic() - began, 4)
            self.assertLess(abs(float(ask("0")) - time.time()), 5)
        self.assertNotIn("Traceback", (folder / "log").read_text())

    def test_default(self):
        """On uvloop."""
        self.check()

    def test_asyncio(self):
        """On asyncio."""
        self.check("--reactor=asyncio")

    def test_epoll(self):
        """On Twisted's own reactor, which goes by the time of day unless told otherwise."""
        self.check("--reactor=epoll")

    def test_select(self):
        """On select()."""
        self.check("--reactor=select")
