# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tornado, on the asyncio loop that uvloop gives it."""

from __future__ import annotations

import asyncio
from typing import Any

import uvloop
from tornado.httpserver import HTTPServer
from tornado.web import Application
from tornado.websocket import WebSocketHandler

from benchmarks.servers.common import BACKLOG, BROADCAST, HOST, options, tls

GIVEN = options()
HANDLERS: set[WebSocketHandler] = set()


class Echo(WebSocketHandler):
    """Sends each message back."""

    def get_compression_options(self) -> dict[str, Any] | None:
        """Say whether messages are compressed."""
        return {} if GIVEN.deflate else None

    def on_message(self, message: str | bytes) -> None:
        """Take a message."""
        self.write_message(message, binary=isinstance(message, bytes))


class FanOut(WebSocketHandler):
    """Sends to all, as many times as the message says."""

    def open(self) -> None:
        """Come."""
        HANDLERS.add(self)

    def on_close(self) -> None:
        """Go."""
        HANDLERS.discard(self)

    def on_message(self, message: str | bytes) -> None:
        """Take a message."""
        for _ in range(int(message)):
            for handler in HANDLERS:
                handler.write_message(BROADCAST)


async def _main() -> None:
    application = Application(
        [("/", Echo if GIVEN.mode == "echo" else FanOut)], log_function=lambda _handler: None
    )
    server = HTTPServer(application, ssl_options=tls(GIVEN))
    server.listen(GIVEN.port, HOST, backlog=BACKLOG)
    await asyncio.Event().wait()


uvloop.run(_main())
