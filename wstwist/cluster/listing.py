# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A list of clients of all nodes: awaited as a whole, or read page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from wstwist.client import Client
from wstwist.crossing import unpack_handle
from wstwist.exceptions import ClientGone
from wstwist.pending import Wait
from wstwist.reply import Reply

if TYPE_CHECKING:
    from wstwist.cluster.bus import ClusterBus
    from wstwist.events import Event


class _Page(NamedTuple):
    """A part of a list; the number of the next one, 0: there is none."""

    clients: list[Client]
    following: int


class Listing(Reply[list[Client]]):
    """The clients of a project, or of a group: those of this node at the moment of the call, and others'.

    Nothing is asked of other nodes before somebody waits, and with ``async for`` no page before the one
    before it is read.

    Args:
        bus: The project's bus.
        group: The group; None: all.
    """

    __slots__ = ("_bus", "_group", "_here", "_is_asking", "_pages")

    def __init__(self, bus: ClusterBus, group: str | None) -> None:
        """Ask nothing yet."""
        super().__init__(bus.host, f"{bus.name}: a list")
        self._bus = bus
        self._group = group
        self._here: list[Client] | None = None
        self._is_asking = False
        self._pages: list[Client] = []

    def begin(self) -> None:
        """List those who are here."""
        host = self._bus.host
        contexts = host.clients.values() if self._group is None else host.groups.connected(self._group)
        self._here = [context.client for context in contexts]
        if not self._bus.others():
            self.resolve(self._here)
        elif self._waits:
            self._ask_all()

    def _watch(self, wait: Wait, event: Event | None) -> Wait:
        wait = super()._watch(wait, event)
        if self._here is not None:
            self._ask_all()
        return wait

    def _ask_all(self) -> None:
        """Ask all nodes for all of their pages."""
        if self._is_asking or self._is_done:
            return
        self._is_asking = True
        error = self._bus.check_link()
        if error is not None:
            self.resolve(None, error)
            return
        found: list[Client] = list(self._here or ())
        missing = {member.id for member in self._bus.others()}

        def one(node: str, page: _Page | None, error: BaseException | None) -> None:
            if page is None:
                self.resolve(None, error)
                return
            found.extend(page.clients)
            if page.following:
                self._ask(node, "page", page.following, partial(one, node))
                return
            missing.discard(node)
            if not missing:
                self.resolve(found)
                self._scheduler.run()

        for node in tuple(missing):
            self._ask(node, "list", self._group, partial(one, node))

    def _ask(
        self,
        node: str,
        what: str,
        argument: Any,
        then: Callable[[_Page | None, BaseException | None], None],
    ) -> None:
        def answered(value: Any, error: BaseException | None) -> None:
            if isinstance(error, ClientGone):  # the node has gone, and its clients with it
                then(_Page([], 0), None)
            elif error is not None:
                then(None, error)
            else:
                following, packed = value
                then(_Page([self._unpack(each) for each in packed], following), None)

        self._bus.asking.ask(node, what, (argument,), answered)

    def _unpack(self, packed: bytes) -> Client:
        return unpack_handle(self._bus.host.user_values, self._bus, packed)

    async def _items(self) -> AsyncIterator[Client]:
        if self._is_done or self._here is None:
            for client in await self:
                yield client
            return
        error = self._bus.check_link()
        if error is not None:
            raise error
        for client in self._here:
            yield client
        for member in self._bus.others():
            async for client in self._items_of(member.id):
                yield client

    async def _items_of(self, node: str) -> AsyncIterator[Client]:
        what: str = "list"
        argument: Any = self._group
        while True:
            reply: Reply[_Page] = Reply(self._bus.host, f"{self._bus.name}: a page of a list")
            self._ask(node, what, argument, reply.resolve)
            page = await reply
            for client in page.clients:
                yield client
            if not page.following:
                return
            what, argument = "page", page.following
