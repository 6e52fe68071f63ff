# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""How often something may happen, without I/O."""

from __future__ import annotations

# What is missing by less than this is there: sums of fractions are not exact.
_PRECISION = 1e-6


class Bucket:
    """A token bucket: a rate that may be exceeded for a moment.

    Args:
        rate: Tokens that come in a second.
        burst: Tokens that it holds at most, and from the beginning; never less than one.
        now: The time in seconds, of a clock whose jumps do no harm.
    """

    __slots__ = ("_burst", "_rate", "_since", "_tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        """Begin full."""
        self._rate = rate
        self._burst = self._tokens = max(1.0, burst)
        self._since = now

    def take(self, now: float, amount: float = 1.0) -> bool:
        """Take tokens; False: there are not as many, and none is taken."""
        self._fill(now)
        if self._tokens + _PRECISION < amount:
            return False
        self._tokens -= amount
        return True

    def spend(self, now: float, amount: float = 1.0) -> bool:
        """Take tokens, on credit where there are not as many; gives what `has_one` gives then."""
        self._fill(now)
        self._tokens -= amount
        return self._tokens + _PRECISION >= 1

    def has_one(self, now: float) -> bool:
        """Tell whether there is a token: none is, as long as credit is not paid back."""
        self._fill(now)
        return self._tokens + _PRECISION >= 1

    def _fill(self, now: float) -> None:
        """Put in what has come since the last time; a clock that was set back brings nothing."""
        if now > self._since:
            self._tokens = min(self._burst, self._tokens + (now - self._since) * self._rate)
        self._since = now
