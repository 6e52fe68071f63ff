# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The metrics that there are of the server as a whole; docs/metrics.md has a table of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wstwist import descriptors, own_process, reactors
from wstwist._version import __version__
from wstwist.metrics.families import Samples, counter, gauge, histogram, info, refusals
from wstwist.metrics.readiness import obstacle
from wstwist.wire import codec

if TYPE_CHECKING:
    from wstwist.service import ProjectService


def _build(service: ProjectService) -> Samples:
    described = reactors.describe(service._reactor)
    yield (__version__, described, "compiled" if codec.COMPILED else "Python"), 1


def _kinds(service: ProjectService) -> Samples:
    for kind in ("accepting_paused", "reactor_blocked"):
        yield (kind,), service.counters[kind]


OF_SERVER = (
    info("wstwist_build", "What runs.", _build, "version", "reactor", "codec"),
    gauge("wstwist_ready", "1 while /readyz says so.", lambda service: obstacle(service) is None),
    gauge(
        "wstwist_connections",
        "Connections, those included whose request is not whole.",
        lambda service: len(service._site.connections),
    ),
    counter(
        "wstwist_server_refusals",
        "Requests that were turned away before it was known for which project they were.",
        refusals,
        "reason",
    ),
    counter(
        "wstwist_server_incidents", "What else is counted of the server: see docs/logging.md.", _kinds, "kind"
    ),
    histogram(
        "wstwist_reactor_lag_seconds",
        "How late the reactor was, ten looks a second.",
        lambda service: [service.lag.durations],
    ),
    counter("process_cpu_seconds", "Processor time of the process.", lambda _: own_process.cpu()),
    gauge("process_resident_memory_bytes", "Memory of the process.", lambda _: own_process.memory()),
    gauge(
        "process_start_time_seconds",
        "When the process began, in seconds since 1970.",
        lambda _: own_process.started(),
    ),
    gauge("process_open_fds", "Open file descriptors.", lambda _: own_process.open_descriptors()),
    gauge(
        "process_max_fds",
        "File descriptors that there may be.",
        lambda service: descriptors.limit(service._reactor),
    ),
)
"""What there is once."""
