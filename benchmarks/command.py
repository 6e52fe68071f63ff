# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The command line: ``python -m benchmarks``."""

from __future__ import annotations

import shlex
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import generator, machine, processes, report, rounds
from benchmarks.contestants import CONTESTANTS, OURS, Contestant, Pair
from benchmarks.figures import Result
from benchmarks.generator import LoadError
from benchmarks.measure import Bench
from benchmarks.report import Run
from benchmarks.workloads import WORKLOADS, Workload
from wstwist import certificate

BUILD = processes.ROOT / "build" / "benchmarks"
REPORT = processes.ROOT / "docs" / "benchmarks"


def _names(known: Sequence[str]) -> Callable[[str], list[str]]:
    def split(text: str) -> list[str]:
        names = text.replace(",", " ").split()
        if unknown := [name for name in names if name not in known]:
            raise ArgumentTypeError(f"{', '.join(unknown)}: choose from {', '.join(known)}")
        return names

    return split


def _count(text: str) -> int:
    if not (text.isdecimal() and int(text)):
        raise ArgumentTypeError(f"a whole number above 0, not {text}")
    return int(text)


def _parser() -> ArgumentParser:
    workloads = [workload.name for workload in WORKLOADS]
    peers = [one.name for one in CONTESTANTS if one not in OURS]
    parser = ArgumentParser(prog="python -m benchmarks", description="Measure wstwist and its peers.")
    parser.add_argument("--rounds", type=_count, default=7, help="how often each is measured [default: 7]")
    parser.add_argument("--only", type=_names(workloads), metavar="NAMES", help=f"of {', '.join(workloads)}")
    parser.add_argument("--against", type=_names(peers), metavar="NAMES", help=f"of {', '.join(peers)}")
    parser.add_argument("--seconds", type=float, default=1.5, help="how long each is measured [default: 1.5]")
    parser.add_argument("--quick", action="store_true", help="one short round: a trial, not a measurement")
    parser.add_argument("--output", type=Path, help="where the report goes [default: docs/benchmarks]")
    return parser


def _chosen(given: Namespace) -> tuple[list[Workload], list[Contestant]]:
    workloads = [one for one in WORKLOADS if given.only is None or one.name in given.only]
    peers = [one for one in CONTESTANTS if one.is_ours or given.against is None or one.name in given.against]
    return workloads, peers


def _output(given: Namespace) -> Path:
    """Choose where the report goes: one of a part does not take the place of that of the whole."""
    is_whole = not (given.quick or given.only or given.against)
    output: Path = given.output or (REPORT if is_whole else BUILD)
    return output


def main(arguments: Sequence[str]) -> int:
    """Run it, and give the exit status."""
    given = _parser().parse_args(arguments)
    if given.quick:
        given.rounds, given.seconds = 1, 0.5
    processes.allow_many_files()
    try:
        run = _measure(given, shlex.join(["python", "-m", "benchmarks", *arguments]))
    except LoadError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write(f"\nStopped; what was complete is in {BUILD}\n")
        return 1
    report.write(run, _output(given))
    sys.stdout.write(f"The report: {_output(given) / 'README.md'}\n")
    return 0


def _measure(given: Namespace, command: str) -> Run:
    """Do all that was chosen; what is complete is kept in the build folder, in case that the rest is not."""
    workloads, contestants = _chosen(given)
    load = generator.build(BUILD)
    results: list[Result] = []
    run = Run(
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        command=command,
        rounds=given.rounds,
        seconds=given.seconds,
        machine=machine.machine(),
        versions=machine.versions(contestants),
        results=results,
    )
    with TemporaryDirectory(prefix="wstwist-bench-") as folder:
        made = certificate.ensure(Path(folder))
        cores = processes.choose_cores()
        bench = Bench(load, Pair(made.cert, made.key), cores, given.seconds / 3, given.seconds)
        for result in rounds.run(workloads, contestants, given.rounds, bench.measure):
            results.append(result)
            report.write(run, BUILD)
            sys.stdout.write(summary(result))
    return run


def summary(result: Result) -> str:
    """Give a result as a small table."""
    lines = [f"{result.workload.name}: {result.workload.title}"]
    for name in result.ranking():
        ratios = [(ours.name, result.ratio(ours.name, name)) for ours in OURS]
        words = "  ".join(f"{ours} / it {ratio:5.2f}" for ours, ratio in ratios if ratio is not None)
        lines.append(f"  {name:13} {report.amount(result, result.median(name)):>10}  {words}")
    return "\n".join([*lines, "", ""])
