# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A result that may not be there yet, for whoever awaits it: an event, an asyncio task or Twisted code."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Mapping
from typing import Any, Generic, Protocol, TypeVar

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from wstwist.scheduler import Scheduler
from wstwist.tracebacks import EventFailure

T = TypeVar("T")

Fire = Callable[[BaseException | None], None]
"""Called when a wait is over: with None when the result is there, else with why the wait ended early."""


class Wait:
    """One wait for a result.

    Attributes:
        fire: What to call when it is over.
        stop: What to call to clean up behind it, or None.
    """

    __slots__ = ("fire", "stop")

    def __init__(self, fire: Fire) -> None:
        """Begin to wait."""
        self.fire = fire
        self.stop: Callable[[], None] | None = None


class Origin(Protocol):
    """What lines in the log may concern."""

    @property
    def log_fields(self) -> Mapping[str, Any]:
        """What they say of it."""


class Pending(Generic[T]):
    """A result to come. Its state changes on the reactor's thread only."""

    _log = Logger()

    __slots__ = ("__weakref__", "_error", "_is_done", "_origin", "_result", "_scheduler", "_seen", "_waits")

    def __init__(self, scheduler: Scheduler, origin: Origin | None = None) -> None:
        """Begin without a result.

        Args:
            scheduler: Whose thread is the reactor's.
            origin: Whom a line in the log concerns.
        """
        self._scheduler = scheduler
        self._origin = origin
        self._is_done = False
        self._result: T | None = None
        self._error: BaseException | None = None
        self._waits: list[Wait] = []
        self._seen = False

    def resolve(self, result: T | None, error: BaseException | None = None) -> None:
        """Set the result, or the error, and wake all who wait; a second time it does nothing."""
        if not self._is_done:
            self._result = result
            self._error = error
            self._is_done = True
            for wait in tuple(self._waits):
                self._end_wait(wait, None)

    def __await__(self) -> Generator[Any, None, T]:
        """Wait for the result; more than one may, and each gets it."""
        if not self._is_done:
            yield from self._future_or_deferred().__await__()
        return self._get()

    def as_deferred(self) -> Deferred[T]:
        """Give a Deferred of the result, for ``inlineCallbacks`` and callback chains.

        Raises:
            RuntimeError: This is not the reactor's thread.
        """
        self._check_thread()
        return Deferred.fromCoroutine(self._wait_with_deferred())

    async def _wait_with_deferred(self) -> T:
        if not self._is_done:
            await self._deferred()
        return self._get()

    def _get(self) -> T:
        self._seen = True
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value] # None only where T admits it

    def _future_or_deferred(self) -> asyncio.Future[None] | Deferred[None]:
        """Give what the current coroutine's driver understands."""
        self._check_thread()
        loop = asyncio._get_running_loop()
        if loop is not None and isinstance(asyncio.current_task(loop), asyncio.Task):
            return self._future(loop)
        return self._deferred()

    def __del__(self) -> None:
        """Log an error that nobody will see any more."""
        if self._error is not None and not self._seen:
            self._log_unseen(self._error)

    def _log_unseen(self, error: BaseException) -> None:
        fields = {} if self._origin is None else self._origin.log_fields
        where = ", ".join(str(fields[name]) for name in ("project", "context") if name in fields)
        self._log.failure(
            "{where}: blocking code failed, and nobody waited for it",
            EventFailure(error),
            where=where,
            **fields,
        )

    def _check_thread(self) -> None:
        if not self._scheduler.on_reactor_thread():
            raise RuntimeError(
                "a Reply is awaited on the reactor's thread only; in blocking code use .wait()"
            )

    def _future(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
        future: asyncio.Future[None] = loop.create_future()

        def fire(error: BaseException | None) -> None:
            if not future.done():
                if error is None:
                    future.set_result(None)
                else:
                    future.set_exception(error)

        wait = self._begin_wait(fire)
        future.add_done_callback(lambda _: self._forget(wait))
        return future

    def _deferred(self) -> Deferred[None]:
        deferred: Deferred[None] = Deferred(lambda _: self._forget(wait))

        def fire(error: BaseException | None) -> None:
            if error is None:
                deferred.callback(None)
            else:
                deferred.errback(error)

        wait = self._begin_wait(fire)
        return deferred

    def _begin_wait(self, fire: Fire) -> Wait:
        wait = Wait(fire)
        self._waits.append(wait)
        return wait

    def _end_wait(self, wait: Wait, error: BaseException | None) -> None:
        if wait in self._waits:
            self._remove(wait)
            wait.fire(error)

    def _forget(self, wait: Wait) -> None:
        """Stop a wait that was cancelled."""
        if wait in self._waits:
            self._remove(wait)

    def _remove(self, wait: Wait) -> None:
        self._waits.remove(wait)
        if wait.stop is not None:
            wait.stop()
