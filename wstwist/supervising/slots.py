# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The workers of a supervisor: one in each slot, started again when it dies, replaced when that is wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from wstwist.supervising.backoff import Backoff

_log = Logger(namespace="wstwist")

PATIENCE = 60.0
"""Seconds in which a worker must serve that is to take another one's place."""


class Process(Protocol):
    """A worker's process."""

    @property
    def is_ready(self) -> bool:
        """Whether it serves."""

    @property
    def pid(self) -> int | None:
        """Its process id."""

    def send(self, name: str) -> None:
        """Send it a signal."""


class Slots:
    """Workers by their slots.

    Args:
        count: How many.
        reactor: What measures time.
        start: Starts a process for a slot.
        failed: Called where a worker ends before any has served: there is no use in going on.

    Attributes:
        is_stopping: Whether all are to end.
    """

    def __init__(
        self, count: int, reactor: Any, start: Callable[[int], Process], failed: Callable[[], None]
    ) -> None:
        """Start nothing yet."""
        self.is_stopping = False
        self._reactor = reactor
        self._start = start
        self._failed = failed
        self._present: dict[int, Process | None] = dict.fromkeys(range(count))
        self._leaving: set[Process] = set()
        self._backoffs = [Backoff(reactor.seconds) for _ in range(count)]
        self._has_served = False
        self._to_replace: list[int] = []
        self._successor: Process | None = None
        self._deadline: Any = None
        self._stopped: Deferred[None] | None = None

    def start(self) -> None:
        """Start the first one, and the others when that one serves: what is wrong is said once."""
        self._start_in(0)

    def send(self, name: str) -> None:
        """Send all of them a signal."""
        for process in self._all():
            process.send(name)

    def stop(self) -> Deferred[None]:
        """Have all end; fires when they have."""
        self.is_stopping = True
        self._stopped = Deferred()
        self.send("TERM")
        self._note_end()
        return self._stopped

    def replace(self) -> None:
        """Replace one after the other; what is being replaced already is not begun again."""
        if not self.is_stopping:
            waiting = [slot for slot in self._present if slot not in self._to_replace]
            self._to_replace += waiting
            if self._successor is None:
                self._replace_next()

    # What happens to processes.

    def ready(self, process: Process) -> None:
        """Know that a process serves."""
        if not self._has_served:
            self._has_served = True
            for slot in self._present:
                self._start_in(slot)
        if process is self._successor:
            self._take_over(process)

    def ended(self, process: Process, how: object) -> None:
        """Know that a process has ended."""
        slot = next((slot for slot, present in self._present.items() if present is process), None)
        self._leaving.discard(process)
        if process is self._successor:
            self._give_up(how)
        elif slot is not None:
            self._present[slot] = None
            self._start_again(slot, how)
        self._note_end()

    def _start_in(self, slot: int) -> None:
        if not self.is_stopping and self._present[slot] is None:
            self._backoffs[slot].began()
            self._present[slot] = self._start(slot)

    def _start_again(self, slot: int, how: object) -> None:
        if self.is_stopping:
            return
        if not self._has_served:
            self._failed()
            return
        wait = self._backoffs[slot].ended()
        when = f"in {wait:g} s" if wait else "now"
        text = "worker {slot} has ended ({how}); it is started again {when}"
        _log.error(text, slot=slot, how=str(how), when=when)
        self._reactor.callLater(wait, self._start_in, slot)

    # Replacing.

    def _replace_next(self) -> None:
        if self.is_stopping or not self._to_replace:
            return
        slot = self._to_replace[0]
        self._successor = self._start(slot)
        self._deadline = self._reactor.callLater(PATIENCE, self._too_late)

    def _take_over(self, successor: Process) -> None:
        """Let a process serve in the place of the one before it."""
        self._deadline.cancel()
        slot = self._to_replace.pop(0)
        before, self._present[slot] = self._present[slot], successor
        self._successor = None
        self._backoffs[slot].began()
        if before is not None:
            self._leaving.add(before)
            before.send("TERM")
        _log.info("worker {slot} was replaced", slot=slot)
        self._replace_next()

    def _give_up(self, how: object) -> None:
        """Leave all as they are: what does not serve takes nobody's place."""
        if self._deadline.active():
            self._deadline.cancel()
        slot, self._to_replace, self._successor = self._to_replace[0], [], None
        if not self.is_stopping:
            _log.error(
                "worker {slot} is not replaced, for its successor has ended ({how}); nor are those after it",
                slot=slot,
                how=str(how),
            )

    def _too_late(self) -> None:
        if self._successor is not None:
            self._successor.send("KILL")

    # Ending.

    def _all(self) -> list[Process]:
        present = [each for each in (*self._present.values(), self._successor) if each is not None]
        return [*present, *self._leaving]

    def _note_end(self) -> None:
        if self._stopped is not None and not self._all():
            stopped, self._stopped = self._stopped, None
            stopped.callback(None)
