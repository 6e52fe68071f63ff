# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Waiting in coroutines, whoever drives them: an event, an asyncio task or Twisted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any, Generic, TypeVar

from twisted.internet.defer import Deferred
from twisted.python import threadable

from wstwist.stepping import enter_task, leave_task

T = TypeVar("T")


def wait_for(deferred: Deferred[T]) -> asyncio.Future[T] | Deferred[T]:
    """Give what the current coroutine's driver understands."""
    loop = asyncio._get_running_loop()
    if loop is not None and isinstance(asyncio.current_task(loop), asyncio.Task):
        return deferred.asFuture(loop)
    return deferred


def runs_elsewhere(reactor: Any) -> bool:
    """Tell whether a reactor runs in another thread than this one; one that is a Clock runs nowhere."""
    return not threadable.isInIOThread() and getattr(reactor, "running", False)


def drive(awaitable: Awaitable[T], loop: asyncio.AbstractEventLoop | None) -> Deferred[T]:
    """Run something to its end: it may await Deferreds, and where there is a loop what asyncio offers.

    It begins at once, up to where it first waits; outside of asyncio's tasks.
    """
    if loop is None:
        return Deferred.fromCoroutine(_awaited(awaitable))
    steps = _Steps(awaitable, loop)
    task = loop.create_task(_awaited(steps))
    enter_task(loop, task)
    try:
        steps.begin()
    finally:
        leave_task(loop, task)
    return Deferred.fromFuture(task)


async def _awaited(awaitable: Awaitable[T]) -> T:
    return await awaitable


class _Steps(Generic[T]):
    """Has one of asyncio's tasks wait for Deferreds, which it does not know."""

    def __init__(self, awaitable: Awaitable[T], loop: asyncio.AbstractEventLoop) -> None:
        self._steps: Any = awaitable.__await__()
        self._loop = loop
        self._begin: Callable[[], Any]

    def begin(self) -> None:
        """Take the first step; what comes of it the task gets to know."""
        try:
            awaited = next(self._steps)
        except BaseException as raised:  # noqa: BLE001 - whatever it is, the task raises it
            error = raised
            self._begin = lambda: _throw(error)
        else:
            self._begin = lambda: awaited

    def __await__(self) -> Generator[Any, Any, T]:
        go_on = self._begin
        while True:
            try:
                awaited = go_on()
            except StopIteration as stop:
                result: T = stop.value
                return result
            try:
                if isinstance(awaited, Deferred):
                    yield from self._fired(awaited)
                else:
                    yield awaited
                go_on = partial(next, self._steps)
            except BaseException as raised:  # noqa: BLE001 - whatever it is, it is for those steps
                go_on = partial(self._steps.throw, raised)

    def _fired(self, deferred: Deferred[Any]) -> asyncio.Future[None]:
        """Give what is done when a Deferred has fired; whoever awaits that takes its result himself."""
        done: asyncio.Future[None] = self._loop.create_future()

        def tell(result: Any) -> Any:
            if not done.done():
                done.set_result(None)
            return result

        deferred.addBoth(tell)
        return done


def _throw(error: BaseException) -> None:
    raise error


def outside(function: Callable[[], object]) -> None:
    """Call what may go on with other coroutines, outside of the asyncio task that runs just now.

    A coroutine that Twisted drives goes on at once where its Deferred fires, and would take that task for its
    own driver.
    """
    loop = asyncio._get_running_loop()
    task = None if loop is None else asyncio.current_task(loop)
    if loop is None or task is None:
        function()
        return
    leave_task(loop, task)
    try:
        function()
    finally:
        enter_task(loop, task)
