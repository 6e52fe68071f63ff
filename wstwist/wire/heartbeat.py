# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Telling a silent peer from a dead one."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IDelayedCall, IReactorTime

INTERVAL = 20.0
# Intervals of silence that a peer has to which no ping could be sent, because it still has to read what was
# sent before: a long message on a slow line takes its time.
_PATIENCE = 3


class Heartbeat:
    """Pings a peer at a fixed interval, and reports it when nothing at all comes back.

    Any byte that is received is a sign of life. Time in which we did not read counts for the peer.

    Args:
        clock: What measures the time.
        ping: Called to send a ping; says whether one left.
        dead: Called once, when nothing came for a whole interval after a ping.
        interval: Seconds between pings, and for the answer to one.
    """

    def __init__(
        self,
        clock: IReactorTime,
        ping: Callable[[], bool],
        dead: Callable[[], None],
        interval: float = INTERVAL,
    ) -> None:
        """Keep what is needed; it begins with `start`."""
        self._clock = clock
        self._ping = ping
        self._dead = dead
        self._interval = interval
        self._timer: IDelayedCall | None = None
        self._silent = 0
        self._pinged = False
        self.heard = False
        self.reading = True

    def start(self) -> None:
        """Begin with the first interval."""
        self._timer = self._clock.callLater(self._interval, self._tick)

    def stop(self) -> None:
        """End it; it may be called in any state."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def pause(self) -> None:
        """Know that we read no more, so that the peer cannot be heard."""
        self.reading = False

    def resume(self) -> None:
        """Know that we read again: the peer has a whole interval from here."""
        self.reading = True
        self.heard = True

    def _tick(self) -> None:
        """Judge the interval that ends, and begin the next one."""
        if self.heard or not self.reading:
            self._silent = 0
        else:
            self._silent += 1
            if self._pinged or self._silent > _PATIENCE:
                self._timer = None
                self._dead()
                return
        self.heard = False
        self._pinged = self._ping()
        self.start()
