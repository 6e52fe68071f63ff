# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A connection to a WebSocket server, as a program uses it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from types import TracebackType
from typing import Any, Self

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from wstwist.connection.awaited.dialing import Reached
from wstwist.connection.awaited.keeping import Keeper
from wstwist.connection.awaited.link import Link
from wstwist.connection.awaited.messages import Messages
from wstwist.connection.awaited.waiting import outside, runs_elsewhere, wait_for
from wstwist.connection.options import Options
from wstwist.exceptions import ConnectionClosed, QueueFull
from wstwist.wire import closing
from wstwist.wire.closing import ABNORMAL, GOING_AWAY, INTERNAL_ERROR, NO_STATUS, NORMAL

_WITHOUT_ERROR = (NORMAL, GOING_AWAY, NO_STATUS)


class Connection:
    """A connection to a WebSocket server. `connect` makes one.

    It is used on the reactor's thread, in any coroutine: an event's, an asyncio task's, one of Twisted's.

    Attributes:
        url: Where to, without user and password.
        protocol: The sub-protocol that the server has chosen, or None.
        headers: The header fields of the server's answer, names in lower case.
        peer: Address and port at the other end of the network connection: the server's, or a proxy's.
    """

    def __init__(self, url: str, options: Options, clock: IReactorTime, keeper: Keeper) -> None:
        """Begin without a network connection."""
        self.url = url
        self.protocol: str | None = None
        self.headers: dict[str, str] = {}
        self.peer: tuple[str, int] | None = None
        self._options = options
        self._clock = clock
        self._keeper = keeper
        self._link: Link | None = None  # while there is one that has not ended
        self._links: set[Link] = set()  # those whose network connection is not over yet
        self._returning: Deferred[Any] | None = None  # while it is made again
        self._is_greeting = False  # while on_return may send before what has waited
        self._asked: tuple[int, str] | None = None  # the end that the program has asked for
        self._closed: ConnectionClosed | None = None  # how it ended
        self._inbox = Messages(options.queue_size)
        self._outbox = Messages(options.queue_size)
        self._receiving: Deferred[None] | None = None
        self._room = _ROOM  # what the last `send` gave
        self._waiting_for_room: list[Deferred[None]] = []
        self._waiting_for_end: list[Deferred[None]] = []

    @property
    def is_open(self) -> bool:
        """Whether there is a server to which messages leave."""
        return self._link is not None and self._link.is_open and self._asked is None

    @property
    def close_code(self) -> int | None:
        """How the connection ended (RFC 6455, section 7.4), 1006 where it broke; None before."""
        return None if self._closed is None else self._closed.code

    @property
    def close_reason(self) -> str | None:
        """The reason that came with the close code; None before the end."""
        return None if self._closed is None else self._closed.reason

    # Sending.

    def send(self, message: str | bytes) -> Room:
        """Send a message: ``str`` as text, ``bytes`` as binary.

        It is queued. Whoever sends a lot awaits the result: it waits while ``queue_size`` bytes wait for the
        server, until half of them have left.

        Raises:
            QueueFull: So much waits already, and what the last ``send`` gave was not awaited. It comes to
                whoever sends next: on one connection all await, or none.
            ConnectionClosed: The connection is over.
            TypeError: The message is neither text nor bytes.
            ValueError: It is a text that has no UTF-8 form.
            RuntimeError: The reactor runs in another thread.
        """
        self._check_thread("send")
        if not isinstance(message, (str, bytes)):
            raise TypeError(f"send: a message is str or bytes, not {type(message).__name__}")
        if self._asked is not None or self._closed is not None:
            raise self._end()
        if self._outbox.is_full and not self._room.is_awaited:
            waiting = f"{self._options.queue_size} bytes wait to be sent"
            raise QueueFull(f"{self.url}: {waiting}; await what send gives")
        link = self._link
        if link is not None and link.is_open and link.is_writable and (self._is_greeting or not self._outbox):
            link.send(message)
        else:
            self._outbox.put(message)
        self._room = Room(self) if self._outbox.is_full else _ROOM
        return self._room

    def _when_room(self) -> Deferred[None]:
        """Give what fires when messages may be sent again, and fails when the connection is over."""
        if self._closed is None and not self._outbox.is_full:
            return succeed(None)
        return _wait_in(self._waiting_for_room)

    def _drain(self) -> None:
        """Send what waits, as far as it goes."""
        link = self._link
        while self._outbox and link is not None and link.is_open and link.is_writable:
            link.send(self._outbox.take())
        if self._outbox.has_room:
            _fire(self._waiting_for_room)

    # Receiving.

    async def receive(self) -> str | bytes:
        """Wait for the next message. Cancelling it loses none.

        Raises:
            ConnectionClosed: The connection is over, and there is no message left.
            RuntimeError: Another ``receive`` waits, or the reactor runs in another thread.
        """
        self._check_thread("receive")
        if self._receiving is not None:
            raise RuntimeError(f"{self.url}: another receive() waits for the next message")
        while not self._inbox:
            if self._closed is not None:
                raise self._end()
            self._receiving = Deferred()
            try:
                await wait_for(self._receiving)
            finally:
                self._receiving = None
        message = self._inbox.take()
        if self._link is not None and self._inbox.has_room:
            self._link.resume()
        return message

    def __aiter__(self) -> Self:
        """Give messages, until the connection ends."""
        return self

    async def __anext__(self) -> str | bytes:
        """Give the next message.

        Raises:
            ConnectionClosed: It broke, or the server ended it with another code than 1000, 1001 or none.
        """
        try:
            return await self.receive()
        except ConnectionClosed as closed:
            if self._asked is not None or (closed.was_clean and closed.code in _WITHOUT_ERROR):
                raise StopAsyncIteration from None
            raise

    # The end.

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Close the connection, and wait until it is; it may be called twice, and in any state.

        What was sent before leaves first. The server has ``close_timeout`` for its answer and again for
        closing; then the connection is dropped. Messages that come meanwhile are dropped.

        Raises:
            ValueError: No client may send this code.
            TypeError: The reason is no text.
        """
        self._check_thread("close")
        closing.check_end(code, reason)
        if self._asked is None and self._closed is None:
            self._asked = code, reason
            self._begin_closing(code, reason)
        if self._links:
            await wait_for(_wait_in(self._waiting_for_end))

    async def __aenter__(self) -> Self:
        """Give the connection."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it: with 1011 where an error leaves the block."""
        await self.close(NORMAL if kind is None else INTERNAL_ERROR)

    def __repr__(self) -> str:
        """Say where to, and whether it is open."""
        state = "closed" if self._closed is not None else "open" if self.is_open else "away"
        return f"<connection to {self.url}, {state}>"

    def _check_thread(self, what: str) -> None:
        if runs_elsewhere(self._clock):
            here = "from here, use reactor.callFromThread, or a connection of wstwist.blocking"
            raise RuntimeError(f"{what}: {self!r} belongs to the reactor's thread; {here}")

    def _begin_closing(self, code: int, reason: str) -> None:
        link = self._link
        if link is None:
            self._stop_returning()
            self._finish(ConnectionClosed(code, reason, was_clean=False))
        elif self._outbox:
            link.leave()
        else:
            link.close(code, reason)

    def _abandon(self) -> None:
        """Drop a connection that nobody has got."""
        self._asked = self._asked or (NORMAL, "")
        self._stop_returning()
        self._drop()

    def _drop(self) -> None:
        for link in tuple(self._links):
            link.drop()

    def _finish(self, closed: ConnectionClosed) -> None:
        """Be over."""
        self._closed = closed
        self._outbox.clear()
        self._wake()
        _fire(self._waiting_for_room, self._end)

    def _end(self) -> ConnectionClosed:
        """Give the error of one who sends or receives after the end; each has its own."""
        closed = self._closed or ConnectionClosed(*(self._asked or (ABNORMAL, "")), was_clean=False)
        error = ConnectionClosed(closed.code, closed.reason, closed.was_clean)
        error.__cause__ = closed.__cause__
        return error

    # What the keeper brings.

    def _attach(self, reached: Reached, *, again: bool = False) -> Self:
        """Go on over a new network connection."""
        self._returning = None
        self._link = link = Link(reached, self._options, self._clock, self)
        self._links.add(link)
        self.protocol = reached.agreed.protocol
        self.headers = dict(reached.agreed.headers)
        peer = reached.transport.getPeer()
        self.peer = (peer.host, peer.port)
        link.begin()
        if again and self.is_open:
            self._is_greeting = True
            self._keeper.has_returned(self)
            self._is_greeting = False
        self._drain()
        return self

    def _come_back(self, closed: ConnectionClosed) -> None:
        self._returning = returning = Deferred.fromCoroutine(self._keeper.reach_again(closed))
        returning.addCallback(self._attach, again=True).addErrback(self._give_up)

    def _give_up(self, failure: Failure) -> None:
        """End, for it could not be made again."""
        if not failure.check(CancelledError):  # else whoever has cancelled it knows
            self._returning = None
            closed = ConnectionClosed(ABNORMAL, str(failure.value), was_clean=False)
            closed.__cause__ = failure.value
            self._finish(closed)
            self._drop()

    def _stop_returning(self) -> None:
        returning, self._returning = self._returning, None
        if returning is not None:
            returning.cancel()

    # What a link tells.

    def _received(self, message: str | bytes) -> bool:
        """Keep a message for `receive`."""
        self._inbox.put(message)
        self._wake()
        return not self._inbox.is_full

    def _has_room(self) -> None:
        """Send what waits, and then the end that was asked for."""
        self._drain()
        if self._asked is not None:
            self._begin_closing(*self._asked)

    def _has_ended(self, closed: ConnectionClosed) -> None:
        """Be over, or be away."""
        self._link = None
        if self._asked is None and self._closed is None and self._keeper.may_return(closed):
            self._come_back(closed)
        elif self._closed is None:
            self._finish(closed)

    def _is_gone(self, link: Link) -> None:
        """Know that a network connection is over, too."""
        self._links.discard(link)
        if not self._links:
            _fire(self._waiting_for_end)

    # Those who wait.

    def _wake(self) -> None:
        receiving = self._receiving
        if receiving is not None and not receiving.called:
            outside(lambda: receiving.callback(None))


class Room:
    """What `Connection.send` gives: await it, or ignore it.

    Attributes:
        is_awaited: Whether somebody waits for it.
    """

    def __init__(self, connection: Connection | None) -> None:
        """Keep for whose room it stands; None: there is room."""
        self.is_awaited = False
        self._connection = connection

    def __await__(self) -> Generator[Any, None, None]:
        """Wait until there is room for more.

        Raises:
            ConnectionClosed: The connection is over.
        """
        if self._connection is not None:
            yield from wait_for(self.as_deferred()).__await__()

    def as_deferred(self) -> Deferred[None]:
        """Give a Deferred that fires when there is room for more."""
        if self._connection is None:
            return succeed(None)
        self.is_awaited = True
        return self._connection._when_room().addBoth(self._wait_is_over)

    def _wait_is_over(self, result: Any) -> Any:
        self.is_awaited = False
        return result


_ROOM = Room(None)


def _wait_in(waiting: list[Deferred[None]]) -> Deferred[None]:
    """Give a Deferred that waits in a list, until it is fired or cancelled."""

    def forget(cancelled: Deferred[None]) -> None:
        if cancelled in waiting:
            waiting.remove(cancelled)

    deferred: Deferred[None] = Deferred(forget)
    waiting.append(deferred)
    return deferred


def _fire(waiting: list[Deferred[None]], error: Callable[[], Exception] | None = None) -> None:
    """Fire all that wait in a list."""
    taken = tuple(waiting)
    waiting.clear()
    for each in taken:
        if error is None:
            outside(partial(each.callback, None))
        else:
            outside(partial(each.errback, error()))
