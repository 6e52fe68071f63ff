# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Projects come, go, stop and are blocked, and clients of others do not notice: real servers and clients."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent

from twisted.internet.defer import ensureDeferred, gatherResults
from twisted.trial.unittest import TestCase
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests import processes
from tests.processes import until
from tests.support import Closed, End, ServedCase, within
from wstwist import Project

LONG = 20.0
PROJECT = """
from wstwist import Project

class {name}(Project):
    interval = "1 h"

    async def on_message(self, client, message):
        client.send("{name} " + message)

    async def on_disconnect(self, client):
        print("{name}: gone", client.close_code, flush=True)

    async def on_service_stop(self):
        print("{name}: stopped", flush=True)
"""
ONE = '[projects.One]\nimport = "one:One"\n'
TWO = '[projects.Two]\nimport = "two:Two"\ndirectory = "rooms"\n'


class SignalTests(TestCase):
    """SIGHUP, after the file was edited."""

    reactor = ""

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(TemporaryDirectory()))
        (self.folder / "rooms").mkdir()
        self.project("One", "one.py")
        self.project("Two", "rooms/two.py")
        before = (f"--reactor={self.reactor}",) if self.reactor else ()
        self.server = processes.Server(self.folder, "--config", "wstwist.toml", before=before)
        self.addCleanup(self.server.kill)

    def project(self, name: str, file: str) -> None:
        (self.folder / file).write_text(PROJECT.format(name=name))

    def write(self, *parts: str) -> None:
        (self.folder / "wstwist.toml").write_text("\n".join(("port = 0", *map(dedent, parts))))

    def start(self, *parts: str) -> None:
        self.write(*parts)
        self.server.launch()
        until(lambda: re.search(r"codec: .*\n", self.server.log.read_text()), "the start")
        found = re.search(r"wstwist starting on (\d+)|:(\d+)/", self.server.log.read_text())
        assert found is not None
        self.port = int(found[1] or found[2])

    def reload(self, *parts: str, says: str) -> str:
        """Write the file, send SIGHUP, and give what the log says then."""
        self.write(*parts)
        before = len(self.server.log.read_text())
        self.server.send(signal.SIGHUP)
        until(
            lambda: says in self.server.log.read_text()[before:], f"{says!r}: {self.server.log.read_text()}"
        )
        return self.server.log.read_text()[before:]

    def connect(self, name: str) -> ClientConnection:
        return connect(f"ws://127.0.0.1:{self.port}/{name}", open_timeout=LONG)

    def answer(self, client: ClientConnection, message: str = "hello") -> str | bytes:
        client.send(message)
        return client.recv(LONG)

    def refused(self, name: str) -> tuple[int, str]:
        with self.assertRaises(InvalidStatus) as caught:
            self.connect(name)
        response = caught.exception.response
        return response.status_code, (response.body or b"").decode()

    def closed(self, client: ClientConnection) -> int:
        with self.assertRaises(ConnectionClosed) as caught:
            client.recv(LONG)
        assert caught.exception.rcvd is not None
        return caught.exception.rcvd.code

    def test_all(self):
        """Added, blocked, stopped, started, removed: each as the file says, and nobody else notices."""
        self.start(ONE)
        with self.connect("One") as one:
            self.assertEqual(self.answer(one), "One hello")
            self.assertEqual(self.refused("Two")[0], 404)

            self.reload(ONE, TWO, says="reloaded: Two added\n")
            with self.connect("Two") as two:
                self.assertEqual(self.answer(two), "Two hello")
                self.reload(
                    ONE, TWO, 'state = "blocked"\nmessage = "Zurück um neun."', says="reloaded: Two blocked\n"
                )
                self.assertEqual(self.refused("Two"), (503, "Zurück um neun."))
                self.assertEqual(self.answer(two), "Two hello")

                self.reload(ONE, TWO, 'state = "stopped"', says="reloaded: Two stopped\n")
                self.assertEqual(self.closed(two), 1001)
                until(lambda: "Two: stopped" in self.server.log.read_text(), "on_service_stop")
                self.assertEqual(self.refused("Two")[0], 503)

            self.reload(ONE, TWO, says="reloaded: Two served\n")
            with self.connect("Two") as two:
                self.assertEqual(self.answer(two), "Two hello")
                self.reload(ONE, says="reloaded: Two removed\n")
                self.assertEqual(self.closed(two), 1001)
                self.assertEqual(self.refused("Two")[0], 404)
            self.assertEqual(self.answer(one), "One hello")
        self.assertEqual(self.server.log.read_text().count("One: gone 1000"), 1)
        self.assertNotIn("Traceback", self.server.log.read_text())

    def test_refused(self):
        """A file that is wrong anywhere changes nothing, and one line says where."""
        self.start(ONE)
        (self.folder / "rooms" / "bad.py").write_text("\nimport nothing_of_the_kind\n")
        (self.folder / "rooms" / "one.py").write_text("")
        with self.connect("One") as one:
            for parts, words in (
                ((ONE, "stat = 'blocked'"), "wstwist.toml:5: [projects.One] stat is no setting; did you"),
                (
                    (ONE, TWO, "state = 1"),
                    "wstwist.toml:9: [projects.Two] state must be 'served', 'blocked' or",
                ),
                ((ONE, 'interval = "soon"', TWO), "wstwist.toml:5: One.interval: "),
                (("version = 9", ONE), "wstwist.toml:2: version 9 is a newer wstwist's; this one knows"),
                (("[projects.One", ""), "wstwist.toml: is not TOML: "),
                ((ONE, TWO), "both are the module 'one'; rename one of them"),
                (
                    (ONE, TWO.replace("two:", "bad:")),
                    "bad.py:2: no module 'nothing_of_the_kind' is installed",
                ),
                ((ONE, TWO.replace("rooms", "none")), "no folder"),
            ):
                if "bad" in words or "no folder" in words:
                    (self.folder / "rooms" / "one.py").unlink(missing_ok=True)
                said = self.reload(*parts, says=words)
                self.assertEqual(said.count("\n"), 1, said)
                self.assertIn("not reloaded, everything stays as it was: ", said)
                self.assertEqual(self.refused("Two")[0], 404)
            self.assertEqual(self.answer(one), "One hello")

    def test_none(self):
        """A server may start with no project, and lose its last one; it serves again when there is one."""
        self.start("[projects]")
        self.assertEqual(self.refused("One")[0], 404)
        self.reload(ONE, says="reloaded: One added\n")
        with self.connect("One") as one:
            self.assertEqual(self.answer(one), "One hello")
            self.reload("[projects]", says="reloaded: One removed\n")
            self.assertEqual(self.closed(one), 1001)
        self.assertEqual(self.refused("One")[0], 404)
        self.server.send(signal.SIGTERM)
        self.assertEqual(self.server.process.wait(LONG), 0)

    def test_start(self):
        """States hold from the start; a project that is stopped may be broken, one that is not may not."""
        (self.folder / "rooms" / "two.py").write_text("1 / 0")
        self.start(ONE, 'state = "blocked"\n', TWO, 'state = "stopped"')
        log = self.server.log.read_text()
        self.assertIn("One is blocked", log)
        self.assertRegex(log, r"Two is stopped; it could not start: .*two.py:1: ZeroDivisionError")
        self.assertEqual(self.refused("One"), (503, "this service is closed at the moment"))
        said = self.reload(ONE, TWO, says="not reloaded")
        self.assertIn("ZeroDivisionError", said)
        self.project("Two", "rooms/two.py")
        self.reload(ONE, TWO, says="reloaded: One served, Two served\n")
        for name in ("One", "Two"):
            with self.connect(name) as client:
                self.assertEqual(self.answer(client), f"{name} hello")


class EpollSignalTests(SignalTests):
    """On Twisted's own transports."""

    reactor = "epoll"


class Echo(Project):
    """Gives back what it is sent."""

    async def on_message(self, client, message):
        client.send(message)


class Other(Echo):
    """Is stopped, blocked, changed and removed."""

    lives: list[str] = []

    async def on_disconnect(self, client):
        await self.execute_global_service(self.note, "gone")

    def note(self, what: str) -> None:
        self.lives.append(what)


class UntouchedTests(ServedCase):
    """What is done to one project does nothing to another."""

    timeout = 120

    async def test_untouched(self):
        """While one project goes through everything, 100 clients of another get all answers, in order."""
        service = await self.serve(Echo, Other)
        clients = [await self.connect("/Echo") for _ in range(100)]
        others = [await self.connect("/Other") for _ in range(20)]
        deployments = service.deployments
        is_over = []

        async def talk(client) -> int:
            number = 0
            while not is_over:
                self.assertEqual(await client.ask(str(number)), str(number))
                number += 1
            return number

        talking = gatherResults([ensureDeferred(talk(client)) for client in clients])
        deployments.block("Other", "no")
        with self.assertRaises(Closed):
            await self.connect("/Other")
        await gatherResults([ensureDeferred(other.ask("inside")) for other in others])
        deployments.unblock("Other")
        deployments.change("Other", {"interval": "50 ms", "limits": {"message_size": 100}})
        others.append(await self.connect("/Other"))
        stopped = deployments.stop("Other")
        ends = [await other.closed() for other in others]
        self.assertEqual(set(ends), {End(1001, "the service stops", True)})
        await within(stopped, "the stop")
        host = deployments.get("Other").host
        self.assertEqual((len(host.contexts), host.counters["errors"]), (0, 0))
        deployments.start("Other")
        again = await self.connect("/Other")
        self.assertEqual(await again.ask("again"), "again")
        removed = deployments.remove("Other")
        self.assertEqual((await again.closed()).code, 1001)
        await within(removed, "the removal")
        with self.assertRaises(Closed):
            await self.connect("/Other")
        is_over.append(True)
        self.assertGreater(min(await within(talking, "the end of the talk")), 2)
        self.assertEqual(service.hosts[0].counters["errors"], 0)
