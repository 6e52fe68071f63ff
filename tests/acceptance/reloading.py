# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Clients that send numbered messages faster than they read the answers, in a process of their own.

It reads from the command line where the server is, writes a line when all are connected, and at the end the
answers of each client, as JSON. The clients are those of the websockets library.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

BURST = 5


async def run(where: dict[str, Any]) -> list[list[str]]:
    """Connect all, and let them talk."""
    at_once = asyncio.Semaphore(50)
    clients = await asyncio.gather(*(reach(where["url"], at_once) for _ in range(where["clients"])))
    sys.stdout.write("connected\n")
    sys.stdout.flush()
    return await asyncio.gather(*(talk(client, where) for client in clients))


async def reach(url: str, at_once: asyncio.Semaphore) -> ClientConnection:
    """Connect one."""
    settings: dict[str, Any] = {"compression": None, "ping_interval": None, "open_timeout": 30}
    async with at_once:
        return await connect(url, proxy=None, **settings)


async def talk(client: ClientConnection, where: dict[str, Any]) -> list[str]:
    """Send in bursts, and give what was answered; an error where the connection ended before."""
    sending = asyncio.create_task(send(client, where["messages"], where["seconds"]))
    answers = [str(await client.recv()) for _ in range(where["messages"])]
    await sending
    await client.close()
    return [*answers, str(client.close_code)]


async def send(client: ClientConnection, messages: int, seconds: float) -> None:
    """Send bursts over so many seconds, at moments of the client's own."""
    chance = random.Random()
    for number in range(messages):
        if not number % BURST:
            await asyncio.sleep(2 * chance.random() * seconds * BURST / messages)
        await client.send(str(number))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(run(json.loads(sys.argv[1])))))
