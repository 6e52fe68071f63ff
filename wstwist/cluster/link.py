# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The link of this process to NATS: it is made in the background, and made again when it breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random

from nats import errors
from twisted.logger import Logger

from wstwist.cluster.connection import Connection, Handler
from wstwist.cluster.settings import Cluster

_log = Logger(namespace="wstwist")

_CONNECTING = 3.0
"""Seconds that one attempt to connect may take."""

_PAUSE = 0.25
"""Seconds between two attempts, on average."""

_PING_INTERVAL = 2
"""Seconds between two questions whether NATS is still there; two without an answer end the connection."""

_CLOSING = 1.0
"""Seconds in which a connection must have closed."""

_SILENCE = 10.0
"""Seconds between two lines in the log that say that NATS is away."""


class Link:
    """One connection to NATS.

    Args:
        loop: The asyncio loop that the reactor runs on.
        cluster: Where to.
        name: What NATS is told who this is.
        changed: Called when there is a connection, and when there is none any more.

    Attributes:
        connection: What nats-py has; use it only while `is_up`.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, cluster: Cluster, name: str, changed: Callable[[], None]
    ) -> None:
        """Begin without a connection."""
        self.connection = Connection()
        self._loop = loop
        self._cluster = cluster
        self._name = name
        self._changed = changed
        self._task: asyncio.Task[None] | None = None
        self._told_at = -_SILENCE
        self._has_been_up = False
        self._chance = Random()  # noqa: S311 - nobody is to be kept from guessing it

    @property
    def is_up(self) -> bool:
        """Whether there is a connection."""
        return self._has_been_up and self.connection.is_usable

    @property
    def has_room(self) -> bool:
        """Whether more may be published at this moment."""
        return self._has_been_up and self.connection.has_room

    @property
    def largest(self) -> int:
        """Bytes that a message may have."""
        return self.connection.max_payload

    def start(self) -> None:
        """Connect, as soon as that can be."""
        self._task = self._loop.create_task(self._connect())

    def listen(self, subject: str, handler: Handler) -> int:
        """As `Connection.listen`."""
        return self.connection.listen(subject, handler)

    def unlisten(self, number: int) -> None:
        """As `Connection.unlisten`."""
        self.connection.unlisten(number)

    def publish(self, subject: str, data: bytes) -> None:
        """As `Connection.publish_now`."""
        self.connection.publish_now(subject, data)

    async def stop(self) -> None:
        """Say what waits to be said, and disconnect; within a second."""
        if self._task is not None:
            self._task.cancel()
        if self.connection.is_connected:
            try:
                async with asyncio.timeout(_CLOSING):
                    await self.connection.flush()
            except (errors.Error, TimeoutError, OSError):
                pass
        self.connection.abort()
        try:
            async with asyncio.timeout(_CLOSING):
                await self.connection.close()
        except (errors.Error, TimeoutError, OSError):
            pass

    async def _connect(self) -> None:
        while True:
            try:
                await self.connection.connect(
                    **self._cluster.options(),
                    name=self._name,
                    no_echo=True,
                    allow_reconnect=True,
                    connect_timeout=_CONNECTING,  # type: ignore[arg-type] # seconds
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=self._chance.uniform(0.5, 1.5) * _PAUSE,  # type: ignore[arg-type]
                    ping_interval=_PING_INTERVAL,
                    max_outstanding_pings=2,
                    error_cb=self._failed,
                    disconnected_cb=self._went,
                    reconnected_cb=self._came,
                )
            except (errors.Error, OSError, TimeoutError, ValueError) as error:
                await self._failed(error)
                await self._close_attempt()
                await asyncio.sleep(self._chance.uniform(0.5, 1.5) * _PAUSE)
            else:
                self._has_been_up = True
                await self._came()
                return

    async def _close_attempt(self) -> None:
        """Begin again with a connection that knows what is listened to."""
        failed, self.connection = self.connection, Connection()
        self.connection.take_over(failed)
        failed.abort()

    async def _came(self) -> None:
        self._told_at = -_SILENCE
        url = self.connection.connected_url
        where = "" if url is None else url.netloc.rpartition("@")[2]
        _log.info("connected to NATS at {where}", where=where)
        self.connection.subscribe_late()
        self._changed()

    async def _went(self) -> None:
        if self._has_been_up and not self.connection.is_closed:
            _log.warn("NATS is away: other nodes cannot be reached until it is back")
            self._told_at = self._loop.time()
        self._changed()

    async def _failed(self, error: Exception) -> None:
        """Say why there is no connection, now and then."""
        if not self.is_up and self._loop.time() - self._told_at >= _SILENCE:
            self._told_at = self._loop.time()
            _log.warn(
                "cannot connect to NATS at {servers}: {error}; trying on",
                servers=self._cluster.shown,
                error=" ".join(str(error).split()) or type(error).__name__,
            )
