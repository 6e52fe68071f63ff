# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Many clients that come, do something that they should not, and are answered; or go before that."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from soak.cases import CASES, Visit
from soak.frames import CLOSE, Reader
from soak.load.sockets import connect, run

_PATIENCE = 30.0
_END_OF_HEAD = b"\r\n\r\n"
_RESET = struct.pack("ii", 1, 0)


class Visitor(asyncio.Protocol):
    """One client, which writes, and collects what is answered."""

    def __init__(self) -> None:
        """Begin without a connection."""
        loop = asyncio.get_running_loop()
        self.received = bytearray()
        self.answered: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: Any) -> None:
        """Remember the transport."""
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Collect."""
        self.received += data
        if not self.answered.done() and _END_OF_HEAD in self.received:
            self.answered.set_result(None)

    def connection_lost(self, _error: Exception | None) -> None:
        """Know that it is over."""
        for future in (self.answered, self.ended):
            if not future.done():
                future.set_result(None)

    async def write(self, steps: Iterable[bytes], pause: float) -> None:
        """Write one after another, as long as the server listens."""
        for step in steps:
            if self.ended.done():
                return
            self.transport.write(step)
            await asyncio.sleep(pause)

    async def frames(self, count: int) -> None:
        """Wait until so many frames have come behind the 101."""
        while not self.ended.done() and len(_frames(self.received)) < count:  # noqa: ASYNC110 - two ends
            await asyncio.sleep(0.01)

    def reset(self) -> None:
        """Go without a word."""
        handle = self.transport.get_extra_info("socket")
        if handle is not None and not self.ended.done():
            handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()


async def pay(host: str, port: int, visit: Visit) -> str:
    """Do what a visit does, and give its outcome in a word."""
    visitor = await connect(host, port, Visitor())
    try:
        await visitor.write(visit.first, visit.pause)
        if visit.then:
            await visitor.answered
            await visitor.write(visit.then, visit.pause)
        if visit.last:
            await visitor.frames(visit.answers)
            visitor.transport.write(visit.last)
        if visit.ends == "hang up":
            visitor.transport.close()
        if visit.ends != "reset":
            await asyncio.wait_for(asyncio.shield(visitor.ended), visit.patience)
    except TimeoutError:
        return "silence"
    finally:
        visitor.reset()
    return outcome(bytes(visitor.received)) if visit.ends == "server" else "gone"


def outcome(received: bytes) -> str:
    """Give the status of an answer; behind a 101 the close code, and how many messages came before it."""
    head = received.partition(_END_OF_HEAD)[0]
    if not head.startswith(b"HTTP/1.1 "):
        return "nothing" if not received else "nonsense"
    if head[9:12] != b"101":
        return head[9:12].decode("ascii")
    messages, code = 0, "no code"
    for opcode, payload in _frames(received):
        if opcode == CLOSE:
            code = str(int.from_bytes(payload[:2], "big"))
        else:
            messages += 1
    return f"{code} after {messages}" if messages else code


def _frames(received: bytes | bytearray) -> list[tuple[int, bytes]]:
    """Take apart what came behind the 101."""
    return Reader().feed(bytes(received).partition(_END_OF_HEAD)[2])


async def main(order: dict[str, Any]) -> dict[str, Any]:
    """Pay all visits, so many of them at once, and count their outcomes."""
    places = asyncio.Semaphore(order["at_once"])
    outcomes: Counter[str] = Counter()
    wrong: Counter[str] = Counter()

    async def come(visit: Visit) -> None:
        try:
            found = await asyncio.wait_for(pay(order["host"], order["port"], visit), _PATIENCE)
        except (OSError, TimeoutError) as error:
            found = type(error).__name__
        finally:
            places.release()
        outcomes[found] += 1
        if not {found, found.partition(" after ")[0]} & {*visit.expected}:
            wrong[f"{visit.name}: {found} instead of {' or '.join(visit.expected)}"] += 1

    began = time.perf_counter()
    tasks = set()
    for visit in CASES[order["cases"]](order["count"]):
        await places.acquire()
        task = asyncio.ensure_future(come(visit))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    return {"outcomes": outcomes, "wrong": wrong, "seconds": time.perf_counter() - began}


if __name__ == "__main__":
    run(main)
