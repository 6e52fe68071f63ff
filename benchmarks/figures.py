# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What the rounds amount to: medians, and how ours compare with a peer's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.measure import Measurement
from benchmarks.workloads import Workload

Rounds = Sequence[Measurement]


@dataclass(frozen=True)
class Result:
    """What a workload brought.

    Attributes:
        workload: What was done.
        rounds: The measurements of each contestant that succeeded in all its rounds.
        failed: The contestants that failed.
    """

    workload: Workload
    rounds: Mapping[str, Rounds]
    failed: Sequence[str] = ()

    def median(self, contestant: str, figure: str | None = None) -> float:
        """Give the median of a figure; without a name, of that which the workload compares."""
        name = figure or self.workload.figure
        return median(measurement.figure(name) for measurement in self.rounds[contestant])

    def ratio(self, ours: str, peer: str) -> float | None:
        """Divide our median by a peer's: below 1 is better; None where one of them is missing."""
        if ours not in self.rounds or peer not in self.rounds:
            return None
        theirs = self.median(peer)
        return self.median(ours) / theirs if theirs > 0 else None

    def ranking(self) -> list[str]:
        """Give the contestants, the most frugal first."""
        return sorted(self.rounds, key=self.median)
