# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The command line: ``python -m benchmarks.chaos``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from statistics import median

from benchmarks.chaos import faults, history
from benchmarks.chaos.rounds import LIMIT, NODES, Cluster
from benchmarks.processes import ServerError


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m benchmarks.chaos", description="Break a cluster while it works.")
    parser.add_argument("--rounds", type=int, default=100, help="how often [default: 100]")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn at random [default: 1]")
    parser.add_argument("--logs", type=Path, help="a folder for the nodes' logs, where something is wrong")
    return parser


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Run it, and give the exit status: 1 where something is wrong."""
    given = _parser().parse_args(arguments)
    try:
        with Cluster(Random(given.seed)) as cluster:  # noqa: S311 - to be had again with the same number
            is_right = run(cluster, given.rounds, Random(given.seed))  # noqa: S311 - likewise
            if not is_right and given.logs is not None:
                given.logs.mkdir(parents=True, exist_ok=True)
                for number, node in enumerate(cluster.nodes):
                    (given.logs / f"node{number}.log").write_text(node.said())
    except ServerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped\n")
        return 1
    return 0 if is_right else 1


def run(cluster: Cluster, rounds: int, chance: Random) -> bool:
    """Have rounds of faults, and tell whether all was right."""
    kinds: Counter[str] = Counter()
    times: list[float] = []
    lost = 0
    for number in range(1, rounds + 1):
        drawn = faults.draw(chance, NODES)
        kinds.update(fault.kind for fault in drawn)
        outcome = cluster.round(drawn)
        words = ", ".join(
            f"{fault.kind}{'' if fault.kind == 'nats' else f' node {fault.node}'}"
            f" {fault.begin:.1f}-{fault.end:.1f} s"
            for fault in drawn
        )
        if outcome.seconds is None:
            lost += 1
            _tell(f"  round {number}/{rounds}  {words}: NOT REACHABLE within {LIMIT:g} s: {outcome.missing}")
        else:
            times.append(outcome.seconds)
            _tell(f"  round {number}/{rounds}  {words}: all reachable after {outcome.seconds:.1f} s")
    wrong = list(history.wrongs(cluster.history, cluster.connected))
    for line in wrong[:20]:
        _tell(f"  WRONG: {line}")
    told = Counter(each.what for each in cluster.history)
    each_kind = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    _tell(
        f"chaos: {rounds} rounds, {kinds.total()} faults ({each_kind}); {cluster.load.orders:,} orders,"
        f" {told['sent']:,} messages and {told['ran']:,} calls arrived;"
        f" {len(wrong)} wrong, {lost} rounds without all reachable"
    )
    if times:
        _tell(f"  all reachable after {median(times):.1f} s, at most {max(times):.1f} s")
    return not wrong and not lost
