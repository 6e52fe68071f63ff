# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Globals whose copy, of which each context gets one, is large or takes long."""

from __future__ import annotations

import copy
import tracemalloc
from collections.abc import Iterator
from time import perf_counter
from typing import Any

from wstwist.checks.finding import Finding, Kind
from wstwist.checks.sources import Sources
from wstwist.checks.startup import place_of
from wstwist.definition import SLOW_COPY, Definition

LARGE_COPY = 100_000
"""Bytes of a copy that are worth a warning."""

_ADVICE = (
    "annotate it ClassVar, to share one that nobody changes, or make in __init__ what a context needs of it"
)
_ATTEMPTS = 3


def copies(definition: Definition, sources: Sources) -> Iterator[Finding]:
    """Measure what is copied for each context, and find what is large."""
    for name, value in definition.mutable.items():
        seconds, size = _time(value), _size(value)
        if seconds <= SLOW_COPY and size <= LARGE_COPY:
            continue
        file, line = place_of(definition.project, definition.written(name), sources)
        cost = f"{size / 1000:,.0f} kB, {seconds * 1000:.1f} ms"
        message = f"{definition.name}.{name} is copied for each client: {cost}"
        yield Finding(Kind.LARGE, definition.name, file, line, message, _ADVICE)


def _time(value: Any) -> float:
    """Give the seconds that a copy takes at best."""
    times = []
    for _ in range(_ATTEMPTS):
        began = perf_counter()
        copy.deepcopy(value)
        times.append(perf_counter() - began)
    return min(times)


def _size(value: Any) -> int:
    """Give the bytes that a copy needs; what is immutable is not copied, and needs none."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        copied = copy.deepcopy(value)
        after, _ = tracemalloc.get_traced_memory()
        del copied
    finally:
        tracemalloc.stop()
    return after - before
