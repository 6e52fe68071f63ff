# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Feeds the guard whatever libFuzzer comes up with, as a client would, in pieces of any size.

``make fuzz`` runs it. A finding is a memory error, an exception, an answer that is not HTTP, a buffer that
grows beyond the limit, a connection that is not let go of, or another answer to the same bytes in other
pieces. An input is two bytes, the sizes of the pieces in turn, and what the client sends.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from answers import HEADER_SIZE, main, play, status  # type: ignore[attr-defined] # this folder's

# Longer requests come in larger pieces, or each of them would take long.
_SHORT = 1000
_STATUSES = (0, 101, 200, 206, 304, 308, 400, 403, 404, 405, 408, 413, 416, 426, 431, 501, 503, 505)


def pieces(data: bytes) -> list[bytes]:
    """Cut what a client sends."""
    sizes, sent, found = data[:2], data[2:], []
    coarse = 1 + len(sent) // _SHORT * _SHORT // 16
    at = 0
    while at < len(sent):
        size = coarse + sizes[len(found) % 2]
        found.append(sent[at : at + size])
        at += size
    return found


def check(data: bytes) -> None:
    """Demand the same answer whether the request comes in pieces or at once."""
    if len(data) < 3 or len(data) > 2 * HEADER_SIZE:  # noqa: PLR2004 - two sizes, and something
        return
    answer = play(pieces(data))
    method = "HEAD" if data[2:].startswith(b"HEAD ") else "GET"
    assert status(answer, method) in _STATUSES, answer  # noqa: S101
    whole = play([data[2:]])
    assert answer == whole, (answer, whole)  # noqa: S101


_UPGRADE = (
    b"GET /Chat HTTP/1.1\r\nHost: localhost:9000\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
SEEDS = [
    _UPGRADE + b"\r\n\x81\x80\0\0\0\0",
    _UPGRADE + b"Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
    _UPGRADE + b"Origin: http://localhost:9000\r\nCookie: a=b\r\n\r\n\x88\x82\0\0\0\0\x03\xe8",
    _UPGRADE.replace(b"/Chat", b"http://localhost/Chat?a=b%20c") + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"HEAD /wstwist.js HTTP/1.0\r\nIf-Modified-Since: Sun, 22 Nov 2026 00:00:00 GMT\r\n\r\n",
    b"GET /wstwist.d.ts HTTP/1.1\r\nHost: x\r\nRange: bytes=0-10\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * HEADER_SIZE,
    b"\x16\x03\x01\x02",
]

if __name__ == "__main__":
    main(check, [sizes + seed for sizes in (b"\xff\xff", b"\x00\x09") for seed in SEEDS])
