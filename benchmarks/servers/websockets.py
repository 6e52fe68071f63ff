# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""websockets, by its asyncio API, on uvloop."""

from __future__ import annotations

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

from benchmarks.servers.common import BACKLOG, BROADCAST, HOST, options, tls

GIVEN = options()
CONNECTIONS: set[ServerConnection] = set()


async def _echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


async def _fan_out(connection: ServerConnection) -> None:
    CONNECTIONS.add(connection)
    try:
        async for message in connection:
            for _ in range(int(message)):
                broadcast(CONNECTIONS, BROADCAST)
    finally:
        CONNECTIONS.discard(connection)


async def _main() -> None:
    handler = _echo if GIVEN.mode == "echo" else _fan_out
    compression = "deflate" if GIVEN.deflate else None
    async with serve(
        handler, HOST, GIVEN.port, ssl=tls(GIVEN), compression=compression, backlog=BACKLOG
    ) as server:
        await server.serve_forever()


uvloop.run(_main())
