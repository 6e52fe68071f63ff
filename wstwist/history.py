# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The last hour, in steps of five seconds: what passed, what it took, how long it lasted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from operator import sub
from typing import TYPE_CHECKING, Any, NamedTuple

from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from wstwist import own_process
from wstwist.histogram import BOUNDS, percentile
from wstwist.lag import Lag

if TYPE_CHECKING:
    from wstwist.host import Host

STEP = 5.0
"""Seconds from one point to the next."""

KEPT = 720
"""How many points are kept: those of an hour."""

Counts = tuple[int, ...]

_NOTHING: Counts = (0,) * (len(BOUNDS) + 1)
_PERCENTILES = (50, 90, 99)
_PASSED = ("messages_in", "messages_out", "bytes_in", "bytes_out")

_log = Logger(namespace="wstwist")


class Point(NamedTuple):
    """What happened in one step, to the whole server or to one project.

    Attributes:
        at: When the step ended.
        seconds: How long it was: more than `STEP` where the reactor did not turn.
        clients: Clients that were connected at its end.
        messages_in: Messages that came in, in this step; so are the next three.
        messages_out: Messages that left.
        bytes_in: Bytes that were read.
        bytes_out: Bytes that were written.
        cpu: Processors that were busy, on average: 0.5 is half of one. Of a project: with its events.
        memory: Bytes of memory that the server has; None for a project.
        lag: Seconds of the longest delay of the reactor; None for a project.
        p50: Seconds that half of the events which ended lasted at most; None where none ended.
        p90: ... that 90 % lasted at most.
        p99: ... that 99 % lasted at most.
    """

    at: datetime
    seconds: float
    clients: int
    messages_in: int
    messages_out: int
    bytes_in: int
    bytes_out: int
    cpu: float
    memory: int | None
    lag: float | None
    p50: float | None
    p90: float | None
    p99: float | None


class History:
    """Keeps what happened to the server and to each of its projects.

    Args:
        reactor: An `IReactorTime`.
        hosts: Gives the projects that there are.
        lag: How late the reactor is.
        now: Gives the time of day.
    """

    def __init__(
        self,
        reactor: Any,
        hosts: Callable[[], Sequence[Host]],
        lag: Lag,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Begin without points; `start` begins."""
        self._reactor = reactor
        self._hosts = hosts
        self._lag = lag
        self._now = now
        self._loop = LoopingCall(self._take)
        self._loop.clock = reactor
        self._points: dict[str | None, deque[Point]] = {None: deque(maxlen=KEPT)}
        self._meters: dict[str, _Meter] = {}
        self._began = self._cpu = 0.0

    def start(self) -> None:
        """Begin a step; a second call does nothing."""
        if not self._loop.running:
            for host in self._hosts():
                self._meter(host).read(self._now(), STEP)  # what was before is no part of the step
            self._begin()
            self._loop.start(STEP, now=False).addErrback(self._failed)

    def stop(self) -> None:
        """Take no more points, and keep those that there are; a second call does nothing."""
        if self._loop.running:
            self._loop.stop()

    def since(self, moment: datetime | None = None, project: str | None = None) -> list[Point]:
        """Give the points of the last hour, oldest first.

        Args:
            moment: Only those of later steps; None: all.
            project: Those of this project; None: those of the server. One that is not known has none.
        """
        points = self._points.get(project, ())
        return [point for point in points if moment is None or point.at > moment]

    def latest(self, project: str | None = None) -> Point | None:
        """Give the last point of a project, or of the server; None where there is none yet."""
        points = self._points.get(project)
        return points[-1] if points else None

    def _begin(self) -> None:
        self._began, self._cpu = self._reactor.seconds(), own_process.cpu()
        self._lag.take_worst()

    def _take(self) -> None:
        """End a step, and begin the next one."""
        now, seconds = self._now(), self._reactor.seconds() - self._began
        points, counts = [], []
        for host in self._hosts():
            point, events = self._meter(host).read(now, seconds)
            points.append(point)
            counts.append(events)
            self._points.setdefault(host.definition.name, deque(maxlen=KEPT)).append(point)
        self._points[None].append(self._of_server(now, seconds, points, together(counts)))
        self._forget({host.definition.name for host in self._hosts()})
        self._begin()

    def _of_server(self, now: datetime, seconds: float, points: Sequence[Point], counts: Counts) -> Point:
        """Make the server's point of the projects'."""
        return Point._make(
            (
                now,
                seconds,
                *(sum(getattr(point, name) for point in points) for name in ("clients", *_PASSED)),
                (own_process.cpu() - self._cpu) / seconds,
                own_process.memory(),
                self._lag.take_worst(),
                *_percentiles(counts),
            )
        )

    def _meter(self, host: Host) -> _Meter:
        """Give what reads a project's figures; a project that was made anew has them from the beginning."""
        name = host.definition.name
        known = self._meters.get(name)
        if known is None or known.host is not host:
            known = self._meters[name] = _Meter(host)
        return known

    def _forget(self, names: set[str]) -> None:
        """Forget projects that were removed."""
        for name in self._meters.keys() - names:
            del self._meters[name]
            self._points.pop(name, None)

    def _failed(self, failure: Any) -> None:
        _log.failure("The history ends", failure=failure)


class _Meter:
    """Reads what has happened to a project since it was read before, or since it was made."""

    def __init__(self, host: Host) -> None:
        """Begin with nothing."""
        self.host = host
        self._passed: tuple[int, ...] = (0,) * len(_PASSED)
        self._cpu = 0.0
        self._counts = _NOTHING

    def read(self, now: datetime, seconds: float) -> tuple[Point, Counts]:
        """Give a point, and how long its events lasted; the next one begins here."""
        figures, all_counts = self.host.figures(), self._count()
        passed = tuple(getattr(figures, name) for name in _PASSED)
        counts = tuple(map(sub, all_counts, self._counts))
        cpu = (figures.cpu - self._cpu) / seconds
        flow = map(sub, passed, self._passed)
        point = Point._make((now, seconds, figures.clients, *flow, cpu, None, None, *_percentiles(counts)))
        self._passed, self._cpu, self._counts = passed, figures.cpu, all_counts
        return point, counts

    def _count(self) -> Counts:
        return together(histogram.counts for histogram in self.host.durations.values())


def together(counts: Iterable[Counts]) -> Counts:
    """Add the counts of several histograms."""
    return tuple(map(sum, zip(_NOTHING, *counts, strict=True)))


def _percentiles(counts: Counts) -> Iterator[float | None]:
    return (percentile(counts, percent) for percent in _PERCENTILES)
