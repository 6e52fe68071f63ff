# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What the attacks share: raw clients, answers, and the bounds within which a server has to stay."""

from __future__ import annotations

import select
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from soak.frames import CLOSE, Reader, handshake
from soak.served import Served
from soak.watching import Watch

MIB = 1 << 20
MEMORY = 8 * MIB
"""What an attack may cost at most, of resident memory."""
LAG = 0.25
"""Seconds for which no healthy client may have to wait for its echo; other tests run at the same time."""

_PATIENCE = 15.0
_ATTEMPTS = 3
_SITE = Path(__file__).with_name("in_a_site.py")


def serve_in_a_site(folder: Path, transport: str) -> Served:
    """Start a web site with a project in it."""
    return Served(folder, [sys.executable, str(_SITE), transport])


def bounded(served: Served, attack: Callable[[], Any], *, memory: int = MEMORY, lag: float = LAG) -> Any:
    """Attack, and check what it costs: memory, and the time in which the server did nothing else.

    The machine may be busy, too: an attack that has cost too much time has to do so three times.

    Returns:
        What the first attack gave.
    """
    most, first = float("inf"), None
    for attempt in range(_ATTEMPTS):
        with Watch(served, pause=0.002) as watch:
            found = attack()
        if not attempt:
            first = found
            assert watch.grown < memory, f"the server has grown by {watch.grown / MIB:.1f} MiB"
        most = min(most, watch.echoes.most)
        if most < lag:
            return first
    raise AssertionError(f"an echo took {most:.3f} s in each of {_ATTEMPTS} attempts")


class Client:
    """A blocking client that writes what it is told.

    Args:
        served: The server.
        path: Where to shake hands; None: not at all.
        more: Further header lines of the handshake.
    """

    def __init__(self, served: Served, path: str | None = None, *more: str) -> None:
        """Connect."""
        self.socket = socket.create_connection((served.host, served.port), timeout=_PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = Reader()
        self.head = b""
        if path is not None:
            self.socket.sendall(handshake(path, *more))
            self.head = self.read_head()
            assert status(self.head) == 101, self.head

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> Client:
        """Write; a server that has gone meanwhile is no error."""
        with suppress(ConnectionError):
            self.socket.sendall(data)
        return self

    def read_head(self) -> bytes:
        """Read the head of an answer."""
        head = b""
        while not head.endswith(b"\r\n\r\n") and (piece := self.socket.recv(1)):
            head += piece
        return head

    def read_all(self) -> bytes:
        """Read until the server ends."""
        received = b""
        with suppress(ConnectionResetError):
            while piece := self.socket.recv(65536):
                received += piece
        return received

    def frame(self) -> tuple[int, bytes]:
        """Read one frame; more than one at once is an error."""
        while True:
            data = self.socket.recv(65536)
            assert data, "the server has ended"
            if frames := self.reader.feed(data):
                (found,) = frames
                return found

    def close_code(self) -> int | None:
        """Read until the server ends, and give the close code that it has sent; None: none."""
        frames = self.reader.feed(self.read_all())
        codes = [int.from_bytes(payload[:2], "big") for opcode, payload in frames if opcode == CLOSE]
        assert len(codes) < 2, frames
        return codes[0] if codes else None

    def reset(self) -> None:
        """Drop the connection without a word."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def ask(served: Served, data: bytes) -> bytes:
    """Send bytes, and give everything that is answered until the server ends."""
    with Client(served) as client:
        return client.send(data).read_all()


def close_code(served: Served, data: bytes, path: str = "/Echo", *more: str) -> int | None:
    """Send bytes behind a handshake, and give the close code."""
    with Client(served, path, *more) as client:
        return client.send(data).close_code()


def status(answer: bytes) -> int:
    """Give the status of an answer."""
    assert answer.startswith(b"HTTP/1.1 "), answer
    return int(answer[9:12])


def flood(
    served: Served, first: bytes, pieces: Iterable[bytes], path: str | None = None
) -> tuple[bytes, int]:
    """Write without end, and read meanwhile; give what was answered, and how much was written before it."""
    answer, sent, before, rest = b"", 0, 0, first
    with Client(served, path) as client:
        raw, pieces = client.socket, iter(pieces)
        raw.setblocking(False)
        end = time.monotonic() + _PATIENCE
        with suppress(ConnectionError):
            while time.monotonic() < end:
                readable, writable, _ = select.select([raw], [raw], [], 1)
                if readable:
                    if not (data := raw.recv(65536)):
                        return answer, before
                    answer, before = answer + data, before or sent
                elif writable:
                    rest = rest or next(pieces)
                    written = raw.send(rest)
                    sent, rest = sent + written, rest[written:]
            raise AssertionError(f"the server still takes it after {sent} bytes")
    return answer, before or sent
