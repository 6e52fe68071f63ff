# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""An event in progress in a context: run on the reactor's thread or in a thread, to its end."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine, Mapping
from contextvars import ContextVar
from functools import partial
from inspect import isawaitable
from types import CoroutineType
from typing import TYPE_CHECKING, Any, Protocol

from twisted.internet import defer
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from wstwist.coroutines import Driver, drive
from wstwist.threads import blocking

if TYPE_CHECKING:
    from wstwist.context import ExecutionContext
    from wstwist.definition import Handler

current_event: ContextVar[Event | None] = ContextVar("wstwist_current_event", default=None)
"""The event in which this code runs, also in tasks that it made and in threads."""


class Holder(Protocol):
    """A context, as far as waits are concerned."""

    @property
    def event(self) -> Event | None:
        """The event in progress."""

    @property
    def name(self) -> str:
        """What people call it."""


class Event:
    """An event, or a procedure that others execute, in progress.

    Attributes:
        context: Where it runs.
        name: The event's or procedure's name.
        waits: The contexts for whose Replies it waits at this moment.
        is_over: Whether it has ended.
    """

    __slots__ = (
        "_args",
        "_handler",
        "_kwargs",
        "_outcome",
        "_running",
        "_then",
        "_threads",
        "context",
        "is_over",
        "name",
        "waits",
    )

    def __init__(
        self,
        context: ExecutionContext,
        name: str,
        handler: Handler,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        then: Callable[[Any, BaseException | None], None] | None,
    ) -> None:
        """Prepare; `start` begins."""
        self.context = context
        self.name = name
        self.waits: list[Holder] = []
        self.is_over = False
        self._handler = handler
        self._args = args
        self._kwargs = kwargs
        self._then = then
        self._running: Driver | Deferred[Any] | None = None
        self._threads = 0
        self._outcome: tuple[Any, BaseException | None] | None = None

    def start(self) -> None:
        """Begin; where it runs on the reactor's thread and never waits, it has ended when this returns."""
        context = self.context
        if self._handler.is_blocking:
            context.project.threads.submit(self._run_in_thread)
        else:
            try:
                value = context.variables.run(self._call)
            except BaseException as error:  # noqa: BLE001 - SystemExit of an author's event ends no server
                self._finish(None, error)
            else:
                self._go_on(value)

    def fail(self, error: BaseException) -> None:
        """End it where it could not begin."""
        if not self.is_over:
            self._finish(None, error)

    def cancel(self) -> bool:
        """End it where it waits; False where it is blocking code, which nothing can end."""
        if self._running is None:
            return False
        self._running.cancel()
        return True

    def _call(self) -> Any:
        current_event.set(self)
        return self._handler.function(self.context.instance, *self._args, **self._kwargs)

    # In a thread.

    def _run_in_thread(self) -> None:
        value: Any = None
        error: BaseException | None = None
        with blocking(self.context):
            try:
                value = self.context.variables.copy().run(self._call)
            except BaseException as raised:  # noqa: BLE001 - as in start
                error = raised
            if not isawaitable(value):
                error = self.context.end_session(error)
        self.context.project.scheduler.post_from_anywhere(partial(self._come_back, value, error))

    def _come_back(self, value: Any, error: BaseException | None) -> None:
        if isinstance(value, Deferred):
            value.addErrback(lambda _: None)
            error = TypeError(
                f"{self.name} is a def and returned a Deferred: write it as async def, and await the Deferred"
            )
            self._finish(None, error)
        elif error is None:
            self._go_on(value)
        else:
            self._finish(None, error)

    # On the reactor's thread.

    def _go_on(self, value: Any) -> None:
        """Run what the function returned, if it is to be awaited."""
        if isinstance(value, CoroutineType):
            self._drive(value)
        elif isinstance(value, Deferred):
            self._running = value
            value.addCallbacks(self._deferred_fired, self._deferred_failed)
        elif isawaitable(value):
            self._drive(_await(value))
        else:
            self._finish(value, None)

    def _drive(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self.context.variables.run(current_event.set, self)  # a def has set it in its thread's copy only
        self._running = driver = drive(
            coroutine, self.context.variables, self.context.project.scheduler, self._finish, self._held
        )
        driver.resume()

    def _held(self, seconds: float) -> None:
        self.context.project.count("reactor_held")
        self.context.project.log.warn(
            "{project}, {context}, {event}: computed for {seconds:.2f} s on the reactor's thread, and nobody "
            "else could do anything; write it as def, or give the work to self.in_thread",
            project=self.context.project.definition.name,
            context=self.context.name,
            event=self.name,
            seconds=seconds,
        )

    def _deferred_fired(self, value: Any) -> None:
        self.context.project.scheduler.post(partial(self._finish, value, None))

    def _deferred_failed(self, failure: Failure) -> None:
        self.context.project.scheduler.post(partial(self._finish, None, failure.value))

    def thread_began(self) -> None:
        """Count a thread that works for this event: the event does not end before it."""
        self._threads += 1

    def thread_ended(self) -> None:
        """Count it no more."""
        self._threads -= 1
        if not self._threads and self._outcome is not None:
            self._finish(*self._outcome)

    def _finish(self, value: Any, error: BaseException | None) -> None:
        """End the database session's transaction, then the event."""
        self._running = None
        if self._threads:  # it was cancelled, or did not wait for what it gave to in_thread
            self._outcome = value, error
        elif self.context.has_transaction():
            self.context.project.threads.submit(partial(self._end_session_in_thread, value, error))
        else:
            self._end(value, error)

    def _end_session_in_thread(self, value: Any, error: BaseException | None) -> None:
        with blocking(self.context):
            error = self.context.end_session(error)
        self.context.project.scheduler.post_from_anywhere(partial(self._end, value, error))

    def _end(self, value: Any, error: BaseException | None) -> None:
        self.is_over = True
        # The context's variables hold the event until the next one; it holds what it was given no longer.
        then, self._then, self._args, self._kwargs = self._then, None, (), {}
        self.context.event_ended(self, value, error, then)


async def _await(value: Any) -> Any:
    return await value


def run_in_thread(
    context: ExecutionContext,
    function: Callable[[], Any],
    ended: Callable[[Any, BaseException | None], None],
) -> None:
    """Run blocking code of an async event in a thread; `ended` is called on the reactor's thread."""
    variables = contextvars.copy_context()
    event = current_event.get()
    holds = event if event is not None and event.context is context and not event.is_over else None
    if holds is not None:
        holds.thread_began()

    def come_back(value: Any, error: BaseException | None) -> None:
        ended(value, error)
        if holds is not None:
            holds.thread_ended()

    def work() -> None:
        value: Any = None
        error: BaseException | None = None
        with blocking(context):
            try:
                value = variables.run(function)
            except BaseException as raised:  # noqa: BLE001 - it goes to whoever awaits
                error = raised
        context.project.scheduler.post_from_anywhere(partial(come_back, value, error))

    context.project.threads.submit(work)


def find_circle(event: Event, target: Holder) -> list[str] | None:
    """Name the contexts of the circle that a wait of an event for a context would close, if it would.

    A circle is made of waits: the event in progress here waits for a context whose event in progress waits,
    and so on, for this context.
    """
    start = event.context
    came_from: dict[Holder, Holder | None] = {target: None}
    to_see = [target]
    while to_see:
        context = to_see.pop()
        if context is start:
            return [start.name, *_names(came_from[context], came_from)]
        for waited in context.event.waits if context.event is not None else ():
            if waited not in came_from:
                came_from[waited] = context
                to_see.append(waited)
    return None


def _names(context: Holder | None, came_from: Mapping[Holder, Holder | None]) -> list[str]:
    """Name the contexts on the way that led to one, in order."""
    names = []
    while context is not None:
        names.append(context.name)
        context = came_from[context]
    return names[::-1]


def is_cancellation(error: BaseException | None) -> bool:
    """Tell whether an event ended because it was cancelled."""
    return isinstance(error, (asyncio.CancelledError, defer.CancelledError))
