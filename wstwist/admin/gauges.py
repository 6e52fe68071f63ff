# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What is measured anyway, as the API tells it: of contexts, projects and the process."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from wstwist import native, own_process
from wstwist.history import STEP

if TYPE_CHECKING:
    from wstwist.context import ExecutionContext
    from wstwist.events import Event
    from wstwist.history import Point
    from wstwist.host import Host
    from wstwist.service import ProjectService

FLOW = ("messages_in", "messages_out", "bytes_in", "bytes_out", "errors", "cpu", "event_time")
"""What is counted of contexts and of projects alike."""

_RATES = ("messages_in", "messages_out")
_PERCENTILES = (50, 90, 99)


def moment(value: datetime | float | None) -> str | None:
    """Write a point in time: ISO 8601, in UTC."""
    if value is None:
        return None
    if not isinstance(value, datetime):
        value = datetime.fromtimestamp(value, UTC)
    return value.astimezone(UTC).isoformat()


def of_context(context: ExecutionContext) -> dict[str, Any]:
    """Give the figures of one context."""
    figures = context.figures()._asdict()
    del figures["connected_at"]
    return {**figures, "last_activity": moment(figures["last_activity"])}


def of_project(service: ProjectService, name: str, host: Host | None) -> dict[str, Any]:
    """Give the figures of a project; one that could not be imported has none."""
    point = service.history.latest(name)
    rates = {each: 0.0 if point is None else getattr(point, each) / point.seconds for each in _RATES}
    if host is None:
        figures: dict[str, Any] = dict.fromkeys((*FLOW, "clients", "opening"), 0)
    else:
        figures = host.figures()._asdict()
        del figures["last_activity"]
    return figures | {f"{each}_rate": rate for each, rate in rates.items()}


def durations(host: Host | None) -> dict[str, Any]:
    """Give how long each event and procedure of a project takes."""
    if host is None:
        return {}
    return {
        name: {"count": found.count, **{f"p{each}": found.percentile(each) for each in _PERCENTILES}}
        for name, found in sorted(host.durations.items())
        if found.count
    }


def service(host: Host | None) -> dict[str, Any] | None:
    """Tell of a project's global service; None where there is none."""
    if host is None or not host.is_started:
        return None
    status = host.service.status()._asdict()
    return {**status, "last_run": moment(status["last_run"])}


def event(context: ExecutionContext) -> dict[str, Any] | None:
    """Tell which event is in progress in a context, and for how long."""
    return None if context.event is None else _lasting(context.event)


def stuck(host: Host | None) -> list[dict[str, Any]]:
    """List the events that do not end although their client has gone."""
    if host is None:
        return []
    return [{**_lasting(each), "client": each.context.log_fields["client"]} for each in host.stuck]


def _lasting(event: Event) -> dict[str, Any]:
    return {"name": event.name, "seconds": max(0.0, native.now() - event.began)}


def procedures(host: Host | None) -> list[dict[str, Any]]:
    """List what can be executed in the contexts of a project."""
    found = {} if host is None else host.definition.procedures
    return [
        {"name": name, "signature": _signature(handler.function), "is_blocking": handler.is_blocking}
        for name, handler in sorted(found.items())
    ]


def _signature(function: Any) -> str:
    """Write a procedure's signature without its instance."""
    try:
        signature = inspect.signature(function)
        return str(signature.replace(parameters=list(signature.parameters.values())[1:]))
    except (TypeError, ValueError):  # a function that was put together otherwise
        return "(...)"


def counters(found: Mapping[str, int]) -> dict[str, int]:
    """Give counters that are not 0, by name."""
    return {name: found[name] for name in sorted(found) if found[name]}


def process(service: ProjectService) -> dict[str, Any]:
    """Tell what the whole process takes, and how late its reactor is."""
    point = service.history.latest()
    return {
        "cpu": None if point is None else point.cpu,
        "memory": own_process.memory(),
        "lag": None if point is None else point.lag,
    }


def history(service: ProjectService, project: str | None, since: datetime | None) -> dict[str, Any]:
    """Give what happened in the last hour to a project, or to the server; messages and bytes a second."""
    return {"step": STEP, "points": [_point(each) for each in service.history.since(since, project)]}


def _point(point: Point) -> dict[str, Any]:
    found = point._asdict()
    seconds = found.pop("seconds")
    return {
        **found,
        "at": moment(point.at),
        **{name: found[name] / seconds for name in (*_RATES, "bytes_in", "bytes_out")},
    }
