# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What is raised where nobody can catch it, in threads, finalizers and asyncio's tasks: one log event each.

Python would print it to standard error, of which each line becomes a log event of its own. asyncio logs it in
whatever context garbage is collected.
"""

from __future__ import annotations

import contextvars
import gc
import sys
import threading
from typing import TYPE_CHECKING, Any

from twisted.logger import Logger
from twisted.python.reflect import safe_repr, safe_str

from wstwist.tracebacks import EventFailure

if TYPE_CHECKING:
    import asyncio

_log = Logger(namespace="wstwist")


def log_uncaught(loop: asyncio.AbstractEventLoop | None) -> None:
    """Log it from now on, except where a program has seen to it by itself.

    Args:
        loop: The one that the reactor runs on, where it does.
    """
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _thread_failed
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _finalizer_failed
    if loop is not None and loop.get_exception_handler() is None:
        loop.set_exception_handler(_loop_failed)


def _thread_failed(what: threading.ExceptHookArgs) -> None:
    """Log what has ended a thread, as `threading.excepthook`; SystemExit is a way to end one."""
    if what.exc_value is None:
        threading.__excepthook__(what)
    elif not isinstance(what.exc_value, SystemExit):
        name = "a thread" if what.thread is None else f"thread {what.thread.name}"
        _log.failure("{name}: {error}", EventFailure(what.exc_value), name=name, error=_shown(what.exc_value))


def _finalizer_failed(what: sys.UnraisableHookArgs) -> None:
    """Log what ``__del__`` has raised, as `sys.unraisablehook`; whose garbage it was nobody knows."""
    if what.exc_value is None:
        sys.__unraisablehook__(what)
        return
    _log.failure(
        "{note} {where}: {error}",
        EventFailure(what.exc_value),
        note=what.err_msg or "Exception ignored in",
        where=safe_repr(what.object),
        error=_shown(what.exc_value),
        project=None,
    )


def _loop_failed(loop: asyncio.AbstractEventLoop, what: dict[str, Any]) -> None:
    """Have asyncio log, as `loop.set_exception_handler` says, in the context of the task that it is about."""
    of = next((what[key] for key in ("task", "future", "handle") if what.get(key) is not None), None)
    variables = _variables(of)
    variables = contextvars.Context() if variables is None else variables.copy()
    variables.run(loop.default_exception_handler, what)


def _variables(of: Any) -> contextvars.Context | None:
    """Give the context variables of a task or a handle."""
    if hasattr(of, "get_context"):
        variables: contextvars.Context = of.get_context()
        return variables
    # In Python 3.11 there is no other way to them.
    return next((each for each in gc.get_referents(of) if isinstance(each, contextvars.Context)), None)


def _shown(error: BaseException) -> str:
    return f"{type(error).__name__}: {safe_str(error)}"
