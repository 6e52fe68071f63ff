# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Accepting pauses while there are hardly any file descriptors left.

POSIX gives the lowest number that is free: a connection whose number is close to the limit tells that nearly
all below it are in use. So knowing costs a comparison for each connection, and the process never meets the
limit itself, where databases, files and Twisted's own ports fail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IListeningPort
from twisted.internet.tcp import Port
from twisted.logger import Logger

from wstwist import descriptors

AT_ONCE = 16
"""Connections that a port accepts in one go, without asking meanwhile; near the bound it is one."""

RETRY = 0.1
"""Seconds after which a look is taken whether descriptors are free again."""

CALM = 5.0
"""Seconds without another pause after which the log says that accepting goes on."""

_log = Logger(namespace="wstwist")


class Accepting:
    """Has ports accept, as long as there are file descriptors.

    Args:
        reactor: An `IReactorTime`.
        keep_free: How many descriptors are to stay free.
        counters: Where ``accepting_paused`` is counted, once for each line in the log.

    Attributes:
        ports: The ports that accept.
        is_paused: Whether they do not at this moment.
    """

    def __init__(self, reactor: Any, keep_free: int, counters: Counter[str] | None = None) -> None:
        """Begin without ports."""
        self.ports: list[Port] = []
        self.is_paused = False
        self._reactor = reactor
        self._keep_free = keep_free
        self._counters = Counter() if counters is None else counters
        self._bound = self._find_bound()
        self._last = 0  # the number of the descriptor that came last
        self._began: float | None = None  # when the trouble began that the log was told of
        self._went_on = 0.0
        self._timer: IDelayedCall | None = None

    def accepted(self, number: int) -> None:
        """Learn of the descriptor of a connection that was just accepted."""
        self._last = number
        if number >= self._bound and not self.is_paused:
            self._pause(number)

    def listen(self, ports: Sequence[IListeningPort]) -> None:
        """Take charge of ports that listen."""
        self.ports = [port for port in ports if isinstance(port, Port)]
        self._last = descriptors.lowest_free()
        for port in self.ports:
            port.doRead = partial(self._accept, port, port.doRead)  # type: ignore[method-assign]

    def _accept(self, port: Port, accept: Callable[[], object]) -> None:
        """Have a port accept; by itself it would take more the next time, however few are left."""
        port.numberAccepts = AT_ONCE if self._last + AT_ONCE < self._bound else 1
        accept()

    def keep_free(self, number: int) -> None:
        """Keep so many descriptors free from now on."""
        self._keep_free = number
        self._bound = self._find_bound()

    def stop(self) -> None:
        """Leave the ports as they are."""
        self.ports = []
        self.is_paused = False
        self._began = None
        self._set_timer(None)

    def _find_bound(self) -> float:
        most = descriptors.limit(self._reactor)
        return float("inf") if most is None else max(1, most - self._keep_free)

    def _pause(self, number: int) -> None:
        self._bound = self._find_bound()  # somebody may have raised the limit since
        if number < self._bound:
            return
        self.is_paused = True
        if self._began is None:
            self._began = self._reactor.seconds()
            self._counters["accepting_paused"] += 1
            _log.warn(
                "Accepting pauses: {open} of {most} file descriptors are open; raise `ulimit -n`, or lower "
                "limits: clients",
                open=descriptors.count_open(),
                most=descriptors.limit(self._reactor),
            )
        for port in self._readable():
            port.stopReading()
        self._set_timer(RETRY)

    def _look(self) -> None:
        """Go on if descriptors are free again, and say so when that has lasted for a while."""
        self._timer = None
        if not self.is_paused:
            self._calm()
        elif descriptors.lowest_free() >= self._bound:
            self._set_timer(RETRY)
        else:
            self.is_paused = False
            self._went_on = self._reactor.seconds()
            for port in self._readable():
                port.startReading()
            self._set_timer(CALM)

    def _calm(self) -> None:
        began, self._began = self._began, None
        if began is not None:
            _log.info(
                "Accepting goes on; it paused, with interruptions, for {seconds:.1f} s",
                seconds=self._went_on - began,
            )

    def _readable(self) -> list[Port]:
        """Give the ports that can be paused, and are not about to be closed."""
        return [port for port in self.ports if port.connected and not port.disconnecting]

    def _set_timer(self, seconds: float | None) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None if seconds is None else self._reactor.callLater(seconds, self._look)
