# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802, N803 - the names are Twisted's
"""Listening for connections that aiofastnet takes: Twisted's own port, up to the socket that was accepted."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any
from weakref import ref

from twisted.internet.defer import Deferred, execute
from twisted.internet.interfaces import (
    IListeningPort,
    ILoggingContext,
    IProtocolFactory,
    IStreamServerEndpoint,
)
from twisted.internet.tcp import Port
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from wstwist.wire.fast import FastTlsTransport, FastTransport
from wstwist.wire.last_words import HandshakeTimer, LastWords
from wstwist.wire.served_tls import ServedTls
from wstwist.wire.unbegun import handshake_time, tell, why_tls

# Seconds for the peer to take what was written and to close TLS, too. Who leaves sets a shorter time.
_SHUTDOWN_TIME = 60.0
# What is encrypted passes through two buffers of this size for each connection: a record of TLS, the largest.
_TLS_BUFFER = 16 * 1024 + 512
# Seconds between what was heard from a peer and a look whether it has reset the connection since.
_LOOK_AFTER = 1.0

_log = Logger(namespace="wstwist.wire")


def fast_loop(reactor: Any) -> asyncio.AbstractEventLoop | None:
    """Give the event loop of a reactor on which aiofastnet can be used, None where it cannot."""
    loop: asyncio.AbstractEventLoop | None = getattr(reactor, "_asyncioEventloop", None)
    if loop is None:
        return None
    try:
        usable = hasattr(import_module("aiofastnet").Transport, "write_nocheck")
    except ImportError:
        return None
    return loop if usable else None


@implementer(IStreamServerEndpoint)
class FastEndpoint:
    """Where to listen.

    Args:
        reactor: One that `fast_loop` has a loop for.
        port: The port's number; 0: a free one.
        backlog: How many connections may wait to be accepted.
        interface: The address to listen on, as Twisted's ports take it.
        tls: The settings of TLS; None: plain TCP.

    Attributes:
        tls: These settings.
        arrivals: What takes that which is accepted.
    """

    arrivals: Callable[..., Arrivals]

    def __init__(
        self, reactor: Any, port: int, backlog: int, interface: str, tls: ServedTls | None = None
    ) -> None:
        """Keep what a port needs; nothing is bound yet."""
        self._reactor = reactor
        self._port = port
        self._backlog = backlog
        self._interface = interface
        self.tls = tls
        self.arrivals = Arrivals

    def listen(self, protocolFactory: IProtocolFactory) -> Deferred[IListeningPort]:
        """Bind, now."""
        return execute(self._listen, protocolFactory)

    def _listen(self, factory: IProtocolFactory) -> IListeningPort:
        if self.tls is not None:
            self.tls.begin(lambda settings: settings.for_asyncio(factory))
        arrivals = self.arrivals(factory, fast_loop(self._reactor), self.tls)
        adopt = getattr(self._reactor, "adopt", None)
        if adopt is not None:
            adopted: IListeningPort = adopt(FastPort, arrivals)
            return adopted
        port = FastPort(self._port, arrivals, self._backlog, self._interface, self._reactor)
        port.startListening()
        return port


class FastPort(Port):
    """A port of Twisted's that gives what it accepts to aiofastnet. Its factory is an `Arrivals`."""

    factory: Any
    # Twisted would make a transport of the socket here; ours is there already, and is given the socket.
    transport: Any = staticmethod(lambda accepted, *_: accepted)

    def loseConnection(self, *args: Any) -> Any:
        """Accept no more, and drop what is no connection yet: a TLS handshake that goes on, for example."""
        self.factory.drop()
        return super().loseConnection(*args)  # type: ignore[no-untyped-call] # Twisted's port has no types

    stopListening = loseConnection  # noqa: N815 - Twisted's name


@implementer(IProtocolFactory, ILoggingContext)
class Arrivals:
    """What a port has accepted, until it is a connection; and what connections need from outside.

    Args:
        factory: The factory of the protocols. Its ``handshake_time``, if it has one, is how many seconds a
            TLS handshake may take; its ``accepted``, likewise, is told the number of each descriptor, and its
            ``turned_away`` of each handshake that fails.
        loop: The event loop.
        tls: The settings of TLS; None: plain TCP.

    Attributes:
        build: Gives the protocol for a peer's address.
        call_soon: Has something called in the loop's next turn.
        heard: Told once in a while that a connection's peer has sent something.
    """

    def __init__(self, factory: Any, loop: Any, tls: ServedTls | None) -> None:
        """Begin with nothing accepted."""
        self._factory = factory
        self._loop = _Loop(loop)
        self._tls = tls
        self._kind = FastTransport if tls is None else FastTlsTransport
        self._plain = import_module("aiofastnet.selector_transport").SelectorSocketTransport
        self._connect = import_module("aiofastnet").connect_accepted_socket
        self._arriving: set[asyncio.Task[Any]] = set()
        self._accepted = getattr(factory, "accepted", _ignore)
        self.build = factory.buildProtocol
        self.call_soon = loop.call_soon
        # asyncio's own loops tell of a reset as often as they are asked.
        self.heard = _ignore if type(loop).__module__.startswith("asyncio") else _Resets(loop).watch

    # What Twisted's port wants of its factory.

    def doStart(self) -> None:
        """Tell the factory that the port listens."""
        self._factory.doStart()

    def doStop(self) -> None:
        """Tell the factory that the port has stopped."""
        self._factory.doStop()

    def logPrefix(self) -> str:
        """Give the factory's name for the log."""
        named = ILoggingContext.providedBy(self._factory)
        return str(self._factory.logPrefix() if named else type(self._factory).__name__)

    def buildProtocol(self, addr: Any) -> Any:
        """Give the transport that takes the socket in its ``makeConnection``."""
        return self._kind(self, addr)

    # From the socket to the connection.

    def take(self, transport: FastTransport, accepted: socket.socket) -> None:
        """Have aiofastnet make a connection.

        For plain TCP `aiofastnet.connect_accepted_socket` makes this transport, too, but waits for it in a
        task, which costs as much as all the rest of accepting.
        """
        self._accepted(accepted.fileno())
        if self._tls is None:
            self._plain(self._loop, accepted, transport)
            return
        options = _tls_options(self._factory, self._tls.context)
        connecting = self._connect(self._loop, lambda: transport, accepted, **options)
        task = self._loop.create_task(connecting)
        self._arriving.add(task)
        task.add_done_callback(partial(self._arrived, transport, accepted))

    def drop(self) -> None:
        """Drop what is no connection yet, or will never be."""
        for task in self._arriving:
            task.cancel()
        self._loop.last_words.drop()

    def _arrived(self, transport: FastTransport, accepted: socket.socket, task: asyncio.Task[Any]) -> None:
        """Forget what is a connection now, or never will be."""
        self._arriving.discard(task)
        if not transport.connected:
            accepted.close()
        error = None if task.cancelled() else task.exception()
        why = why_tls(error)
        if why is not None:
            tell(self._factory, "refused_tls", transport.getPeer(), f"TLS: {why}")
        if error is not None and not _is_peers(error):
            _log.failure("a connection could not be accepted", Failure(error))


class _Loop:
    """The event loop as aiofastnet sees it: an error of one connection is none of the loop's."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Keep the loop."""
        self._loop = loop
        self.last_words = LastWords(loop)

    def __getattr__(self, name: str) -> Any:
        """Give what the loop has, and keep it: these are methods, and looked up often."""
        method = getattr(self._loop, name)
        setattr(self, name, method)
        return method

    def call_soon(self, callback: Callable[..., object], *args: Any) -> object:
        """Call soon; see `_begin_reading`."""
        return self._loop.call_soon(self._begin_reading if callback == self.add_reader else callback, *args)

    def call_later(self, seconds: float, check: Any) -> object:
        """Check a time-out, unless the connection is over by then.

        aiofastnet 1.2 leaves its time-outs running, and they would keep the buffers of TLS in memory.
        """
        transport = ref(check.__self__)
        handle = self._loop.call_later(seconds, _check, transport, check.__name__)
        is_handshakes = check.__name__ == "_check_handshake_timeout"
        return HandshakeTimer(handle, transport, self.last_words) if is_handshakes else handle

    def _begin_reading(self, descriptor: int, read_ready: Any) -> None:
        """Watch a new connection, unless it was paused or dropped by who was told of it.

        asyncio's own transports see to that; aiofastnet 1.2 would watch a descriptor that may be closed.
        """
        if read_ready.__self__.is_reading():
            self.add_reader(descriptor, read_ready)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Log an error of aiofastnet's."""
        error = context["exception"]
        if isinstance(error, type):  # aiofastnet 1.2 has a class here where a peer goes during its handshake
            error = error()
        if not _is_peers(error):
            _log.failure("{message}", Failure(error), message=context["message"])


class _Resets:
    """Finds connections that their peers have reset, where uvloop does not tell.

    When a peer has reset a connection uvloop lets it be read once more, and then watches it no longer (see
    `UvloopReactor`). Where that one read found data, nothing would ever tell of the end. So a look is taken a
    moment after data came; idle connections, and reads, cost nothing.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin with nothing heard."""
        self._loop = loop
        self._heard: list[FastTransport] = []

    def watch(self, transport: FastTransport) -> None:
        """Look after this connection in a moment."""
        if not self._heard:
            self._loop.call_later(_LOOK_AFTER, self._look)
        self._heard.append(transport)

    def _look(self) -> None:
        heard, self._heard = self._heard, []
        for transport in heard:
            transport.look_for_reset()


def _check(transport: ref[Any], name: str) -> None:
    """Call a method of a transport that is still there."""
    alive = transport()
    if alive is not None:
        getattr(alive, name)()


def _is_peers(error: BaseException) -> bool:
    """Whether an error is a connection that broke, or a peer's bad TLS: nothing for the operator's eyes."""
    return isinstance(error, OSError)


def _tls_options(factory: Any, context: Any) -> dict[str, Any]:
    return {
        "ssl": context,
        "ssl_handshake_timeout": handshake_time(factory),
        "ssl_shutdown_timeout": _SHUTDOWN_TIME,
        "ssl_incoming_bio_size": _TLS_BUFFER,
        "ssl_outgoing_bio_size": _TLS_BUFFER,
    }


def _ignore(_of_no_interest: object) -> None:
    """Look after nothing."""
