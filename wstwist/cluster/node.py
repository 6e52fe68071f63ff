# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""This process, as a node of its cluster."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cbor2 import dumps, loads
from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from wstwist.cluster.errands import Errands
from wstwist.cluster.link import Link
from wstwist.cluster.members import INTERVAL, Member, Members, Served
from wstwist.cluster.store import Store

if TYPE_CHECKING:
    from wstwist.cluster.bus import ClusterBus
    from wstwist.cluster.settings import Cluster
    from wstwist.scheduler import Scheduler

_log = Logger(namespace="wstwist")

_HELLO, _ALIVE, _BYE = range(3)


class Node:
    """A process that serves projects, among others.

    Args:
        scheduler: The order of steps on the reactor's thread; it runs on asyncio.
        cluster: Which cluster it belongs to.

    Attributes:
        id: Its id, which the ids of its clients begin with.
        name: What people call it.
        cluster: The cluster's name.
        link: The way to NATS.
        loop: The asyncio loop that the reactor runs on.
        store: What the nodes keep together.
        members: The other nodes.
        errands: What administrations have each other do.
    """

    def __init__(self, scheduler: Scheduler, cluster: Cluster) -> None:
        """Begin alone; `start` connects."""
        assert scheduler.loop is not None  # noqa: S101 - whoever makes a node has seen to it
        self.loop = scheduler.loop
        self.id = secrets.token_hex(5)
        self.name = f"{socket.gethostname()} {cluster.label or os.getpid()}"
        self.cluster = cluster.name
        self.scheduler = scheduler
        self.link = Link(scheduler.loop, cluster, f"wstwist {self.name}", self._link_changed)
        self.store = Store(self.link, cluster.name)
        self.errands = Errands(self.link, cluster.name, self.id)
        self.members = Members(scheduler.reactor.seconds, self._member_changed, self._member_gone)
        self._buses: dict[str, ClusterBus] = {}
        self._beat = LoopingCall(self._alive)
        self._beat.clock = scheduler.reactor
        self._was_up = False
        self._missing: set[str] = set()  # known nodes that were not heard of since there is a connection

    # Beginning and ending.

    def start(self) -> None:
        """Join the cluster, as soon as that can be."""
        self.link.listen(self._subject, self._heard)
        self.link.start()
        self._beat.start(INTERVAL, now=False)

    def stop(self) -> Deferred[None]:
        """Leave it; fires when the connection is closed, within two seconds."""
        if self._beat.running:
            self._beat.stop()
        self._say(_BYE)
        return Deferred.fromFuture(self.loop.create_task(self.link.stop()))

    def add(self, bus: ClusterBus) -> None:
        """Serve a project."""
        self._buses[bus.name] = bus
        self.announce()

    def remove(self, bus: ClusterBus) -> None:
        """Serve a project no more."""
        self._buses.pop(bus.name, None)
        self.announce()

    # What others are told.

    @property
    def _subject(self) -> str:
        return f"{self.cluster}.nodes"

    def announce(self) -> None:
        """Tell the others at once what is new here."""
        self._say(_ALIVE)

    def _alive(self) -> None:
        if self.link.is_up:  # else nobody can be heard, and nobody has gone for that
            self.members.look()
        self.announce()

    def _say(self, what: int) -> None:
        if self.link.is_up:
            projects = {name: [bus.count_here(), bus.lease] for name, bus in self._buses.items()}
            self.link.publish(self._subject, dumps([what, self.id, self.name, projects]))

    def _link_changed(self) -> None:
        is_up = self.link.is_up
        if is_up == self._was_up:
            return
        self._was_up = is_up
        if is_up:
            self.loop.create_task(self.errands.listen())
            self.members.forget_time()
            self._missing = {member.id for member in self.members}
            self._say(_HELLO)
        for bus in tuple(self._buses.values()):
            bus.link_changed(is_up=is_up)
        self.scheduler.run()

    # What others tell.

    def _heard(self, data: bytes) -> None:
        try:
            what, node, name, projects = loads(data)
            served = {project: Served(*fields) for project, fields in projects.items()}
        except Exception as error:  # noqa: BLE001 - whatever others say, this node lives on
            self.strange(error)
            return
        self._is_there(node)
        if what == _BYE:
            self.members.left(node)
        elif self.members.heard(node, name, served):
            _log.info("node {node} ({name}) has come", node=node, name=name)
            if what == _HELLO:
                self.announce()
        elif what == _HELLO:
            self.announce()
        self.scheduler.run()

    @property
    def is_settled(self) -> bool:
        """Whether there is a connection, and all nodes that were known before listen again, or have gone."""
        return self._was_up and not self._missing

    def _is_there(self, node: str) -> None:
        """Know that a node listens, or has gone; what was sent before would not have reached it."""
        if node in self._missing:
            self._missing.discard(node)
            if self.is_settled:
                for bus in tuple(self._buses.values()):
                    bus.flush()

    def strange(self, error: BaseException) -> None:
        """Log that something came that means nothing."""
        _log.warn(
            "something on {cluster}'s subjects in NATS is not wstwist's, or another version's: {error}",
            cluster=self.cluster,
            error=f"{type(error).__name__}: {error}",
        )

    def _member_changed(self, member: Member) -> None:
        for bus in tuple(self._buses.values()):
            bus.member_changed(member)

    def _member_gone(self, member: Member) -> None:
        _log.info("node {node} ({name}) has gone", node=member.id, name=member.name)
        for bus in tuple(self._buses.values()):
            bus.member_gone(member)
        self._is_there(member.id)
        self.scheduler.run()

    def call_later(self, seconds: float, function: Callable[[], Any]) -> Any:
        """Call something later."""
        return self.scheduler.reactor.callLater(seconds, function)
