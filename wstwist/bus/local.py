# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The way between contexts of one process."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, succeed

from wstwist.bus import frames
from wstwist.bus.broadcast import Broadcast
from wstwist.client import Client
from wstwist.context import Call, Occurrence
from wstwist.exceptions import ClientGone, NoSuchProcedure
from wstwist.messages import check_group, check_message, no_text
from wstwist.nearest import nearest
from wstwist.reply import Reply
from wstwist.stepping import current_event
from wstwist.wire.closing import check_close_code, check_reason
from wstwist.wire.prepared import Prepared

if TYPE_CHECKING:
    from wstwist.events import Then
    from wstwist.host import Host
    from wstwist.life import ClientContext
    from wstwist.values import Values

_SENDS = (frames.SEND, frames.SEND_KEYED)


class LocalBus:
    """Reaches the contexts of one project in this process; any thread may use it."""

    is_clustered = False

    def __init__(self, project: Host) -> None:
        """Serve the contexts of a project's host."""
        self._project = project
        self._scheduler = project.scheduler
        self._contexts = project.contexts

    def start(self) -> None:
        """Take part: the project begins."""

    def stop(self) -> None:
        """Take part no more: it has ended."""

    def hand_over(self) -> Deferred[None]:
        """Give the global service to another process, where there is one: this one is to end."""
        return succeed(None)

    def release(self) -> Deferred[None]:
        """Give back what only one process may have: the global service has ended."""
        return succeed(None)

    def may_act(self, _lease: int) -> bool:
        """Whether a global service with this lease may act at this moment."""
        return True

    def service_event_over(self, event: str) -> None:
        """Know that an event of the global service is over."""

    def new_id(self) -> str:
        """Make the id of a client; on a command line it looks like no option."""
        while (identity := secrets.token_urlsafe(12)).startswith("-"):
            pass
        return identity

    def send(self, client: str, message: str | bytes) -> None:
        """Send a message to a client; dropped and counted where it has gone."""
        if not self._scheduler.on_reactor_thread():
            if isinstance(message, str):
                message.encode()  # what cannot be sent is an error here, not there
            self._soon(partial(self._send, client, message))
        else:
            self._send(client, message)

    def _send(self, client: str, message: str | bytes) -> None:
        context = self._contexts.get(client)
        if context is None:
            self._elsewhere(frames.SEND, client, message)
        else:
            context.send(message)

    def _elsewhere(self, frame: int, _client: str, *_fields: object) -> None:
        """Do what is to be done with a client that has no context here; the frame says what."""
        if frame in _SENDS:
            self._project.count("sends_dropped")

    def send_keyed(self, client: str, message: str | bytes, key: str) -> None:
        """Send a message that replaces one with the same key, as long as that waits; as `send`."""
        if isinstance(message, str):
            message.encode()  # what cannot be sent is an error here, not there
        self._soon(partial(self._send_keyed, client, message, key))

    def _send_keyed(self, client: str, message: str | bytes, key: str) -> None:
        context = self._contexts.get(client)
        if context is None:
            self._elsewhere(frames.SEND_KEYED, client, message, key)
        else:
            context.send_keyed(message, key)

    def drained(self, client: str) -> Reply[None]:
        """Tell when nothing waits for a client any more."""
        context = self._contexts.get(client)
        event = current_event.get()
        waits_for_itself = context is not None and context.is_opening and event and event.context is context
        reply: Reply[None] = Reply(
            self._project, f"client {client}: drained", context if waits_for_itself else None
        )
        self._soon(partial(self._drained, client, reply.resolve))
        return reply

    def _drained(self, client: str, answer: Then) -> None:
        context = self._contexts.get(client)
        tell = partial(self._is_drained, client, answer)
        if context is None or context.is_gone:
            tell(False)
        else:  # in the next turn: who sends in a loop gives the reactor back
            self._scheduler.call_next_turn(partial(context.channel.when_drained, tell))

    def _is_drained(self, client: str, answer: Then, drained: bool) -> None:
        error = None if drained else _gone(client)
        self._scheduler.post(partial(answer, None, error))

    def join(self, client: str, group: str) -> None:
        """Put a client into a group, unless it has gone."""
        check_group("join", group)
        self._soon(partial(self._move, client, group, is_in=True))

    def leave(self, client: str, group: str) -> None:
        """Take a client out of a group."""
        check_group("leave", group)
        self._soon(partial(self._move, client, group, is_in=False))

    def _move(self, client: str, group: str, *, is_in: bool) -> None:
        context = self._contexts.get(client)
        groups = self._project.groups
        if context is None:
            self._elsewhere(frames.JOIN if is_in else frames.LEAVE, client, group)
        elif is_in:
            groups.join(context, group)
        else:
            groups.leave(context, group)

    def broadcast(
        self,
        message: str | bytes,
        to: Iterable[Client] | None,
        group: str | None,
        exclude: Client | Iterable[Client],
    ) -> Reply[None]:
        """Send a message to all clients, to those that are given, or to a group; to none that is excluded."""
        check_message("broadcast", message)
        try:
            prepared = Prepared(message)
        except UnicodeEncodeError as error:
            raise no_text("broadcast", error) from None
        if to is not None and group is not None:
            raise ValueError("broadcast: give either the clients, to=, or their group, group=")
        if group is not None:
            check_group("broadcast", group)
        ids = None if to is None else _ids("to", to)
        excluded = frozenset(_ids("exclude", (exclude,) if isinstance(exclude, Client) else exclude))
        reply = Broadcast(self._project, self._project.definition.name)
        self._soon(partial(self._broadcast, prepared, ids, group, excluded, reply))
        return reply

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
            reply.sent(self._send_to_all(prepared, group, excluded))
        else:
            contexts, others = self._send_to(prepared, ids, excluded)
            for client in others:
                self._elsewhere(frames.SEND, client, prepared.message)
            reply.sent(contexts)

    def _send_to_all(
        self, prepared: Prepared, group: str | None, excluded: frozenset[str]
    ) -> list[ClientContext]:
        """Send something to all who are here, or to a group; gives their contexts."""
        found = self._project.clients if group is None else self._project.groups.members(group)
        return self._send_to(prepared, tuple(found), excluded)[0]

    def _send_to(
        self, prepared: Prepared, ids: Iterable[str], excluded: frozenset[str]
    ) -> tuple[list[ClientContext], list[str]]:
        """Send something to clients; gives the contexts of those who are here, and the ids of the others."""
        found, contexts, others = self._contexts, [], []
        for client in ids:
            if client in excluded:
                continue
            context = found.get(client)
            if context is None:
                others.append(client)
            else:
                context.send_prepared(prepared)
                contexts.append(context)
        return contexts, others

    def disconnect(self, client: str, code: int, reason: str) -> None:
        """Close a client's connection, after what was sent before."""
        check_close_code(code)
        check_reason(reason)
        self._soon(partial(self._disconnect, client, code, reason))

    def call(
        self, client: str | None, procedure: object, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Reply[Any]:
        """Execute a procedure in a client's context, or in the global service's (None)."""
        name = self._project.definition.find_procedure(procedure)
        if name is None:
            return self._failed(self.no_such(procedure))
        values = self._project.values
        own_args, own_kwargs, size = _cross(values, args, kwargs)
        target = self._project.context(client)
        call = Call(name, own_args, own_kwargs, size, values)
        reply: Reply[Any] = Reply(self._project, self._describe(name, client), target, call.withdraw)
        call.answer = reply.resolve
        if target is None:
            reply.resolve(None, _gone(client))
        else:
            self._soon(partial(target.call, call))
        return reply

    def clients(self, group: str | None = None) -> Reply[list[Client]]:
        """List the connected clients, or those of a group."""
        if group is None:
            return self._answered(lambda: [context.client for context in self._project.clients.values()])
        check_group("connected_clients", group)
        return self._answered(lambda: [context.client for context in self._project.groups.connected(group)])

    def count_clients(self, group: str | None = None) -> Reply[int]:
        """Count the connected clients, or those of a group."""
        if group is None:
            return self._answered(lambda: len(self._project.clients))
        check_group("count_clients", group)
        return self._answered(lambda: sum(1 for _ in self._project.groups.connected(group)))

    def is_connected(self, client: str) -> Reply[bool]:
        """Tell whether a client is connected."""
        return self._answered(lambda: client in self._project.clients)

    def _disconnect(self, client: str, code: int, reason: str) -> None:
        context = self._contexts.get(client)
        if context is None:
            self._elsewhere(frames.DISCONNECT, client, code, reason)
        elif not context.is_gone:
            context.channel.close(code, reason)

    # What `Groups` tells.

    def group_began(self, group: str) -> None:
        """Know that a group has its first member here."""

    def group_ended(self, group: str) -> None:
        """Know that it has none any more."""

    def tell_presence(self, group: str, joined: list[Client], left: list[Client], told: Then) -> None:
        """Tell the global service who has joined a group and left it; then it is called."""
        self._project.service.put(Occurrence("on_presence", (group, joined, left), told))

    def _answered(self, answer: Callable[[], Any]) -> Reply[Any]:
        """Make a Reply that is answered from what this process knows."""
        reply: Reply[Any] = Reply(self._project, f"{self._project.definition.name}: a list")
        self._soon(lambda: reply.resolve(answer()))
        return reply

    def _failed(self, error: Exception) -> Reply[Any]:
        reply: Reply[Any] = Reply(self._project, f"{self._project.definition.name}: a call")
        reply.resolve(None, error)
        return reply

    def _soon(self, step: Callable[[], None]) -> None:
        if self._scheduler.on_reactor_thread():
            step()
        else:
            self._scheduler.post_from_anywhere(step)

    def no_such(self, procedure: object) -> NoSuchProcedure:
        """Say that there is no such procedure, and which one may be meant."""
        name = (
            procedure if isinstance(procedure, str) else getattr(procedure, "__qualname__", repr(procedure))
        )
        known = sorted(self._project.definition.procedures)
        meant = nearest(name[:100], known)
        hint = f"; did you mean {meant}?" if meant else f" (there are: {', '.join(known) or 'none'})"
        shown = name if name.isprintable() and len(name) <= 100 else repr(name[:100])  # noqa: PLR2004
        return NoSuchProcedure(f"{self._project.definition.name} has no procedure {shown}{hint}")

    def _describe(self, name: str, client: str | None) -> str:
        where = "the global service" if client is None else f"client {client}"
        return f"{self._project.definition.name}.{name} in {where}"


def _gone(client: str | None) -> ClientGone:
    return ClientGone(f"client {client} has disconnected")


def _cross(
    values: Values, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], int]:
    total = 0
    own_args = []
    for number, arg in enumerate(args, 1):
        own, size = values.cross(arg, f"argument {number}")
        own_args.append(own)
        total += size
    own_kwargs = {}
    for name, arg in kwargs.items():
        own_kwargs[name], size = values.cross(arg, f"argument {name}")
        total += size
    return tuple(own_args), own_kwargs, total


def _ids(name: str, clients: Iterable[Client]) -> dict[str, None]:
    """Give the ids of clients, in order and each once."""
    if isinstance(clients, Reply):
        raise TypeError(
            f"broadcast: {name} is a list of clients, not {clients!r}; await it, or .wait() in a def"
        )
    if isinstance(clients, (Client, str, bytes)) or not isinstance(clients, Iterable):
        kind = type(clients).__name__
        raise TypeError(f"broadcast: {name} is a list, or another iterable, of clients, not {kind}")
    ids: dict[str, None] = {}
    for client in clients:
        if not isinstance(client, Client):
            raise TypeError(f"broadcast: {name} is a list of clients, and {client!r} is none")
        ids[client.id] = None
    return ids
