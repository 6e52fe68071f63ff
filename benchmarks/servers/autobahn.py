# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Stock Autobahn on Twisted's epoll reactor."""

from __future__ import annotations

from twisted.internet import epollreactor

epollreactor.install()

from autobahn.twisted.websocket import (  # noqa: E402 - once the reactor is installed
    WebSocketServerFactory,
    WebSocketServerProtocol,
)
from autobahn.websocket.compress import PerMessageDeflateOffer, PerMessageDeflateOfferAccept  # noqa: E402
from twisted.internet import reactor, ssl  # noqa: E402

from benchmarks.servers.common import BACKLOG, BROADCAST, HOST, options  # noqa: E402

GIVEN = options()
PROTOCOLS: set[WebSocketServerProtocol] = set()


class Echo(WebSocketServerProtocol):
    """Sends each message back."""

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803 - Autobahn's names
        """Take a message."""
        self.sendMessage(payload, isBinary)


class FanOut(WebSocketServerProtocol):
    """Sends to all, as many times as the message says."""

    def onOpen(self) -> None:  # noqa: N802
        """Come."""
        PROTOCOLS.add(self)

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:  # noqa: N802, N803, ARG002
        """Go."""
        PROTOCOLS.discard(self)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803, ARG002
        """Take a message."""
        prepared = self.factory.prepareMessage(BROADCAST.encode())
        for _ in range(int(payload)):
            for protocol in PROTOCOLS:
                protocol.sendPreparedMessage(prepared)


def _accept(offers: list[object]) -> PerMessageDeflateOfferAccept | None:
    deflates = (offer for offer in offers if isinstance(offer, PerMessageDeflateOffer))
    return next((PerMessageDeflateOfferAccept(offer) for offer in deflates), None)


FACTORY = WebSocketServerFactory()
FACTORY.protocol = Echo if GIVEN.mode == "echo" else FanOut
if GIVEN.deflate:
    FACTORY.setProtocolOptions(perMessageCompressionAccept=_accept)
if GIVEN.cert:
    CONTEXT = ssl.DefaultOpenSSLContextFactory(GIVEN.key, GIVEN.cert)
    reactor.listenSSL(GIVEN.port, FACTORY, CONTEXT, backlog=BACKLOG, interface=HOST)
else:
    reactor.listenTCP(GIVEN.port, FACTORY, backlog=BACKLOG, interface=HOST)
reactor.run()
