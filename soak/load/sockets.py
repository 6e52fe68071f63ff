# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Connecting from many addresses of the loopback: one of them has 28,000 ports only."""

from __future__ import annotations

import asyncio
import itertools
import json
import resource
import socket
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

P = TypeVar("P", bound=asyncio.BaseProtocol)

_BIND_WITHOUT_PORT = 24  # IP_BIND_ADDRESS_NO_PORT, which Python does not name before 3.12
_ADDRESSES = 50
_sources = itertools.cycle(range(2, 2 + _ADDRESSES))


async def connect(host: str, port: int, protocol: P, receive_buffer: int = 0) -> P:
    """Connect, and give the protocol.

    Args:
        host: Where the server is; for one on the loopback each connection comes from another address.
        port: Likewise.
        protocol: Who has the connection.
        receive_buffer: How much of what the server sends the kernel is to keep, in bytes; 0: its own choice.
    """
    loop = asyncio.get_running_loop()
    client = socket.socket()
    client.setblocking(False)
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    if host.startswith("127."):
        client.setsockopt(socket.IPPROTO_IP, _BIND_WITHOUT_PORT, 1)
        client.bind((f"127.0.0.{next(_sources)}", 0))
    try:
        await loop.sock_connect(client, (host, port))
    except BaseException:
        client.close()
        raise
    await loop.create_connection(lambda: protocol, sock=client)
    return protocol


def run(main: Callable[[dict[str, Any]], Coroutine[Any, Any, dict[str, Any]]]) -> None:
    """Run a load on uvloop: its orders are the argument, as JSON, and what it finds is printed likewise."""
    import uvloop  # noqa: PLC0415 - the healthy client does without

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    found = uvloop.run(main(json.loads(sys.argv[1])))
    used = resource.getrusage(resource.RUSAGE_SELF)
    sys.stdout.write(json.dumps({**found, "cpu": used.ru_utime + used.ru_stime}))
