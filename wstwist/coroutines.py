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
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from wstwist.scheduler import Scheduler

Ended = Callable[[Any, BaseException | None], None]
"""Called with an event's result, or with what it raised."""

Held = Callable[[float], None]
"""Called with the seconds of a step that was too long."""

TOO_LONG = 0.1
"""Seconds of computing in one step that are worth a warning: nobody else gets the reactor meanwhile."""

Outcome = tuple[Any, BaseException | None]

_WITHOUT_ASYNCIO = ("event loop", "async library")
"""What asyncio and anyio, and httpx (sniffio), say of where they find themselves on other reactors."""

_log = Logger()

_enter: Callable[[asyncio.AbstractEventLoop, Any], None] = tasks._enter_task
_leave: Callable[[asyncio.AbstractEventLoop, Any], None] = tasks._leave_task
_register: Callable[[Any], None] = tasks._register_task
_unregister: Callable[[Any], None] = tasks._unregister_task


class Driver:
    """Steps a coroutine on the reactor's thread until it ends.

    Each step runs in the `contextvars.Context` of the execution context; `ended` is called outside of it.
    """

    def __init__(
        self,
        coroutine: Coroutine[Any, Any, Any],
        variables: contextvars.Context,
        scheduler: Scheduler,
        ended: Ended,
        held: Held,
    ) -> None:
        """Prepare; `resume` takes the first step.

        Args:
            coroutine: What to step.
            variables: The context in which each step runs.
            scheduler: Where further steps are posted.
            ended: Called once, with the outcome.
            held: Called with the seconds of a step that held the reactor for too long.
        """
        self._coroutine = coroutine
        self._variables = variables
        self._scheduler = scheduler
        self._ended: Ended | None = ended
        self._held = held
        self._fut_waiter: Any = None  # asyncio's name: anyio reads it
        self._must_cancel = False  # likewise
        self._error: BaseException | None = None  # to be raised in the next step
        self._cancelled_with: tuple[object, ...] = ()  # anyio knows its own cancellations by the message

    def resume(self) -> None:
        """Step until the coroutine waits or ends; then `ended` is called before this returns."""
        began = perf_counter()
        outcome = self._variables.run(self._step)
        seconds = perf_counter() - began
        if seconds > TOO_LONG:
            self._held(seconds)
        if outcome is not None:
            self._end(*outcome)

    def cancel(self, msg: object = None) -> bool:
        """Raise `asyncio.CancelledError` where the coroutine waits; False if it has ended."""
        if self._ended is None:
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
        if self._fut_waiter is waiter:
            try:
                waiter.cancel()
            except Exception:  # noqa: BLE001 - an author's canceller; the event is cancelled all the same
                _log.failure("Cancelling a Deferred failed")
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
            awaited = self._coroutine.send(None)
        except StopIteration as stop:
            return stop.value, None
        except BaseException as raised:  # noqa: BLE001 - SystemExit of an author's event ends no server
            return None, raised
        return self._wait_for(awaited)

    def _throw(self, error: BaseException) -> Outcome | None:
        try:
            awaited = self._coroutine.throw(error)
        except StopIteration as stop:
            return stop.value, None
        except BaseException as raised:  # noqa: BLE001 - as in _step
            return None, raised
        return self._wait_for(awaited)

    def _wait_for(self, awaited: Any) -> Outcome | None:
        if awaited is None:  # as asyncio.sleep(0) does
            self._scheduler.call_next_turn(self._resume_from_outside)
        elif isinstance(awaited, Deferred):
            self._fut_waiter = awaited
            awaited.addBoth(self._deferred_fired, awaited)
            if self._must_cancel:
                self._scheduler.post(lambda: self._cancel_deferred(awaited))
        else:
            return self._wait_for_future(awaited)
        return None

    def _wait_for_future(self, awaited: Any) -> Outcome | None:
        raise NotImplementedError

    def _refuse(self, awaited: object, why: str) -> Outcome | None:
        """Raise, where the coroutine waits, that this cannot be awaited."""
        self._error = RuntimeError(f"an event awaited {awaited!r}, {why}")
        self._scheduler.post(self.resume)
        return None

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

    def _end(self, result: Any, error: BaseException | None) -> None:
        ended, self._ended = self._ended, None
        if ended is not None:
            ended(result, error)


class PlainDriver(Driver):
    """Drives a coroutine on a reactor that does not run on asyncio."""

    def _wait_for_future(self, awaited: Any) -> Outcome | None:
        return self._refuse(
            awaited,
            "and on this reactor it may await Deferreds and Replies only "
            "(to await what asyncio offers, start with --reactor=asyncio, or have a program begin with "
            "twisted.internet.asyncioreactor.install())",
        )

    def _end(self, result: Any, error: BaseException | None) -> None:
        if isinstance(error, RuntimeError) and any(words in str(error) for words in _WITHOUT_ASYNCIO):
            error.add_note("this reactor does not run on asyncio: start with --reactor=asyncio")
        super()._end(result, error)


class AsyncioDriver(Driver, asyncio.Future):  # type: ignore[type-arg]
    """Drives a coroutine as what asyncio takes for its task."""

    def __init__(
        self,
        coroutine: Coroutine[Any, Any, Any],
        variables: contextvars.Context,
        scheduler: Scheduler,
        ended: Ended,
        held: Held,
    ) -> None:
        """Prepare; `resume` takes the first step."""
        asyncio.Future.__init__(self, loop=scheduler.loop)
        Driver.__init__(self, coroutine, variables, scheduler, ended, held)
        self._cancels = 0
        self._registered = False

    # What asyncio and anyio ask of a task.

    def cancel(self, msg: object = None) -> bool:
        """Raise `asyncio.CancelledError` where the coroutine waits; False if it has ended."""
        if self._ended is None:
            return False
        self._cancels += 1
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
        return self._coroutine

    def get_context(self) -> contextvars.Context:
        """Give the `contextvars.Context` of its steps."""
        return self._variables

    def get_name(self) -> str:
        """Name it for people."""
        return f"wstwist event {getattr(self._coroutine, '__qualname__', self._coroutine)}"

    # How it runs.

    def _step(self) -> Outcome | None:
        loop = self._scheduler.loop
        assert loop is not None  # noqa: S101 - this driver is made only where there is one
        other = asyncio.current_task(loop)
        if other is not None:  # whoever resumes us from inside of a task gets it back
            _leave(loop, other)
        _enter(loop, self)
        try:
            return super()._step()
        finally:
            _leave(loop, self)
            if other is not None:
                _enter(loop, other)

    def _wait_for(self, awaited: Any) -> Outcome | None:
        if not self._registered:
            self._registered = True
            _register(self)
        return super()._wait_for(awaited)

    def _wait_for_future(self, awaited: Any) -> Outcome | None:
        if not getattr(awaited, "_asyncio_future_blocking", None):
            return self._refuse(awaited, "which is neither a future nor a Deferred")
        if awaited is self or awaited.get_loop() is not self.get_loop():
            return self._refuse(awaited, "which is itself" if awaited is self else "which is of another loop")
        awaited._asyncio_future_blocking = False
        self._fut_waiter = awaited
        awaited.add_done_callback(self._future_done, context=self._scheduler.outside.copy())
        if self._must_cancel and awaited.cancel(*self._cancelled_with):
            self._must_cancel = False
        return None

    def _future_done(self, _future: Any) -> None:
        self._resume_from_outside()

    def _end(self, result: Any, error: BaseException | None) -> None:
        if self._registered:
            _unregister(self)
        if isinstance(error, asyncio.CancelledError):
            asyncio.Future.cancel(self)
        else:
            self.set_result(None)  # for done callbacks; the outcome is the business of ended()
        super()._end(result, error)


def drive(
    coroutine: Coroutine[Any, Any, Any],
    variables: contextvars.Context,
    scheduler: Scheduler,
    ended: Ended,
    held: Held,
) -> Driver:
    """Make the driver that fits the reactor; its `resume` begins."""
    kind = PlainDriver if scheduler.loop is None else AsyncioDriver
    return kind(coroutine, variables, scheduler, ended, held)
