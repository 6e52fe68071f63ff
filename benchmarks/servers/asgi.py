# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The ASGI application that uvicorn and granian run; ASGI has no broadcast."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks.servers.common import BROADCAST

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

SENDERS: set[Send] = set()


async def echo(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Send each message back."""
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        if (text := event.get("text")) is not None:
            await send({"type": "websocket.send", "text": text})
        else:
            await send({"type": "websocket.send", "bytes": event["bytes"]})


async def fan_out(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Send to all, as many times as the message says."""
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    SENDERS.add(send)
    while (event := await receive())["type"] == "websocket.receive":
        for _ in range(int(event["text"])):
            for sender in SENDERS:
                await sender({"type": "websocket.send", "text": BROADCAST})
    SENDERS.discard(send)
