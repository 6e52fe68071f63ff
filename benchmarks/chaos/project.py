# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What the nodes serve: contexts that do what they are ordered to, with numbers that tell it apart."""

from __future__ import annotations

import json
from typing import Any

from wstwist import Client, Project, WstwistError


class Chaos(Project):
    """Orders are lists: the name of a method ``do_...`` and its arguments."""

    interval = "200 ms"
    reply_timeout = "3 s"
    known: dict[str, Client] = {}  # noqa: RUF012 - copied for each context
    present: dict[str, None] = {}  # noqa: RUF012 - likewise

    async def on_connect(self, client: Client) -> None:
        """Say who it is."""
        client.join("all")
        self.tell("id", client.id)

    async def on_message(self, client: Client, message: str | bytes) -> None:  # noqa: ARG002 - an event's
        """Do what is ordered; what cannot be done is told."""
        order, *arguments = json.loads(message)
        try:
            await getattr(self, f"do_{order}")(*arguments)
        except WstwistError as error:
            self.tell("failed", order, arguments, type(error).__name__, str(error))

    async def on_presence(self, group: str, joined: list[Client], left: list[Client]) -> None:  # noqa: ARG002
        """Know who is there."""
        self.present.update((client.id, None) for client in joined)
        for client in left:
            self.present.pop(client.id, None)

    async def global_service(self) -> None:
        """Be there."""

    def tell(self, *what: Any) -> None:
        """Tell the client of this context something."""
        self.client.send(json.dumps(what))

    # The load. `number` is one of the sender's: each is used once, and they grow.

    async def do_learn(self) -> None:
        """Know the other clients."""
        self.known = {client.id: client for client in await self.connected_clients()}

    async def do_send(self, number: int, target: str) -> None:
        """Send something to another client."""
        if target in self.known:
            self.known[target].send(json.dumps(["sent", self.client.id, number]))

    async def do_broadcast(self, number: int) -> None:
        """Send something to all."""
        self.broadcast(json.dumps(["sent", self.client.id, number]), group="all")

    async def do_cast(self, number: int, target: str) -> None:
        """Have a procedure executed, and wait for nothing."""
        if target in self.known:
            self.known[target].execute(self.ran, self.client.id, number)

    async def do_call(self, number: int, target: str) -> None:
        """Have a procedure executed, and tell its result."""
        if target in self.known:
            self.tell(
                "done", target, await self.known[target].execute(self.ran, self.client.id, number).within(1)
            )

    async def do_count(self, number: int) -> None:
        """Have a procedure of the global service executed."""
        await self.execute_global_service(self.counted, self.client.id, number)

    async def ran(self, sender: str, number: int) -> int:
        """Tell that it was executed."""
        self.tell("ran", sender, number)
        return number

    async def counted(self, sender: str, number: int) -> None:
        """Tell everybody that it was executed."""
        self.broadcast(json.dumps(["counted", sender, number]), group="all")

    # Whether all are there again.

    async def do_reach(self, token: int) -> None:
        """List all, execute a procedure in each, broadcast to them, and ask the service for who is there."""
        me = self.client
        clients = await self.connected_clients()
        others = [client for client in clients if client != me]
        replies = [client.execute(self.same, token) for client in others]
        self.broadcast(json.dumps(["reached", token]), group="all")
        present = await self.execute_global_service(self.who)
        answers = [await reply for reply in replies]
        reached = [client.id for client, answer in zip(others, answers, strict=True) if answer == token]
        self.tell("listed", token, [*reached, *([me.id] if me in clients else [])], present)

    async def same(self, value: int) -> int:
        """Give back what was given."""
        return value

    async def who(self) -> list[str]:
        """Give those of whom the service was told."""
        return list(self.present)
