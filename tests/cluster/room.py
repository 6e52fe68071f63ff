# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A project that does what its clients order; what it answers is JSON."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from wstwist import Client, Project


class Room(Project):
    """Clients give orders: the name of a method ``do_...`` and its arguments."""

    interval = "200 ms"
    durable = ("seen",)
    reply_timeout = "10 s"
    seen: dict[str, int] = {}
    runs: int = 0
    started: int = 0
    heard: list[int] = []

    async def on_service_start(self) -> None:
        self.started += 1

    async def global_service(self) -> None:
        self.runs += 1

    async def on_presence(self, group: str, joined: list[Client], left: list[Client]) -> None:
        came, went = ([client.query["name"] for client in clients] for clients in (joined, left))
        told = {"group": group, "came": sorted(came), "went": sorted(went)}
        self.broadcast(json.dumps(told), group="watchers")

    async def on_connect(self, client: Client) -> None:
        client.send(json.dumps({"id": client.id}))

    async def on_message(self, client: Client, message: str | bytes) -> None:
        order, *args = json.loads(message)
        try:
            result = await getattr(self, f"do_{order}")(*args)
        except Exception as error:  # whatever it is, the client is told
            result = f"{type(error).__name__}: {error}"
        client.send(json.dumps({"result": result}))

    async def find(self, name: str) -> Client:
        for client in await self.connected_clients():
            if client.query["name"] == name:
                return client
        raise LookupError(name)

    async def do_list(self, group: str | None = None) -> list[str]:
        return sorted([client.query["name"] for client in await self.connected_clients(group)])

    async def do_pages(self, group: str | None = None) -> list[str]:
        return sorted([client.query["name"] async for client in self.connected_clients(group)])

    async def do_count(self, group: str | None = None) -> int:
        return await self.count_clients(group)

    async def do_is_connected(self, name: str) -> bool:
        return await (await self.find(name)).is_connected()

    async def do_keep(self, name: str) -> None:
        self.kept = await self.find(name)

    async def do_is_kept_connected(self) -> bool:
        return await self.kept.is_connected()

    async def do_send_kept(self, text: str) -> None:
        self.kept.send(json.dumps(text))

    async def do_broadcast_here(self, text: str) -> None:
        self.broadcast(json.dumps(text))

    async def do_execute_kept(self, procedure: str) -> Any:
        return await self.kept.execute(procedure)

    async def do_send(self, name: str, *texts: str) -> None:
        client = await self.find(name)
        for text in texts:
            client.send(json.dumps(text))

    async def do_send_large(self, name: str, size: int) -> None:
        (await self.find(name)).send(json.dumps("x" * size))

    async def do_drain(self, name: str) -> bool:
        await (await self.find(name)).drained()
        return True

    async def do_close(self, name: str) -> None:
        (await self.find(name)).disconnect(4001, "you were asked to go")

    async def do_execute(self, name: str, procedure: str, *args: Any) -> Any:
        return await (await self.find(name)).execute(procedure, *args)

    async def do_execute_within(self, limit: float, name: str, procedure: str, *args: Any) -> Any:
        return await (await self.find(name)).execute(procedure, *args).within(limit)

    async def do_service(self, procedure: str, *args: Any) -> Any:
        return await self.execute_global_service(procedure, *args)

    async def do_many(self, name: str, count: int) -> list[int]:
        """Send and execute in turn, and see in which order it came."""
        client = await self.find(name)
        for number in range(count):
            if number % 3 == 0:
                client.execute(self.hear, number)
            elif number % 3 == 1:
                self.broadcast(json.dumps(number), group="order")
            else:
                client.send(json.dumps(number))
        return await client.execute(self.what_was_heard)

    async def do_join(self, group: str, name: str | None = None) -> None:
        (self.client if name is None else await self.find(name)).join(group)

    async def do_leave(self, group: str, name: str | None = None) -> None:
        (self.client if name is None else await self.find(name)).leave(group)

    async def do_broadcast(self, text: str, group: str | None = None, without: str | None = None) -> None:
        exclude = () if without is None else [await self.find(without)]
        await self.broadcast(json.dumps(text), group=group, exclude=exclude)

    async def do_broadcast_to(self, text: str, *names: str) -> None:
        await self.broadcast(json.dumps(text), to=[await self.find(name) for name in names])

    # Procedures.

    def double(self, value: Any) -> Any:
        return value * 2

    def who(self) -> str | None:
        return None if self.client is None else self.client.query["name"]

    def fail(self) -> None:
        raise ValueError("as you wished")

    def same(self, value: Any) -> Any:
        return value

    def large(self, size: int) -> str:
        return "x" * size

    async def wait_for_ever(self) -> None:
        await asyncio.Event().wait()

    async def ask(self, name: str) -> Any:
        """Wait for a procedure of another client, which asks the next one."""
        first, _, rest = name.partition(" ")
        return await (await self.find(first)).execute(self.ask, rest)

    async def ask_service(self, name: str) -> Any:
        return await self.execute_global_service(self.ask, name)

    def hear(self, number: int) -> None:
        self.heard.append(number)

    def what_was_heard(self) -> list[int]:
        return self.heard

    def count(self, name: str) -> int:
        self.seen[name] = self.seen.get(name, 0) + 1
        return self.seen[name]

    def status(self) -> dict[str, Any]:
        return {"seen": self.seen, "runs": self.runs, "started": self.started, "lease": self.lease}
