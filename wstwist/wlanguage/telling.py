# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""How a socket's callback is told: in the mailbox of the context that connected, or in a thread."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from functools import partial
from types import MethodType
from typing import TYPE_CHECKING, Any, cast

from twisted.logger import Logger

from wstwist.definition import Handler
from wstwist.tracebacks import EventFailure

if TYPE_CHECKING:
    from wstwist.context import ExecutionContext
    from wstwist.wlanguage.kept import Sockets

Callback = Callable[[int, str | bytes], object]
"""Called with what happens, and a message or the reason."""

OPENING, MESSAGE, CLOSING, ERROR = range(1, 5)
"""What happens to a socket that has a callback."""

_log = Logger(namespace="wstwist")


def callback_of(called: str, given: object, context: ExecutionContext | None, before: str = "") -> Callback:
    """Give a callback: a function; in a context a procedure of its, too, or the name of one.

    Args:
        called: The function that it was given to, for errors.
        given: What was given.
        context: The context; None: this is a script.
        before: What stands where a port would be, if what was given is an address.
    """
    if context is not None and not inspect.ismethod(given):
        name = context.project.definition.find_procedure(given)
        if name is not None:
            return cast("Callback", getattr(context.instance, name))
    if not callable(given):
        raise TypeError(f"{called}: {_no_callback(given, context, before)}")
    if context is None and inspect.iscoroutinefunction(inspect.unwrap(given)):
        raise TypeError(f"{called}: in a script the callback is a def, not an async def")
    return given


def _no_callback(given: object, context: ExecutionContext | None, before: str) -> str:
    if not before:
        return f"the callback is a procedure, not {given!r}"
    if context is None:
        right = "in a script the callback is a function, not a name such as"
        return f"{before!r} is no port, and {right} {given!r}"
    name = context.project.definition.name
    return f"{before!r} is no port, and {given!r} no procedure of {name}'s that could be the callback"


class Teller:
    """Tells a callback one thing after another; each is handled before the next one is told.

    Args:
        callback: Whom to tell.
        context: In whose mailbox; None: in the calling thread, as a script does.
        sockets: Those of the context.
        name: The socket's name.
    """

    def __init__(
        self, callback: Callback, context: ExecutionContext | None, sockets: Sockets, name: str
    ) -> None:
        """Tell nothing yet."""
        self._callback = callback
        self._name = name
        self._context = context
        self._sockets = sockets

    def tell(self, event: int, message: str | bytes) -> None:
        """Tell, and wait until it has been handled; what the callback raises is logged."""
        if self._context is not None:
            told = _Told(self._callback, (event, message))
            context = self._context
            context.scheduler.post_from_anywhere(partial(context.put_while_it_lasts, told))
            while not told.handled.wait(1) and not self._sockets.is_closed:
                pass
            return
        try:
            self._callback(event, message)
        except Exception as error:  # noqa: BLE001 - an author's callback ends no connection
            _log.failure("The callback of the socket {name!r} failed", EventFailure(error), name=self._name)


class _Told:
    """A callback's call in a mailbox."""

    size = -1

    def __init__(self, callback: Callback, args: tuple[Any, ...]) -> None:
        self._args = args
        self._callback = callback
        self._name = getattr(callback, "__name__", "callback")
        self.handled = threading.Event()

    def begin(self, context: ExecutionContext) -> None:
        """Call it."""

        def ended(_result: Any, error: BaseException | None) -> None:
            if error is not None:
                context.report(self._name, error)
            self.handled.set()

        callback = _of_today(self._callback, context)
        handler = Handler(callback, not inspect.iscoroutinefunction(inspect.unwrap(callback)))
        context.run_handler(self._name, handler, self._args, None, ended)


def _of_today(callback: Callback, context: ExecutionContext) -> Callback:
    """Give what a callback is now, if the project's code was reloaded since it was given."""
    successors = context.definition.successors
    if inspect.ismethod(callback):
        return MethodType(successors.of(callback.__func__), callback.__self__)
    return cast("Callback", successors.of(callback)) if inspect.isfunction(callback) else callback
