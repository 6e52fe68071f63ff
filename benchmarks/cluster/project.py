# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What the nodes serve whose calls are timed."""

from __future__ import annotations

import json
from time import perf_counter

from wstwist import Client, Project


class Caller(Project):
    """A client says whom it calls, and how many times; it is answered with what each call took."""

    reply_timeout = "10 s"

    async def on_connect(self, client: Client) -> None:
        """Say who it is."""
        client.send(client.id)

    async def on_message(self, client: Client, message: str | bytes) -> None:
        """Execute a procedure in another client's context, again and again."""
        name, count = json.loads(message)
        (other,) = [each for each in await self.connected_clients() if each.id == name]
        seconds = []
        for _ in range(count):
            began = perf_counter()
            await other.execute(self.same, PAYLOAD)
            seconds.append(perf_counter() - began)
        client.send(json.dumps(seconds))

    async def same(self, value: bytes) -> bytes:
        """Give back what was given."""
        return value


PAYLOAD = b"x" * 64
