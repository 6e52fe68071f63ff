# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""An event in progress in a context: run on the reactor's thread or in a thread, to its end."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Mapping
from functools import partial
from inspect import isawaitable
from time import thread_time
from typing import TYPE_CHECKING, Any, Protocol

from twisted.internet import defer
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from wstwist import native
from wstwist.coroutines import AsyncioDriver, Driver, PlainDriver
from wstwist.stepping import Returned, Suspended, current_event, first_call, first_step, wait_for
from wstwist.threads import blocking

if TYPE_CHECKING:
    from wstwist.accounting import Account
    from wstwist.context import ExecutionContext
    from wstwist.definition import Handler
    from wstwist.scheduler import Scheduler

Then = Callable[[Any, BaseException | None], None]
"""Called with the outcome of an event."""


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
        value: What it returned, once it has ended.
        error: What it raised, likewise.
        variables: The context variables of the context.
        is_over: Whether it has ended.
        began: When its code began, by `Scheduler.now`.
        ran_since: Of blocking code, when a thread began it, in the reactor's seconds; None: none has yet.
    """

    __slots__ = (
        "_args",
        "_driver",
        "_handler",
        "_has_ended",
        "_kwargs",
        "_scheduler",
        "_then",
        "_threads",
        "_waits",
        "began",
        "context",
        "error",
        "is_over",
        "name",
        "ran_since",
        "value",
        "variables",
    )

    context: ExecutionContext
    variables: contextvars.Context
    name: str
    is_over: bool
    began: float
    ran_since: float | None
    value: Any
    error: BaseException | None
    _scheduler: Scheduler
    _handler: Handler
    _args: tuple[Any, ...]
    _kwargs: dict[str, Any] | None
    _then: Then | None
    _driver: Driver | Deferred[Any] | None
    _threads: int
    _has_ended: bool
    _waits: list[Holder] | None

    @property
    def waits(self) -> list[Holder]:
        """The contexts for whose Replies it waits at this moment."""
        if self._waits is None:
            self._waits = []
        return self._waits

    @property
    def is_blocking(self) -> bool:
        """Whether it runs in a thread."""
        return bool(self._handler.is_blocking)

    @property
    def waits_for_thread(self) -> bool:
        """Whether it is blocking code that no thread has begun."""
        return self.is_blocking and self.ran_since is None

    @property
    def account(self) -> Account:
        """What it uses is counted there."""
        return self.context.account

    def start(self) -> bool:
        """Begin; True: it has ended already, and `value` or `error` say how."""
        if not self._handler.is_blocking:
            return self._step(self._handler.function, self._args, self._kwargs)
        self.context.project.threads.submit(self._run_in_thread)
        return False

    def fail(self, error: BaseException) -> None:
        """End it where it could not begin."""
        if not self.is_over:
            self.ended(None, error)

    def cancel(self) -> bool:
        """End it where it waits; False where it is blocking code that has begun, which nothing can end."""
        if self._driver is None:
            return self.withdraw(asyncio.CancelledError())
        self._driver.cancel()
        return True

    def withdraw(self, error: BaseException | None) -> bool:
        """End it, with an error or quietly, if no thread has begun it; tells whether that is so."""
        if not (self.is_blocking and self.context.project.threads.withdraw(self._run_in_thread)):
            return False
        self.ended(None, error)
        return True

    # In a thread.

    def _run_in_thread(self) -> None:
        value: Any = None
        error: BaseException | None = None
        self.began, self.ran_since = native.now(), self._scheduler.reactor.seconds()
        began = thread_time()
        with blocking(self.context):
            try:
                value = self.context.variables.copy().run(
                    first_call, self, self._handler.function, self._args, self._kwargs or {}
                )
            except BaseException as raised:  # noqa: BLE001 - as in start
                error = raised
            if not isawaitable(value):
                error = self.context.end_session(error)
        come_back = partial(self._come_back, value, error, thread_time() - began)
        self.context.project.scheduler.post_from_anywhere(come_back)

    def _come_back(self, value: Any, error: BaseException | None, cpu: float) -> None:
        self.context.account.computed(cpu)
        if isinstance(value, Deferred):
            value.addErrback(lambda _: None)
            error = TypeError(
                f"{self.name} is a def and returned a Deferred: write it as async def, and await the Deferred"
            )
            self.ended(None, error)
        elif error is not None:
            self.ended(None, error)
        elif self._go_on(value):
            self.context.end_event(self)

    # On the reactor's thread.

    def _step(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any] | None
    ) -> bool:
        """Call a function, and drive what it returned if that is to be awaited; True: it has ended."""
        scheduler = self._scheduler
        driver = scheduler.spare_driver or _new_driver(scheduler)
        scheduler.spare_driver = None
        driver.event = self
        self._driver = driver
        try:
            value = first_step(self, function, args, kwargs, self.variables, scheduler.loop, driver)
        except BaseException as raised:  # noqa: BLE001 - SystemExit of an author's event ends no server
            value, self.error = None, raised
        if type(value) is Suspended:
            driver.go_on(value.coroutine, value.awaited)
            return False
        self._driver = None
        if native.is_shared(driver) or scheduler.cancelled_driver is driver:
            driver.end(self.error)
        else:
            scheduler.spare_driver = driver
        if value is None:
            return True
        if type(value) is Returned:
            self.value = value.value
            return True
        return self._go_on(value)

    def _go_on(self, value: Any) -> bool:
        """Run what a function returned that is no coroutine function, if it is to be awaited."""
        if isinstance(value, Deferred):
            self._driver = value
            value.addCallbacks(self._deferred_fired, self._deferred_failed)
            return False
        if isawaitable(value):
            return self._step(wait_for, (value,), None)
        self.value = value
        return True

    def held(self, seconds: float) -> None:
        """Log that it held the reactor for too long."""
        limit = self.context.project.definition.settings.limits.event_time
        if limit is not None and seconds > limit:  # nobody could look at it meanwhile
            self.context.project.count("events_late")
        self.context.project.count("reactor_held")
        self.context.project.log.warn(
            "{project}, {context}, {event}: computed for {seconds:.2f} s on the reactor's thread, and nobody "
            "else could do anything; write it as def, or give the work to self.in_thread",
            **self.context.log_fields,
            event=self.name,
            seconds=seconds,
        )

    def _deferred_fired(self, value: Any) -> None:
        self.context.project.scheduler.post(partial(self.ended, value, None))

    def _deferred_failed(self, failure: Failure) -> None:
        self.context.project.scheduler.post(partial(self.ended, None, failure.value))

    def thread_began(self) -> None:
        """Count a thread that works for this event: the event does not end before it."""
        self._threads += 1

    def thread_ended(self) -> None:
        """Count it no more."""
        self._threads -= 1
        if not self._threads and self._has_ended:
            self.context.end_event(self)

    def may_end(self) -> bool:
        """Tell whether no thread works for it any more; else it ends when that is so."""
        self._driver = None
        self._has_ended = True
        return not self._threads  # it was cancelled, or did not wait for what it gave to in_thread

    def ended(self, value: Any, error: BaseException | None) -> None:
        """Take what its code returned or raised, and have the context end it."""
        self.value, self.error = value, error
        self.context.end_event(self)

    def let_go(self) -> Then | None:
        """Be over, and hold nothing; gives whom to tell the outcome.

        The context's variables hold the event until the next one.
        """
        then = self._then
        self.is_over = True
        self._then = None
        self._args = ()
        self._kwargs = None
        return then


def make_event(
    context: ExecutionContext,
    name: str,
    handler: Handler,
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None,
    then: Then | None,
) -> Event:
    """Make an event, to be started.

    Args:
        context: Where it runs.
        name: Its name.
        handler: The author's function.
        args: Its arguments, the instance first.
        kwargs: Further ones.
        then: Whom to tell the outcome; None: an error is reported.
    """
    event = Event.__new__(Event)  # compiled, this is half of what a call of the class costs
    event.context = context
    event.variables = context.variables
    event.name = name
    event.is_over = False
    event.value = event.error = event.ran_since = None
    event._scheduler = context.scheduler
    event.began = event._scheduler.now
    event._handler = handler
    event._args = args
    event._kwargs = kwargs
    event._then = then
    event._driver = None
    event._threads = 0
    event._has_ended = False
    event._waits = None
    return event


def _new_driver(scheduler: Scheduler) -> Driver:
    return PlainDriver(scheduler) if scheduler.loop is None else AsyncioDriver(scheduler)


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

    def come_back(value: Any, error: BaseException | None, cpu: float) -> None:
        context.account.computed(cpu)
        ended(value, error)
        if holds is not None:
            holds.thread_ended()

    def work() -> None:
        value: Any = None
        error: BaseException | None = None
        began = thread_time()
        with blocking(context):
            try:
                value = variables.run(function)
            except BaseException as raised:  # noqa: BLE001 - it goes to whoever awaits
                error = raised
        cpu = thread_time() - began
        context.project.scheduler.post_from_anywhere(partial(come_back, value, error, cpu))

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
