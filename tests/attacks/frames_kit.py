# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What the attacks with frames share: a server that is a process of its own, what it costs, and floods."""

from __future__ import annotations

import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.processes import Server
from tests.wire.support import Raw, handshake, text

MIB = 1 << 20
MEMORY = 8 * MIB
"""Bytes of resident memory that an attack may cost at its peak."""
LAG = 0.25
"""Seconds for which no healthy client may have to wait for its echo; other tests run at the same time."""
PATIENCE = 15.0
"""Seconds after which a server that still has not ended a connection never will."""

_ATTEMPTS = 3
_PROJECTS = """
from wstwist import Client, Project


class Echo(Project):
    interval = "1 h"

    async def on_message(self, client: Client, message: str | bytes) -> None:
        client.send(message)


class Compressed(Echo):
    compress = True
"""


class Attacked(Server):
    """A server with default limits that is attacked.

    Args:
        folder: Where it runs.
        endpoint: ``tcp`` for Twisted's own, or ``fast``.
    """

    def __init__(self, folder: Path, endpoint: str) -> None:
        (folder / "attacked.py").write_text(_PROJECTS)
        where = f"--listen={endpoint}:0:interface=127.0.0.1"
        super().__init__(folder, where, projects=("attacked:Echo", "attacked:Compressed"))

    def forget_peak(self) -> None:
        """Let the peak of its memory begin anew."""
        self._proc("clear_refs").write_text("5")

    def memory(self, which: str) -> int:
        """Give its resident memory: ``VmRSS`` now, ``VmHWM`` at its peak."""
        (line,) = [line for line in self._proc("status").read_text().splitlines() if line.startswith(which)]
        return int(line.split()[1]) * 1024

    def _proc(self, name: str) -> Path:
        assert self._process is not None
        return Path("/proc", str(self._process.pid), name)


class Healthy:
    """A client that sends, waits for the echo, and remembers the longest wait, all the time."""

    def __init__(self, server: Server) -> None:
        self.longest = 0.0
        self._client = Raw(server.port, seconds=PATIENCE).send(handshake("/Echo"))
        self._client.head()
        self._is_over = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Healthy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._thread.join()
        self._client.socket.close()

    def _run(self) -> None:
        while not self._is_over:
            began = time.perf_counter()
            self._client.send(text("healthy"))
            echo = self._client.frame()
            self.longest = max(self.longest, time.perf_counter() - began)
            assert echo == (1, b"healthy")
            time.sleep(0.002)


def bounded(server: Attacked, attack: Callable[[], Any], memory: int = MEMORY, lag: float = LAG) -> Any:
    """Attack, and check what it costs: memory, and the time for which a healthy client waited.

    The machine may be busy with something else: an attack that took too much time has to do so three times.

    Returns:
        What the first attack gave.
    """
    found, longest = [], []
    for _ in range(_ATTEMPTS):
        with Healthy(server) as healthy:
            server.forget_peak()
            before = server.memory("VmRSS")
            found.append(attack())
        grown = server.memory("VmHWM") - before
        assert grown < memory, f"the server has grown by {grown / MIB:.1f} MiB"
        longest.append(healthy.longest)
        if healthy.longest < lag:
            break
    assert min(longest) < lag, f"a healthy client has waited for {min(longest):.3f} s, in each attempt"
    assert "Traceback" not in server.log.read_text(), server.log.read_text()
    return found[0]


def flood(server: Server, pieces: Iterable[bytes], path: str = "/Echo", more: str = "") -> int | None:
    """Write all pieces, or as much as is taken; give the close code that came, None for none.

    A server that takes all of it and does not end the connection is an AssertionError.
    """
    answer, rest, left = b"", b"", iter(pieces)
    with Raw(server.port) as client:
        client.send(handshake(path, more)).head()
        client.socket.setblocking(False)
        end = time.monotonic() + PATIENCE
        with suppress(ConnectionError):
            while True:
                assert time.monotonic() < end, "the server has not ended the connection"
                rest = rest or next(left, b"")
                readable, writable, _ = select.select([client.socket], [client.socket] if rest else [], [], 1)
                if readable:
                    if not (data := client.socket.recv(65536)):
                        break
                    answer += data
                elif writable:
                    rest = rest[client.socket.send(rest) :]
    return close_code(answer)


def flood_unread(server: Server, piece: bytes) -> float:
    """Write a piece again and again and never read; give the seconds after which the server ended it."""
    with Raw(server.port) as client:
        client.send(handshake("/Echo")).head()
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.socket.settimeout(0.1)
        began = time.monotonic()
        while (passed := time.monotonic() - began) < PATIENCE:
            try:
                client.socket.send(piece)
            except TimeoutError:
                pass  # it does not read: it has to end the connection all the same
            except ConnectionError:
                return passed
    raise AssertionError("the server has not ended the connection")


def close_code(answer: bytes) -> int | None:
    """Give the close code in frames of the server, each of at most 125 bytes."""
    while len(answer) > 1:
        opcode, size = answer[0] & 0x0F, answer[1]
        if opcode == 8:
            return int.from_bytes(answer[2:4], "big")
        answer = answer[2 + size :]
    return None


def oversized(size: int) -> bytes:
    """Give the header of a binary frame of a size."""
    return b"\x82\xff" + struct.pack("!Q", size) + bytes(4)
