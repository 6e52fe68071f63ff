# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""How a socket's callback is told: in the mailbox of the context that connected, or in a thread."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from twisted.logger import Logger

from wstwist.definition import Handler
from wstwist.tracebacks import EventFailure

if TYPE_CHECKING:
    from wstwist.context import ExecutionContext
    from wstwist.wlanguage.sockets import Sockets

Callback = Callable[[int, str | bytes], object]
"""Called with what happens, and a message or the reason."""

_log = Logger(namespace="wstwist")


class Teller:
    """Tells a callback one thing after another; each is handled before the next one is told.

    Args:
        callback: Whom to tell.
        context: In whose mailbox; None: in the calling thread, as a script does.
        sockets: Those of the context.
    """

    def __init__(self, callback: Callback, context: ExecutionContext | None, sockets: Sockets) -> None:
        """Tell nothing yet."""
        self._callback = callback
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
            _log.failure("A socket's callback failed", failure=EventFailure(error))


class _Told:
    """A callback's call in a mailbox."""

    size = -1

    def __init__(self, callback: Callback, args: tuple[Any, ...]) -> None:
        self._args = args
        self._handler = Handler(callback, not inspect.iscoroutinefunction(inspect.unwrap(callback)))
        self._name = getattr(callback, "__name__", "callback")
        self.handled = threading.Event()

    def begin(self, context: ExecutionContext) -> None:
        """Call it."""

        def ended(_result: Any, error: BaseException | None) -> None:
            if error is not None:
                context.report(self._name, error)
            self.handled.set()

        context.run_handler(self._name, self._handler, self._args, None, ended)
