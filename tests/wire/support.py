# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What the wire's tests share: an application that records, a server on a free port, and raw clients."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock, deferLater
from twisted.internet.testing import StringTransport
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from wstwist.limits import Limits
from wstwist.traffic import Traffic
from wstwist.wire.endpoints import listen, tcp
from wstwist.wire.interface import Opening, WireSettings
from wstwist.wire.site import Site

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n{{more}}\r\n"
)


def handshake(path: str = "/Chat", more: str = "") -> bytes:
    """Give a client's handshake; ``more`` are further header lines."""
    return HANDSHAKE.format(path=path, more=more).encode("latin-1")


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, masked: bool = True) -> bytes:
    """Encode a client's frame, its mask being zero."""
    size = len(payload)
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    mask = 0x80 if masked else 0
    if size < 126:
        head = struct.pack("!BB", first, mask | size)
    elif size < 65536:
        head = struct.pack("!BBH", first, mask | 126, size)
    else:
        head = struct.pack("!BBQ", first, mask | 127, size)
    return head + (b"\0\0\0\0" if masked else b"") + payload


def text(message: str) -> bytes:
    """Encode a client's text message."""
    return frame(1, message.encode())


def close(code: int | None = 1000, reason: str = "") -> bytes:
    """Encode a client's close frame."""
    return frame(8, b"" if code is None else struct.pack("!H", code) + reason.encode())


class Peer:
    """The application's side of one connection: records, and answers as it is told."""

    def __init__(self, application: App, request: Any, channel: Any) -> None:
        self.application = application
        self.request = request
        self.channel = channel
        self.messages: list[str | bytes] = []
        self.ends: list[tuple[int, str, bool]] = []
        self.ended: Deferred[None] = Deferred()
        self.wants_more = True
        self.reads = 0

    @property
    def log_fields(self) -> dict[str, object]:
        return {**self.application.log_fields, "client": "ann"}

    def deliver(self, message: str | bytes) -> bool:
        self.messages.append(message)
        if self.application.on_message is not None:
            self.application.on_message(self, message)
        return self.wants_more

    def delivered(self) -> None:
        self.reads += 1

    def closed(self, code: int, reason: str, was_clean: bool) -> None:
        self.ends.append((code, reason, was_clean))
        if not self.ended.called:
            self.ended.callback(None)


class App:
    """An application whose peers record."""

    log_fields: dict[str, object] = {"project": "Chat"}

    def __init__(
        self,
        path: str = "/Chat",
        on_message: Callable[[Peer, str | bytes], object] | None = None,
        on_open: Callable[[Peer], Any] | None = None,
        **settings: Any,
    ) -> None:
        self.path = path
        self.wire = WireSettings(**settings)
        self.on_message = on_message
        self.on_open = on_open
        self.peers: list[Peer] = []
        self.opened: Deferred[Peer] = Deferred()
        self.counters: Counter[str] = Counter()
        self.traffic = Traffic()

    def count(self, what: str, times: int = 1) -> None:
        self.counters[what] += times

    def open(self, request: Any, channel: Any) -> Opening:
        peer = Peer(self, request, channel)
        accepted = self.on_open(peer) if self.on_open is not None else None
        self.peers.append(peer)
        if not self.opened.called:
            self.opened.callback(peer)
        return Opening(peer, accepted if isinstance(accepted, Deferred) else succeed(accepted or {}))

    @property
    def peer(self) -> Peer:
        """The only peer, or the last one."""
        return self.peers[-1]


def echo(peer: Peer, message: str | bytes) -> None:
    """Send back what came."""
    peer.channel.send(message)


class Wire(StringTransport):
    """A transport without network that has what TCP has, and remembers how it ended."""

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__()
        self.clock = clock
        self.aborted = False
        self.half_closed = False
        self.no_delay = False

    def setTcpNoDelay(self, enabled: bool) -> None:
        self.no_delay = enabled

    def loseWriteConnection(self) -> None:
        self.half_closed = True

    def abortConnection(self) -> None:
        self.aborted = True

    def resumeProducing(self) -> None:
        self._checkState()
        self.producerState = "producing"

    def pauseProducing(self) -> None:
        self.producerState = "paused"

    def taken(self) -> bytes:
        """Give what was written since the last time, when this turn of the reactor is over."""
        if self.clock is not None:
            self.clock.advance(0)
        written: bytes = self.value()
        self.clear()
        return written


class Link:
    """A client without network: a site's guard on a `Wire`, and a `Clock`."""

    def __init__(self, *applications: App, clock: Clock | None = None, **arguments: Any) -> None:
        self.clock = clock or Clock()
        self.site = Site(self.clock, applications, **arguments)
        self.wire = Wire(self.clock)
        self.guard = self.site.factory.buildProtocol(None)
        self.wire.protocol = self.guard
        self.guard.makeConnection(self.wire)

    def receive(self, data: bytes) -> bytes:
        """Let bytes of the client come in, and give what is written in answer."""
        self.wire.protocol.dataReceived(data)
        return self.wire.taken()

    def open(self, *behind: bytes, more: str = "") -> bytes:
        """Do the handshake; what comes ``behind`` it arrives in the same read."""
        return self.receive(handshake(more=more) + b"".join(behind))

    def pass_(self, seconds: float) -> bytes:
        """Let time pass from one timer to the next, each in its moment, and give what is written."""
        end = self.clock.seconds() + seconds
        while (calls := self.clock.getDelayedCalls()) and calls[0].getTime() <= end + 1e-6:
            self.clock.advance(max(0.0, calls[0].getTime() - self.clock.seconds()) + 1e-9)
        self.clock.advance(max(0.0, end - self.clock.seconds()))
        return self.wire.taken()

    def lose(self) -> None:
        """Let the transport be lost."""
        from twisted.internet.error import ConnectionDone
        from twisted.python.failure import Failure

        self.wire.protocol.connectionLost(Failure(ConnectionDone()))


class ServedCase(TestCase):
    """A test with servers on free ports of the loopback."""

    timeout = 20

    def serve(self, *applications: App, **arguments: Any) -> int:
        """Serve applications, and give the port."""
        self.site = Site(reactor, applications, **arguments)
        return self.listen(self.site.factory)

    def listen(self, factory: Any) -> int:
        """Listen with any factory, and give the port."""
        port = listen(tcp(reactor, 0, "127.0.0.1"), factory, "the test's port")
        self.addCleanup(self._settle)
        self.addCleanup(port.stopListening)
        return port.getHost().port

    async def _settle(self) -> None:
        self.site.abort()
        for _ in range(100):
            if not self.site.connections:
                break
            await deferLater(reactor, 0.01)
        await deferLater(reactor, 0.01)


class Raw:
    """A blocking client that writes what it is told, for use in a thread."""

    def __init__(self, port: int, *, seconds: float = 8) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> Raw:
        self.socket.sendall(data)
        return self

    def read(self, size: int) -> bytes:
        """Read exactly that much."""
        received = b""
        while len(received) < size:
            piece = self.socket.recv(size - len(received))
            if not piece:
                raise EOFError(received)
            received += piece
        return received

    def read_all(self) -> bytes:
        """Read to the end."""
        received = b""
        while piece := self.socket.recv(65536):
            received += piece
        return received

    def head(self) -> bytes:
        """Read an answer's head."""
        received = b""
        while not received.endswith(b"\r\n\r\n"):
            received += self.read(1)
        return received

    def frame(self) -> tuple[int, bytes]:
        """Read a server's frame: its opcode, with RSV1, and its payload."""
        first, size = self.read(2)
        if size == 126:
            (size,) = struct.unpack("!H", self.read(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", self.read(8))
        return first & 0x4F, self.read(size)


async def talking(talk: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a client of asyncio's in a thread, and give what it returns.

    Over TLS it has to be such a one: websockets.sync reads and writes one TLS object from two threads, and
    hangs or loses its request about once in a thousand times, against its own server too.
    """

    async def bounded() -> Any:
        return await asyncio.wait_for(talk(), 15)

    return await deferToThread(lambda: asyncio.run(bounded()))


async def raw(port: int, *steps: bytes) -> bytes:
    """Send bytes, and give everything that is answered until the server closes."""

    def talk() -> bytes:
        with Raw(port) as client:
            for step in steps:
                client.send(step)
            return client.read_all()

    return await deferToThread(talk)


def small(**changes: Any) -> Limits:
    """Give limits with some changed."""
    return Limits(**changes)
