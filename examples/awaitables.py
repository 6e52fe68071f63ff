# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What an event may await: what is made for asyncio or anyio, Twisted's Deferreds, and Replies.

Beside this file and a file ``sites.txt``, with the address of a web site in each line::

    twistd -n wsproject awaitables:Sites

Whatever a client sends, it is told how each of the sites is doing. (On another reactor than the usual one
only Deferreds and Replies can be awaited.)
"""

import asyncio
import platform

import anyio
import httpx
from twisted.internet.threads import deferToThread

from wstwist import Client, Project


class Sites(Project):
    """Looks after web sites."""

    checks: int = 0

    async def on_message(self, client: Client, message: str | bytes) -> None:
        # anyio: read a file without holding up other clients.
        addresses = (await anyio.Path("sites.txt").read_text()).split()

        # asyncio and httpx: ask all sites at the same time, and wait for no longer than 5 s.
        try:
            async with asyncio.timeout(5), httpx.AsyncClient() as http, asyncio.TaskGroup() as group:
                for address in addresses:
                    group.create_task(self._ask(http, client, address))
        except TimeoutError:
            client.send("that was all in 5 s")

        # Twisted: a Deferred, here of what a function returns in a thread.
        system = await deferToThread(platform.platform)

        # wstwist: the Reply of another context, here the global service.
        number = await self.execute_global_service(self.count)
        client.send(f"check {number}, from {system}")

    def count(self) -> int:
        """Count the checks of all clients."""
        self.checks += 1
        return self.checks

    async def _ask(self, http: httpx.AsyncClient, client: Client, address: str) -> None:
        try:
            answer = await http.get(address)
            client.send(f"{address} {answer.status_code}")
        except httpx.TransportError:
            client.send(f"{address} does not answer")
