# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The scenarios with clients that stay: idle and busy ones, ones that do not read, ones that are gone."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any

from soak.network import SERVER, Network
from soak.outcome import Outcome, megabytes, milliseconds, settle
from soak.scenarios import LAG, MIB, Order, Scenario
from soak.served import Served
from soak.watching import Program, Sample, Watch

_MINUTE = 60.0
_FLAT = 0.02
# A ping after 20 s, 20 s for the pong; both are begun at some moment of an interval.
_DEAD = 75.0


@contextmanager
def crowd(
    served: Served,
    count: int,
    path: str = "/Echo",
    rate: float = 0,
    *,
    deaf: bool = False,
    host: str = "",
    prefix: Sequence[str] = (),
) -> Iterator[Program]:
    """Have clients connected meanwhile.

    Args:
        served: To which server.
        count: How many.
        path: Where.
        rate: How many messages a second each one sends.
        deaf: Whether they never read.
        host: The server's address for them; empty: the loopback.
        prefix: A command that runs them.
    """
    where = {"host": host or served.host, "port": served.port, "path": path}
    program = Program(
        "crowd", json.dumps({**where, "count": count, "rate": rate, "deaf": deaf}), prefix=prefix
    )
    try:
        if program.await_line() != "ready":
            raise RuntimeError(f"{count} clients could not connect")
        yield program
    finally:
        program.kill()


def many(served: Served, order: Order) -> Outcome:
    """Have 10,000 clients do nothing, and 500 echo ten times a second."""
    idle_count, busy_count, rate = order.part(10_000), order.part(500), 10
    with crowd(served, idle_count) as idle, crowd(served, busy_count, rate=rate) as busy:
        with Watch(served, pause=0.1) as watch:
            time.sleep(order.seconds)
        talked, waited = busy.finish(), idle.finish()
    outcome = settle(served, watch, memory=64 * MIB, lag=LAG)
    asked = order.seconds * rate * busy_count
    outcome.figures["echoes of the busy clients"] = f"{talked['echoes']:,}, asked for were {asked:,.0f}"
    outcome.figures["their times: half, 99 of 100, the longest"] = _times(talked)
    each = watch.samples[-1].memory / (idle_count + busy_count) / 1024
    outcome.figures["memory of the process for each client"] = f"{each:.1f} KiB"
    lost = talked["lost"] + waited["lost"]
    outcome.check("no client is lost", str(lost), holds=not lost)
    late = talked["late"]
    outcome.check("echoes come before the next is due", f"{late:,} did not", holds=late < asked * 0.01)
    grown = flatness(watch.samples)
    outcome.check("memory after the first minute grows by less than 2 %", f"{grown:.2%}", holds=grown < _FLAT)
    return outcome


def flatness(samples: Sequence[Sample]) -> float:
    """Give by which part memory has grown since the first minute; for a short run, since its first tenth."""
    last = samples[-1].seconds
    settled = [one for one in samples if one.seconds >= min(_MINUTE, last / 10)]
    tenth = len(settled) // 10 + 1
    begin, end = (median(one.memory for one in part) for part in (settled[:tenth], settled[-tenth:]))
    return end / begin - 1


def deaf(served: Served, order: Order) -> Outcome:
    """Broadcast 10 KiB a thousand times to 1,000 clients that never read and to 100 that do."""
    deaf_count, messages = order.part(1000), 1000
    with crowd(served, deaf_count, "/News", deaf=True), crowd(served, order.part(100), "/News") as listening:
        with Watch(served) as watch:
            began = time.monotonic()
            listening.write(f"{messages} 10240")
            ended = listening.await_line()
            seconds = time.monotonic() - began
        heard = listening.finish()
    outcome = settle(served, watch, memory=64 * MIB, lag=1.0)
    least, most = heard["received"]
    outcome.figures["broadcasts"] = f"{messages:,} in {seconds:.1f} s"
    outcome.figures["grown for each that never reads"] = megabytes(watch.grown / deaf_count)
    outcome.check("all broadcasts end", ended or "no", holds=ended == "done")
    outcome.check(
        "those that read get every message", f"{least:,} to {most:,}", holds=least == most == messages
    )
    outcome.check("in order", f"{heard['disordered']} out of it", holds=not heard["disordered"])
    outcome.check("none of them is lost", str(heard["lost"]), holds=not heard["lost"])
    return outcome


def _times(found: dict[str, Any]) -> str:
    return ", ".join(milliseconds(found[name]) for name in ("p50", "p99", "most"))


def frozen(served: Served, order: Order) -> Outcome:
    """Have clients whose process is stopped: their system takes what is sent, and nobody answers."""
    count = order.part(500)
    with crowd(served, count) as gone, Watch(served, pause=0.1) as watch:
        connected = served.process.descriptors
        gone.signal(signal.SIGSTOP)
        seconds = _until_dropped(served, connected - count)
        left = served.process.descriptors - (connected - count)
        gone.signal(signal.SIGCONT)
    return _gone(served, watch, seconds, left)


def vanished(served: Served, order: Order) -> Outcome:
    """Have clients whose network goes: whatever is sent to them is lost, and nothing comes from them."""
    count = order.part(500)
    with (
        Network() as network,
        crowd(served, count, host=SERVER, prefix=network.prefix),
        Watch(served, pause=0.1) as watch,
    ):
        connected = served.process.descriptors
        network.cut()
        seconds = _until_dropped(served, connected - count)
        left = served.process.descriptors - (connected - count)
    return _gone(served, watch, seconds, left)


def _until_dropped(served: Served, wanted: int) -> float:
    began = time.monotonic()
    while served.process.descriptors > wanted and time.monotonic() < began + _DEAD:
        time.sleep(0.2)
    return time.monotonic() - began


def _gone(served: Served, watch: Watch, seconds: float, left: int) -> Outcome:
    outcome = settle(served, watch, memory=16 * MIB, lag=LAG)
    outcome.figures["all noticed after"] = f"{seconds:.0f} s"
    outcome.check("each is noticed", f"{max(left, 0)} left", holds=left <= 0)
    return outcome


CROWDS = (
    Scenario("many", "10,000 idle clients and 500 busy ones", many),
    Scenario("deaf", "1,000 clients that never read, 100 that do, 1,000 awaited broadcasts of 10 KiB", deaf),
    Scenario("frozen", "500 clients whose process is stopped", frozen),
    Scenario("vanished", "500 clients whose network is gone", vanished, everywhere=True),
)
