# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Many clients that stay: idle ones, busy ones, ones that listen, and ones that never read.

It prints ``ready`` when all are connected, texts for which nobody has asked, and what they have seen when its
standard input ends.
"""

from __future__ import annotations

import asyncio
import sys
import time
from array import array
from collections import Counter
from typing import Any

from soak.frames import BINARY, CLOSE, PING, PONG, Reader, frame, handshake, text
from soak.load.sockets import connect, run

_AT_ONCE = 200
_DEAF_BUFFER = 4096
_TICKS = 10
_END_OF_HEAD = b"\r\n\r\n"


class Member(asyncio.Protocol):
    """One client.

    Args:
        crowd: Whose.
        path: Where it connects.
        deaf: Whether it never reads what is sent to it.
    """

    def __init__(self, crowd: Crowd, path: str, *, deaf: bool) -> None:
        """Begin without a connection."""
        self._crowd = crowd
        self._path = path
        self._deaf = deaf
        self._head = b""
        self._reader: Reader | None = None
        self._asked = 0.0
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.received = 0

    def connection_made(self, transport: Any) -> None:
        """Shake hands."""
        self._transport = transport
        transport.write(handshake(self._path))

    def data_received(self, data: bytes) -> None:
        """Take what comes."""
        if self._reader is None:
            self._head += data
            if _END_OF_HEAD not in self._head:
                return
            data = self._open()
        for opcode, payload in self._reader.feed(data) if self._reader else ():
            self._take(opcode, payload)

    def connection_lost(self, _error: Exception | None) -> None:
        """Count it, unless the crowd goes."""
        self._crowd.lost += not self._crowd.is_over
        if not self.opened.done():
            self.opened.set_exception(ConnectionError(f"no 101 but {self._head!r}"))

    def ask(self, message: bytes) -> None:
        """Send a message that is to come back, unless the last one has not."""
        if self._asked:
            self._crowd.late += 1
        else:
            self._asked = time.perf_counter()
            self._transport.write(message)

    def write(self, data: bytes) -> None:
        """Write anything."""
        self._transport.write(data)

    def abort(self) -> None:
        """Go."""
        self._transport.abort()

    def _open(self) -> bytes:
        head, _, rest = self._head.partition(_END_OF_HEAD)
        if not head.startswith(b"HTTP/1.1 101 "):
            self._transport.abort()
            return b""
        self._reader = Reader()
        if self._deaf:
            self._transport.pause_reading()
        self.opened.set_result(None)
        return rest

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self._transport.write(frame(PONG, payload))
        elif opcode == CLOSE:
            self._crowd.codes[int.from_bytes(payload[:2], "big")] += 1
        elif opcode == BINARY:
            self._crowd.disordered += int.from_bytes(payload[:8], "big") != self.received
            self.received += 1
        elif not self._asked:
            sys.stdout.write(payload.decode() + "\n")
            sys.stdout.flush()
        else:
            self._crowd.times.append(time.perf_counter() - self._asked)
            self._asked = 0.0


class Crowd:
    """All clients of this process."""

    def __init__(self) -> None:
        """Begin without any."""
        self.members: list[Member] = []
        self.times = array("d")
        self.codes: Counter[int] = Counter()
        self.lost = self.late = self.disordered = 0
        self.is_over = False

    async def gather(self, order: dict[str, Any]) -> None:
        """Connect all."""
        places = asyncio.Semaphore(_AT_ONCE)
        buffer = _DEAF_BUFFER if order["deaf"] else 0

        async def come() -> None:
            async with places:
                member = Member(self, order["path"], deaf=order["deaf"])
                await connect(order["host"], order["port"], member, buffer)
                await member.opened
                self.members.append(member)

        await asyncio.gather(*(come() for _ in range(order["count"])))

    async def talk(self, rate: float, size: int) -> None:
        """Have each one send so many messages a second, not all at the same time."""
        message, pause = text("x" * size), 1 / rate / _TICKS
        due = time.perf_counter()
        while True:
            for part in range(_TICKS):
                for member in self.members[part::_TICKS]:
                    member.ask(message)
                due += pause
                await asyncio.sleep(max(0.0, due - time.perf_counter()))

    def leave(self) -> None:
        """Go, all at once."""
        self.is_over = True
        for member in self.members:
            member.abort()

    def found(self) -> dict[str, Any]:
        """Tell what they have seen."""
        ordered = sorted(self.times)
        received = [member.received for member in self.members]
        return {
            "connected": len(self.members),
            "lost": self.lost,
            "late": self.late,
            "codes": self.codes,
            "disordered": self.disordered,
            "received": [min(received), max(received)],
            "echoes": len(ordered),
            **{
                name: ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else None
                for name, part in (("p50", 0.5), ("p99", 0.99), ("most", 1.0))
            },
        }


async def main(order: dict[str, Any]) -> dict[str, Any]:
    """Do what was ordered until standard input ends.

    What is written to standard input, line by line, one client sends: it is how broadcasts are asked for.
    """
    crowd = Crowd()
    await crowd.gather(order)
    talking = asyncio.ensure_future(crowd.talk(order["rate"], 64)) if order["rate"] else None
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    lines = asyncio.StreamReader()
    reading = asyncio.StreamReaderProtocol(lines)
    await asyncio.get_running_loop().connect_read_pipe(lambda: reading, sys.stdin)
    while line := await lines.readline():
        crowd.members[0].write(text(line.decode().strip()))
    if talking is not None:
        talking.cancel()
    found = crowd.found()
    crowd.leave()
    await asyncio.sleep(0.1)
    return found


if __name__ == "__main__":
    run(main)
