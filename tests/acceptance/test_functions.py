# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Globals, and the functions by which contexts reach each other."""

from __future__ import annotations

from threading import Barrier
from typing import ClassVar

from twisted.internet.defer import Deferred

from tests.support import ServedCase
from wstwist import CircularExecution, Project
from wstwist.client import Client as Handle


class Names(Project):
    """Each message is a new nickname; every context tells what it knows."""

    interval = "1 h"
    nickname: str = "guest"
    seen: dict[str, list[str]] = {"names": []}

    async def on_message(self, client: Handle, message: str | bytes) -> None:
        self.nickname = str(message)
        self.seen["names"].append(self.nickname)
        known = [
            await other.execute(Names.know) for other in await self.connected_clients() if other != client
        ]
        client.send(f"{self.know()}; {', '.join(known)}; {await self.execute_global_service(Names.know)}")

    def know(self) -> str:
        return f"{self.nickname} {self.seen['names']}"


class Renaming(Project):
    """Each message renames the other client."""

    interval = "1 h"
    nickname: str = "guest"

    async def on_message(self, client: Handle, message: str | bytes) -> None:
        (other,) = [other for other in await self.connected_clients() if other != client]
        client.send(await other.execute(Renaming.rename, message))

    async def rename(self, nickname: str) -> str:
        before, self.nickname = self.nickname, nickname
        self.client.send(f"you are {nickname}")
        return f"{before} is {nickname}"


class News(Project):
    """The service tells clients, which ask the service."""

    interval = "1 h"

    async def on_message(self, client: Handle, message: str | bytes) -> None:
        client.send(await self.execute_global_service(News.tell, message))

    async def tell(self, message: str) -> str:
        for client in await self.connected_clients():
            client.execute(News.hear, message)
        return "told"

    async def hear(self, message: str) -> None:
        self.client.send(await self.execute_global_service(News.confirm, message))

    def confirm(self, message: str) -> str:
        return f"{message}, really"


def make_meeting() -> type[Project]:
    """Make a project in which two clients, at the same moment, wait for each other."""

    class Meeting(Project):
        interval = "1 h"
        arrived: ClassVar[list[Deferred[None]]] = []

        async def on_message(self, client: Handle, message: str | bytes) -> None:
            (other,) = [other for other in await self.connected_clients() if other != client]
            await self.meet()
            try:
                client.send(await other.execute(Meeting.greet))
            except CircularExecution as error:
                client.send(f"circle of {len(error.contexts)}")

        async def meet(self) -> None:
            if self.arrived:
                self.arrived.pop().callback(None)
            else:
                both: Deferred[None] = Deferred()
                self.arrived.append(both)
                await both

        def greet(self) -> str:
            return "hello"

    return Meeting


def make_blocking_meeting() -> type[Project]:
    """Make the same project in blocking code."""

    class Meeting(Project):
        interval = "1 h"
        both: ClassVar[Barrier] = Barrier(2, timeout=5)

        def on_message(self, client: Handle, message: str | bytes) -> None:
            (other,) = [other for other in self.connected_clients().wait() if other != client]
            self.both.wait()
            try:
                client.send(other.execute(Meeting.greet).wait())
            except CircularExecution as error:
                client.send(f"circle of {len(error.contexts)}")

        def greet(self) -> str:
            return "hello"

    return Meeting


class Functions:
    """What contexts know of each other, and how they reach each other."""

    async def test_globals(self):
        """A global that one context sets, or changes, is unchanged in all others, the service's included."""
        await self.serve(Names)
        ann, bob = await self.connect(), await self.connect()
        self.assertEqual(await ann.ask("Ann"), "Ann ['Ann']; guest []; guest []")
        self.assertEqual(await bob.ask("Bob"), "Bob ['Bob']; Ann ['Ann']; guest []")
        self.assertEqual(await ann.ask("Al"), "Al ['Ann', 'Al']; Bob ['Bob']; guest []")

    async def test_execute(self):
        """A procedure executed in a client's context answers that client, and its result comes back."""
        await self.serve(Renaming)
        ann, bob = await self.connect(), await self.connect()
        self.assertEqual(await ann.ask("Bob"), "guest is Bob")
        self.assertEqual(await bob.receive(), "you are Bob")
        self.assertEqual(await ann.ask("Bill"), "Bob is Bill")

    async def test_circle(self):
        """Of two clients that wait for each other exactly one gets CircularExecution."""
        await self.check_circle(make_meeting())

    async def test_blocking_circle(self):
        """Of two clients that wait for each other in blocking code exactly one gets CircularExecution."""
        await self.check_circle(make_blocking_meeting())

    async def check_circle(self, project: type[Project]) -> None:
        await self.serve(project)
        ann, bob = await self.connect(), await self.connect()
        for _ in range(20):
            ann.send("meet")
            bob.send("meet")
            answers = [await ann.receive(), await bob.receive()]
            self.assertEqual(sorted(map(str, answers)), ["circle of 2", "hello"])

    async def test_no_circle(self):
        """From client to service to client to service there is no circle, where one does not wait."""
        await self.serve(News)
        ann, bob = await self.connect(), await self.connect()
        for number in range(50):
            self.assertEqual({await ann.ask(str(number)), await ann.receive()}, {"told", f"{number}, really"})
            self.assertEqual(await bob.receive(), f"{number}, really")


class FunctionsOverTcp(Functions, ServedCase):
    """Over TCP."""


class FunctionsOverTls(Functions, ServedCase):
    """Over TLS."""

    transport = "tls"


class FunctionsOverUnix(Functions, ServedCase):
    """Over a Unix socket."""

    transport = "unix"
