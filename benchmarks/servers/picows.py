# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""picows, by its core API, on uvloop; it brings aiofastnet itself, and has no compression."""

from __future__ import annotations

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

from benchmarks.servers.common import BACKLOG, BROADCAST, HOST, options, tls

GIVEN = options()
MESSAGE = BROADCAST.encode()
TRANSPORTS: set[WSTransport] = set()


class Echo(WSListener):
    """Sends each frame back."""

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take a frame."""
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code(), frame.get_close_message())
            transport.disconnect()
        else:
            transport.send(frame.msg_type, frame.get_payload_as_memoryview())


class FanOut(WSListener):
    """Sends to all, as many times as the message says."""

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Come."""
        TRANSPORTS.add(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Go."""
        TRANSPORTS.discard(transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take a frame."""
        if frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
            return
        for _ in range(int(frame.get_payload_as_ascii_text())):
            for other in TRANSPORTS:
                other.send(WSMsgType.TEXT, MESSAGE)


LISTENER = Echo if GIVEN.mode == "echo" else FanOut


def _make(_request: WSUpgradeRequest) -> WSListener:
    return LISTENER()


async def _main() -> None:
    server = await ws_create_server(_make, HOST, GIVEN.port, ssl=tls(GIVEN), backlog=BACKLOG)
    await server.serve_forever()


uvloop.run(_main())
