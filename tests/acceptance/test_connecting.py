# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Connections to other servers, from the events of a project."""

from __future__ import annotations

from typing import ClassVar

from tests.support import ServedCase, until
from wstwist import Client as Handle
from wstwist import Connection, ConnectionClosed, HandshakeRefused, Project, Refuse, connect


class Echo(Project):
    """Sends back what comes, and lets nobody in who says so."""

    interval = "1 h"

    async def on_connect(self, client: Handle) -> None:
        if client.query:
            raise Refuse(403, "not you")

    async def on_message(self, client: Handle, message: str | bytes) -> None:
        client.send(message)


class Relay(Project):
    """Asks an echo on behalf of each client."""

    interval = "1 h"
    url: ClassVar[str] = ""
    ends: ClassVar[list[int | None]] = []

    async def on_connect(self, client: Handle) -> None:
        try:
            await connect(self.url + "?x", proxy=None)
        except HandshakeRefused as refused:
            client.send(str(refused.status))
        self.far: Connection = await connect(self.url, proxy=None)

    async def on_message(self, client: Handle, message: str | bytes) -> None:
        await self.far.send(message)
        client.send(await self.far.receive())

    async def on_disconnect(self, client: Handle) -> None:
        await self.far.close()
        try:
            await self.far.receive()
        except ConnectionClosed as closed:
            self.ends.append(closed.code)


class EventTests(ServedCase):
    """What an event can await."""

    async def test_relay(self) -> None:
        """Events connect, send, receive and close, each client's for itself."""
        await self.serve(Echo, Relay)
        (port,) = self.service.ports
        Relay.url = f"ws://127.0.0.1:{port.getHost().port}/Echo"
        Relay.ends.clear()
        clients = [await self.connect("/Relay") for _ in range(5)]
        for client in clients:
            self.assertEqual(await client.receive(), "403")
        for number, client in enumerate(clients):
            client.send(str(number))
        for number, client in enumerate(clients):
            self.assertEqual(await client.receive(), str(number))
            self.assertEqual(await client.ask(b"x" * 100_000), b"x" * 100_000)
        for client in clients:
            await client.close()
        await until(lambda: len(Relay.ends) == len(clients), "the ends")
        self.assertEqual(set(Relay.ends), {1000})
