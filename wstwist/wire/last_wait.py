# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The bounded wait for a peer's answer to our close frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from wstwist.limits import Limits
from wstwist.wire.progress import taken


class LastWait:
    """Waits first until the close frame has left, then for the answer.

    Args:
        limits: How long: ``stall_time`` for each part, and ``close_time`` in which the peer must show
            progress once the close frame has left.
        clock: What measures the time.
        transport: What says how far the peer has come with what was sent.
        drop: Called when it has been enough.
    """

    __slots__ = ("_clock", "_drop", "_limits", "_timer", "_transport")

    def __init__(
        self, limits: Limits, clock: IReactorTime, transport: Any, drop: Callable[[], object]
    ) -> None:
        """Begin to wait."""
        self._limits = limits
        self._clock = clock
        self._transport = transport
        self._drop = drop
        self._timer: IDelayedCall = clock.callLater(limits.stall_time, drop)

    def close_frame_sent(self) -> None:
        """Give the peer its time to answer."""
        self._look(self._clock.seconds() + self._limits.stall_time, taken(self._transport))

    def stop(self) -> None:
        """Wait no more; a second call does nothing."""
        if self._timer.active():
            self._timer.cancel()

    def _look(self, end: float, progress: int | None) -> None:
        """Give the peer its time, again as long as it goes on taking what was written before.

        Args:
            end: When it is enough.
            progress: How far the peer has come.
        """
        self.stop()
        self._timer = self._clock.callLater(self._limits.close_time, self._late, end, progress)

    def _late(self, end: float, before: int | None) -> None:
        progress = taken(self._transport)
        if progress is None or progress == before or self._clock.seconds() >= end:
            self._drop()
        else:
            self._look(end, progress)
