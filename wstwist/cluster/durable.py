# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Values of the global service that outlive it: kept in the cluster's bucket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from cbor2 import CBORDecodeError, dumps, loads
from twisted.logger import Logger

from wstwist.cluster.store import NOTHING, Entry, StoreError
from wstwist.exceptions import CannotCross

if TYPE_CHECKING:
    from wstwist.cluster.bus import ClusterBus
    from wstwist.global_service import ServiceContext

_log = Logger(namespace="wstwist")

_SOON = 1.0
"""Seconds within which what a procedure has changed is kept; what a run has changed is at once."""


class Durable:
    """The durable values of one project.

    Every write is a compare-and-set, and a new service writes before it begins: what an older one still
    writes is refused.

    Args:
        bus: The project's bus.
    """

    def __init__(self, bus: ClusterBus) -> None:
        """Know nothing."""
        self._bus = bus
        self._revision = 0
        self._kept = b""
        self._writing = asyncio.Lock()
        self._timer: Any = None

    @property
    def _key(self) -> str:
        return f"durable.{self._bus.token}"

    @property
    def _names(self) -> tuple[str, ...]:
        return self._bus.host.definition.settings.durable

    async def take(self, lease: int) -> dict[str, Any]:
        """Give what the services before have kept, and refuse what they still write.

        Raises:
            StoreError: It cannot be read.
        """
        if not self._names:
            return {}
        while True:
            entry = await self._bus.node.store.read(self._key)
            content = entry.value if entry != NOTHING else dumps([0, b""])
            packed = self._packed(entry, content)
            written = await self._bus.node.store.write(self._key, dumps([lease, packed]), entry.revision)
            if written is not None:
                self._revision, self._kept = written, packed
                return self._unpacked(packed)

    def _packed(self, entry: Entry, content: bytes) -> bytes:
        try:
            _lease, packed = loads(content)
        except (CBORDecodeError, ValueError, TypeError):
            self._complain(f"what is kept as {self._key}, revision {entry.revision}, is not wstwist's")
            return b""
        return bytes(packed)

    def _unpacked(self, packed: bytes) -> dict[str, Any]:
        """Give the values; those that have another meaning by now begin anew."""
        try:
            values = self._bus.host.values.loads(packed, "durable") if packed else {}
        except CannotCross as error:
            self._complain(f"durable values cannot be read, and begin anew: {error}")
            return {}
        return {name: value for name, value in values.items() if name in self._names}

    def keep_soon(self, *, now: bool) -> None:
        """Keep what the service has now, at once or within a second."""
        if not self._names:
            return
        if now:
            self._cancel()
            self._bus.node.loop.create_task(self.keep(self._bus.host.service))
        elif self._timer is None or not self._timer.active():
            self._timer = self._bus.node.call_later(_SOON, lambda: self.keep_soon(now=True))

    def _cancel(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()

    async def keep(self, service: ServiceContext) -> None:
        """Keep what a service has now, unless it has lost its lease."""
        self._cancel()
        packed = self._pack(service)
        async with self._writing:
            lease = service.lease or 0
            if packed is None or packed == self._kept or not self._bus.leadership.is_valid(lease):
                return
            try:
                written = await self._bus.node.store.write(self._key, dumps([lease, packed]), self._revision)
            except StoreError as error:
                self._complain(f"durable values could not be kept: {error}")
                await self._look(lease, packed)
                return
            if written is None:
                self._bus.host.count("fenced")
            else:
                self._revision, self._kept = written, packed

    async def _look(self, lease: int, packed: bytes) -> None:
        """See whether a write without an answer was made."""
        try:
            entry = await self._bus.node.store.read(self._key)
        except StoreError:
            return
        if entry.value == dumps([lease, packed]):
            self._revision, self._kept = entry.revision, packed

    def _pack(self, service: ServiceContext) -> bytes | None:
        if service.instance is None:
            return None
        values = {name: getattr(service.instance, name) for name in self._names}
        try:
            return self._bus.host.values.dumps(values, "durable")
        except CannotCross as error:
            self._complain(f"durable values cannot be kept: {error}")
            return None

    def _complain(self, why: str) -> None:
        self._bus.host.count("durable_errors")
        _log.error("{project}: {why}", project=self._bus.name, why=why)
