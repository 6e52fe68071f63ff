# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Which node has a project's global service: exactly one, by a lease; and what this node does about it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from twisted.logger import Logger
from twisted.python.reflect import safe_str

from wstwist.cluster.durable import Durable
from wstwist.cluster.lease import INTERVAL, TTL, Lease, clock
from wstwist.cluster.store import StoreError
from wstwist.exceptions import ServiceUnavailable

if TYPE_CHECKING:
    from wstwist.cluster.bus import ClusterBus

_log = Logger(namespace="wstwist")

PATIENCE = 5.0
"""Seconds for which a call waits for a global service, and a new client at the start of a node."""

_CANDIDATES = 3
"""Nodes that look whether the lease is free; the others only hear who has it."""

_SOON = 0.05
"""Seconds within which a lease that was given back is taken."""

_SILENCE = 10.0
"""Seconds between two lines in the log that say the same."""


class Leader(NamedTuple):
    """Where the global service is.

    Attributes:
        node: The node.
        lease: Its lease.
    """

    node: str
    lease: int


class Waiting(Protocol):
    """A call that waits for a global service."""

    @property
    def is_withdrawn(self) -> bool:
        """Whether whoever called wants it no more."""

    def leave(self, node: str) -> None:
        """Let it leave for a node."""

    def fail(self, error: BaseException) -> None:
        """End it."""


class Leadership:
    """The lease of one project.

    Args:
        bus: The project's bus.

    Attributes:
        leader: Where the global service is, as far as is known; None: nowhere.
    """

    def __init__(self, bus: ClusterBus) -> None:
        """Begin without it."""
        self._bus = bus
        self._host = bus.host
        self._node = bus.node
        self._lease = Lease(bus.node.id)
        self._durable = Durable(bus)
        self._leaders: dict[str, int] = {}
        self._waiting: list[Waiting] = []
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._expiry: Any = None
        self._first_look: Any = None
        self._is_leading = False
        self._is_leaving = False
        self._told_at = -_SILENCE
        self._failing_since: float | None = None
        self._chance = Random()  # noqa: S311 - nobody is to be kept from guessing it

    # What the bus asks.

    @property
    def is_leading(self) -> bool:
        """Whether the global service is here, and may act at this moment."""
        return self._is_leading and self._lease.is_valid

    @property
    def lease(self) -> int | None:
        """The lease's number, where it is here."""
        return self._lease.number if self._is_leading else None

    def is_valid(self, lease: int) -> bool:
        """Whether a service with this lease may act at this moment."""
        return lease == self._lease.number and self._lease.is_valid

    @property
    def leader(self) -> Leader | None:
        """Where the global service is, as far as is known."""
        if self._is_leading:
            return Leader(self._node.id, self._lease.number or 0)
        if not self._leaders:
            return None
        node = max(self._leaders, key=self._leaders.__getitem__)
        return Leader(node, self._leaders[node])

    def when_known(self, call: Waiting) -> None:
        """Let a call leave for the global service, at once or as soon as there is one."""
        leader = self.leader
        if leader is not None and leader.node != self._node.id:
            call.leave(leader.node)
            return
        self._waiting.append(call)
        self._node.call_later(PATIENCE, lambda: self._give_up(call))

    def _give_up(self, call: Waiting) -> None:
        if call in self._waiting:
            self._waiting.remove(call)
            why = f"{self._bus.name}: there is no global service at this moment"
            call.fail(ServiceUnavailable(why))
            self._host.scheduler.run()

    # Beginning and ending.

    def start(self) -> None:
        """Take part."""
        self._is_leaving = False
        self._task = self._node.loop.create_task(self._run())
        self._first_look = self._node.call_later(PATIENCE, self._host.service.let_in)

    def stop(self) -> None:
        """Take part no more."""
        self._is_leaving = True
        if self._task is not None:
            self._task.cancel()
        if self._first_look is not None and self._first_look.active():
            self._first_look.cancel()
        self._cancel_expiry()
        self._is_leading = False

    async def hand_over(self) -> None:
        """Give the global service to another node, where there is one; after its `on_service_stop`."""
        self._is_leaving = True
        if self.is_leading and self._bus.others():
            await self._end_service()
            await self.release()
            self._host.renew_service()

    async def _end_service(self) -> None:
        """Run `on_service_stop` after what waits; what lasts too long is cancelled."""
        service, limit = self._host.service, self._host.definition.settings.limits.drain_time
        stopped = service.stop().asFuture(self._node.loop)
        self._host.scheduler.run()
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                await stopped
        if service.event is not None:
            service.event.cancel()
            self._host.scheduler.run()

    async def release(self) -> None:
        """Give the lease back, so that another node need not wait until it is over."""
        self._is_leaving = True
        if not self._is_leading:
            return
        await self._durable.keep(self._host.service)
        with suppress(StoreError):
            await self._node.store.write(self._key, self._lease.release(), self._lease.revision)
        self._end()

    # What is heard of other nodes.

    def heard(self, node: str, lease: int) -> None:
        """Know that a node says that it has the global service."""
        is_new = self._leaders.get(node) != lease
        self._leaders[node] = lease
        self._bus.fence(lease)
        if is_new:
            self._bus.calling.service_moved(node)
            self._found()

    def heard_of_none(self, node: str) -> None:
        """Know that a node says that it has not."""
        if self._leaders.pop(node, None) is not None:
            self._look_soon()

    def gone(self, node: str) -> None:
        """Know that a node has gone, or has not what it was thought to have."""
        self._leaders.pop(node, None)

    def link_changed(self, *, is_up: bool) -> None:
        """Know that NATS is there, or is away."""
        if is_up:
            self._wake.set()

    def _found(self) -> None:
        """Know where the global service is now."""
        self._host.service.let_in()
        self._host.groups.presence.begin_again()
        waiting, self._waiting = self._waiting, []
        for call in waiting:
            if not call.is_withdrawn:
                self.when_known(call)

    def _look_soon(self) -> None:
        self._node.call_later(self._chance.uniform(0, _SOON), self._wake.set)

    # The lease.

    @property
    def _key(self) -> str:
        return f"lease.{self._bus.token}"

    async def _run(self) -> None:
        while True:
            try:
                await (self._renew() if self._is_leading else self._look())
                self._failing_since = None
            except StoreError as error:
                self._say(str(error))
            except Exception:  # noqa: BLE001 - whatever it is, the lease must be looked after
                _log.failure("{project}: a fault in wstwist", project=self._bus.name)
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(INTERVAL):
                    await self._wake.wait()

    async def _renew(self) -> None:
        began = clock()
        revision = await self._node.store.write(self._key, self._lease.renewal(), self._lease.revision)
        if revision is not None:
            self._lease.renewed(revision, began)
            self._expire_in(self._lease.left)
        elif not self._lease.is_ours(await self._node.store.read(self._key)):
            self._lose("another node has it")

    async def _look(self) -> None:
        if self._is_leaving or not self._host.is_accepting or not self._is_candidate():
            return
        self._lease.saw(await self._node.store.read(self._key))
        if self._lease.may_take:
            await self._take()

    def _is_candidate(self) -> bool:
        leader = self.leader
        before = [
            member.id
            for member in self._bus.others()
            if member.id < self._node.id and (leader is None or member.id != leader.node)
        ]
        return len(before) < _CANDIDATES

    async def _take(self) -> None:
        began, proposal = clock(), self._lease.proposal()
        revision = await self._node.store.write(self._key, proposal.encode(), max(self._lease.revision, 0))
        if revision is None:
            return
        self._lease.taken(proposal, revision, began)
        kept = await self._durable.take(proposal.number)
        if self._lease.is_valid and not self._is_leaving:
            self._begin(kept)
        else:
            self._lease.lost()

    def _begin(self, kept: dict[str, Any]) -> None:
        """Have the global service here."""
        number = self._lease.number or 0
        _log.info(
            "{project}: the global service is here now, with lease {lease}",
            project=self._bus.name,
            lease=number,
        )
        self._is_leading = True
        self._bus.fence(number)
        self._node.announce()
        self._expire_in(self._lease.left)
        self._bus.service_begins()
        self._bus.calling.service_moved(self._node.id)
        try:
            self._host.begin_service(number, kept)
        except Exception as error:  # noqa: BLE001 - an author's __init__ ends no server
            self._host.log_error(self._host.service, "__init__", error)
            self._lose(f"its __init__ raised {type(error).__name__}: {safe_str(error)}")
            return
        self._found()
        self._host.scheduler.run()

    def _expire_in(self, seconds: float) -> None:
        self._cancel_expiry()
        self._expiry = self._node.call_later(max(0.0, seconds), self._expired)

    def _cancel_expiry(self) -> None:
        if self._expiry is not None and self._expiry.active():
            self._expiry.cancel()

    def _expired(self) -> None:
        if self._is_leading and not self._lease.is_valid:
            self._lose("it could not be renewed in time")

    def _lose(self, why: str) -> None:
        """Have the global service here no more: it does nothing from this moment on."""
        _log.warn(
            "{project}: the global service is here no more, for its lease is lost: {why}",
            project=self._bus.name,
            why=why,
        )
        self._host.count("leases_lost")
        self._end()
        self._host.drop_service()
        self._host.scheduler.run()

    def _end(self) -> None:
        self._cancel_expiry()
        self._is_leading = False
        self._lease.lost()
        self._node.announce()

    # What the global service tells.

    def keep(self, *, now: bool) -> None:
        """Keep the service's durable values, at once or soon."""
        self._durable.keep_soon(now=now)

    def _say(self, why: str) -> None:
        """Say why the lease cannot be looked after, now and then, once that has lasted."""
        now = self._node.loop.time()
        if self._failing_since is None:
            self._failing_since = now
        is_lasting = now - self._failing_since > TTL
        if is_lasting and self._node.link.is_up and now - self._told_at > _SILENCE:
            self._told_at = now
            _log.warn(
                "{project}: the lease of the global service cannot be read or written: {why}; "
                "it needs JetStream (nats-server -js)",
                project=self._bus.name,
                why=why,
            )
