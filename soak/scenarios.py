# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The scenarios in which clients come, misbehave and go; those who stay are in `soak.crowds`."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from soak.outcome import Outcome, megabytes, milliseconds, settle
from soak.served import Served
from soak.watching import Program, Watch

MIB = 1024 * 1024
LAG = 0.1
"""Within how many seconds 99 of 100 echoes of a healthy client must come."""
_PATIENCE = 1800.0


@dataclass(frozen=True)
class Order:
    """How much of it is wanted.

    Attributes:
        scale: The part of each number of clients.
        seconds: How long those scenarios last that go on until they are ended.
    """

    scale: float = 1.0
    seconds: float = 600.0

    def part(self, count: int) -> int:
        """Give that part of a number, at least 1."""
        return max(1, round(count * self.scale))


@dataclass(frozen=True)
class Scenario:
    """Something that is done to a server.

    Attributes:
        name: What it is called on the command line.
        title: What it is called in the report.
        run: Does it.
        everywhere: Whether the server has to listen on all interfaces, and not on the loopback only.
    """

    name: str
    title: str
    run: Callable[[Served, Order], Outcome]
    everywhere: bool = False


def wander(served: Served, cases: str, count: int, at_once: int) -> dict[str, Any]:
    """Pay visits, and give what they found."""
    order = {"host": served.host, "port": served.port, "cases": cases, "count": count, "at_once": at_once}
    found: dict[str, Any] = Program("visits", json.dumps(order)).finish(_PATIENCE)
    return found


def visits(name: str, title: str, cases: str, count: int, at_once: int, *, memory: int) -> Scenario:
    """Make a scenario of visits: each is to have the right end, and nothing is to be left of them.

    All of it is done twice, and memory must have grown the first time only.

    Args:
        name: The scenario's.
        title: Likewise; `count` is filled in.
        cases: Which ones, of `soak.cases`.
        count: How many.
        at_once: How many of them at the same time.
        memory: How much the server may grow meanwhile, in bytes.
    """

    def run(served: Served, order: Order) -> Outcome:
        with Watch(served) as watch:
            before = served.process.descriptors
            found = [wander(served, cases, order.part(count), order.part(at_once))]
            between = served.process.memory
            found.append(wander(served, cases, order.part(count), order.part(at_once)))
            left = _settled(served, before) - before
            grown = served.process.memory - between
        outcome = settle(served, watch, memory=memory, lag=LAG)
        _judge(outcome, found)
        outcome.check("no socket is left", str(max(0, left)), holds=left <= 0)
        outcome.check("the second time costs no memory", megabytes(grown), holds=grown < memory // 4)
        return outcome

    return Scenario(name, title.format(count=f"{count:,}"), run)


def _judge(outcome: Outcome, found: Sequence[dict[str, Any]]) -> None:
    """Put down what visits have found."""
    ends = sum((Counter(part["outcomes"]) for part in found), Counter[str]())
    wrong = sum((Counter(part["wrong"]) for part in found), Counter[str]())
    rate = ends.total() / sum(part["seconds"] for part in found)
    outcome.figures["ends"] = ", ".join(f"{end}: {number:,}" for end, number in ends.most_common(8))
    outcome.figures["connections a second"] = f"{rate:,.0f}"
    worst = "; ".join(f"{number:,} times {what}" for what, number in wrong.most_common(3))
    outcome.check("each ends as it has to", worst or "all", holds=not wrong)


def _settled(served: Served, wanted: int) -> int:
    """Wait some seconds for the server to let go of sockets, and give how many files it has open."""
    end = time.monotonic() + 10
    while (now := served.process.descriptors) > wanted and time.monotonic() < end:
        time.sleep(0.1)
    return now


def burst(served: Served, order: Order) -> Outcome:
    """Let a hundred clients connect at once, again and again."""
    rounds = order.part(50)
    with Watch(served) as watch:
        began = served.process.cpu
        rates = [100 / wander_at_once(served) for _ in range(rounds)]
        used = (served.process.cpu - began) / rounds / 100
    outcome = settle(served, watch, memory=16 * MIB, lag=LAG)
    middle = sorted(rates)[len(rates) // 2]
    outcome.figures["the server's CPU time for each"] = milliseconds(used)
    outcome.figures["slowest and fastest round"] = f"{min(rates):,.0f} and {max(rates):,.0f} a second"
    outcome.check("at least 2,000 handshakes a second", f"{middle:,.0f}", holds=middle >= 2000)  # noqa: PLR2004
    return outcome


def wander_at_once(served: Served) -> float:
    """Connect a hundred clients at once, and give the seconds until all have their 101."""
    found: float = Program("burst", served.host, str(served.port), "100", packages=False).finish()
    return found


VISITS = (
    visits("slowloris", "{count} requests that never end", "slow_requests", 2000, 2000, memory=64 * MIB),
    visits("storm", "{count} clients that connect and drop", "storms", 20_000, 500, memory=64 * MIB),
    visits("bytewise", "{count} clients that write byte by byte", "bytewise", 200, 200, memory=16 * MIB),
    visits(
        "oversized", "{count} frames, messages and heads too large", "oversized", 2000, 50, memory=64 * MIB
    ),
    visits("garbage", "{count} connections with garbage", "garbage", 10_000, 2000, memory=64 * MIB),
    visits("bombs", "{count} deflate bombs, 1,000 : 1", "bombs", 400, 20, memory=16 * MIB),
    visits(
        "violations",
        "{count} violations: reserved opcodes and bits, invalid UTF-8, all close codes",
        "violations",
        65_600,
        100,
        memory=32 * MIB,
    ),
    Scenario("burst", "100 clients that connect at once", burst),
)
