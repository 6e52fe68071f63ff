# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Procedures that are executed in contexts on other nodes, and here for those. None is executed twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from wstwist.bus import frames
from wstwist.context import Call
from wstwist.exceptions import CannotCross, ClientGone, ServiceUnavailable, WstwistError
from wstwist.reply import Reply

if TYPE_CHECKING:
    from wstwist.cluster.bus import ClusterBus
    from wstwist.events import Event
    from wstwist.pending import Wait

NOT_HERE = "NotHere"
"""Says that the global service is not on the node that was asked: nothing has begun."""


class FarContext:
    """A context on another node, as far as waits are concerned.

    Attributes:
        node: The node; "" until it is known which one has the global service.
        client: The client; None: the global service.
        name: What people call it.
    """

    event: Event | None = None

    def __init__(self, node: str, client: str | None) -> None:
        """Name it."""
        self.node = node
        self.client = client
        self.name = "global service" if client is None else f"client {client}"


class FarReply(Reply[Any]):
    """The reply of a context on another node.

    Args:
        bus: The project's bus.
        call: What was called, for people.
        target: The context.
        withdraw: Takes the call back, if it has not begun.
    """

    __slots__ = ("_bus",)

    def __init__(self, bus: ClusterBus, call: str, target: FarContext, withdraw: Callable[[], None]) -> None:
        """Begin to wait."""
        super().__init__(bus.host, call, target, withdraw)
        self._bus = bus

    def _watch(self, wait: Wait, event: Event | None) -> Wait:
        wait = super()._watch(wait, event)
        if event is not None and not event.is_over and wait in self._waits:
            self._bus.watch_circle(event, cast("FarContext", self._target), self, wait)
            wait.stop = partial(self._stop_looking, wait, wait.stop)
        return wait

    def _stop_looking(self, wait: Wait, stop: Callable[[], None] | None) -> None:
        self._bus.forget_circle(wait)
        if stop is not None:
            stop()


class FarCall:
    """A call to another node.

    Args:
        bus: The project's bus.
        target: Where the procedure is.
        content: The procedure's name, its arguments and its named arguments.
        reply: What brings the result.

    Attributes:
        is_withdrawn: Whether whoever called wants it no more.
    """

    def __init__(
        self, bus: ClusterBus, target: FarContext, content: tuple[str, list[bytes], dict[str, bytes]]
    ) -> None:
        """Wait to leave."""
        self._bus = bus
        self._target = target
        self._content = content
        self._number: int | None = None
        self.is_withdrawn = False
        self.reply: Reply[Any]

    def begin(self) -> None:
        """Let it leave, or wait until there is a global service."""
        if self._target.client is None:
            self._bus.leadership.when_known(self)
        else:
            self.leave(self._bus.node_of(self._target.client))

    @property
    def node(self) -> str:
        """The node that it has left for; "" before."""
        return self._target.node

    def leave(self, node: str) -> None:
        """Let it leave for a node."""
        self._target.node = node
        if self._target.client is None:
            self._bus.calling.left(self)
        self._number = self._bus.asking.request(node, self._answered, self._frame, self._gone)

    def _frame(self, number: int) -> frames.Frame:
        return frames.CALL, number, self._target.client, *self._content

    def fail(self, error: BaseException) -> None:
        """End it."""
        self.reply.resolve(None, error)

    def withdraw(self) -> None:
        """Have it begin no more."""
        self.is_withdrawn = True
        self._bus.calling.ended(self)
        if self._number is not None:
            node = self._bus.asking.withdraw(self._number)
            if node is not None:
                self._bus.put(node, (frames.WITHDRAW, self._number))

    def _answered(self, value: Any, error: BaseException | None) -> None:
        self._bus.calling.ended(self)
        if isinstance(error, WstwistError) and str(error) == NOT_HERE:
            self._bus.leadership.gone(self._target.node)
            self.begin()
        elif error is not None:
            self.reply.resolve(None, error)
        else:
            self._arrived(value)

    def _arrived(self, value: bytes) -> None:
        try:
            result = self._bus.host.values.loads(value, f"the result of {self._content[0]}")
        except CannotCross as error:
            self.reply.resolve(None, error)
        else:
            self.reply.resolve(result)

    def _gone(self) -> WstwistError:
        if self._target.client is None:
            return ServiceUnavailable(f"{self._bus.name}: the node of the global service has gone")
        return ClientGone(f"client {self._target.client} has disconnected")


class Calling:
    """Calls of one project to other nodes, and from them.

    Args:
        bus: The project's bus.
    """

    def __init__(self, bus: ClusterBus) -> None:
        """Begin without calls."""
        self._bus = bus
        self._here: dict[tuple[str, int], Call] = {}
        self._of_service: set[FarCall] = set()

    def call(self, client: str | None, name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Reply[Any]:
        """Execute a procedure in a context on another node.

        Raises:
            CannotCross: An argument cannot go there.
        """
        values = self._bus.host.values
        packed = [values.dumps(arg, f"argument {at}") for at, arg in enumerate(args, 1)]
        named = {key: values.dumps(arg, f"argument {key}") for key, arg in kwargs.items()}
        target = FarContext("" if client is None else self._bus.node_of(client), client)
        call = FarCall(self._bus, target, (name, packed, named))
        reply = call.reply = FarReply(self._bus, self._bus._describe(name, client), target, call.withdraw)
        self._bus._soon(call.begin)
        return reply

    # What comes.

    def called(
        self,
        sender: str,
        number: int,
        client: str | None,
        name: str,
        args: list[bytes],
        kwargs: dict[str, bytes],
    ) -> None:
        """Execute a procedure here for another node."""
        if client is None and not self._bus.leadership.is_leading:
            self._bus.asking.refuse(sender, number, WstwistError(NOT_HERE))
            return
        target = self._bus.host.context(client)
        if target is None:
            self._bus.asking.refuse(sender, number, ClientGone(f"client {client} has disconnected"))
            return
        values = self._bus.host.values
        try:
            own = tuple(values.loads(arg, f"argument {at}") for at, arg in enumerate(args, 1))
            own_named = {key: values.loads(arg, f"argument {key}") for key, arg in kwargs.items()}
        except CannotCross as error:
            self._bus.asking.refuse(sender, number, error)
            return
        size = sum(map(len, args)) + sum(map(len, kwargs.values()))
        call = Call(name, own, own_named, size, values)
        call.answer = partial(self._ended, sender, number, name)
        self._here[sender, number] = call
        target.call(call)

    def withdrawn(self, sender: str, number: int) -> None:
        """Begin no more what another node has called."""
        call = self._here.pop((sender, number), None)
        if call is not None:
            call.withdraw()

    def left(self, call: FarCall) -> None:
        """Know that a call has left for the node of the global service."""
        self._of_service.add(call)

    def ended(self, call: FarCall) -> None:
        """Know that it is answered, or wanted no more."""
        self._of_service.discard(call)

    def service_moved(self, node: str) -> None:
        """Fail the calls to global services on other nodes than this: nothing that they answer counts."""
        for call in [call for call in self._of_service if call.node != node]:
            call.withdraw()
            call.fail(ServiceUnavailable(f"{self._bus.name}: another node has the global service now"))

    def gone(self, node: str) -> None:
        """Begin no more what a node has called that has gone."""
        for sender, number in [key for key in self._here if key[0] == node]:
            self.withdrawn(sender, number)

    def _ended(self, sender: str, number: int, name: str, value: Any, error: BaseException | None) -> None:
        if self._here.pop((sender, number), None) is None:
            return  # nobody waits any more
        packed = None
        if error is None:
            try:
                packed = self._bus.host.values.dumps(value, f"the result of {name}")
            except CannotCross as raised:
                error = raised
        with self._bus.as_nobody():
            self._bus.asking.answer(sender, number, packed, error)
