# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What tests of the awaited client share: servers of ours, servers that misbehave, and a proxy."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from hashlib import sha1
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.protocol import Factory, Protocol, connectionDone

from tests.support import until
from tests.wire.support import App, ServedCase
from wstwist import Connection, connect

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def answer_to(request: bytes) -> bytes:
    """Give the answer to an opening handshake."""
    (line,) = (line for line in request.split(b"\r\n") if line.startswith(b"Sec-WebSocket-Key:"))
    accept = b64encode(sha1(line.split(b": ")[1] + GUID).digest())
    head = b"HTTP/1.1 101 Go\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
    return head + accept + b"\r\n\r\n"


class Server(Protocol):
    """A server that does what a test tells it.

    Attributes:
        received: The bytes that came.
        is_lost: Whether the client has gone.
    """

    def __init__(self, react: Callable[[Server], object]) -> None:
        self._react = react
        self.received = b""
        self.is_lost = False

    def dataReceived(self, data: bytes) -> None:
        self.received += data
        self._react(self)

    def connectionLost(self, reason: Any = connectionDone) -> None:
        self.is_lost = True

    def accept(self, *behind: bytes) -> None:
        """Answer the opening handshake."""
        request, self.received = self.received, b""
        self.transport.write(answer_to(request) + b"".join(behind))


class Servers(Factory):
    """Makes servers that do what a test tells them; knows them all."""

    noisy = False

    def __init__(self, react: Callable[[Server], object]) -> None:
        self._react = react
        self.made: list[Server] = []

    def buildProtocol(self, addr: object) -> Server:
        server = Server(self._react)
        self.made.append(server)
        return server

    def abort(self) -> None:
        """Drop all connections: one that does not read would not notice that its client has gone."""
        for server in self.made:
            if not server.is_lost:
                server.transport.abortConnection()


def accept_once(server: Server, *behind: bytes) -> None:
    """Answer the opening handshake, and nothing else."""
    if server.received.endswith(b"\r\n\r\n"):
        server.accept(*behind)


class Proxying(Protocol):
    """A proxy's connection with a client, and then its way to the server."""

    def __init__(self, factory: Proxy) -> None:
        self.factory = factory
        self.other: Any = None
        self.head = b""

    def dataReceived(self, data: bytes) -> None:
        if self.other is not None:
            self.other.transport.write(data)
            return
        self.head += data
        if self.head.endswith(b"\r\n\r\n"):
            self.factory.heads.append(self.head)
            if self.factory.answer is not None:
                self.transport.write(self.factory.answer)
                self.transport.loseConnection()
                return
            host, _, port = self.head.split()[1].rpartition(b":")
            endpoint = HostnameEndpoint(reactor, host.strip(b"[]"), int(port))
            endpoint.connect(Factory.forProtocol(lambda: Far(self))).addCallback(self._reached)

    def _reached(self, other: Any) -> None:
        self.other = other
        self.transport.write(b"HTTP/1.1 200 OK\r\nVia: test\r\n\r\n")

    def connectionLost(self, reason: Any = connectionDone) -> None:
        self.factory.open.discard(self)
        if self.other is not None:
            self.other.transport.loseConnection()


class Far(Protocol):
    """A proxy's connection with a server."""

    def __init__(self, near: Proxying) -> None:
        self.near = near

    def dataReceived(self, data: bytes) -> None:
        self.near.transport.write(data)

    def connectionLost(self, reason: Any = connectionDone) -> None:
        self.near.transport.loseConnection()


class Proxy(Factory):
    """An HTTP proxy that knows CONNECT.

    Args:
        answer: What it answers instead of making a way.
    """

    noisy = False

    def __init__(self, answer: bytes | None = None) -> None:
        self.answer = answer
        self.heads: list[bytes] = []
        self.open: set[Proxying] = set()

    def buildProtocol(self, addr: object) -> Proxying:
        proxying = Proxying(self)
        self.open.add(proxying)
        return proxying


class ClientCase(ServedCase):
    """A test with servers, and clients that are dropped at its end."""

    def setUp(self) -> None:
        self.site: Any = None

    def at(self, app: App, scheme: str = "ws") -> str:
        """Serve an application, and give its URL."""
        return f"{scheme}://127.0.0.1:{self.serve(app)}{app.path}"

    def servers(self, react: Callable[[Server], object]) -> tuple[str, Servers]:
        """Serve with servers that do as they are told; gives a URL and them."""
        servers = Servers(react)
        port = self.listen(servers)
        self.addCleanup(servers.abort)
        return f"ws://127.0.0.1:{port}/", servers

    def dial(self, url: str, **options: Any) -> Any:
        """Connect, without the proxies of this machine; dropped at the end."""
        connecting = connect(url, **{"proxy": None, **options})
        self.addCleanup(self._drop, connecting._connection)
        return connecting

    async def _drop(self, connection: Connection) -> None:
        connection._abandon()
        await until(lambda: not connection._links, "the end of a client")

    async def _settle(self) -> None:
        if self.site is not None:
            await super()._settle()


def run(coroutine: Any) -> Deferred[Any]:
    """Run a coroutine beside the test."""
    return Deferred.fromCoroutine(coroutine)
