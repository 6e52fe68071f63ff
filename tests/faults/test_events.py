# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Events that never end, that raise, and that eat threads, in a real server: others go on."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent

from twisted.trial.unittest import TestCase
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.processes import Server, until

THREADS = 3

FAULTY = f"""
    import sys
    import threading
    from twisted.internet.defer import Deferred
    from wstwist import Limits, Project

    class Faulty(Project):
        threads = {THREADS}
        limits = Limits(event_time=0.5, end_time=0.5, drain_time=0.5)

        async def on_message(self, client, message):
            if message == "never":
                await Deferred()
            elif message == "eat":
                await self.in_thread(threading.Event().wait)
            elif message == "work":
                client.send(await self.in_thread(lambda: "worked"))
            elif message == "exit":
                sys.exit(3)
            elif message == "raise":
                raise ValueError("as told")
            elif message == "deep":
                self.deeper()
            elif message == "counters":
                host = self._context.project
                client.send(" ".join(f"{{name}}={{host.counters[name]}}" for name in (
                    "errors", "events_late", "stuck")) + f" late={{host.threads.late}}")
            else:
                client.send(message)

        def deeper(self):
            return self.deeper()
"""


class Faults(TestCase):
    """One server, and clients that misbehave."""

    timeout = 60

    def setUp(self) -> None:
        folder = Path(self.enterContext(TemporaryDirectory(prefix="wstwist-")))
        (folder / "faulty.py").write_text(dedent(FAULTY))
        self.server = Server(folder, projects=("faulty:Faulty",))
        self.addCleanup(self.server.kill)
        self.server.start()
        self.healthy = self.connect()

    def connect(self) -> ClientConnection:
        url = f"ws://127.0.0.1:{self.server.port}/Faulty"
        return self.enterContext(connect(url, close_timeout=0.2))

    def ask(self, client: ClientConnection, message: str) -> str:
        client.send(message)
        return str(client.recv(timeout=10))

    def assert_healthy(self) -> None:
        """Somebody else's echo comes at once."""
        for _ in range(20):
            began = time.monotonic()
            self.assertEqual(self.ask(self.healthy, "there?"), "there?")
            self.assertLess(time.monotonic() - began, 0.5)

    def logged(self, text: str) -> None:
        until(lambda: text in self.server.log.read_text(), text)

    def test_never(self):
        """An event that never ends holds up its own client only; it is cancelled when that goes."""
        client = self.connect()
        client.send("never")
        client.send("next")
        self.assert_healthy()
        self.logged("on_message: lasts for 0.5 s and has not ended; it is async, and waits")
        self.assertRaises(TimeoutError, client.recv, timeout=0.1)
        client.close()
        self.logged("on_message: cancelled")
        self.assertIn("errors=1 events_late=1 stuck=0", self.ask(self.healthy, "counters"))

    def test_raise(self):
        """An event that raises, whatever it is, is logged and counted; the client stays, and so do others."""
        client = self.connect()
        for message in ("raise", "exit", "deep"):
            client.send(message)
        self.assertEqual(self.ask(client, "still there"), "still there")
        self.assert_healthy()
        for error in ("ValueError: as told", "SystemExit: 3", "RecursionError: maximum recursion depth"):
            self.logged(f"on_message: {error}")
        self.assertIn("errors=3 ", self.ask(self.healthy, "counters"))

    def test_threads(self):
        """Events that eat all threads are named, and what waits for one; who needs none goes on."""
        eaters = [self.connect() for _ in range(THREADS)]
        for client in eaters:
            client.send("eat")
        hungry = self.connect()
        hungry.send("work")
        self.assert_healthy()
        self.logged("Faulty: 1 events wait for a free thread, the oldest for 1")
        self.logged(f"all {THREADS} threads are busy (setting: threads)")
        self.logged("lasts for 1 s and has not ended")
        self.assertRaises(TimeoutError, hungry.recv, timeout=0.1)
        eaters[0].close()
        self.logged("the client has gone, and this event does not end")
        self.assert_healthy()
        self.assertIn(f"events_late={THREADS + 1} stuck=1 late=1", self.ask(self.healthy, "counters"))
        self.server.kill(15)
        self.assertRaises(ConnectionClosed, self.healthy.recv, timeout=5)
