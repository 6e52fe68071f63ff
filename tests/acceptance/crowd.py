# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Two thousand clients, half of which never read, in a process of their own.

It reads from the command line where the server is, writes a line when all are connected, and, when the
connections of the others are over, how each of those ended and when, as JSON. It goes when its input ends.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

REQUEST = (
    b"GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)

SMALL, LARGE = 8, 128
"""Pieces of 64 KiB that those get who never read."""


async def run(where: dict[str, Any]) -> list[tuple[int | None, float]]:
    """Connect all, and see how those end that read."""
    floods = [LARGE if number < 20 else SMALL for number in range(where["silent"])]
    silent = [await never_read(where, flood) for flood in floods]
    at_once = asyncio.Semaphore(50)
    readers = await asyncio.gather(*(reach(where, at_once) for _ in range(where["readers"])))
    sys.stdout.write("connected\n")
    sys.stdout.flush()
    ends = await asyncio.gather(*(keep_busy(reader) for reader in readers))
    sys.stdin.read()
    for each in silent:
        each.close()
    return ends


async def never_read(where: dict[str, Any], flood: int) -> socket.socket:
    """Connect, ask for a flood, and read none of it."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, ("127.0.0.1", where["port"]))
    await loop.sock_sendall(client, REQUEST % f"{where['path']}?flood={flood}".encode())
    return client


async def reach(where: dict[str, Any], at_once: asyncio.Semaphore) -> ClientConnection:
    """Connect one that reads."""
    async with at_once:
        return await connect(
            f"ws://127.0.0.1:{where['port']}{where['path']}",
            proxy=None,
            compression=None,
            ping_interval=None,
            open_timeout=30,
        )


async def keep_busy(client: ClientConnection) -> tuple[int | None, float]:
    """Send and read until the connection is over; give its close code, and when that was."""
    try:
        while True:
            await client.send("busy")
            await client.recv()
            await asyncio.sleep(0.1)
    except ConnectionClosed:
        return client.close_code, time.monotonic()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(run(json.loads(sys.argv[1])))))
