# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What a scenario has found: figures, and what they had to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from soak.served import Served
from soak.watching import Watch

_KIB = 1024
_MIB = 1024 * 1024
_POINTS = 120


class Check(NamedTuple):
    """Something that had to be so."""

    what: str
    found: str
    holds: bool


@dataclass
class Outcome:
    """What was found on one transport.

    Attributes:
        seconds: How long it took.
        cpu: The CPU time that the server used, in seconds.
        memory: The server's resident memory at the beginning, at most, and at the end, in bytes.
        echo: A healthy client's echo times, in seconds: half of them, 99 of 100, the longest, and how many.
        samples: The server's memory, CPU time and descriptors over time, thinned out.
        figures: What else was measured, in words.
        checks: What had to be so.
    """

    seconds: float
    cpu: float
    memory: tuple[int, int, int]
    echo: Mapping[str, float]
    samples: Sequence[Sequence[float]]
    figures: dict[str, str] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether all was as it had to be."""
        return all(check.holds for check in self.checks)

    def check(self, what: str, found: str, *, holds: bool) -> None:
        """Note something that had to be so."""
        self.checks.append(Check(what, found, holds))


def settle(served: Served, watch: Watch, *, memory: int, lag: float) -> Outcome:
    """Make an outcome of what was watched, with the checks that all scenarios have.

    Args:
        served: The server, at the end.
        watch: What was watched.
        memory: How much the server may have grown at most, in bytes.
        lag: Within how many seconds 99 of 100 echoes must have come.
    """
    echoes, samples = watch.echoes, watch.samples
    first = samples[0]
    outcome = Outcome(
        seconds=samples[-1].seconds,
        cpu=watch.cpu,
        memory=(first.memory, first.memory + watch.grown, samples[-1].memory),
        echo={
            "p50": echoes.share(0.5),
            "p99": echoes.share(0.99),
            "most": echoes.most,
            "count": len(echoes.times),
        },
        samples=samples[:: len(samples) // _POINTS + 1],
    )
    log = served.log
    outcome.check(
        "no traceback, and the server lives",
        "none" if "Traceback" not in log else log[log.index("Traceback") :].splitlines()[-1],
        holds=served.is_alive and "Traceback" not in log,
    )
    outcome.check(
        f"memory grows by less than {megabytes(memory)}", megabytes(watch.grown), holds=watch.grown < memory
    )
    outcome.check(
        f"99 of 100 echoes of a healthy client within {lag * 1000:g} ms",
        milliseconds(outcome.echo["p99"]),
        holds=outcome.echo["p99"] < lag,
    )
    return outcome


def megabytes(size: float) -> str:
    """Write a size in MiB."""
    return f"{size / _MIB:.1f} MiB"


def milliseconds(seconds: float) -> str:
    """Write a time in milliseconds."""
    return f"{seconds * 1000:.1f} ms"
