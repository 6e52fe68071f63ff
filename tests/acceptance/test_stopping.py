# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""How a server stops: nobody is forgotten, and nothing holds it up for long."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import ClassVar

from twisted.internet.defer import ensureDeferred as begin
from twisted.internet.defer import gatherResults
from twisted.internet.threads import deferToThread
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import TestCase

from tests.acceptance import WANTED, crowd
from tests.acceptance.processes import Server
from tests.support import Client, Closed, Place, ServedCase, sleep, until, within
from wstwist import Limits, Project, ServiceUnavailable
from wstwist.client import Client as Handle

BUSY = '''
    """A project that writes down what happens to whom."""

    import os
    import time
    from pathlib import Path

    from wstwist import Project


    class Busy(Project):
        interval = 50
        gone: int = 0

        async def on_connect(self, client):
            note("on_connect", client.query["number"])

        def on_message(self, client, message):
            if message == "sleep":
                client.send("asleep")
                time.sleep(60)
            client.send(str(self.execute_global_service(Busy.count).wait()))

        def on_disconnect(self, client):
            note("on_disconnect", client.query["number"], client.close_code)
            self.execute_global_service(Busy.see_off).wait()

        def on_service_stop(self):
            note("on_service_stop", self.gone)

        def count(self):
            return len(self.__dict__)

        async def see_off(self):
            self.gone += 1


    def note(*what):
        with Path("happened").open("a") as file:
            file.write(" ".join(map(str, what)) + os.linesep)
'''

TIME = 15.0
"""Seconds in which a server has stopped."""


async def keep_busy(client: Client) -> None:
    """Send a message as soon as the one before is answered, until the connection is over."""
    try:
        while client.end is None:
            await client.ask("count", 2 * TIME)
    except Closed:
        pass


class Terminated:
    """A process that gets SIGTERM."""

    timeout = 90

    def setUp(self) -> None:
        self.place = Place(self.transport, Path(self.enterContext(TemporaryDirectory(prefix="wstwist-"))))

    async def start(self, count: int) -> list[Client]:
        """Start a server, and clients that keep it busy."""
        self.server = Server(self.place, BUSY, "Busy")
        self.addCleanup(self.server.kill)
        await self.server.start()
        clients = [await self.connect(number) for number in range(count)]
        self.busy = gatherResults([begin(keep_busy(client)) for client in clients])
        return clients

    async def connect(self, number: object) -> Client:
        client = await Client.connect(self.server.way, f"/Busy?number={number}")
        self.addCleanup(self.drop, client)
        return client

    async def drop(self, client: Client) -> None:
        client.reset()
        await client.closed()

    def happened(self) -> Counter[str]:
        """Give what the project has written down."""
        return Counter((self.place.folder / "happened").read_text().splitlines())

    def lives(self, count: int) -> list[str]:
        """Give what is written down of clients that came and were closed by the end of the service."""
        return [f"{what} {number}{code}" for number in range(count) for what, code in LIFE]

    async def test_busy(self):
        """At SIGTERM 200 busy clients see 1001, each on_disconnect and on_service_stop run, then exit 0."""
        clients = await self.start(200)
        began = self.server.terminate()
        self.assertEqual(await self.server.ended(TIME), 0)
        self.assertLess(monotonic() - began, TIME)
        await within(self.busy, "the end of all clients")
        self.assertEqual(Counter(client.end for client in clients), {(1001, "the service stops", True): 200})
        self.assertEqual(self.happened(), Counter([*self.lives(200), "on_service_stop 200"]))
        self.assertNotIn("Traceback", self.server.log)

    async def test_second(self):
        """A second SIGTERM ends the process at once, with status 1."""
        await self.start(1)
        sleeper = await self.connect("sleeper")
        await sleeper.ask("sleep")
        self.server.terminate()
        await until(lambda: "SIGTERM: stopping" in self.server.log, "the first signal's line")
        self.assertIsNone(self.server.status)
        began = self.server.terminate()
        self.assertEqual(await self.server.ended(TIME), 1)
        self.assertLess(monotonic() - began, 1)


LIFE = (("on_connect", ""), ("on_disconnect", " 1001"))


class TerminatedOverTcpTests(Terminated, TestCase):
    """Over TCP."""

    transport = "tcp"

    async def test_sleeping(self):
        """An event that sleeps for a minute holds up neither the others nor the end; the log names it."""
        clients = await self.start(20)
        sleeper = await self.connect("sleeper")
        await sleeper.ask("sleep")
        began = self.server.terminate()
        self.assertEqual(await self.server.ended(TIME), 0)
        self.assertLess(monotonic() - began, TIME)
        await within(self.busy, "the end of all clients")
        self.assertEqual({client.end.code for client in [*clients, sleeper]}, {1001})
        expected = [*self.lives(20), "on_connect sleeper", "on_service_stop 20"]
        self.assertEqual(self.happened(), Counter(expected))
        self.assertRegex(self.server.log, "Busy, client .*, on_message: did not end before the service did")


CROWDED = """
    from pathlib import Path

    from wstwist import Limits, Project


    class Crowded(Project):
        limits = Limits(drain_time=2)
        silent: int = 0
        gone: int = 0

        async def on_connect(self, client):
            for _ in range(int(client.query.get("flood", 0))):
                client.send(BYTES)

        async def on_message(self, client, message):
            client.send(message)

        async def on_disconnect(self, client):
            await self.execute_global_service(Crowded.see_off, client.close_code)

        async def see_off(self, code):
            self.gone += 1

        async def on_service_stop(self):
            Path("happened").write_text(str(self.gone))


    BYTES = bytes(64 * 1024)
"""


class CrowdedTests(TestCase):
    """A process with two thousand clients gets SIGTERM."""

    timeout = 90
    if WANTED == "select":
        skip = "select knows a thousand connections at most"

    async def test_crowd(self):
        """Half of them never read: the others see 1001, not all at once, and nobody is forgotten.

        What waits for a few of those is more than the system's buffers hold: their end has to be waited for.
        """
        place = Place("tcp", Path(self.enterContext(TemporaryDirectory(prefix="wstwist-"))))
        server = Server(place, CROWDED, "Crowded")
        self.addCleanup(server.kill)
        await server.start()
        crowd = await self.crowd(server, silent=1000, readers=1000)
        began = server.terminate()
        self.assertEqual(await server.ended(TIME), 0)
        self.assertLess(monotonic() - began, 2 + 5)
        ends = json.loads((await deferToThread(crowd.communicate))[0])
        self.assertEqual(Counter(code for code, _ in ends), {1001: 1000})
        moments = [moment for _, moment in ends]
        self.assertGreater(max(moments) - min(moments), 0.1)
        self.assertEqual((place.folder / "happened").read_text(), "2000")
        self.assertNotIn("Traceback", server.log)

    async def crowd(self, server: Server, **counts: int) -> subprocess.Popen[str]:
        """Start the clients, and wait until they are connected."""
        where = {"port": server.way._port, "path": "/Crowded", **counts}
        process = subprocess.Popen(  # noqa: ASYNC220 - it takes a moment
            [sys.executable, crowd.__file__, json.dumps(where)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertEqual(await deferToThread(process.stdout.readline), "connected\n")
        return process


class TerminatedOverTlsTests(Terminated, TestCase):
    """Over TLS."""

    transport = "tls"


class TerminatedOverUnixTests(Terminated, TestCase):
    """Over a Unix socket."""

    transport = "unix"


def make_stopped() -> type[Project]:
    """Make a project that counts what happens."""

    class Stopped(Project):
        interval = 50
        limits = Limits(drain_time=0.5)
        happened: ClassVar[Counter[str]] = Counter()
        blocked: ClassVar[threading.Event] = threading.Event()
        gone: int = 0

        async def on_connect(self, client: Handle) -> None:
            self.happened["on_connect"] += 1

        def on_message(self, client: Handle, message: str | bytes) -> None:
            if message == "block":
                client.send("blocked")
                self.blocked.wait(60)
            client.send(str(self.execute_global_service(Stopped.count).wait()))

        async def on_disconnect(self, client: Handle) -> None:
            self.happened[f"on_disconnect {client.close_code}"] += 1
            await self.execute_global_service(Stopped.see_off)

        async def on_service_stop(self) -> None:
            self.happened[f"on_service_stop {self.gone}"] += 1

        def count(self) -> int:
            time.sleep(0.001)
            return self.gone

        async def see_off(self) -> None:
            self.gone += 1

    return Stopped


def handlers() -> dict[int, object]:
    """Give this program's signal handlers."""
    return {number: signal.getsignal(number) for number in signal.valid_signals()}


class Embedded:
    """A service in a program of its own, which stops it."""

    async def start(self, count: int) -> list[Client]:
        """Serve the project to clients that keep it busy."""
        self.project = make_stopped()
        await self.serve(self.project)
        self.addCleanup(self.project.blocked.set)
        clients = [await self.connect() for _ in range(count)]
        self.busy = gatherResults([begin(keep_busy(client)) for client in clients])
        return clients

    async def test_stop(self):
        """When the service stops its clients see 1001, each on_disconnect and on_service_stop run."""
        clients = await self.start(100)
        await within(self.service.stopService(), "the end of the service")
        await within(self.busy, "the end of all clients")
        self.assertEqual(Counter(client.end for client in clients), {(1001, "the service stops", True): 100})
        self.assertEqual(
            self.project.happened, {"on_connect": 100, "on_disconnect 1001": 100, "on_service_stop 100": 1}
        )

    async def test_signals(self):
        """The program's signal handlers are what they were, while it is served and afterwards."""
        await sleep(0)  # from here on the reactor runs
        before = handlers()
        await self.start(2)
        self.assertEqual(handlers(), before)
        await within(self.service.stopService(), "the end of the service")
        self.assertEqual(handlers(), before)

    async def test_blocked(self):
        """A blocking event that does not end is left behind and named in the log; the others are not."""
        clients = await self.start(5)
        blocked = await self.connect()
        await blocked.ask("block")
        with capturedLogs() as events:
            began = monotonic()
            await within(self.service.stopService(), "the end of the service")
        self.assertLess(monotonic() - began, 5.5)
        self.assertEqual({client.end.code for client in [*clients, blocked]}, {1001})
        self.assertEqual(
            self.project.happened, {"on_connect": 6, "on_disconnect 1001": 5, "on_service_stop 5": 1}
        )
        logged = [formatEvent(event) for event in events]
        left = [line for line in logged if "on_message: did not end before the service did" in line]
        self.assertEqual(len(left), 1, logged)
        self.project.blocked.set()
        await until(lambda: self.project.happened["on_disconnect 1001"] == 6, "the last on_disconnect")
        self.assertEqual(len(self.flushLoggedErrors(ServiceUnavailable)), 2)

    async def test_again(self):
        """What has stopped can be started again, on its old place or another, and knows nothing of before."""
        await self.start(3)
        await within(self.service.stopService(), "the end of the service")
        self.service.startService()
        await until(lambda: self.host.is_started, "the start")
        client = await self.connect()
        self.assertEqual(await client.ask("count"), "0")
        self.assertEqual(len(self.host.clients), 1)


class EmbeddedOverTcpTests(Embedded, ServedCase):
    """Over TCP."""


class EmbeddedOverTlsTests(Embedded, ServedCase):
    """Over TLS."""

    transport = "tls"


class EmbeddedOverUnixTests(Embedded, ServedCase):
    """Over a Unix socket."""

    transport = "unix"
