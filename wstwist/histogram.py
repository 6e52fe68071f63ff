# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""How long things last: counted in buckets, so that millions of them cost no more than one."""

from __future__ import annotations

from array import array

BOUNDS = tuple(float(f"{digits}e{exponent}") for exponent in range(-6, 3) for digits in (1, 2, 5))
"""The upper bounds of the buckets, in seconds: from 1 µs to 500 s; what lasts longer is in one more."""


class Histogram:
    """Counts durations.

    Attributes:
        count: How many there were.
        total: Their sum, in seconds.
        longest: The longest of them.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._bounds = array("d", BOUNDS)
        self._counts = array("q", bytes(8 * (len(BOUNDS) + 1)))
        self._most = len(BOUNDS)
        self.count = 0
        self.total = self.longest = 0.0

    def observe(self, seconds: float) -> None:
        """Count one."""
        bucket = 0
        while bucket < self._most and seconds > self._bounds[bucket]:
            bucket += 1
        self._counts[bucket] += 1
        self.count += 1
        self.total += seconds
        self.longest = max(self.longest, seconds)

    @property
    def counts(self) -> tuple[int, ...]:
        """How many there were in each bucket; the last one has no upper bound."""
        return tuple(self._counts)

    def percentile(self, percent: float, since: tuple[int, ...] | None = None) -> float | None:
        """Give the duration that this percentage did not exceed; None where there was none.

        Args:
            percent: 50 is the median.
            since: Earlier `counts`: only what came after them counts.

        Returns:
            Seconds, interpolated within a bucket, and no more than the longest.
        """
        found = percentile(self.counts, percent, since)
        return None if found is None else min(found, self.longest)


def percentile(counts: tuple[int, ...], percent: float, since: tuple[int, ...] | None = None) -> float | None:
    """Give a percentile of counts of buckets; see `Histogram.percentile`."""
    if since is not None:
        counts = tuple(now - before for now, before in zip(counts, since, strict=True))
    wanted = sum(counts) * percent / 100
    seen = 0
    for bucket, count in enumerate(counts):
        if count and seen + count >= wanted:
            lower = BOUNDS[bucket - 1] if bucket else 0.0
            upper = BOUNDS[min(bucket, len(BOUNDS) - 1)]
            return lower + max(0.0, upper - lower) * (wanted - seen) / count
        seen += count
    return None
