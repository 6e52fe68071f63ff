# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Telling a silent server from a dead one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.interfaces import IReactorTime

# Intervals of silence that a server has to which no ping can be sent, because it still has to read what was
# sent before: a long message on a slow line takes its time.
_PATIENCE = 3


class Patient(Protocol):
    """Whose pulse is felt."""

    def was_heard(self) -> bool:
        """Whether anything came since this was last asked."""

    def ping(self) -> bool:
        """Ask for a sign of life; False: the server has to read first what was sent before."""

    def drop(self) -> None:
        """Drop the connection: the server is dead."""


class Pulse:
    """Asks for a sign of life after each interval of silence.

    Args:
        clock: What measures the time.
        interval: Seconds; None: never ask.
        timeout: Seconds that the sign may take.
        patient: The connection.
    """

    def __init__(self, clock: IReactorTime, interval: float | None, timeout: float, patient: Patient) -> None:
        """Begin with an interval that has not been judged."""
        self._clock = clock
        self._interval = interval
        self._timeout = timeout
        self._patient = patient
        self._silent = 0
        self._timer: Any = None
        self._begin_interval()

    def stop(self) -> None:
        """Ask no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _begin_interval(self) -> None:
        if self._interval is not None:
            self._wait(self._interval, self._judge_interval)

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        self._timer = self._clock.callLater(seconds, self._go_on, then)

    def _go_on(self, then: Callable[[], None]) -> None:
        self._timer = None
        then()

    def _judge_interval(self) -> None:
        """Ask, where nothing came."""
        if self._patient.was_heard():
            self._silent = 0
            self._begin_interval()
        elif self._patient.ping():
            self._wait(self._timeout, self._judge_answer)
        else:
            self._silent += 1
            self._drop_or_go_on(self._silent <= _PATIENCE)

    def _judge_answer(self) -> None:
        self._silent = 0
        self._drop_or_go_on(self._patient.was_heard())

    def _drop_or_go_on(self, is_alive: bool) -> None:
        if is_alive:
            self._begin_interval()
        else:
            self._patient.drop()
