# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What stands in for reactor, asyncio loop and threads where time is a Clock's: see `wstwist.testing`."""

from __future__ import annotations

import asyncio
import threading
from asyncio import events
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from twisted.internet.task import Clock

from wstwist.scheduler import Scheduler
from wstwist.threads import blocking, blocking_context


class ClockReactor:
    """A Clock with what else the scheduler asks of a reactor."""

    def __init__(self, clock: Clock) -> None:
        """Take time from a clock."""
        self.seconds = clock.seconds
        self.callLater = clock.callLater

    def callFromThread(self, *_: Any) -> None:  # noqa: N802 - IReactorFromThreads
        """Refuse: a thread would bring real time in."""
        raise RuntimeError("the test kit has no threads: a project's own threads need a real server")


class InPlace:
    """Runs blocking code in place."""

    late = 0

    def __init__(self, scheduler: Scheduler, wait_a_step: Callable[[], None]) -> None:
        """Run work as steps of a scheduler; a wait runs other steps meanwhile."""
        self._scheduler = scheduler
        self._wait_a_step = wait_a_step

    def submit(self, work: Callable[[], None]) -> None:
        """Run this as a step of its own."""
        self._scheduler.post(work)

    def withdraw(self, work: Callable[[], None]) -> bool:  # noqa: ARG002 - here nothing waits
        """Tell that it has begun: it is a step."""
        return False

    def may_wait(self) -> bool:
        """Tell whether the calling code is blocking code."""
        return blocking_context() is not None

    def wait(self, lock: threading.Lock) -> None:
        """Run the other contexts, and let time pass, until a lock is released."""
        while not lock.acquire(blocking=False):
            with blocking(None):
                self._wait_a_step()

    def stop(self) -> None:
        """There is nothing to stop."""


class ClockLoop(asyncio.BaseEventLoop):
    """An asyncio loop whose time is a Clock's, and which runs when it is told to."""

    def __init__(self, clock: Clock) -> None:
        """Take time from a clock."""
        super().__init__()
        self._clock = clock
        self._clock_resolution = 1e-9
        self._selector = _NothingToSelect()

    def time(self) -> float:
        """Give the clock's time."""
        return self._clock.seconds()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Be the running loop for a moment, whatever other loop runs."""
        other = events._get_running_loop()
        events._set_running_loop(self)
        try:
            yield
        finally:
            events._set_running_loop(other)

    def run_ready(self) -> bool:
        """Run what is due now, and tell whether there was anything."""
        due = self.time() + self._clock_resolution
        if not self._ready and not any(moment < due for moment in self.moments()):  # type: ignore[attr-defined]
            return False
        self._run_once()  # type: ignore[attr-defined]
        return True

    def moments(self) -> Sequence[float]:
        """Give the times at which something is to run."""
        return [handle.when() for handle in self._scheduled if not handle.cancelled()]  # type: ignore[attr-defined]

    def run_in_executor(  # type: ignore[override] # with Any, where asyncio has a TypeVarTuple
        self,
        executor: object,
        func: Callable[..., Any],
        *args: Any,
    ) -> asyncio.Future[Any]:
        """Run blocking code in place, as ``asyncio.to_thread`` asks for it."""
        del executor
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - it is for whoever awaits
            future.set_exception(error)
        return future

    def shut_down(self) -> None:
        """Cancel the tasks that are left."""
        for task in asyncio.all_tasks(self):
            task.cancel()

    def _process_events(self, event_list: object) -> None:
        pass

    def _write_to_self(self) -> None:
        pass


class _NothingToSelect:
    """A selector without files, for a loop without network."""

    def select(self, _timeout: float | None) -> list[object]:
        return []
