# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The command line: ``python -m soak``."""

from __future__ import annotations

import platform
import shlex
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import machine
from soak import report
from soak.crowds import CROWDS
from soak.network import NoNetworkError
from soak.outcome import Outcome
from soak.scenarios import VISITS, Order, Scenario
from soak.served import EVERYWHERE, HOST, ROOT, TRANSPORTS, ServerError, serve

SCENARIOS = {scenario.name: scenario for scenario in (*CROWDS, *VISITS)}
PROJECTS = tuple(f"soak.projects:{name}" for name in ("Echo", "Compressed", "News"))
DATA = ROOT / "docs" / "reliability.json"
PAGE = ROOT / "docs" / "reliability.md"
BUILD = ROOT / "build" / "soak"


def _names(known: Iterable[str]) -> Callable[[str], list[str]]:
    names = list(known)

    def split(text: str) -> list[str]:
        chosen = text.replace(",", " ").split()
        if unknown := [name for name in chosen if name not in names]:
            raise ArgumentTypeError(f"{', '.join(unknown)}: choose from {', '.join(names)}")
        return chosen

    return split


def _above_zero(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not number > 0:
        raise ArgumentTypeError(f"a number above 0, not {text}")
    return number


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m soak", description="Be hostile to a server, and measure it.")
    names = ", ".join(SCENARIOS)
    parser.add_argument("--only", type=_names(SCENARIOS), metavar="NAMES", help=f"of {names}")
    parser.add_argument("--transport", type=_names(TRANSPORTS), default=list(TRANSPORTS), metavar="NAMES")
    parser.add_argument("--minutes", type=_above_zero, default=10.0, help="of idle clients [default: 10]")
    parser.add_argument("--scale", type=_above_zero, default=1.0, help="0.1: a tenth of the clients, a trial")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="where the report goes [default: docs]")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run it, and give the exit status: 0 where all was as it had to be."""
    given = _parser().parse_args(arguments)
    command = shlex.join(["python", "-m", "soak", *arguments])
    data, page = _output(given)
    results = report.read(data)
    all_hold = True
    for scenario in (SCENARIOS[name] for name in given.only or SCENARIOS):
        for transport in given.transport:
            outcome = _run(scenario, transport, Order(given.scale, given.minutes * 60))
            if outcome is None:
                continue
            all_hold &= outcome.holds
            entry = results.setdefault(scenario.name, {"title": scenario.title, "transports": {}})
            entry["transports"][transport] = report.record(outcome, _about(command, given.scale))
            report.write(_in_order(results), data, page)
    sys.stdout.write(f"The report: {page}\n")
    return 0 if all_hold else 1


def _output(given: Namespace) -> tuple[Path, Path]:
    """Choose where the report goes: a trial does not take the place of what was measured."""
    if given.output is None and given.scale == 1:
        return DATA, PAGE
    folder: Path = given.output or BUILD
    return folder / DATA.name, folder / PAGE.name


def _run(scenario: Scenario, transport: str, order: Order) -> Outcome | None:
    """Run a scenario on a fresh server; None where this machine cannot."""
    sys.stdout.write(f"{scenario.name} on {transport}: {scenario.title}\n")
    sys.stdout.flush()
    began = time.monotonic()
    with TemporaryDirectory(prefix="wstwist-soak-") as folder:
        served = None
        try:
            served = serve(
                Path(folder), transport, *PROJECTS, host=EVERYWHERE if scenario.everywhere else HOST
            )
            outcome = scenario.run(served, order)
        except (NoNetworkError, ServerError) as error:
            sys.stdout.write(f"  left out: {error}\n")
            return None
        finally:
            status = served.stop() if served is not None else 0
    outcome.check("the server stops with exit status 0", str(status), holds=status == 0)
    sys.stdout.write(_summary(outcome, time.monotonic() - began))
    return outcome


def _summary(outcome: Outcome, seconds: float) -> str:
    lines = [f"  {what}: {value}" for what, value in outcome.figures.items()]
    lines += [f"  {'ok' if check.holds else 'NO'}  {check.what}: {check.found}" for check in outcome.checks]
    return "\n".join([*lines, f"  {seconds:.0f} s, {outcome.cpu:.1f} s of the server's CPU time", "", ""])


def _about(command: str, scale: float) -> dict[str, object]:
    about = machine.machine()
    where = f"{about['cores']} cores of {about['processor']}, {about['system']}"
    return {
        "command": command,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "scale": scale,
        "machine": f"Python {platform.python_version()}, {where}",
    }


def _in_order(results: report.Results) -> report.Results:
    return {name: results[name] for name in SCENARIOS if name in results}
