# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""When a silent server is asked for a sign of life, and when it is given up; without a clock."""

from __future__ import annotations

from collections.abc import Callable


class Pulse:
    """What is known of a server's silence. Times are seconds on the caller's clock.

    Args:
        interval: How long it may be silent before it is asked; None: for ever.
        timeout: How long its answer may take.
        now: The time.

    Attributes:
        due: When `beat` has something to do; None: never.
    """

    def __init__(self, interval: float | None, timeout: float, now: float) -> None:
        """Have heard it just now."""
        self._interval = interval
        self._timeout = timeout
        self.heard(now)

    def heard(self, now: float) -> None:
        """Know of a sign of life."""
        self._was_asked = False
        self.due = None if self._interval is None else now + self._interval

    def beat(self, now: float, ping: Callable[[], None]) -> bool:
        """Ask a server that was silent for too long; False: it was asked, and is dead."""
        if self.due is None or now < self.due:
            return True
        if self._was_asked:
            return False
        ping()
        self._was_asked = True
        self.due = now + self._timeout
        return True
