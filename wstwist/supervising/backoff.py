# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""How long to wait before something that has ended is started again."""

from __future__ import annotations

from collections.abc import Callable

SHORTEST = 0.5
LONGEST = 30.0

GOOD_LIFE = 60.0
"""Seconds after which what ends is as if it had never ended before."""


class Backoff:
    """Seconds to wait: none the first time, then longer and longer.

    Args:
        seconds: A clock.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        """Begin with nothing started."""
        self._seconds = seconds
        self._began = seconds()
        self._next = 0.0

    def began(self) -> None:
        """Know that it was started."""
        self._began = self._seconds()

    def ended(self) -> float:
        """Give the seconds to wait, now that it has ended."""
        if self._seconds() - self._began >= GOOD_LIFE:
            self._next = 0.0
        wait, self._next = self._next, min(LONGEST, max(SHORTEST, 2 * self._next))
        return wait
