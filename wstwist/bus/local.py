# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The way between contexts of one process."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from wstwist.bus.broadcast import Broadcast
from wstwist.client import Client
from wstwist.context import Call
from wstwist.exceptions import ClientGone, NoSuchProcedure
from wstwist.messages import check_group, check_message, no_text
from wstwist.nearest import nearest
from wstwist.reply import Reply
from wstwist.stepping import current_event
from wstwist.wire.closing import check_close_code, check_reason
from wstwist.wire.prepared import Prepared

if TYPE_CHECKING:
    from wstwist.host import Host
    from wstwist.values import Values


class LocalBus:
    """Reaches the contexts of one project in this process; any thread may use it."""

    def __init__(self, project: Host) -> None:
        """Serve the contexts of a project's host."""
        self._project = project
        self._scheduler = project.scheduler
        self._contexts = project.contexts

    def send(self, client: str, message: str | bytes) -> None:
        """Send a message to a client; dropped and counted where it has gone."""
        if not self._scheduler.on_reactor_thread():
            if isinstance(message, str):
                message.encode()  # what cannot be sent is an error here, not there
            self._scheduler.post_from_anywhere(partial(self.send, client, message))
            return
        context = self._contexts.get(client)
        if context is None:
            self._project.count("sends_dropped")
        else:
            context.send(message)

    def send_keyed(self, client: str, message: str | bytes, key: str) -> None:
        """Send a message that replaces one with the same key, as long as that waits; as `send`."""
        if isinstance(message, str):
            message.encode()  # what cannot be sent is an error here, not there
        self._soon(partial(self._send_keyed, client, message, key))

    def _send_keyed(self, client: str, message: str | bytes, key: str) -> None:
        context = self._contexts.get(client)
        if context is None:
            self._project.count("sends_dropped")
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
        self._soon(partial(self._drained, client, reply))
        return reply

    def _drained(self, client: str, reply: Reply[None]) -> None:
        context = self._contexts.get(client)
        tell = partial(self._is_drained, client, reply)
        if context is None or context.is_gone:
            tell(False)
        else:  # in the next turn: who sends in a loop gives the reactor back
            self._scheduler.call_next_turn(partial(context.channel.when_drained, tell))

    def _is_drained(self, client: str, reply: Reply[None], drained: bool) -> None:
        error = None if drained else ClientGone(f"client {client} has disconnected")
        self._scheduler.post(partial(reply.resolve, None, error))

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
        if context is not None:
            groups = self._project.groups
            groups.join(context, group) if is_in else groups.leave(context, group)

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
        found = self._contexts
        if ids is None:
            found = self._project.clients if group is None else self._project.groups.members(group)
        contexts = []
        for client in tuple(found) if ids is None else ids:
            if client in excluded:
                continue
            context = found.get(client)
            if context is None:
                self._project.count("sends_dropped")
            else:
                context.send_prepared(prepared)
                contexts.append(context)
        reply.sent(contexts)

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
            reply.resolve(None, ClientGone(f"client {client} has disconnected"))
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
        context = self._project.contexts.get(client)
        if context is not None and not context.is_gone:
            context.channel.close(code, reason)

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
