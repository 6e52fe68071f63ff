# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Where blocking code runs: threads of a project's own, never the reactor's pool."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from twisted.logger import Logger

from wstwist.scheduler import Scheduler

Work = Callable[[], None]

IDLE_TIME = 30.0
"""Seconds after which a thread without work ends."""

RETRY = 0.1
"""Seconds until a thread is asked for again when the system gave none."""

LATE = 1.0
"""Seconds of waiting for a free thread that are logged; again each time they have doubled."""


class _Current(threading.local):
    context: object = None


_current = _Current()


@contextmanager
def blocking(context: object) -> Iterator[None]:
    """Mark the calling thread as running blocking code of a context."""
    before = _current.context
    _current.context = context
    try:
        yield
    finally:
        _current.context = before


def blocking_context() -> object:
    """Give the context whose blocking code runs in the calling thread, or None."""
    return _current.context


class Threads(Protocol):
    """Runs blocking code; in threads, or in place for tests."""

    @property
    def late(self) -> int:
        """How often work had to wait for a free thread."""

    def may_wait(self) -> bool:
        """Tell whether the calling code may block."""

    def submit(self, work: Work) -> None:
        """Run this as soon as a thread is free; only on the reactor's thread."""

    def withdraw(self, work: Work) -> bool:
        """Do not run this, and tell whether it had not begun; only on the reactor's thread."""

    def wait(self, lock: threading.Lock) -> None:
        """Wait in blocking code until a lock is released elsewhere."""

    def stop(self) -> None:
        """Let idle threads end, and start no new ones."""


class _Own(threading.local):
    is_mine = False


class ThreadPool:
    """Daemon threads, at most `size` of them busy.

    A thread that waits for a Reply does not count as busy: otherwise contexts that wait for each other's
    trivial procedures could use up all threads and starve.

    Args:
        size: How many may be busy at once.
        name: What threads are called, for debuggers and logs.
        scheduler: For its thread, and its clock, by which late work is noticed.
    """

    _log = Logger()

    def __init__(self, size: int, name: str, scheduler: Scheduler) -> None:
        """Begin without a thread; each is started when there is work for it."""
        self.late = 0
        self._size = size
        self._name = name
        self._scheduler = scheduler
        self._changed = threading.Condition()
        self._work: deque[tuple[float, Work]] = deque()
        self._busy = 0
        self._idle = 0
        self._started = 0
        self._stopped = False
        self._watch_call: Any = None
        self._warned_at = 0.0  # how long the oldest had waited when that was last logged
        self._own = _Own()

    def submit(self, work: Work) -> None:
        """Run this as soon as a thread is free; only on the reactor's thread."""
        with self._changed:
            if self._stopped:
                return
            self._work.append((self._scheduler.reactor.seconds(), work))
            self._call_worker()
            waits = len(self._work) > self._size - self._busy
        if waits:
            self.late += 1
            self._watch()

    def withdraw(self, work: Work) -> bool:
        """Do not run this, and tell whether it had not begun; only on the reactor's thread."""
        with self._changed:
            for position, (_, waiting) in enumerate(self._work):
                if waiting == work:
                    del self._work[position]
                    return True
        return False

    def may_wait(self) -> bool:
        """Tell whether the calling code may block: everywhere but on the reactor's thread."""
        return not self._scheduler.on_reactor_thread()

    def wait(self, lock: threading.Lock) -> None:
        """Wait in blocking code until a lock is released elsewhere."""
        if self._own.is_mine:
            with self._not_busy():
                lock.acquire()
        else:
            lock.acquire()

    def stop(self) -> None:
        """Let threads end when the work is done; they are daemons and hold nobody up."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if self._watch_call is not None:
            self._watch_call.cancel()
            self._watch_call = None

    @contextmanager
    def _not_busy(self) -> Iterator[None]:
        with self._changed:
            self._busy -= 1
            self._call_worker()
        try:
            yield
        finally:
            with self._changed:
                self._busy += 1

    def _call_worker(self) -> None:
        """Wake or start a thread, if one may be busy; the lock is held."""
        if not self._work or self._busy >= self._size:
            return
        if self._idle:
            self._changed.notify()
        else:
            self._start_thread()

    def _start_thread(self) -> None:
        self._started += 1
        name = f"{self._name}-{self._started}"
        self._idle += 1  # until it takes its first piece of work
        try:
            threading.Thread(target=self._serve, name=name, daemon=True).start()
        except RuntimeError as error:
            self._idle -= 1
            self._log.error(
                "{name}: the system gives no more threads ({error}); {waiting} events wait for one",
                project=self._name,
                name=self._name,
                error=error,
                waiting=len(self._work),
            )
            if not self._busy:  # else one that has done its work takes the next
                self._scheduler.post_from_anywhere(self._try_again_later)

    def _try_again_later(self) -> None:
        self._scheduler.reactor.callLater(RETRY, self._try_again)

    def _try_again(self) -> None:
        with self._changed:
            self._call_worker()

    def _serve(self) -> None:
        self._own.is_mine = True
        while (work := self._take()) is not None:
            try:
                work()
            except BaseException:  # noqa: BLE001 - the thread must live on, whatever it was given
                self._log.failure("Blocking work failed outside of its event")
            del work  # what it held is not held until the next one comes
            with self._changed:
                self._busy -= 1
                self._idle += 1

    def _take(self) -> Work | None:
        with self._changed:
            while not self._work or self._busy >= self._size:
                is_done = self._stopped and not self._work
                if is_done or (not self._changed.wait(IDLE_TIME) and not self._work):
                    self._idle -= 1
                    return None
            self._idle -= 1
            self._busy += 1
            work = self._work.popleft()[1]
            self._call_worker()
            return work

    def _watch(self) -> None:
        if self._watch_call is None:
            self._watch_call = self._scheduler.reactor.callLater(LATE, self._check)

    def _check(self) -> None:
        self._watch_call = None
        with self._changed:
            waiting = len(self._work)
            oldest = self._scheduler.reactor.seconds() - self._work[0][0] if waiting else 0.0
        if oldest < self._warned_at:
            self._warned_at = 0.0  # it has got one
        if oldest >= max(LATE, 2 * self._warned_at):
            self._warned_at = oldest
            self._log.warn(
                "{name}: {waiting} events wait for a free thread, the oldest for {oldest:.1f} s; "
                "all {size} threads are busy (setting: threads)",
                project=self._name,
                name=self._name,
                waiting=waiting,
                oldest=oldest,
                size=self._size,
            )
        if waiting:
            self._watch()
