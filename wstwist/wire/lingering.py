# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802 - the names are Twisted's
"""Leaving a connection so that the peer can read our last words.

A socket that is closed while bytes of the peer are unread resets the connection, and the reset may destroy
what we wrote last. So our half is shut first, what still comes is read and thrown away until the peer has
shut its half too (RFC 6455, section 7.1.1), and after a short time the transport is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import ISSLTransport
from twisted.internet.protocol import Protocol, connectionDone
from twisted.protocols.policies import ProtocolWrapper
from twisted.python.failure import Failure

from wstwist.deadlines import AllDeadlines

Registry = set[Any]


def take_over(transport: Any, protocol: Any) -> None:
    """Make ``protocol`` the one to which a transport gives what it receives."""
    if isinstance(transport, ProtocolWrapper):
        transport.wrappedProtocol = protocol
    elif isinstance(getattr(transport, "protocol", None), ProtocolWrapper):
        transport.protocol.wrappedProtocol = protocol
    else:
        transport.protocol = protocol


class Lingering(Protocol):
    """The last protocol of a connection: throws away what comes, for a bounded time.

    Args:
        deadlines: Who ends what takes too long.
        registry: The live connections, this one among them until the transport is gone.
        on_lost: Called when the transport is gone; None: nobody.
    """

    def __init__(
        self, deadlines: AllDeadlines, registry: Registry, on_lost: Callable[[Failure], object] | None
    ) -> None:
        """Keep what is needed for the end."""
        self._deadlines = deadlines
        self._registry = registry
        self._on_lost = on_lost

    def begin(self, transport: Any, seconds: float) -> None:
        """Take over the transport, shut our half, and allow the peer ``seconds`` to shut its own."""
        self.transport = transport
        self._registry.add(self)
        self._deadline = self._deadlines.add(seconds, self._give_up)
        take_over(transport, self)
        transport.resumeProducing()
        if ISSLTransport.providedBy(transport):
            transport.loseConnection()
        else:
            transport.loseWriteConnection()

    def dataReceived(self, data: bytes) -> None:
        """Throw it away."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Forget the connection."""
        self._registry.discard(self)
        self._deadline.cancel()
        if self._on_lost is not None:
            self._on_lost(reason)

    def abort(self) -> None:
        """Drop the transport now."""
        self.transport.abortConnection()  # type: ignore[union-attr] # connected, as begin() was called

    def _give_up(self) -> None:
        """Drop the transport: without a reset where everything was written, else with one."""
        self.transport.loseConnection()  # type: ignore[union-attr] # connected, as begin() was called
        self.abort()


def linger(
    transport: Any,
    seconds: float,
    deadlines: AllDeadlines,
    registry: Registry,
    on_lost: Callable[[Failure], object] | None = None,
) -> None:
    """Leave a connection: everything written leaves first, then our half is shut."""
    Lingering(deadlines, registry, on_lost).begin(transport, seconds)
