# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The way of one node to NATS, which can be cut, or frozen: then nothing passes, and nobody is told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from benchmarks.servers.common import HOST

_PIECE = 64 * 1024


class Ways:
    """Runs proxies in a thread of its own, while the `with` block lasts."""

    def __init__(self) -> None:
        """Begin without any."""
        self._ways: list[Way] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        """Begin to run."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End, with all connections."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def to(self, port: int) -> Way:
        """Make a way to a port."""
        way = asyncio.run_coroutine_threadsafe(Way.make(port), self._loop).result()
        self._ways.append(way)
        return way

    async def _end(self) -> None:
        for way in self._ways:
            way.end()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)  # transports close in the next turn


class Way:
    """A TCP proxy on loopback. Its methods may be called from any thread.

    Attributes:
        url: Where NATS is, on this way.
    """

    url: str
    _server: asyncio.Server

    def __init__(self, port: int) -> None:
        """Lead to a port; `make` listens."""
        self._loop = asyncio.get_running_loop()
        self._port = port
        self._is_cut = False
        self._open = asyncio.Event()
        self._open.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    async def make(cls, port: int) -> Way:
        """Make one, and listen."""
        way = cls(port)
        way._server = await asyncio.start_server(way._accept, HOST, 0)
        way.url = f"nats://{HOST}:{way._server.sockets[0].getsockname()[1]}"
        return way

    def end(self) -> None:
        """Listen no more, and end all connections; in the thread of the loop."""
        self._server.close()
        self._cut()

    def cut(self) -> None:
        """End all connections, and accept none, until `heal`."""
        self._do(self._cut)

    def freeze(self) -> None:
        """Let nothing pass until `heal`; then all that was sent meanwhile arrives."""
        self._do(self._open.clear)

    def heal(self) -> None:
        """Let everything pass."""
        self._do(self._heal)

    def _do(self, what: Callable[[], object]) -> None:
        self._loop.call_soon_threadsafe(what)

    def _cut(self) -> None:
        self._is_cut = True
        for writer in self._writers:
            writer.transport.abort()

    def _heal(self) -> None:
        self._is_cut = False
        self._open.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        self._writers.add(writer)
        with suppress(OSError):
            await self._open.wait()
            far_reader, far_writer = await asyncio.open_connection(HOST, self._port)
            self._writers.add(far_writer)
            back = self._loop.create_task(self._pump(far_reader, writer))
            self._tasks.add(back)
            back.add_done_callback(self._tasks.discard)
            await self._pump(reader, far_writer)
        self._writers.discard(writer)
        writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(_PIECE):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
        self._writers.discard(writer)
        writer.transport.abort()
