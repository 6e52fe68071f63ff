# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Driving an event that is a coroutine, without a task where it never suspends.

On a reactor that runs on asyncio the driver stands in for an `asyncio.Task`, so that what looks for the
current task (``asyncio.timeout``, ``TaskGroup``, anyio) finds one, and Deferreds may be awaited as well. On
other reactors Deferreds and Replies may be awaited, and nothing of asyncio's.
"""

from __future__ import annotations

import asyncio
import contextvars
from asyncio import tasks
from collections.abc import Callable, Coroutine
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from wstwist.scheduler import Scheduler
from wstwist.stepping import in_task

TOO_LONG = 0.1
"""Seconds of computing in one step that are worth a warning: nobody else gets the reactor meanwhile."""

Outcome = tuple[Any, BaseException | None]

_WITHOUT_ASYNCIO = ("event loop", "async library")
"""What asyncio and anyio, and httpx (sniffio), say of where they find themselves on other reactors."""

_ON_ASYNCIO = (
    "to await what asyncio offers, start with twistd --reactor=asyncio or --reactor=uvloop, "
    "or have a program begin with twisted.internet.asyncioreactor.install()"
)

if TYPE_CHECKING:
    from wstwist.accounting import Account

_log = Logger(namespace="wstwist")

_register: Callable[[Any], None] = tasks._register_task
_unregister: Callable[[Any], None] = tasks._unregister_task


class Driven(Protocol):
    """An event, as far as its coroutine is concerned."""

    @property
    def variables(self) -> contextvars.Context:
        """The context in which each step runs."""

    @property
    def account(self) -> Account:
        """Whose time it takes."""

    def ended(self, result: Any, error: BaseException | None) -> None:
        """Take what the coroutine returned, or raised; called outside of `variables`."""

    def held(self, seconds: float) -> None:
        """Learn of a step that held the reactor for too long."""


class Driver:
    """Steps a coroutine on the reactor's thread, from its second step until it ends.

    The first step is `stepping.first_step`'s; on a reactor that runs on asyncio a driver stands in for the
    current task there already. One that no event has kept is used for the next event again: most events end
    in their first step.

    Args:
        scheduler: Where further steps are posted.

    Attributes:
        event: Whose coroutine it is.
        coroutine: The coroutine.
    """

    coroutine: Coroutine[Any, Any, Any]
    _fut_waiter: Any = None  # asyncio's name: anyio reads it
    _must_cancel = False  # likewise
    _error: BaseException | None = None  # to be raised in the next step
    _cancelled_with: tuple[object, ...] = ()  # anyio knows its own cancellations by the message

    def __init__(self, scheduler: Scheduler) -> None:
        """Wait for an event."""
        self._scheduler = scheduler
        self.event: Driven | None = None

    def go_on(self, coroutine: Coroutine[Any, Any, Any], awaited: Any) -> None:
        """Go on with a coroutine that has taken its first step, and waits."""
        self.coroutine = coroutine
        self._wait_for(awaited)

    def resume(self) -> None:
        """Step once; where the coroutine ends, its event is told before this returns."""
        event = self.event
        assert event is not None  # noqa: S101 - what has ended is not resumed
        self._scheduler.account = event.account
        began = perf_counter()
        outcome = event.variables.run(self._step)
        seconds = perf_counter() - began
        self._scheduler.now = began + seconds
        if seconds > TOO_LONG:
            event.held(seconds)
        if outcome is not None:
            self.end(outcome[1])
            event.ended(*outcome)

    def end(self, error: BaseException | None) -> None:
        """Be the driver of no event any more."""
        del error
        self.event = None

    def cancel(self, msg: object = None) -> bool:
        """Raise `asyncio.CancelledError` where the coroutine waits; False if it has ended."""
        if self.event is None:
            return False
        waiter = self._fut_waiter
        self._cancelled_with = () if msg is None else (msg,)
        if isinstance(waiter, Deferred):
            self._must_cancel = True
            # Not from here: what is resumed inside of cancel() would leak out of asyncio.timeout.
            self._scheduler.post(lambda: self._cancel_deferred(waiter))
        elif waiter is None or not waiter.cancel(msg):
            self._must_cancel = True
        return True

    def _cancel_deferred(self, waiter: Deferred[Any]) -> None:
        if self._fut_waiter is waiter and self.event is not None:
            try:
                waiter.cancel()
            except Exception:  # noqa: BLE001 - an author's canceller; the event is cancelled all the same
                # In the event's context, so that the line says whose it is.
                self.event.variables.run(_log.failure, "Cancelling a Deferred failed")
                self._scheduler.post(self.resume)

    def _step(self) -> Outcome | None:
        self._fut_waiter = None
        error, self._error = self._error, None
        if self._must_cancel:
            self._must_cancel = False
            error = asyncio.CancelledError(*self._cancelled_with)
        if error is not None:
            return self._throw(error)
        try:
            awaited = self.coroutine.send(None)
        except StopIteration as stop:
            return stop.value, None
        except BaseException as raised:  # noqa: BLE001 - SystemExit of an author's event ends no server
            return None, raised
        self._wait_for(awaited)
        return None

    def _throw(self, error: BaseException) -> Outcome | None:
        try:
            awaited = self.coroutine.throw(error)
        except StopIteration as stop:
            return stop.value, None
        except BaseException as raised:  # noqa: BLE001 - as in _step
            return None, raised
        self._wait_for(awaited)
        return None

    def _wait_for(self, awaited: Any) -> None:
        if awaited is None:  # as asyncio.sleep(0) does
            self._scheduler.call_next_turn(self._resume_from_outside)
        elif isinstance(awaited, Deferred):
            self._fut_waiter = awaited
            awaited.addBoth(self._deferred_fired, awaited)
            if self._must_cancel:
                self._scheduler.post(lambda: self._cancel_deferred(awaited))
        else:
            self._wait_for_future(awaited)

    def _wait_for_future(self, awaited: Any) -> None:
        raise NotImplementedError

    def _refuse(self, awaited: object, why: str) -> None:
        """Raise, where the coroutine waits, that this cannot be awaited."""
        self._error = RuntimeError(f"an event awaited {awaited!r}, {why}")
        self._scheduler.post(self.resume)

    def _deferred_fired(self, result: Any, waiter: Deferred[Any]) -> Any:
        if self._fut_waiter is not waiter:  # it was given up, its canceller having failed
            return result
        self._scheduler.post_from_anywhere(self.resume)
        if self._must_cancel and isinstance(result, Failure):
            return None  # the coroutine gets CancelledError instead
        return result

    def _resume_from_outside(self) -> None:
        self._scheduler.post(self.resume)
        self._scheduler.run()


class PlainDriver(Driver):
    """Drives a coroutine on a reactor that does not run on asyncio."""

    def _wait_for_future(self, awaited: Any) -> None:
        self._refuse(
            awaited,
            f"and on this reactor it may await Deferreds and Replies only ({_ON_ASYNCIO})",
        )


class AsyncioDriver(Driver, asyncio.Future):  # type: ignore[type-arg]
    """Drives a coroutine as what asyncio takes for its task."""

    _cancels = 0
    _registered = False

    def __init__(self, scheduler: Scheduler) -> None:
        """Wait for an event."""
        asyncio.Future.__init__(self, loop=scheduler.loop)
        Driver.__init__(self, scheduler)

    # What asyncio and anyio ask of a task.

    def cancel(self, msg: object = None) -> bool:
        """Raise `asyncio.CancelledError` where the coroutine waits; False if it has ended."""
        if self.event is None:
            return False
        self._cancels += 1
        self._scheduler.cancelled_driver = self
        return Driver.cancel(self, msg)

    def cancelling(self) -> int:
        """Count the calls of `cancel` that `uncancel` did not take back."""
        return self._cancels

    def uncancel(self) -> int:
        """Take one call of `cancel` back."""
        if self._cancels:
            self._cancels -= 1
            if not self._cancels:
                self._must_cancel = False
        return self._cancels

    def get_coro(self) -> Coroutine[Any, Any, Any]:
        """Give the coroutine that is driven."""
        return self.coroutine

    def get_context(self) -> contextvars.Context:
        """Give the `contextvars.Context` of its steps."""
        assert self.event is not None  # noqa: S101 - nobody asks what has ended
        return self.event.variables

    def get_name(self) -> str:
        """Name it for people."""
        return f"wstwist event {getattr(self.coroutine, '__qualname__', self.coroutine)}"

    # How it runs.

    def _step(self) -> Outcome | None:
        return in_task(self._scheduler.loop, self, super()._step)

    def _wait_for(self, awaited: Any) -> None:
        if not self._registered:
            self._registered = True
            _register(self)
        super()._wait_for(awaited)

    def _wait_for_future(self, awaited: Any) -> None:
        if not getattr(awaited, "_asyncio_future_blocking", None):
            self._refuse(awaited, "which is neither a future nor a Deferred")
            return
        if awaited is self or awaited.get_loop() is not self.get_loop():
            self._refuse(awaited, "which is itself" if awaited is self else "which is of another loop")
            return
        awaited._asyncio_future_blocking = False
        self._fut_waiter = awaited
        awaited.add_done_callback(self._future_done, context=self._scheduler.outside.copy())
        if self._must_cancel and awaited.cancel(*self._cancelled_with):
            self._must_cancel = False

    def _future_done(self, _future: Any) -> None:
        self._resume_from_outside()

    def end(self, error: BaseException | None) -> None:
        """Be the driver of no event any more."""
        if self._registered:
            _unregister(self)
        if isinstance(error, asyncio.CancelledError):
            asyncio.Future.cancel(self)
        else:
            self.set_result(None)  # for done callbacks; the outcome is the business of the event
        super().end(error)


def explain(error: BaseException | None) -> None:
    """Add to an error of asyncio's why it may have come, on a reactor that does not run on asyncio."""
    if isinstance(error, RuntimeError) and any(words in str(error) for words in _WITHOUT_ASYNCIO):
        error.add_note(f"this reactor does not run on asyncio: {_ON_ASYNCIO}")
