# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802, N815 - the names are Autobahn's
"""The 101 that accepts a client: Autobahn's part of the opening handshake (RFC 6455, section 4.2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from autobahn.websocket.protocol import WebSocketProtocol
from twisted.internet.interfaces import IReactorTime

from wstwist.wire import compression
from wstwist.wire.deflate import Deflater, Inflater
from wstwist.wire.handshake import Upgrade
from wstwist.wire.quiet import QuietLogger


class Answer(NamedTuple):
    """What a client is answered, and what was agreed on with it.

    Attributes:
        data: The 101.
        inflater: What decompresses its messages, ``None`` without permessage-deflate.
        deflater: What compresses ours, likewise.
    """

    data: bytes
    inflater: Inflater | None
    deflater: Deflater | None


class _Factory(WebSocketServerFactory):  # type: ignore[misc] # Autobahn's types are not followed
    """What Autobahn's protocol wants to find in its factory."""

    log = QuietLogger()
    noisy = False


class _Unheard:
    """Takes the place of a Deferred that nobody waits for."""

    def callback(self, _result: object) -> None:
        """Tell nobody."""


class Opener(WebSocketServerProtocol):  # type: ignore[misc] # Autobahn's types are not followed
    """Autobahn's protocol, at the moment in which it accepts: one after the other for all connections.

    Args:
        reactor: What measures Autobahn's time.
    """

    # Autobahn would copy these from its factory, and format all of them for a debug line.
    CONFIG_ATTRS = ()
    log = QuietLogger()
    logOctets = logFrames = trackTimings = False
    openHandshakeTimeout = 0  # the guard's business
    autoPingInterval = 0  # the heartbeat's business
    perMessageCompressionAccept = staticmethod(compression.accept)

    def __init__(self, reactor: IReactorTime) -> None:
        """Tell nobody which server this is."""
        super().__init__()
        self.factory = _Factory(reactor=reactor, server="")
        WebSocketProtocol._connectionMade(self)
        self.is_open = _Unheard()

    def answer(
        self, upgrade: Upgrade, protocol: str | None, headers: Mapping[str, str], *, compress: bool
    ) -> Answer:
        """Accept a client.

        Args:
            upgrade: What it asks for.
            protocol: The sub-protocol, one of those that it offers.
            headers: Further header fields, checked.
            compress: Whether permessage-deflate is accepted.
        """
        self._wskey = upgrade.key
        self.websocket_protocols = upgrade.protocols
        offered = self._parseExtensionsHeader(upgrade.extensions) if compress and upgrade.extensions else []
        self.websocket_extensions = compression.acceptable(offered)
        self._perMessageCompress: Any = None
        self.succeedHandshake((protocol, headers))
        return Answer(self._written, *compression.agreed(self._perMessageCompress))

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:
        """Keep the 101."""
        del sync, chopsize
        self._written = data

    def _onOpen(self) -> None:
        """Leave the open connection to others."""
