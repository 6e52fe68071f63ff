# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The life of a client on a real connection, line by line."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections import Counter
from typing import Any, ClassVar

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.defer import ensureDeferred as begin

from tests.support import Closed, Raw, ServedCase, handshake, until
from tests.wire.support import text
from wstwist import Limits, Project, Refuse
from wstwist.client import Client as Handle

WHO = "?who=ann"


def make_door(**times: float) -> type[Project]:
    """Make a project that notes what happens, and waits where it is told to until it is told to go on."""

    class Door(Project):
        interval = "1 h"
        limits = Limits(**times)
        happened: ClassVar[list[str]] = []
        waiting: ClassVar[list[Deferred[None]]] = []
        blocked: ClassVar[threading.Event] = threading.Event()

        async def on_connect(self, client: Handle) -> None:
            self.happened.append("on_connect")
            how = client.query.get("how")
            if how == "refuse":
                raise Refuse(403, "bad token")
            if how == "fail":
                raise KeyError("a secret")
            if how == "wait":
                client.send("welcome")
                await self.wait("on_connect")

        async def on_message(self, client: Handle, message: str | bytes) -> None:
            self.happened.append(f"message {message!s}")
            if message == "wait":
                await self.wait("on_message")
            elif message == "bye":
                client.disconnect(3001, "go away")

        async def on_disconnect(self, client: Handle) -> None:
            self.happened.append(f"on_disconnect {client.close_code} {client.close_reason}".rstrip())

        async def wait(self, where: str) -> None:
            waiting: Deferred[None] = Deferred()
            self.waiting.append(waiting)
            try:
                await waiting
            except asyncio.CancelledError:
                self.happened.append(f"{where} is cancelled")
                raise
            self.happened.append(f"{where} has waited")

    return Door


def make_blocking_door() -> type[Project]:
    """Make the same project, with a blocking on_message."""
    door = make_door(end_time=0.3)

    class Door(door):
        def on_message(self, client: Handle, message: str | bytes) -> None:
            self.happened.append(f"message {message!s}")
            self.blocked.wait(20)

    return Door


class Life:
    """From the request to the end of on_disconnect."""

    async def open_door(self, project: type[Project] | None = None) -> None:
        """Serve the project, new for each test."""
        self.door = project or make_door()
        await self.serve(self.door)
        self.addCleanup(self.door.blocked.set)

    async def has_happened(self, *what: str) -> None:
        """Wait until this has happened, and nothing but this, and until nothing is left of any client."""
        await until(lambda: not self.host.contexts, "the end of all contexts")
        self.assertEqual(self.door.happened, list(what))
        self.assertEqual((self.host.clients, self.host.stuck), ({}, set()))
        await until(lambda: not self.service._site.connections, "the end of all connections")

    async def raw(self, query: str) -> Raw:
        """Send a handshake, and nothing more."""
        return await self.connect_raw(handshake(f"{self.host.path}{query}"))

    async def waits(self) -> None:
        """Wait until an event waits."""
        await until(lambda: self.door.waiting, "an event that waits")

    # Coming in.

    async def test_refused(self):
        """A client that is refused gets the status and the reason, and no on_disconnect follows."""
        await self.open_door()
        answer = await (await self.raw("?how=refuse")).answer()
        self.assertTrue(answer.startswith(b"HTTP/1.1 403 Forbidden\r\n"), answer)
        self.assertIn(b"bad token", answer.partition(b"\r\n\r\n")[2])
        await self.assertFailure(begin(self.connect("?how=refuse")), Closed)
        await self.has_happened("on_connect", "on_connect")

    async def test_failing(self):
        """Where on_connect raises the client gets a 500 that tells nothing; no on_disconnect follows."""
        await self.open_door()
        answer = await (await self.raw("?how=fail")).answer()
        self.assertTrue(answer.startswith(b"HTTP/1.1 500 Internal Server Error\r\n"), answer)
        self.assertNotIn(b"secret", answer)
        self.assertNotIn(b"KeyError", answer)
        await self.has_happened("on_connect")
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)

    async def test_late(self):
        """An on_connect that takes too long is cancelled, and its client gets a 503."""
        await self.open_door(make_door(connect_time=0.3))
        answer = await (await self.raw("?how=wait")).answer()
        self.assertTrue(answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n"), answer)
        await self.has_happened("on_connect", "on_connect is cancelled")

    async def test_accepted_after_waiting(self):
        """A client whose on_connect waits is let in when that returns, and gets first what that sent."""
        await self.open_door()
        coming = begin(self.connect("?how=wait"))
        await self.waits()
        self.door.waiting[0].callback(None)
        client = await coming
        self.assertEqual(await client.receive(), "welcome")
        client.send("hello")
        self.assertEqual(await client.close(), (1000, "", True))
        await self.has_happened("on_connect", "on_connect has waited", "message hello", "on_disconnect 1000")

    async def test_reset_during_on_connect(self):
        """Where a reset comes while on_connect waits, that goes on, and on_disconnect follows once."""
        await self.check_drop_during_on_connect(Raw.reset)

    async def test_hang_up_during_on_connect(self):
        """Where the client hangs up while on_connect waits, that goes on, and on_disconnect follows once."""
        await self.check_drop_during_on_connect(Raw.hang_up)

    async def check_drop_during_on_connect(self, drop) -> None:
        await self.open_door()
        raw = await self.raw("?how=wait")
        await self.waits()
        drop(raw)
        await raw.answer()
        self.assertEqual(len(self.host.contexts), 1)
        self.door.waiting[0].callback(None)
        await self.has_happened("on_connect", "on_connect has waited", "on_disconnect 1006")

    # Going.

    async def test_ends(self):
        """However a connection ends, on_disconnect runs once, with the code that says how."""
        await self.open_door()
        for end, code in (
            (lambda client: client.close(), "1000"),
            (lambda client: client.close(4000, "enough"), "4000 enough"),
            (lambda client: client.send("bye"), "3001 go away"),
            (lambda client: client.reset(), "1006"),
            (lambda client: client.hang_up(), "1006"),
            (lambda client: client._protocol.transport.write(b"\xff\xff"), "1002"),
        ):
            client = await self.connect()
            self.door.happened.clear()
            begun = end(client)
            if begun is not None:
                await begun
            await client.closed()
            await until(lambda: not self.host.contexts, "the end of the context")
            (gone,) = [what for what in self.door.happened if not what.startswith("message")]
            self.assertTrue(gone.startswith(f"on_disconnect {code}"), gone)

    async def test_messages_before_the_end(self):
        """Messages that came before the close frame are handled before on_disconnect."""
        await self.open_door()
        client = await self.connect()
        client.send("wait")
        client.send("last")
        await self.waits()
        await client.close()
        self.door.waiting[0].callback(None)
        await self.has_happened(
            "on_connect", "message wait", "on_message has waited", "message last", "on_disconnect 1000"
        )

    async def test_endless_async(self):
        """An async event that does not end is cancelled some time after its client has gone."""
        await self.open_door(make_door(end_time=0.3))
        client = await self.connect()
        client.send("wait")
        await self.waits()
        client.reset()
        await self.has_happened("on_connect", "message wait", "on_message is cancelled", "on_disconnect 1006")
        self.assertEqual(self.host.counters["errors"], 1)

    async def test_endless_blocking(self):
        """A blocking event that does not end is listed as stuck; on_disconnect follows when it ends."""
        await self.open_door(make_blocking_door())
        client = await self.connect(WHO)
        client.send("block")
        await until(lambda: "message block" in self.door.happened, "the blocking event")
        await client.close()
        await until(lambda: self.host.stuck, "the stuck event")
        (stuck,) = self.host.stuck
        self.assertEqual((stuck.name, stuck.context.client.query), ("on_message", {"who": "ann"}))
        self.assertEqual(self.host.counters["stuck"], 1)
        self.assertEqual(self.door.happened, ["on_connect", "message block"])
        self.door.blocked.set()
        await self.has_happened("on_connect", "message block", "on_disconnect 1000")

    async def test_all_at_once(self):
        """Of forty clients that drop at once each accepted one has one on_disconnect, and no other."""
        await self.open_door()
        hows = ("accept", "wait", "refuse", "fail")
        raws = await gatherResults([begin(self.raw(f"?how={hows[number % 4]}")) for number in range(40)])
        await until(lambda: Counter(self.door.happened)["on_connect"] == 40, "forty clients")
        for number, raw in enumerate(raws):
            drop = raw.hang_up if number % 8 < 4 else raw.reset
            drop()
        await gatherResults([begin(raw.answer()) for raw in raws])
        for waiting in self.door.waiting:
            waiting.callback(None)
        await until(lambda: not self.host.contexts, "the end of all contexts")
        happened = {"on_connect": 40, "on_connect has waited": 10, "on_disconnect 1006": 20}
        self.assertEqual(Counter(self.door.happened), happened)
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 10)


class Reset:
    """A connection that is reset while the server is busy."""

    async def test_reset_behind_messages(self):
        """Where a reset comes right behind messages, on_disconnect follows soon, and nothing is left."""
        await self.serve(make_door())
        (port,) = self.service.ports
        with socket.socket(self.family) as client:
            client.connect(self.address(port.getHost()))
            client.sendall(handshake("/Door"))
            await until(lambda: self.host.clients, "the client")
            # From here to its end the server has no occasion to read.
            client.sendall(text("hello") * 10)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await until(lambda: not self.host.contexts, "the end of the context", 2)
        await until(lambda: not self.service._site.connections, "the end of the connection", 2)
        happened = self.host.definition.project.happened
        self.assertEqual((happened[0], happened[-1]), ("on_connect", "on_disconnect 1006"))


class ResetOverTcp(Reset, ServedCase):
    """Over TCP."""

    family = socket.AF_INET

    def address(self, host: Any) -> Any:
        return host.host, host.port


class ResetOverUnix(Reset, ServedCase):
    """Over a Unix socket."""

    transport = "unix"
    family = socket.AF_UNIX

    def address(self, _host: Any) -> Any:
        return str(self.place.socket)


class LifeOverTcp(Life, ServedCase):
    """Over TCP."""


class LifeOverTls(Life, ServedCase):
    """Over TLS."""

    transport = "tls"


class LifeOverUnix(Life, ServedCase):
    """Over a Unix socket."""

    transport = "unix"
