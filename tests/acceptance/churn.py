# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Clients that come, send and go at random, in a process of their own.

It reads from the command line where the server is, and writes what each client did as JSON. The clients are
those of the websockets library.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import ssl
import struct
import sys
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.exceptions import ConnectionClosed

MESSAGES = 20
ENDS = ("close", "leave", "reset", "hang up")
"""Two ways to close properly, and two to drop the connection."""


async def run(where: dict[str, Any]) -> list[dict[str, Any]]:
    """Let all clients do what they do, so many of them at once."""
    chance = random.Random(where["seed"])
    at_once = asyncio.Semaphore(where["at_once"])
    plans = [
        {"number": number, "end": ENDS[number % len(ENDS)], "seed": chance.random()}
        for number in range(where["clients"])
    ]
    chance.shuffle(plans)
    return await asyncio.gather(*(live(where, plan, at_once) for plan in plans))


async def live(where: dict[str, Any], plan: dict[str, Any], at_once: asyncio.Semaphore) -> dict[str, Any]:
    """Connect, send numbered messages, and go; one that drops does so after some of them."""
    chance = random.Random(plan["seed"])
    async with at_once:
        connection = await reach(where, f"{where['path']}?number={plan['number']}")
        answers = asyncio.create_task(read(connection))
        is_drop = plan["end"] in ("reset", "hang up")
        sent = chance.randint(0, MESSAGES) if is_drop else MESSAGES
        for number in range(sent):
            await connection.send(str(number))
            if chance.random() < 0.2:
                await asyncio.sleep(chance.random() * 0.02)
        await end(connection, plan["end"])
        await answers
    return {"number": plan["number"], "end": plan["end"], "sent": sent}


async def reach(where: dict[str, Any], target: str) -> ClientConnection:
    """Connect over the transport that was asked for."""
    settings: dict[str, Any] = {"compression": None, "ping_interval": None, "open_timeout": 30}
    if where["transport"] == "unix":
        return await unix_connect(where["socket"], f"ws://localhost{target}", **settings)
    if where["transport"] == "tcp":
        return await connect(f"ws://127.0.0.1:{where['port']}{target}", proxy=None, **settings)
    trust = ssl.create_default_context(cafile=where["cert"])
    return await connect(f"wss://localhost:{where['port']}{target}", proxy=None, ssl=trust, **settings)


async def read(connection: ClientConnection) -> None:
    """Read until the connection is over."""
    with suppress(ConnectionClosed):
        while True:
            await connection.recv()


async def end(connection: ClientConnection, how: str) -> None:
    """End a connection in one of the four ways."""
    transport = connection.transport
    if how == "close":
        await connection.close(1000)
    elif how == "leave":
        await connection.close(4000, "bye")
    elif how == "hang up":
        transport.close()  # what was written leaves, then FIN
    else:
        handle = transport.get_extra_info("socket")
        if handle.family != socket.AF_UNIX:
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    await connection.wait_closed()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(run(json.loads(sys.argv[1])))))
