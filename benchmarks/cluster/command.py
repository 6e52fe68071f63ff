# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The command line: ``python -m benchmarks.cluster``."""

from __future__ import annotations

import math
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain
from random import Random
from statistics import median

from benchmarks import generator, processes
from benchmarks.cluster import calls, effects
from benchmarks.cluster.failover import LIMIT, Failover
from benchmarks.cluster.loads import LOADS, Bench, Cost, Load, medians, ratio, set_ups
from benchmarks.command import BUILD
from benchmarks.generator import LoadError
from benchmarks.processes import ServerError

_CALLS = 1000


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _verdict(ratio: float, limit: float) -> str:
    return f"{ratio:.2f} times, {'at most' if ratio <= limit else 'MISSED: more than'} {limit:g}"


def _load(load: Load, given: Namespace) -> bool:
    """Measure a load with all set-ups, one after another in each round."""
    program = generator.build(BUILD)
    bench = Bench(program, processes.choose_cores(), given.seconds / 3, given.seconds)
    found: dict[str, list[Cost]] = {set_up.name: [] for set_up in set_ups(load)}
    for number in range(given.rounds):
        for set_up in set_ups(load)[:: 1 if number % 2 else -1]:
            cost = bench.measure(load, set_up)
            found[set_up.name].append(cost)
            _tell(f"  round {number + 1}/{given.rounds}  {set_up.name:24} {_words(load, cost)}")
    _tell(f"{load.name}: {load.title}")
    costs = {name: medians(each) for name, each in found.items()}
    for name, cost in costs.items():
        _tell(f"  {name:24} {_words(load, cost)}")
    alone, *others = found
    ratios = {name: ratio(found[name], found[alone]) for name in others}
    for name, value in ratios.items():
        _tell(f"  {name} / {alone}, in the same round: {_verdict(value, load.limit)}")
    return ratios[others[-1]] <= load.limit


def _execute(given: Namespace) -> bool:
    """Time calls to another node, and NATS alone, in turn."""
    ours, bare = [], []
    for number, pair in enumerate(calls.measure(given.rounds, _CALLS, processes.choose_cores()), 1):
        ours.append(pair[0])
        bare.append(pair[1])
        words = "  ".join(
            f"{name} {each.median:4.0f} µs, p99 {each.p99:5.0f}"
            for name, each in zip(("execute", "NATS alone"), pair, strict=True)
        )
        _tell(f"  round {number}/{given.rounds}  {words}")
    _tell(f"execute: a procedure of a client on another node, {_CALLS} calls a round, one after another")
    ratios = []
    for figure in ("median", "p99"):
        own, other = (median(getattr(each, figure) for each in found) for found in (ours, bare))
        ratios.append(
            median(getattr(a, figure) / getattr(b, figure) for a, b in zip(ours, bare, strict=True))
        )
        _tell(f"  {figure}: {own:.0f} µs, NATS alone {other:.0f} µs: {_verdict(ratios[-1], calls.LIMIT)}")
    return max(ratios) <= calls.LIMIT


def _failover(given: Namespace) -> bool:
    """Have faults of the node with the global service, and look what clients see."""
    gaps: dict[str, list[float]] = {}
    with Failover(Random(given.seed)) as cluster:  # noqa: S311 - to be had again with the same number
        faults = []
        for fault in cluster.faults(given.faults):
            faults.append(fault)
            gaps.setdefault(fault.kind, []).append(effects.gap(cluster.effects, fault) or math.inf)
            _tell(f"  fault {len(faults)}/{given.faults}  {fault.kind:6} gap {gaps[fault.kind][-1]:.2f} s")
    wrong = list(effects.faults_of(cluster.effects, cluster.holders))
    for line in wrong[:20]:
        _tell(f"  WRONG: {line}")
    _tell(f"failover: {len(faults)} faults, {len(cluster.effects):,} effects seen, {len(wrong)} wrong")
    for kind, each in gaps.items():
        again = max(effects.unkept(cluster.effects, fault) for fault in faults if fault.kind == kind)
        _tell(
            f"  {kind:6} {len(each):2} times: gap {median(each):.2f} s, at most {max(each):.2f} s; "
            f"runs done again: at most {again}"
        )
    every = list(chain.from_iterable(gaps.values()))
    longest = max(every)
    _tell(f"  all: gap {median(every):.2f} s, at most {longest:.2f} s; limit {LIMIT:g} s")
    return not wrong and longest <= LIMIT


def _words(load: Load, cost: Cost) -> str:
    return f"{cost.servers:7.3f} µs a {load.unit}, NATS {cost.nats:6.3f}  ({cost.rate:9,.0f}/s)"


def _measurements() -> Mapping[str, Callable[[Namespace], bool]]:
    loads = {load.name: partial(_load, load) for load in LOADS}
    return {
        "echo": loads["echo"],
        "execute": _execute,
        "broadcast": loads["broadcast"],
        "failover": _failover,
    }


def _names(text: str) -> list[str]:
    names, known = text.replace(",", " ").split(), _measurements()
    if unknown := [name for name in names if name not in known]:
        raise ArgumentTypeError(f"{', '.join(unknown)}: choose from {', '.join(known)}")
    return names


def _count(text: str) -> int:
    if not (text.isdecimal() and int(text)):
        raise ArgumentTypeError(f"a whole number above 0, not {text}")
    return int(text)


def _parser() -> ArgumentParser:
    known = ", ".join(_measurements())
    parser = ArgumentParser(prog="python -m benchmarks.cluster", description="Measure a cluster over NATS.")
    parser.add_argument("--rounds", type=_count, default=7, help="how often each is measured [default: 7]")
    parser.add_argument("--only", type=_names, metavar="NAMES", help=f"of {known}")
    parser.add_argument("--seconds", type=float, default=1.5, help="how long each is measured [default: 1.5]")
    parser.add_argument("--faults", type=_count, default=50, help="of the global service [default: 50]")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn at random [default: 1]")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run it, and give the exit status: 1 where a figure is missed."""
    given = _parser().parse_args(arguments)
    processes.allow_many_files()
    is_reached = True
    try:
        for name, measure in _measurements().items():
            if given.only is None or name in given.only:
                is_reached &= measure(given)
    except (LoadError, ServerError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped\n")
        return 1
    return 0 if is_reached else 1
