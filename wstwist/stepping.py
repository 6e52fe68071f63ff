# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The first step of an event on the reactor's thread, with all that has to be around it.

Most events end in their first step, so that it is what an event costs. This is the reference, and what runs
where nothing is compiled; ``_stepping.pyx`` is its twin.
"""

from __future__ import annotations

import asyncio
import contextvars
from asyncio import tasks
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from types import CoroutineType
from typing import TYPE_CHECKING, Any, TypeVar

from wstwist._sources import PURE

enter_task: Callable[[asyncio.AbstractEventLoop, Any], None] = tasks._enter_task
leave_task: Callable[[asyncio.AbstractEventLoop, Any], None] = tasks._leave_task

T = TypeVar("T")

current_event: ContextVar[Any] = ContextVar("wstwist_current_event", default=None)
"""The event in which this code runs, also in tasks that it made and in threads."""


class Suspended:
    """What a first step gives when the coroutine waits.

    Attributes:
        coroutine: The coroutine.
        awaited: What it waits for.
    """

    __slots__ = ("awaited", "coroutine")

    def __init__(self, coroutine: CoroutineType[Any, Any, Any], awaited: Any) -> None:
        """Keep both."""
        self.coroutine = coroutine
        self.awaited = awaited


class Returned:
    """What a first step gives when the coroutine has returned something else than None.

    Attributes:
        value: What it returned.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        """Keep it."""
        self.value = value


def first_step(
    event: Any,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None,
    variables: contextvars.Context,
    loop: asyncio.AbstractEventLoop | None,
    driver: Any,
) -> Any:
    """Call an event's function, and where that gives a coroutine step it once.

    Args:
        event: What `current_event` is to be meanwhile.
        function: The author's function.
        args: Its arguments, the instance first.
        kwargs: Further ones.
        variables: The context in which it runs.
        loop: The asyncio loop that the reactor runs on, where it does.
        driver: Who drives the coroutine, and is the current task of that loop meanwhile.

    Returns:
        What the function returned. Where that was a coroutine: `Suspended` if it waits, `Returned` if it
        returned something else than None.

    Raises:
        BaseException: What the author's code raises.
    """
    if loop is None:
        return variables.run(_step, event, function, args, kwargs, driver)
    return in_task(loop, driver, lambda: variables.run(_step, event, function, args, kwargs, driver))


def first_call(
    event: Any, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Call an event's function, `current_event` being set."""
    current_event.set(event)
    return function(*args, **kwargs)


async def wait_for(awaitable: Awaitable[Any]) -> Any:
    """Await something; this is a coroutine of Python's, which a compiled module has none of."""
    return await awaitable


def in_task(loop: Any, task: Any, step: Callable[[], T]) -> T:
    """Take a step with ``task`` as what asyncio takes for the current one."""
    other = asyncio.current_task(loop)
    if other is not None:  # whoever brings the step about from inside of a task gets it back
        leave_task(loop, other)
    enter_task(loop, task)
    try:
        return step()
    finally:
        leave_task(loop, task)
        if other is not None:
            enter_task(loop, other)


def _step(
    event: Any,
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None,
    driver: Any,
) -> Any:
    value = first_call(event, function, args, kwargs or {})
    if type(value) is not CoroutineType:
        return value
    driver.coroutine = value
    try:
        awaited = value.send(None)
    except StopIteration as stop:
        return None if stop.value is None else Returned(stop.value)
    return Suspended(value, awaited)


def run_in_copy(variables: contextvars.Context, function: Callable[[], object]) -> None:
    """Call something in a copy of a context."""
    variables.copy().run(function)


if not TYPE_CHECKING and not PURE:
    with suppress(ModuleNotFoundError):  # there was no compiler where this was installed
        from wstwist import _stepping

        first_step, run_in_copy = _stepping.first_step, _stepping.run_in_copy
