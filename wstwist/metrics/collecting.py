# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# prometheus-client has types only in part.
# mypy: disable-error-code="no-untyped-call"
"""The metrics of a server, as prometheus-client writes them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from wstwist.histogram import BOUNDS, Histogram
from wstwist.history import together
from wstwist.metrics.families import Family, Samples
from wstwist.metrics.of_projects import OF_PROJECTS
from wstwist.metrics.of_server import OF_SERVER
from wstwist.metrics.view import View

if TYPE_CHECKING:
    from wstwist.service import ProjectService

SHOWN = tuple(bound for bound in BOUNDS if f"{bound:e}"[0] != "2" and 1e-5 <= bound <= 100)  # noqa: PLR2004
"""The upper bounds of buckets that are shown; there are more inside."""

_SIMPLE: dict[str, type[CounterMetricFamily | GaugeMetricFamily]] = {
    "counter": CounterMetricFamily,
    "gauge": GaugeMetricFamily,
}


class ServerCollector(Collector):
    """Collects the metrics of a server.

    Args:
        service: The server.
    """

    def __init__(self, service: ProjectService) -> None:
        """Collect nothing yet."""
        self._service = service

    def collect(self) -> Iterator[Metric]:
        """Give all families, as they are now."""
        for family in OF_SERVER:
            yield _metric(family, family.labels, family.samples(self._service))
        seen = [View(host) for host in self._service.hosts]
        for family in OF_PROJECTS:
            samples = (
                ((view.name, *values), number) for view in seen for values, number in family.samples(view)
            )
            yield _metric(family, ("project", *family.labels), samples)

    def describe(self) -> Iterable[Metric]:
        """Collect nothing at the registration."""
        return ()


class Exposition:
    """The metrics of a server as text.

    Args:
        service: The server.
    """

    def __init__(self, service: ProjectService) -> None:
        """Write nothing yet."""
        self._registry = CollectorRegistry()
        self._registry.register(ServerCollector(service))

    def write(self, accept: str) -> tuple[str, bytes]:
        """Write all of it.

        Args:
            accept: What the client understands, the value of its header field Accept.

        Returns:
            The content type, and the text: OpenMetrics where the client understands that, else the format of
            Prometheus that everybody does.
        """
        if "application/openmetrics-text" in accept:
            return openmetrics.CONTENT_TYPE_LATEST, openmetrics.generate_latest(self._registry)
        return CONTENT_TYPE_PLAIN_0_0_4, generate_latest(self._registry)


def _metric(family: Family, labels: tuple[str, ...], samples: Samples) -> Metric:
    if family.kind == "histogram":
        return _histogram(family, labels, samples)
    if family.kind == "info":
        info = InfoMetricFamily(family.name, family.text)
        for values, _ in samples:
            info.add_metric((), dict(zip(labels, values, strict=True)))
        return info
    metric = _SIMPLE[family.kind](family.name, family.text, labels=labels)
    for values, number in samples:
        metric.add_metric(values, number)
    return metric


def _histogram(family: Family, labels: tuple[str, ...], samples: Samples) -> Metric:
    metric = HistogramMetricFamily(family.name, family.text, labels=labels)
    for values, histograms in samples:
        metric.add_metric(values, _buckets(histograms), sum(each.total for each in histograms))
    return metric


def _buckets(histograms: list[Histogram]) -> list[tuple[str, float]]:
    """Give the buckets that are shown; each counts all that is below its upper bound."""
    counts = together(each.counts for each in histograms)
    buckets, below = [], 0
    for bound, count in zip((*BOUNDS, math.inf), counts, strict=True):
        below += count
        if bound in SHOWN or bound == math.inf:
            buckets.append((floatToGoString(bound), float(below)))
    return buckets
