# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What a metric is: its name, kind and labels, and where its values come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

Samples = Iterable[tuple[tuple[str, ...], Any]]
"""Label values and values: numbers, and of a histogram the `Histogram`s that are counted together."""

Value = str | Callable[[Any], Any]


class Family(NamedTuple):
    """All samples of one name.

    Attributes:
        name: The name, without the suffix that Prometheus' format adds to those of counters.
        kind: ``"counter"``, ``"gauge"``, ``"histogram"`` or ``"info"``.
        text: What it is.
        labels: The names of its labels, ``project`` left out.
        samples: Gives the samples of a `ProjectService`, or of a `View`.
    """

    name: str
    kind: str
    text: str
    labels: tuple[str, ...]
    samples: Callable[[Any], Samples]


def gauge(name: str, text: str, value: Value, *labels: str) -> Family:
    """Describe a number that goes up and down.

    Args:
        name: Its name.
        text: What it is.
        value: The path of an attribute, or what gives the number, None where there is none; with labels: what
            gives the samples.
        labels: The names of its labels.
    """
    return _family("gauge", name, text, value, labels)


def counter(name: str, text: str, value: Value, *labels: str) -> Family:
    """Describe a number that only grows; as `gauge`."""
    return _family("counter", name, text, value, labels)


def histogram(name: str, text: str, value: Value, *labels: str) -> Family:
    """Describe durations; as `gauge`, but for the numbers, which are lists of `Histogram`."""
    return _family("histogram", name, text, value, labels)


def info(name: str, text: str, value: Value, *labels: str) -> Family:
    """Describe texts, which are the labels of a number that is always 1; as `gauge`."""
    return _family("info", name, text, value, labels)


def _family(kind: str, name: str, text: str, value: Value, labels: tuple[str, ...]) -> Family:
    get = attrgetter(value) if isinstance(value, str) else value
    return Family(name, kind, text, labels, get if labels else partial(_one, get))


def _one(get: Callable[[Any], Any], source: Any) -> Samples:
    """Give the one sample of a family without labels."""
    found = get(source)
    return () if found is None else (((), found),)


def refusals(source: Any) -> Samples:
    """Give those that were turned away, by the reason."""
    for name, times in tuple(source.counters.items()):
        if name.startswith(REFUSED):
            yield (name.removeprefix(REFUSED),), times


REFUSED = "refused_"
"""How the counters of those begin that were turned away."""
