# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The report: a page with tables, the raw numbers beside it, and the plot."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import plot
from benchmarks.contestants import OURS
from benchmarks.figures import Result
from benchmarks.targets import TARGETS, Target

_KIB = 1024
_HEAD = """\
<!-- Written by make bench; what is changed here is lost. -->

# Benchmarks
"""
_HOW = """\
Every server is one process on one core; the load comes from a compiled generator on another, over the
loopback. Each round measures every server once, freshly started, one after another; the figures are
medians of {rounds} rounds of {seconds:g} seconds. CPU time is the user and system time of the server's
process: the figure to trust where others use the machine, too. How to run and read this:
[benchmarks/README.md](../../benchmarks/README.md).
"""


@dataclass(frozen=True)
class Run:
    """What is known of a run.

    Attributes:
        date: When.
        command: What was typed.
        rounds: How many rounds.
        seconds: How long each measurement took.
        machine: Where.
        versions: With what.
        results: What it brought.
    """

    date: str
    command: str
    rounds: int
    seconds: float
    machine: Mapping[str, str]
    versions: Mapping[str, str]
    results: Sequence[Result]


def write(run: Run, folder: Path) -> None:
    """Write the page, the plot and the numbers into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text(page(run))
    (folder / "results.svg").write_text(plot.draw(run.results))
    (folder / "results.json").write_text(json.dumps(raw(run), indent=1) + "\n")


def raw(run: Run) -> dict[str, object]:
    """Give all that was measured, for programs."""
    about = {name: value for name, value in vars(run).items() if name != "results"}
    workloads = {
        result.workload.name: {
            **asdict(result.workload),
            "failed": list(result.failed),
            "rounds": {name: [asdict(one) for one in rounds] for name, rounds in result.rounds.items()},
        }
        for result in run.results
    }
    return {**about, "workloads": workloads}


def page(run: Run) -> str:
    """Write the page."""
    return "\n".join([_HEAD, *_about(run), *_reached(run), *_overview(run.results), *_details(run.results)])


def amount(result: Result, value: float) -> str:
    """Give a median of what a workload compares, with its unit."""
    return f"{value / _KIB:.2f} KiB" if result.workload.figure == "memory" else f"{value:.2f} µs"


def _about(run: Run) -> Iterator[str]:
    yield _HOW.format(rounds=run.rounds, seconds=run.seconds)
    yield f"`{run.command}`, {run.date}.\n"
    yield from _table(["machine", ""], [[name, value] for name, value in run.machine.items()])
    yield from _table(["version", ""], [[name, value] for name, value in run.versions.items()])
    yield "![CPU time and memory of each server, by workload](results.svg)\n"


def _reached(run: Run) -> Iterator[str]:
    by_name = {result.workload.name: result for result in run.results}
    rows = [row for target in TARGETS if (row := _target_row(target, by_name))]
    if rows:
        yield "## Figures to reach\n"
        yield from _table(["workload", "", "compared with", "at most", "measured", ""], rows)


def _target_row(target: Target, results: Mapping[str, Result]) -> list[str] | None:
    result = results.get(target.workload)
    ratio = result.ratio(target.ours, target.peer) if result else None
    if result is None or ratio is None:
        return None
    verdict = "reached" if ratio <= target.limit else "missed"
    return [result.workload.title, target.ours, target.peer, f"{target.limit:g}", f"{ratio:.2f}", verdict]


def _overview(results: Sequence[Result]) -> Iterator[str]:
    names = list(dict.fromkeys(name for result in results for name in result.rounds))
    yield "## CPU time, or memory, of each\n"
    rows = [[result.workload.name, *(_cell(result, name) for name in names)] for result in results]
    yield from _table(["workload", *names], rows)


def _cell(result: Result, name: str) -> str:
    if name in result.rounds:
        return amount(result, result.median(name))
    return "failed" if name in result.failed else ""


def _details(results: Sequence[Result]) -> Iterator[str]:
    for result in results:
        yield f"## {result.workload.name}: {result.workload.title}\n"
        compared = [one.name for one in OURS if one.name in result.rounds]
        header = ["server", f"{_quantity(result)} a {result.workload.unit}", "lowest to highest", "a second"]
        rows = [_detail_row(result, name, compared) for name in result.ranking()]
        yield from _table([*header, *(f"{name} / it" for name in compared)], rows)
        if result.failed:
            yield f"Failed: {', '.join(result.failed)}.\n"


def _quantity(result: Result) -> str:
    return "memory" if result.workload.figure == "memory" else "CPU time"


def _detail_row(result: Result, name: str, compared: Sequence[str]) -> list[str]:
    values = [one.figure(result.workload.figure) for one in result.rounds[name]]
    spread = f"{amount(result, min(values))} to {amount(result, max(values))}"
    ratios = (result.ratio(ours, name) for ours in compared)
    return [
        name,
        amount(result, result.median(name)),
        spread,
        f"{result.median(name, 'rate'):,.0f}",
        *("" if ratio is None else f"{ratio:.2f}" for ratio in ratios),
    ]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{' --- |' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""
