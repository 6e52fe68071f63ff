# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Where the WLanguage functions work: in blocking code of a context, which they find by themselves."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

from wstwist.stepping import current_event
from wstwist.threads import blocking_context

if TYPE_CHECKING:
    from wstwist.context import ExecutionContext


def current_context(called: str, instead: str) -> ExecutionContext:
    """Give the context whose ``def`` event or procedure calls.

    Args:
        called: What was called, as its caller wrote it.
        instead: What an ``async def`` is to write.

    Raises:
        RuntimeError: This is an ``async def``, ``__init__``, or no context's code at all.
    """
    context = blocking_context()
    if context is None:
        raise RuntimeError(f"{called} works in def events and procedures; {_advice(instead)}")
    return cast("ExecutionContext", context)


def calling_context(called: str, instead: str) -> ExecutionContext | None:
    """Give the context whose ``def`` event or procedure calls; None in a script, or a thread of its own.

    Raises:
        RuntimeError: This is the code of a context, and not blocking.
    """
    context = blocking_context()
    event = current_event.get()
    if context is None and event is not None and not event.is_over:
        raise RuntimeError(f"{called} works in def events and procedures; {_advice(instead)}")
    return cast("ExecutionContext | None", context)


def renamed(called: str, error: Exception) -> Exception:
    """Give an error of a function underneath as one of the function that was called."""
    what, separator, why = str(error).partition(": ")
    return type(error)(f"{called}: {why}") if separator and what in {"connect", "send"} else error


def _advice(instead: str) -> str:
    event = current_event.get()
    if event is not None and not event.is_over:
        return f"in an async def write {instead}"
    if threading.current_thread() is not threading.main_thread():
        there = instead.replace("await self.connected_clients()", "self.connected_clients().wait()")
        return f"a thread that a program has started is of no context; there write {there}"
    return "this is neither: what stands in __init__ belongs into on_connect or on_service_start"
