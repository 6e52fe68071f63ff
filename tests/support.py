# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What tests on real connections share: servers over TCP, TLS and Unix sockets, and clients for all three."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from time import monotonic
from typing import Any, NamedTuple

from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol
from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredQueue
from twisted.internet.endpoints import TCP4ClientEndpoint, UNIXClientEndpoint, wrapClientTLS
from twisted.internet.interfaces import ISSLTransport, IStreamClientEndpoint, IStreamServerEndpoint
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.ssl import Certificate, optionsForClientTLS
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from twisted.trial.unittest import FailTest, TestCase

from wstwist import Project, certificate
from wstwist.host import Host
from wstwist.service import ProjectService
from wstwist.wire import endpoints

PATIENCE = 10.0
"""Seconds after which something that should have happened is given up."""


async def until(is_so: Callable[[], object], what: str, seconds: float = PATIENCE) -> None:
    """Wait until something is so; where it is not in time, the test has failed."""
    end = monotonic() + seconds
    while not is_so():
        if monotonic() > end:
            raise FailTest(f"{what}: not within {seconds:g} s")
        await deferLater(reactor, 0.01)


async def within(waited: Deferred[Any], what: str, seconds: float = PATIENCE) -> Any:
    """Await a Deferred; where it does not fire in time, the test has failed."""

    def late(_result: object, _seconds: float) -> None:
        raise FailTest(f"{what}: not within {seconds:g} s")

    return await waited.addTimeout(seconds, reactor, onTimeoutCancel=late)


def sleep(seconds: float) -> Deferred[None]:
    """Give a Deferred that fires later, on any reactor."""
    return deferLater(reactor, seconds)


@cache
def pair() -> certificate.Pair:
    """Give a certificate for the loopback and its key, made once."""
    return certificate.ensure(Path(mkdtemp(prefix="wstwist-test-")))


@dataclass(frozen=True)
class Place:
    """Where a server listens, and how a client gets there.

    Attributes:
        transport: ``tcp``, ``tls`` or ``unix``.
        folder: Where a Unix socket can be.
    """

    transport: str
    folder: Path

    @property
    def endpoint(self) -> str | IStreamServerEndpoint:
        """What `ProjectService` is told: a free port of the loopback, or a socket."""
        if self.transport == "unix":
            return f"unix:{self.socket}"
        if self.transport == "tcp":
            return endpoints.tcp(reactor, 0, "127.0.0.1")
        return endpoints.tls(reactor, 0, str(pair().cert), str(pair().key), "127.0.0.1")

    @property
    def options(self) -> list[str]:
        """What ``twistd wsproject`` is told."""
        if self.transport == "unix":
            return ["--listen", f"unix:{self.socket}"]
        if self.transport == "tcp":
            return ["--interface", "127.0.0.1", "--port", "0"]
        cert, key = map(str, pair())
        return ["--interface", "127.0.0.1", "--tls-port", "0", "--cert", cert, "--key", key]

    @property
    def socket(self) -> Path:
        """The Unix socket's file."""
        return self.folder / "socket"

    def way(self, port: int | None) -> IStreamClientEndpoint:
        """Give the endpoint of a client; a Unix socket has no port."""
        if self.transport == "unix":
            return UNIXClientEndpoint(reactor, str(self.socket))
        plain = TCP4ClientEndpoint(reactor, "127.0.0.1", port)
        if self.transport == "tcp":
            return plain
        trust = Certificate.loadPEM(pair().cert.read_bytes())
        return wrapClientTLS(optionsForClientTLS("localhost", trustRoot=trust), plain)


class End(NamedTuple):
    """How a connection ended, as its client saw it."""

    code: int
    reason: str
    was_clean: bool


class Closed(Exception):
    """There is no further message: the connection is over."""


class Client:
    """A WebSocket client, which is Autobahn's. `connect` makes one.

    Attributes:
        end: How the connection ended; None before.
        response: The header fields of the server's answer, names in lower case.
    """

    def __init__(self) -> None:
        self.end: End | None = None
        self.response: dict[str, str] = {}
        self._protocol: Any = None
        self._opened: Deferred[None] = Deferred()
        self._messages: DeferredQueue[str | bytes | Failure] = DeferredQueue()
        self._waiting: list[Deferred[End]] = []

    @classmethod
    async def connect(
        cls, way: IStreamClientEndpoint, path: str, *, headers: dict[str, str] | None = None, **settings: Any
    ) -> Client:
        """Connect, and do the handshake; one that fails raises `Closed`.

        Args:
            way: Any client endpoint.
            path: The path, with the query.
            headers: Further header fields.
            settings: As `WebSocketClientFactory` takes them: ``protocols``, for example.
        """
        client = cls()
        factory = WebSocketClientFactory(
            f"ws://localhost{path}", headers=headers or {}, reactor=reactor, **settings
        )
        # Autobahn's timers would outlive a test; each wait here has its own.
        factory.setProtocolOptions(
            openHandshakeTimeout=0, closeHandshakeTimeout=0, serverConnectionDropTimeout=0
        )
        factory.protocol = _ClientProtocol
        factory.client = client
        client._protocol = await way.connect(factory)
        await within(client._opened, "the handshake")
        return client

    def send(self, message: str | bytes) -> None:
        """Send a message: ``str`` as text, ``bytes`` as binary."""
        is_text = isinstance(message, str)
        self._protocol.sendMessage(message.encode() if is_text else message, isBinary=not is_text)

    async def receive(self, seconds: float = PATIENCE) -> str | bytes:
        """Give the next message; `Closed` where there is none any more."""
        message = await within(self._messages.get(), "a message", seconds)
        if isinstance(message, Failure):
            self._messages.put(message)
            message.raiseException()
        return message

    async def ask(self, message: str | bytes, seconds: float = PATIENCE) -> str | bytes:
        """Send a message, and give the next that comes."""
        self.send(message)
        return await self.receive(seconds)

    async def close(self, code: int = 1000, reason: str = "") -> End:
        """Close, and give how the connection ended."""
        self._protocol.sendClose(code, reason)
        return await self.closed()

    def reset(self) -> None:
        """Drop the connection: a reset, on TCP."""
        if self.end is None:
            self._protocol.transport.abortConnection()

    def hang_up(self) -> None:
        """End the connection without a close frame."""
        if self.end is None:
            hang_up(self._protocol.transport)

    async def closed(self, seconds: float = PATIENCE) -> End:
        """Wait for the end of the connection, and give how it ended."""
        if self.end is None:
            waiting: Deferred[End] = Deferred()
            self._waiting.append(waiting)
            await within(waiting, "the end of a connection", seconds)
        return self.end

    # What the protocol tells.

    def _was_opened(self, response: dict[str, str]) -> None:
        self.response = response
        self._opened.callback(None)

    def _was_closed(self, end: End) -> None:
        self.end = end
        if not self._opened.called:
            self._opened.errback(Closed(end))
        self._messages.put(Failure(Closed(end)))
        for waiting in self._waiting:
            waiting.callback(end)


class _ClientProtocol(WebSocketClientProtocol):
    def onConnect(self, response):
        self.headers = response.headers

    def onOpen(self):
        self.factory.client._was_opened(self.headers)

    def onMessage(self, payload, isBinary):
        self.factory.client._messages.put(payload if isBinary else payload.decode())

    def onClose(self, wasClean, code, reason):
        self.factory.client._was_closed(End(code, reason or "", wasClean))


class Raw(Protocol):
    """A client that writes what it is told, and collects what comes."""

    def __init__(self) -> None:
        self.received = b""
        self.is_over = False

    @classmethod
    async def connect(cls, way: IStreamClientEndpoint, data: bytes) -> Raw:
        """Connect, and send bytes."""
        raw: Raw = await way.connect(Factory.forProtocol(cls))
        raw.transport.write(data)
        return raw

    def dataReceived(self, data: bytes) -> None:
        self.received += data

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.is_over = True

    async def answer(self) -> bytes:
        """Wait for the end of the connection, and give all that came."""
        await until(lambda: self.is_over, "the end of a raw connection")
        return self.received

    def reset(self) -> None:
        """Drop the connection: a reset, on TCP."""
        if not self.is_over:
            self.transport.abortConnection()

    def hang_up(self) -> None:
        """End the connection."""
        if not self.is_over:
            hang_up(self.transport)


def hang_up(transport: Any) -> None:
    """End a connection without waiting for the other side to agree, as TLS would."""
    transport.loseConnection()
    if ISSLTransport.providedBy(transport):
        transport.transport.loseConnection()


def handshake(path: str, *more: str) -> bytes:
    """Give the request of a WebSocket client; ``more`` are further header lines."""
    lines = (
        f"GET {path} HTTP/1.1",
        "Host: localhost",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        *more,
        "",
        "",
    )
    return "\r\n".join(lines).encode("latin-1")


class ServedCase(TestCase):
    """A test with projects served in this process, and clients.

    Attributes:
        transport: What clients come over: ``tcp``, ``tls`` or ``unix``.
    """

    timeout = 60
    transport = "tcp"

    def setUp(self) -> None:
        self.place = Place(self.transport, Path(self.enterContext(TemporaryDirectory(prefix="wstwist-"))))

    async def serve(self, *projects: type[Project]) -> ProjectService:
        """Serve projects until the test ends."""
        self.service = service = ProjectService(*projects, endpoints=[self.place.endpoint])
        service.startService()
        self.addCleanup(self._stop, service)
        await until(lambda: all(host.is_started for host in service.hosts), "the start")
        return service

    @property
    def host(self) -> Host:
        """The host of the only project."""
        (host,) = self.service.hosts
        return host

    @property
    def way(self) -> IStreamClientEndpoint:
        """How clients get to the server."""
        (port,) = self.service.ports
        return self.place.way(getattr(port.getHost(), "port", None))

    async def connect(self, target: str = "", **settings: Any) -> Client:
        """Connect a client, which is dropped when the test ends.

        Args:
            target: A query, a path, or both; without a path it is that of the first project.
            settings: As `Client.connect` takes them.
        """
        path = target if target.startswith("/") else self.service.hosts[0].path + target
        client = await Client.connect(self.way, path, **settings)
        self.addCleanup(self._drop, client)
        return client

    async def connect_raw(self, data: bytes) -> Raw:
        """Connect a client that knows nothing of WebSocket, which is dropped when the test ends."""
        raw = await Raw.connect(self.way, data)
        self.addCleanup(self._drop_raw, raw)
        return raw

    async def _drop(self, client: Client) -> None:
        client.reset()
        await client.closed()

    async def _drop_raw(self, raw: Raw) -> None:
        raw.reset()
        await raw.answer()

    async def _stop(self, service: ProjectService) -> None:
        if service.running:
            await within(service.stopService(), "stopService", 20)
        await until(lambda: not service._site.connections, "the end of all connections")
