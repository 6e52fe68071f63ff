# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Whose code the reactor computes for, by sampling: to ask at each event would cost as much as the event."""

from __future__ import annotations

import threading
from random import Random

from wstwist.scheduler import Scheduler
from wstwist.watchdog import processor_time_of

PERIOD = 0.02
"""Seconds between two samples, on average."""


class Sampler:
    """Gives the time that the reactor's thread has computed to the context whose events ran last.

    Where no event ran since the last sample nobody gets it: that was the server itself.

    Args:
        scheduler: What knows whose events ran last.
        chance: What the moments of the samples are drawn from: a period could go along with an author's.
    """

    def __init__(self, scheduler: Scheduler, chance: Random | None = None) -> None:
        """Prepare; `start` begins."""
        self._scheduler = scheduler
        self._chance = chance or Random()  # noqa: S311 - nobody is to be kept from guessing it
        self._stopped: threading.Event | None = None

    def start(self) -> None:
        """Watch the calling thread, which is the reactor's; a second call does nothing."""
        if self._stopped is None:
            self._stopped = threading.Event()
            threading.Thread(
                target=self._sample,
                args=(threading.get_ident(), self._stopped),
                name="cpu-sampler",
                daemon=True,
            ).start()

    def stop(self) -> None:
        """Watch no more; a second call does nothing."""
        if self._stopped is not None:
            self._stopped.set()
            self._stopped = None

    def _sample(self, thread: int, stopped: threading.Event) -> None:
        clock = processor_time_of(thread)
        before = clock()
        while not stopped.wait(self._chance.uniform(0, 2 * PERIOD)):
            now = clock()
            account = self._scheduler.account
            if account is not None:
                account.computed(now - before)
            if not self._scheduler.is_running:
                self._scheduler.account = None
            before = now
