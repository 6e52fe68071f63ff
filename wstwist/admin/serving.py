# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The administration of a server, on an endpoint of its own."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.defer import maybeDeferred
from twisted.internet.interfaces import IListeningPort
from twisted.internet.task import deferLater
from twisted.logger import globalLogPublisher

from wstwist.admin import page
from wstwist.admin.access import Gate
from wstwist.admin.http import Root
from wstwist.admin.live import MOST_VIEWERS, Live
from wstwist.exceptions import ConfigurationError
from wstwist.supervising.worker import reactor_for
from wstwist.wire import endpoints
from wstwist.wire.site import Site

if TYPE_CHECKING:
    from wstwist.admin.panel import Panel
    from wstwist.admin.tokens import Tokens
    from wstwist.wire.served_tls import ServedTls

LOOPBACK = "127.0.0.1"
"""Where it is meant to be when only a port is said."""

MOST_CONNECTIONS = MOST_VIEWERS + 50
"""Connections at the same time: viewers, and requests that are not answered yet."""

CLOSING = 0.3
"""Seconds in which viewers may say good-bye, and answers may leave."""


class Administration:
    """Serves the API and the page.

    Args:
        panel: What there is to read and to do.
        tokens: Who may.
        endpoint: Where to listen, in Twisted's endpoint language.
        names: Names by which it may be asked, beside ``localhost`` and IP addresses.
        reactor: The reactor.

    Attributes:
        port: Where it listens, while it does.
        is_secure: Whether that is TLS.
        tokens: As given.

    Raises:
        ConfigurationError: There is no such endpoint.
    """

    def __init__(
        self, panel: Panel, tokens: Tokens, endpoint: str, names: Iterable[str], reactor: Any
    ) -> None:
        """Put the parts together; nothing is bound yet."""
        self.port: IListeningPort | None = None
        self.is_secure = endpoints.is_secure(endpoint)
        self.tokens = tokens
        self._panel = panel
        self._description = endpoint
        self._endpoint = endpoints.parse_setting(reactor_for(reactor, "admin"), endpoint, "admin", LOOPBACK)
        self._reactor = reactor
        gate = Gate(tokens, reactor.seconds, names)
        self._live = Live(panel, gate, reactor)
        root = Root(panel, gate, page.resource())
        self._site = Site(reactor, [self._live], root, body_size=root.body_size, most=MOST_CONNECTIONS)

    @property
    def tls(self) -> ServedTls | None:
        """The TLS of the endpoint, where it has one of ours."""
        found: ServedTls | None = getattr(self._endpoint, "tls", None)
        return found

    def listen(self) -> None:
        """Bind the endpoint, now; a second call does nothing.

        Raises:
            ConfigurationError: It cannot be bound, or others could listen to what is said.
        """
        if self.port is not None:
            return
        port = endpoints.listen(self._endpoint, self._site.factory, f"{self._description} (administration)")
        if not self.is_secure and not _is_near(port.getHost()):
            maybeDeferred(port.stopListening).addErrback(lambda _: None)
            raise ConfigurationError(
                f"the administration at {self._description} could be listened to by others: use TLS, as in "
                "fast:9001:certKey=cert.pem:privateKey=key.pem, or this machine only, as in "
                "tcp:9001:interface=127.0.0.1 or unix:/run/wstwist-admin.sock"
            )
        self.port = port
        self._site.ports.listen([port])
        globalLogPublisher.addObserver(self._panel.ring)

    async def stop(self) -> None:
        """Listen no more, and drop all connections; a second call does nothing."""
        port, self.port = self.port, None
        if port is None:
            return
        self._site.ports.stop()
        await maybeDeferred(port.stopListening)
        self._live.close()
        end = self._reactor.seconds() + CLOSING
        while self._site.connections and self._reactor.seconds() < end:
            await deferLater(self._reactor, 0.02)
        self._site.abort()
        globalLogPublisher.removeObserver(self._panel.ring)


def _is_near(address: object) -> bool:
    """Whether an address can be reached from this machine only."""
    if isinstance(address, (IPv4Address, IPv6Address)):
        try:
            return ip_address(address.host.partition("%")[0]).is_loopback
        except ValueError:
            return False
    return isinstance(address, UNIXAddress)
