# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""aiohttp on uvloop, with its C extensions."""

from __future__ import annotations

import uvloop
from aiohttp import WSMsgType, web

from benchmarks.servers.common import BACKLOG, BROADCAST, HOST, options, tls

GIVEN = options()
SOCKETS: set[web.WebSocketResponse] = set()


async def _echo(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(compress=GIVEN.deflate)
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await socket.send_bytes(message.data)
    return socket


async def _fan_out(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    SOCKETS.add(socket)
    try:
        async for message in socket:
            for _ in range(int(message.data)):
                for other in SOCKETS:
                    await other.send_str(BROADCAST)
    finally:
        SOCKETS.discard(socket)
    return socket


APPLICATION = web.Application()
APPLICATION.add_routes([web.get("/", _echo if GIVEN.mode == "echo" else _fan_out)])
web.run_app(
    APPLICATION,
    host=HOST,
    port=GIVEN.port,
    ssl_context=tls(GIVEN),
    backlog=BACKLOG,
    access_log=None,
    print=None,
    loop=uvloop.new_event_loop(),
)
