# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The run: each round measures every contestant once, so that what disturbs the machine disturbs them all."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TextIO

from benchmarks.contestants import Contestant
from benchmarks.figures import Result
from benchmarks.generator import LoadError
from benchmarks.measure import Measurement
from benchmarks.processes import ServerError
from benchmarks.workloads import Workload

Measure = Callable[[Workload, Contestant], Measurement]

_KIB = 1024
_MINUTE = 60


def able(workload: Workload, contestants: Sequence[Contestant]) -> list[Contestant]:
    """Choose those that can do a workload at all."""
    return [one for one in contestants if not (workload.deflate and "deflate" in one.lacks)]


def _turned(contestants: Sequence[Contestant], number: int) -> list[Contestant]:
    """Let another begin in each round."""
    first = (number - 1) % len(contestants)
    return [*contestants[first:], *contestants[:first]]


def describe(workload: Workload, measurement: Measurement) -> str:
    """Give a measurement in words."""
    if measurement.memory is not None:
        return f"{measurement.memory / _KIB:8.2f} KiB a {workload.unit}"
    return f"{measurement.cpu:8.2f} µs a {workload.unit}  {measurement.rate:9,.0f}/s"


class Progress:
    """What is shown while it runs."""

    def __init__(self, total: int, rounds: int, out: TextIO = sys.stdout) -> None:
        """Begin.

        Args:
            total: How many measurements there will be.
            rounds: How many rounds.
            out: Where it is written.
        """
        self._total, self._rounds, self._out = total, rounds, out
        self._done = 0
        self._began = time.monotonic()

    def tell(self, workload: Workload, contestant: Contestant, number: int, words: str) -> None:
        """Write a line about one measurement."""
        self._done += 1
        left = (time.monotonic() - self._began) / self._done * (self._total - self._done)
        time_left = f"{left / _MINUTE:.0f} min" if left >= _MINUTE else f"{left:.0f} s"
        place = f"{workload.name:15} {contestant.name:13} round {number}/{self._rounds}"
        self._out.write(f"[{self._done:3}/{self._total}] {place}  {words}  ({time_left} left)\n")
        self._out.flush()

    def skip(self, count: int) -> None:
        """Expect fewer measurements."""
        self._total -= count


def run(
    workloads: Sequence[Workload],
    contestants: Sequence[Contestant],
    rounds: int,
    measure: Measure,
    out: TextIO = sys.stdout,
) -> Iterator[Result]:
    """Run the workloads, one after another, and give the result of each when it is complete.

    A contestant that fails is told of once, and left out of that workload.
    """
    total = rounds * sum(len(able(workload, contestants)) for workload in workloads)
    progress = Progress(total, rounds, out)
    for workload in workloads:
        found: dict[str, list[Measurement]] = {one.name: [] for one in able(workload, contestants)}
        failed: list[str] = []
        for number in range(1, rounds + 1):
            for contestant in _turned(able(workload, contestants), number):
                if contestant.name in failed:
                    continue
                try:
                    measurement = measure(workload, contestant)
                except (LoadError, ServerError) as error:
                    failed.append(contestant.name)
                    del found[contestant.name]
                    progress.tell(workload, contestant, number, f"FAILED: {error}")
                    progress.skip(rounds - number)
                    continue
                found[contestant.name].append(measurement)
                progress.tell(workload, contestant, number, describe(workload, measurement))
        yield Result(workload, found, failed)
