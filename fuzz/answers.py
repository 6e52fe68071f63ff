# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What the fuzz targets of requests share: a server without network, and what its answers have to be."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import atheris
import h11

from tests.wire.support import App, Link
from wstwist.wire import guard, handshake, head, opening
from wstwist.wire.web import about

HEADER_SIZE = 16 * 1024
HEADER_COUNT = 64
SWITCHING = 101

_UPGRADE = [("Connection", "Upgrade"), ("Upgrade", "websocket")]
_DATE = re.compile(rb"\r\nDate: [^\r]*")


def serve() -> Link:
    """Give a client of a server with a project at /Chat and a page."""
    return Link(App(compress=True, protocols=("chat", "superchat")), web=about())


def play(pieces: Sequence[bytes]) -> bytes:
    """Send a request in pieces, and give what is answered in the end; nothing may be left of it."""
    link = serve()
    answer = b""
    for piece in pieces:
        answer += link.receive(piece)
        held = len(getattr(link.wire.protocol, "_received", b""))
        assert held <= HEADER_SIZE + len(piece), held  # noqa: S101
    link.clock.advance(10)
    answer += link.wire.taken()
    link.lose()
    assert not link.site.connections  # noqa: S101
    return _DATE.sub(b"", answer)


def status(answer: bytes, method: str = "GET") -> int:
    """Check that an answer is one valid answer of HTTP, and give its status; 0: there is none.

    Args:
        answer: All that was written. The end of a file that is on its way may be missing.
        method: The method of the request; the answer to HEAD has no body.
    """
    if not answer:
        return 0
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "x"), *_UPGRADE]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(answer)
    response: Any = connection.next_event()
    number: int = response.status_code
    if number != SWITCHING:  # behind that one are frames
        assert b"close" in dict(response.headers)[b"connection"].lower(), answer  # noqa: S101
        while isinstance(connection.next_event(), h11.Data):
            pass
        assert connection.trailing_data[0] == b"", answer  # noqa: S101
    return number


def main(check: Callable[[bytes], None], seeds: Sequence[bytes]) -> None:
    """Run libFuzzer; its options and the folder of the corpus are the arguments."""
    parts: list[Any] = [guard, handshake, head, opening]
    interpreted = [part.__name__ for part in parts if part.__file__.endswith(".py")]
    if interpreted:
        sys.exit(f"not compiled: {', '.join(interpreted)}")
    corpus = Path(sys.argv[-1])
    for index, seed in enumerate(seeds):
        (corpus / f"seed-{index}").write_bytes(seed)
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()
