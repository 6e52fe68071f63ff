# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The way between the contexts of one project, wherever in the cluster they are."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred

from wstwist.bus import frames
from wstwist.bus.frames import Frame
from wstwist.bus.local import LocalBus
from wstwist.client import Client
from wstwist.cluster.asked import Asked
from wstwist.cluster.asking import Asking
from wstwist.cluster.calling import Calling
from wstwist.cluster.circles import Circles
from wstwist.cluster.leadership import Leadership
from wstwist.cluster.listing import Listing
from wstwist.cluster.outbox import Outbox
from wstwist.cluster.parts import Parts
from wstwist.cluster.roster import Roster
from wstwist.exceptions import BusUnavailable, ServiceUnavailable, WstwistError
from wstwist.messages import check_group
from wstwist.reply import Reply
from wstwist.stepping import current_event
from wstwist.wire.prepared import Prepared

if TYPE_CHECKING:
    from wstwist.bus.broadcast import Broadcast, Elsewhere
    from wstwist.cluster.calling import FarContext
    from wstwist.cluster.members import Member
    from wstwist.cluster.node import Node
    from wstwist.events import Event, Then
    from wstwist.host import Host
    from wstwist.pending import Wait

_MOST_WAITING = 8 * 1024 * 1024
"""Bytes that wait at most for NATS to be there again, or to take more."""

NOBODY = 0
"""In place of a lease: whoever acts is not the global service."""


class ClusterBus(LocalBus):
    """Reaches the contexts of one project in all nodes; any thread may use it.

    Args:
        project: The project's host.
        node: This process, in its cluster.

    Attributes:
        name: The project's name.
        node: As given.
        host: The project's host.
        leadership: Whether the global service is here.
        calling: Calls to other nodes.
        asking: Other questions to them.
    """

    is_clustered = True

    def __init__(self, project: Host, node: Node) -> None:
        """Begin; `start` takes part."""
        super().__init__(project)
        self.name = project.definition.name
        self.host = project
        self.node = node
        self.calling = Calling(self)
        self.asking = Asking(self)
        self.leadership = Leadership(self)
        self._asked = Asked(self)
        self._circles = Circles(self)
        self._roster = Roster(self)
        self._parts = Parts()
        self._outbox = Outbox(node.id, self._publish, lambda: node.link.largest)
        self._is_flush_due = False
        self._acts_for: int | None = None
        self._fenced_below = NOBODY
        self._listening: dict[str, int] = {}
        self._handlers: dict[int, Callable[..., None]] = {
            frames.SEND: self._send_here,
            frames.SEND_KEYED: self._send_keyed_here,
            frames.DISCONNECT: self._disconnect_here,
            frames.JOIN: partial(self._move_here, is_in=True),
            frames.LEAVE: partial(self._move_here, is_in=False),
            frames.BROADCAST: self._broadcast_here,
            frames.BROADCAST_TO: self._broadcast_to_here,
            frames.CALL: self.calling.called,
            frames.WITHDRAW: self.calling.withdrawn,
            frames.ASK: self._asked.asked,
            frames.ANSWER: self.asking.answered,
            frames.FAILURE: self.asking.failed,
            frames.FENCED: self._fenced,
            frames.PROBE: self._circles.probed,
            frames.CIRCLE: self._circles.closed,
            frames.PRESENCE: self._roster.told,
            frames.PART: self._part,
        }

    @property
    def token(self) -> str:
        """The project's name, as NATS may have it in a subject."""
        return self.name if self.name.isascii() else sha256(self.name.encode()).hexdigest()[:20]

    # Beginning and ending.

    def start(self) -> None:
        """Take part in the cluster."""
        self._listen(self._direct(self.node.id))
        self._listen(self._all)
        self.leadership.start()
        self.node.add(self)

    def stop(self) -> None:
        """Take part no more; what was sent has left."""
        self.flush()
        self.leadership.stop()
        self.node.remove(self)
        for number in self._listening.values():
            self.node.link.unlisten(number)
        self._listening = {}
        self.asking.stop()

    def hand_over(self) -> Deferred[None]:
        """Give the global service to another node, where there is one."""
        return self._in_loop(self.leadership.hand_over())

    def release(self) -> Deferred[None]:
        """Give back what only one node has, for the next one to have it at once."""
        return self._in_loop(self.leadership.release())

    def _in_loop(self, work: Coroutine[Any, Any, None]) -> Deferred[None]:
        return Deferred.fromFuture(self.node.loop.create_task(work))

    def new_id(self) -> str:
        """Make the id of a client, which says where it is."""
        return f"{self.node.id}.{secrets.token_urlsafe(12)}"

    def node_of(self, client: str) -> str:
        """Tell on which node a client is, or was."""
        return client.partition(".")[0]

    def count_here(self) -> int:
        """Count the clients that are connected to this node."""
        return len(self._project.clients)

    @property
    def lease(self) -> int | None:
        """The lease of the global service, where it is here."""
        return self.leadership.lease

    # Who acts: the global service only as long as it has the lease.

    def send(self, client: str, message: str | bytes) -> None:
        """Send a message to a client; dropped and counted where it has gone."""
        if self._scheduler.on_reactor_thread() and not self._lease_of_caller():
            self._send(client, message)
            return
        if isinstance(message, str):
            message.encode()  # what cannot be sent is an error here, not there
        self._soon(partial(self._send, client, message))

    def _soon(self, step: Callable[[], None]) -> None:
        """Do something now, or on the reactor's thread, unless a service wants it that has lost its lease."""
        lease = self._lease_of_caller()
        if lease and not self.leadership.is_valid(lease):
            self._project.count("fenced")
        elif self._scheduler.on_reactor_thread():
            self._act(lease, step)
        else:
            self._scheduler.post_from_anywhere(partial(self._act, lease, step))

    def _act(self, lease: int, step: Callable[[], None]) -> None:
        before, self._acts_for = self._acts_for, lease
        try:
            step()
        finally:
            self._acts_for = before

    @contextmanager
    def as_nobody(self) -> Iterator[None]:
        """Act for no global service: whoever asked gets an answer."""
        before, self._acts_for = self._acts_for, NOBODY
        try:
            yield
        finally:
            self._acts_for = before

    def service_begins(self) -> None:
        """Know that a global service begins here, which has been told of nobody in any group."""
        self._roster.clear()

    def may_act(self, lease: int) -> bool:
        """Whether a global service with this lease may act at this moment."""
        return self.leadership.is_valid(lease)

    def service_event_over(self, event: str) -> None:
        """Keep what an event of the global service may have changed."""
        self.leadership.keep(now=event == "global_service")

    def watch_circle(self, event: Event, target: FarContext, reply: Reply[Any], wait: Wait) -> None:
        """Look whether a wait for another node closes a circle."""
        self._circles.watch(event, target, reply, wait)

    def forget_circle(self, wait: Wait) -> None:
        """Look no more."""
        self._circles.over(wait)

    def _lease_of_caller(self) -> int:
        if self._acts_for is not None:
            return self._acts_for
        event = current_event.get()
        return NOBODY if event is None else event.context.lease or NOBODY

    def call(
        self, client: str | None, procedure: object, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Reply[Any]:
        """Execute a procedure in a client's context, or in the global service's (None)."""
        lease = self._lease_of_caller()
        if lease and not self.leadership.is_valid(lease):
            self._project.count("fenced")
            return self._failed(ServiceUnavailable(f"{self.name}: this global service has lost its lease"))
        is_here = self.leadership.is_leading if client is None else self.node_of(client) == self.node.id
        if is_here:
            return super().call(client, procedure, args, kwargs)
        name = self._project.definition.find_procedure(procedure)
        if name is None:
            return self._failed(self.no_such(procedure))
        return self.calling.call(client, name, args, kwargs)

    # Lists and numbers, of all nodes.

    def clients(self, group: str | None = None) -> Reply[list[Client]]:
        """List the connected clients, or those of a group."""
        if group is not None:
            check_group("connected_clients", group)
        listing = Listing(self, group)
        self._soon(listing.begin)
        return listing

    def count_clients(self, group: str | None = None) -> Reply[int]:
        """Count the connected clients, or those of a group."""
        if group is not None:
            check_group("count_clients", group)
        reply: Reply[int] = Reply(self._project, f"{self.name}: a number")
        self._soon(partial(self.asking.ask_all, "count", (group,), partial(self._count, group, reply)))
        return reply

    def _count(self, group: str | None, reply: Reply[int], answers: list[int], error: Any) -> None:
        here = (
            len(self._project.clients)
            if group is None
            else sum(1 for _ in self._project.groups.connected(group))
        )
        reply.resolve(None if error else here + sum(answers), error)

    def is_connected(self, client: str) -> Reply[bool]:
        """Tell whether a client is connected."""
        if self.node_of(client) == self.node.id:
            return super().is_connected(client)
        reply: Reply[bool] = Reply(self._project, f"{self.name}: whether client {client} is connected")
        self._soon(partial(self._ask_whether_connected, client, reply))
        return reply

    def _ask_whether_connected(self, client: str, reply: Reply[bool]) -> None:
        node = self.node_of(client)
        if self.node.link.is_up and node not in self.node.members:
            reply.resolve(False)
        else:
            self.asking.ask(node, "connected", (client,), reply.resolve)

    def _drained(self, client: str, answer: Then) -> None:
        if self.node_of(client) == self.node.id:
            super()._drained(client, answer)
        else:
            self.asking.ask(self.node_of(client), "drained", (client,), answer)

    # Broadcast.

    def _broadcast(
        self,
        prepared: Prepared,
        ids: Iterable[str] | None,
        group: str | None,
        excluded: frozenset[str],
        reply: Broadcast,
    ) -> None:
        """Send it to whoever is here, and to the others."""
        if ids is None:
            contexts = self._send_to_all(prepared, group, excluded)
            self.put_shared(
                self._all if group is None else self._group(group),
                (frames.BROADCAST, prepared.message, group, list(excluded)),
            )
            reply.sent(contexts, lambda: [self._room_of(each.id, group, None) for each in self.others()])
            return
        contexts, others = self._send_to(prepared, ids, excluded)
        by_node: dict[str, list[str]] = {}
        for client in others:
            by_node.setdefault(self.node_of(client), []).append(client)
        self._project.count("sends_dropped", len(by_node.pop(self.node.id, ())))
        for node, clients in by_node.items():
            self.put(node, (frames.BROADCAST_TO, prepared.message, clients), len(clients))
        reply.sent(
            contexts, lambda: [self._room_of(node, None, clients) for node, clients in by_node.items()]
        )

    def _room_of(self, node: str, group: str | None, ids: list[str] | None) -> Elsewhere:
        """Give what asks a node whether clients there have room."""

        def ask(has_room: Callable[[], None]) -> None:
            self.asking.ask(node, "room", (group, ids), lambda _value, _error: has_room())

        return ask

    # Groups.

    def group_began(self, group: str) -> None:
        """Listen to what is sent to a group."""
        self._listen(self._group(group))

    def group_ended(self, group: str) -> None:
        """Listen no more."""
        number = self._listening.pop(self._group(group), None)
        if number is not None:
            self.node.link.unlisten(number)

    def tell_presence(self, group: str, joined: list[Client], left: list[Client], told: Then) -> None:
        """Tell the global service who has joined a group and left it, wherever it is."""
        if self.leadership.is_leading:
            super().tell_presence(group, joined, left, told)
        else:
            self._roster.tell(group, joined, left)
            told(None, None)

    # What leaves.

    def others(self) -> list[Member]:
        """Give the other nodes that serve this project."""
        return self.node.members.serving(self.name)

    def check_link(self) -> WstwistError | None:
        """Give why nobody else can be reached, if that is so."""
        link = self.node.link
        if link.is_up and link.has_room and self._outbox.size <= _MOST_WAITING:
            return None
        why = "NATS takes no more" if link.is_up else "NATS is away"
        return BusUnavailable(f"{self.name}: other nodes cannot be reached, for {why}")

    def _elsewhere(self, frame: int, client: str, *fields: object) -> None:
        if frame == frames.SEND and isinstance(fields[0], str):
            fields[0].encode()  # what cannot be sent is an error here, not there
        node = self.node_of(client)
        if node == self.node.id:
            super()._elsewhere(frame, client, *fields)
        elif node in self.node.members or not self.node.link.is_up:
            self.put(node, (frame, client, *fields))
        else:  # it has gone with all its clients
            super()._elsewhere(frame, client, *fields)

    def put(self, node: str, frame: Frame, clients: int = 1) -> None:
        """Have a frame leave for a node; where there is no room it is dropped and counted."""
        self._put(self._direct(node), frame, clients, is_shared=False)

    def put_shared(self, subject: str, frame: Frame) -> None:
        """Have a frame leave for all nodes that listen to a subject."""
        self._put(subject, frame, 1, is_shared=True)

    def _put(self, subject: str, frame: Frame, clients: int, *, is_shared: bool) -> None:
        if self._acts_for:
            frame = (frames.FENCED, self._acts_for, frame)
        if self._outbox.size > _MOST_WAITING:
            self._project.count("bus_dropped", clients)
            return
        self._outbox.put(subject, frame, is_shared=is_shared)
        if not self._is_flush_due:
            self._is_flush_due = True
            self._scheduler.call_next_turn(self.flush)

    def flush(self) -> None:
        """Let what waits leave, if it can."""
        self._is_flush_due = False
        if not self.node.is_settled:
            return
        if self.node.link.has_room:
            self._outbox.flush()
        elif self.node.link.is_up and self._outbox.size:
            self._is_flush_due = True
            self.node.call_later(0.01, self.flush)

    def _publish(self, subject: str, data: bytes) -> None:
        self.node.link.publish(subject, data)

    def _direct(self, node: str) -> str:
        return f"{self._prefix}.node.{node}"

    @property
    def _prefix(self) -> str:
        return f"{self.node.cluster}.project.{self.token}"

    @property
    def _all(self) -> str:
        return f"{self._prefix}.all"

    def _group(self, group: str) -> str:
        return f"{self._prefix}.group.{sha256(group.encode()).hexdigest()[:20]}"

    def _listen(self, subject: str) -> None:
        self._listening[subject] = self.node.link.listen(subject, self._received)

    # What the node tells.

    def link_changed(self, *, is_up: bool) -> None:
        """Know that NATS is there, or is away."""
        if is_up:
            self.flush()
        else:
            self._outbox.withdraw_calls()
        self.leadership.link_changed(is_up=is_up)

    def member_changed(self, member: Member) -> None:
        """Know what another node says of itself."""
        served = member.projects.get(self.name)
        if served is not None and served.lease is not None:
            self.leadership.heard(member.id, served.lease)
        else:
            self.leadership.heard_of_none(member.id)

    def member_gone(self, member: Member) -> None:
        """Know that a node has gone, with its clients."""
        self.asking.gone(member.id)
        self.calling.gone(member.id)
        self._parts.forget(member.id)
        self._roster.gone(member.id)
        self.leadership.gone(member.id)

    def fence(self, lease: int) -> None:
        """Refuse from now on what services with older leases want."""
        self._fenced_below = max(self._fenced_below, lease)

    # What comes.

    def _received(self, data: bytes) -> None:
        try:
            sender, received = frames.decode(data)
        except frames.NoFrames as error:
            self.node.strange(error)
            return
        if sender != self.node.id:
            self._handle_all(sender, received)
            self._scheduler.run()

    def _handle_all(self, sender: str, received: list[Frame]) -> None:
        for frame in received:
            try:
                self._handlers[frame[0]](sender, *frame[1:])
            except Exception as error:  # noqa: BLE001 - whatever others say, this node lives on
                self.node.strange(error)

    def _part(self, sender: str, number: int, index: int, count: int, piece: bytes) -> None:
        whole = self._parts.add(sender, number, index, count, piece)
        if whole is not None:
            self._received(whole)

    def _fenced(self, sender: str, lease: int, frame: Frame) -> None:
        """Do what a global service wants, unless another one has taken its place."""
        if lease >= self._fenced_below:
            self._fenced_below = lease
            self._handlers[frame[0]](sender, *frame[1:])
            return
        self._project.count("fenced")
        if frame[0] in frames.CALLS:
            self.asking.refuse(sender, frame[1], ServiceUnavailable(f"{self.name}: it has lost its lease"))

    def _send_here(self, _sender: str, client: str, message: str | bytes) -> None:
        context = self._contexts.get(client)
        if context is None:
            self._project.count("sends_dropped")
        else:
            context.send(message)

    def _send_keyed_here(self, _sender: str, client: str, message: str | bytes, key: str) -> None:
        context = self._contexts.get(client)
        if context is None:
            self._project.count("sends_dropped")
        else:
            context.send_keyed(message, key)

    def _disconnect_here(self, _sender: str, client: str, code: int, reason: str) -> None:
        if client in self._contexts:
            self._disconnect(client, code, reason)

    def _move_here(self, _sender: str, client: str, group: str, *, is_in: bool) -> None:
        if client in self._contexts:
            self._move(client, group, is_in=is_in)

    def _broadcast_here(
        self, _sender: str, message: str | bytes, group: str | None, excluded: list[str]
    ) -> None:
        self._send_to_all(Prepared(message), group, frozenset(excluded))

    def _broadcast_to_here(self, _sender: str, message: str | bytes, clients: list[str]) -> None:
        _contexts, others = self._send_to(Prepared(message), clients, frozenset())
        self._project.count("sends_dropped", len(others))
