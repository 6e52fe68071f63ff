# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The reply of another context."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, NoReturn, Protocol, TypeVar

from twisted.logger import Logger

from wstwist.durations import describe, seconds
from wstwist.events import Event, find_circle
from wstwist.exceptions import CircularExecution, ClientGone, ProcedureError, ReplyTimeout
from wstwist.pending import Fire, Pending, Wait
from wstwist.stepping import current_event

if TYPE_CHECKING:
    from wstwist.events import Holder
    from wstwist.scheduler import Scheduler
    from wstwist.threads import Threads

T = TypeVar("T")
E = TypeVar("E")


class Caller(Protocol):
    """What a Reply needs to know of the project that it belongs to."""

    @property
    def scheduler(self) -> Scheduler:
        """The order of steps on the reactor's thread."""

    @property
    def log_fields(self) -> dict[str, object]:
        """What a line in the log says of where it comes from."""

    @property
    def threads(self) -> Threads:
        """Where blocking code runs."""

    @property
    def reply_timeout(self) -> float | None:
        """How long a wait lasts at most, in seconds."""


class Reply(Pending[T]):
    """What a procedure returned in another context, or will return.

    It may be ignored; then an error of the procedure is logged. In a coroutine it is awaited, in blocking
    code `wait` gives the result. Both raise what went wrong: `ProcedureError`, `ClientGone`, `ReplyTimeout`,
    `CircularExecution`, `MailboxFull`, `NoSuchProcedure`, `CannotCross`, `ServiceUnavailable`.
    """

    __slots__ = ("_call", "_caller", "_limit", "_target", "_withdraw")

    _log = Logger()

    def __init__(
        self,
        caller: Caller,
        call: str,
        target: Holder | None = None,
        withdraw: Callable[[], None] | None = None,
    ) -> None:
        """Begin to wait.

        Args:
            caller: The project.
            call: What was called, for people.
            target: The context whose event or procedure will bring the reply.
            withdraw: Takes the call back, if it has not begun.
        """
        super().__init__(caller.scheduler, caller)
        self._caller = caller
        self._call = call
        self._limit = caller.reply_timeout
        self._target = target
        self._withdraw = withdraw

    def resolve(self, result: T | None, error: BaseException | None = None) -> None:
        """Set the result, or the error, and wake all who wait; a second time it does nothing."""
        super().resolve(result, error)
        self._withdraw = None  # the call and the Reply hold each other no longer

    def within(self, limit: float | str | timedelta | None) -> Reply[T]:
        """Set how long a wait for this Reply may last: seconds, ``"5 s"``, a timedelta, or None for no end.

        Raises:
            ValueError: It is no duration.
        """
        self._limit = None if limit is None else seconds(limit)
        return self

    def wait(self, timeout: float | str | timedelta | None = None) -> T:
        """Wait for the result, in blocking code.

        Args:
            timeout: How long at most: seconds, a string such as ``"5 s"``, or a timedelta; None is what
                `within` or the project's ``reply_timeout`` says.

        Raises:
            RuntimeError: This is the reactor's thread, which must not block.
        """
        if timeout is not None:
            self.within(timeout)
        if not self._caller.threads.may_wait():
            raise RuntimeError(
                f"{self._call}: .wait() would block the reactor's thread; in a coroutine, await it"
            )
        if not self._is_done:
            error = self._block()
            if error is not None:
                raise error
        return self._get()

    def __bool__(self) -> NoReturn:
        """Refuse: a Reply is not its result, and would always be true."""
        raise TypeError(f"{self!r}: this is the Reply, not the result; await it, or .wait() in a def")

    def __repr__(self) -> str:
        """Say of what it is the Reply."""
        return f"<Reply of {self._call}>"

    def __aiter__(self: Reply[list[E]]) -> AsyncIterator[E]:
        """Go through a list that comes in pages."""
        return self._items()

    async def _items(self: Reply[list[E]]) -> AsyncIterator[E]:
        for item in await self:
            yield item

    def _block(self) -> BaseException | None:
        came = threading.Lock()
        came.acquire()
        outcome: list[BaseException | None] = []

        def fire(error: BaseException | None) -> None:
            outcome.append(error)
            came.release()

        event = current_event.get()
        if event is not None:
            event.context.release_session()
        self._scheduler.post_from_anywhere(partial(self._wait_for_thread, fire, event))
        self._caller.threads.wait(came)
        return outcome[0]

    def _wait_for_thread(self, fire: Fire, event: Event | None) -> None:
        if self._is_done:
            fire(None)
        else:
            self._watch(Wait(fire), event)

    def _begin_wait(self, fire: Fire) -> Wait:
        return self._watch(Wait(fire), current_event.get())

    def _watch(self, wait: Wait, event: Event | None) -> Wait:
        """Add a wait, with its end; it closes no circle."""
        self._waits.append(wait)
        if event is not None and not event.is_over:
            event.context.warn_of_uncommitted(event)
            if self._target is not None:
                circle = find_circle(event, self._target)
                if circle is not None:
                    self._scheduler.post(partial(self._end_early, wait, CircularExecution(circle)))
                    return wait
                event.waits.append(self._target)
        timer = None
        if self._limit is not None:
            timer = self._scheduler.reactor.callLater(self._limit, self._time_out, wait)
        wait.stop = partial(self._stop_watching, event, timer)
        return wait

    def _stop_watching(self, event: Event | None, timer: object) -> None:
        if event is not None and self._target in event.waits:
            event.waits.remove(self._target)
        if timer is not None and timer.active():  # type: ignore[attr-defined] # an IDelayedCall
            timer.cancel()  # type: ignore[attr-defined]

    def _time_out(self, wait: Wait) -> None:
        limit = describe(self._limit or 0)
        self._end_early(wait, ReplyTimeout(f"{self._call}: no reply within {limit}"))
        self._scheduler.run()

    def _end_early(self, wait: Wait, error: BaseException) -> None:
        self._end_wait(wait, error)
        self._withdraw_if_unwaited()

    def _forget(self, wait: Wait) -> None:
        if wait in self._waits:
            super()._forget(wait)
            self._withdraw_if_unwaited()

    def _withdraw_if_unwaited(self) -> None:
        if not self._waits and not self._is_done and self._withdraw is not None:
            self._withdraw()

    def _get(self) -> T:
        if self._error is not None:
            self._error.__traceback__ = None  # each wait raises it anew
        return super()._get()

    def _log_unseen(self, error: BaseException) -> None:
        if isinstance(error, ClientGone):  # no more than a send that comes too late
            return
        self._log.error(
            "{call} failed, and nobody waited for its reply: {error}\n{traceback}",
            call=self._call,
            error=error,
            traceback=error.traceback if isinstance(error, ProcedureError) else "",
            **self._caller.log_fields,
            context=None if self._target is None else self._target.name,
        )
