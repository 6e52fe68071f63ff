# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Noticing that no message has passed for a long time."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime

from wstwist.wire.wheel import Wheel

# Looks at a connection in the time that it may be idle: it ends by up to one look's time too late.
_LOOKS = 10


class Idling(Wheel):
    """Looks whether connections are used; a message costs nothing but the flag that it sets.

    Args:
        clock: What measures the time.
        seconds: How long a connection may be idle.
    """

    def __init__(self, clock: IReactorTime, seconds: float) -> None:
        """Begin without connections."""
        super().__init__(clock, seconds / _LOOKS)

    def watch(self, was_used: Callable[[], bool], close: Callable[[], object]) -> Watch:
        """Watch a connection.

        Args:
            was_used: Tells whether it was used since it was last asked.
            close: Called once, when it has been idle for too long.
        """
        return Watch(self, was_used, close)

    def turn(self) -> None:
        """Look at those whose turn it is."""
        for each in self.members(self.now):
            each.look()


class Watch:
    """Watches one connection: see `Idling.watch`."""

    __slots__ = ("_close", "_idling", "_looks", "_part", "_was_used")

    def __init__(self, idling: Idling, was_used: Callable[[], bool], close: Callable[[], object]) -> None:
        """Begin with the next look, for the first one may come a little early."""
        self._idling = idling
        self._was_used = was_used
        self._close = close
        self._looks = -1  # without any use between them
        self._part = idling.add(self)

    def look(self) -> None:
        """Count."""
        self._looks = 0 if self._was_used() else self._looks + 1
        if self._looks == _LOOKS:
            self._close()

    def stop(self) -> None:
        """Look no more, and let go of the connection."""
        self._idling.discard(self, self._part)
        self._was_used = self._close = _ignore


def _ignore() -> bool:
    """Stand where a callback was."""
    return True
