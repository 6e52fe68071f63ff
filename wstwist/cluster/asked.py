# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What other nodes ask about the clients of this one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from wstwist.bus.broadcast import Broadcast
from wstwist.crossing import pack_handle
from wstwist.exceptions import NoSuchProcedure
from wstwist.pending import Wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from wstwist.cluster.bus import ClusterBus

PAGE = 128 * 1024
"""Bytes of handles in one page of a list, about."""

_KEPT = 60.0
"""Seconds that a list is kept whose next page nobody wants."""


class Asked:
    """Answers for one project.

    Args:
        bus: The project's bus.
    """

    def __init__(self, bus: ClusterBus) -> None:
        """Begin."""
        self._bus = bus
        self._host = bus.host
        self._lists: dict[int, _List] = {}
        self._numbers = count(1)
        self._answers: dict[str, Callable[..., None]] = {
            "count": self._count,
            "connected": self._connected,
            "drained": self._drained,
            "list": self._list,
            "page": self._page,
            "room": self._room,
        }

    def asked(self, sender: str, number: int, what: str, arguments: list[Any]) -> None:
        """Answer a question."""
        answer = partial(self._bus.asking.answer, sender, number)
        found = self._answers.get(what)
        if found is None:
            answer(None, NoSuchProcedure(f"node {self._bus.node.id} does not know what {what!r} is"))
        else:
            found(answer, *arguments)

    def _count(self, answer: Callable[..., None], group: str | None) -> None:
        if group is None:
            answer(len(self._host.clients), None)
        else:
            answer(sum(1 for _ in self._host.groups.connected(group)), None)

    def _connected(self, answer: Callable[..., None], client: str) -> None:
        answer(client in self._host.clients, None)

    def _drained(self, answer: Callable[..., None], client: str) -> None:
        self._bus._drained(client, answer)

    def _room(self, answer: Callable[..., None], group: str | None, ids: list[str] | None) -> None:
        """Answer once these clients have room, or have stalled."""
        if ids is not None:
            found = (self._host.contexts.get(client) for client in ids)
            contexts = [context for context in found if context is not None]
        elif group is not None:
            contexts = list(self._host.groups.members(group).values())
        else:
            contexts = list(self._host.clients.values())
        reply = Broadcast(self._host, self._bus.name)
        reply.sent(contexts)
        reply._watch(Wait(lambda _error: answer(None, None)), None)

    # Lists, page by page: the next one is sent when it is wanted.

    def _list(self, answer: Callable[..., None], group: str | None) -> None:
        contexts = self._host.clients.values() if group is None else self._host.groups.connected(group)
        number = next(self._numbers)
        self._lists[number] = _List([context.client for context in contexts])
        self._page(answer, number)

    def _page(self, answer: Callable[..., None], number: int) -> None:
        """Answer with a number for the next page (0: there is none) and the handles of this one."""
        found = self._lists.get(number)
        if found is None:
            answer([0, []], None)
            return
        page = list(self._take(found))
        if found.has_more:
            found.keep(self._bus.node.call_later(_KEPT, partial(self._lists.pop, number, None)))
        else:
            found.keep(None)
            del self._lists[number]
        answer([number if found.has_more else 0, page], None)

    def _take(self, found: _List) -> Iterator[bytes]:
        size = 0
        while found.has_more and size < PAGE:
            client = found.take()
            if client.id in self._host.clients:
                packed = pack_handle(self._host.user_values, client)
                size += len(packed)
                yield packed


class _List:
    """Clients that somebody reads."""

    def __init__(self, clients: list[Any]) -> None:
        self._clients = clients
        self._at = 0
        self._timer: Any = None

    @property
    def has_more(self) -> bool:
        return self._at < len(self._clients)

    def take(self) -> Any:
        self._at += 1
        return self._clients[self._at - 1]

    def keep(self, timer: Any) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = timer
