# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""`wstwist.connect`: from a URL to a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from types import TracebackType
from typing import Any, Unpack

from twisted.internet.defer import Deferred

from wstwist.connection.address import parse_url
from wstwist.connection.awaited.connection import Connection
from wstwist.connection.awaited.dialing import Dialer
from wstwist.connection.awaited.keeping import Keeper
from wstwist.connection.awaited.retrying import Reconnect
from wstwist.connection.awaited.waiting import runs_elsewhere, wait_for
from wstwist.connection.keywords import Keywords
from wstwist.connection.options import Options


def connect(
    url: str, *, reconnect: bool | Reconnect = False, reactor: Any = None, **options: Unpack[Keywords]
) -> Connecting:
    """Connect to a WebSocket server.

    Args:
        url: Where to: ``ws://host:port/path``, or ``wss://`` over TLS.
        reconnect: Whether to try again where that makes sense, now and whenever the connection is lost.
        reactor: Twisted's; None: the one that is installed.
        options: How; `wstwist.connection.options.Options` says what there is.

    Returns:
        What gives the `Connection` to whoever awaits it, or enters it with ``async with``. Nothing happens
        before.

    Raises:
        InvalidURL: The URL is no WebSocket's.
        ValueError: An option's value cannot be.
        TypeError: There is no such option, or its value is of another type.
    """
    address, checked = parse_url(url), Options.checked(options)
    if not isinstance(reconnect, (bool, Reconnect)):
        raise TypeError(f"connect: reconnect is True, False or a Reconnect, not {reconnect!r}")
    if reactor is None:
        from twisted.internet import reactor  # noqa: PLC0415 - importing it installs one
    policy = Reconnect() if reconnect is True else reconnect or None
    keeper = Keeper(Dialer(reactor, address, checked).dial, reactor, policy)
    return Connecting(Connection(address.url, checked, reactor, keeper), keeper, reactor)


class Connecting:
    """A connection to come. It is awaited once; `connect` makes it.

    Args:
        connection: The connection, without a network connection.
        keeper: What makes it.
        reactor: On which it is made.
    """

    def __init__(self, connection: Connection, keeper: Keeper, reactor: Any) -> None:
        """Do nothing yet."""
        self._connection = connection
        self._keeper = keeper
        self._reactor = reactor
        self._is_begun = False

    def __await__(self) -> Generator[Any, None, Connection]:
        """Connect. Cancelled, it leaves no network connection.

        Raises:
            ConnectError: There is no connection; each reason is a class of its own.
            ConfigurationError: A file of certificates or keys cannot be used.
        """
        opening = self.as_deferred()
        waiting: Deferred[Connection] = Deferred(lambda _: opening.cancel())
        is_awaited = True

        def tell(result: Any) -> None:
            if is_awaited and not waiting.called:
                waiting.callback(result)

        opening.addBoth(tell)
        try:
            return (yield from wait_for(waiting).__await__())
        except BaseException:
            is_awaited = False  # who is thrown away must not be told: it would go on while it ends
            opening.cancel()
            self._connection._abandon()
            raise

    def as_deferred(self) -> Deferred[Connection]:
        """Connect, and give a Deferred of the connection, for ``inlineCallbacks`` and callback chains.

        Raises:
            RuntimeError: It was awaited already, Twisted's reactor does not run, or not in this thread.
        """
        if self._is_begun:
            raise RuntimeError(f"{self!r} was awaited already: call connect again")
        if asyncio._get_running_loop() is not None and not self._reactor.running:
            raise RuntimeError(
                "Twisted's reactor does not run; let it run on this loop (twisted.internet.asyncioreactor)"
            )
        if runs_elsewhere(self._reactor):
            raise RuntimeError(
                "connect: Twisted's reactor runs in another thread; use wstwist.blocking.connect here"
            )
        self._is_begun = True
        return Deferred.fromCoroutine(self._keeper.reach()).addCallback(self._connection._attach)

    async def __aenter__(self) -> Connection:
        """Connect."""
        return await self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connection: with 1011 where an error leaves the block."""
        await self._connection.__aexit__(kind, error, traceback)

    def __repr__(self) -> str:
        """Say where to."""
        return f"<connecting to {self._connection.url}>"
