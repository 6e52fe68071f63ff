# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What several nodes tell, as one: projects, clients, servers."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wstwist.admin.clients import Page
from wstwist.admin.gauges import FLOW

Told = dict[str, Any]

_ADDED = ("clients", "opening", "runs_late", *FLOW, "messages_in_rate", "messages_out_rate")
_OF_NODE = ("pid", "version", "started_at", "clients", "cpu", "memory", "lag", "is_draining")


def server(own_id: str, own: Told, others: Sequence[Told]) -> Told:
    """Tell of the node that was asked, with the clients of all and a list of the nodes."""
    nodes = [_node(own_id, own), *(_node(each["node_id"], each) for each in others)]
    return own | {"clients": sum(each["clients"] for each in nodes), "nodes": nodes}


def _node(identity: str, told: Told) -> Told:
    return {"id": identity, "name": told["node"], **{name: told[name] for name in _OF_NODE}}


def projects(own: Told, others: Sequence[Told]) -> Told:
    """List the projects of the node that was asked, with the figures of all nodes, and then others'."""
    found: dict[str, list[Told]] = {}
    for told in (own, *others):
        for each in told["projects"]:
            found.setdefault(each["name"], []).append(each)
    return {"projects": [project(each) for each in found.values()]}


def project(told: Sequence[Told]) -> Told:
    """Tell of a project what all nodes do together; what it is, the first one says."""
    first = told[0]
    running = next((each["service"] for each in told if _has_service(each)), first["service"])
    return {name: value for name, value in first.items() if name != "node_id"} | {
        **{name: sum(each[name] for each in told) for name in _ADDED},
        "counters": dict(sorted(sum((Counter(each["counters"]) for each in told), Counter()).items())),
        "stuck": [stuck for each in told for stuck in each["stuck"]],
        "durations": _durations(told),
        "service": running,
        "nodes": [
            {"name": each["node"], "clients": each["clients"], "has_service": _has_service(each)}
            for each in told
        ],
    }


def _has_service(told: Told) -> bool:
    return told["service"] is not None and bool(told["service"]["is_running"])


def _durations(told: Sequence[Told]) -> Told:
    """Give how long events take: of all nodes the longest."""
    names = dict.fromkeys(name for each in told for name in each["durations"])
    found = {name: [each["durations"][name] for each in told if name in each["durations"]] for name in names}
    return {name: _longest(each) for name, each in found.items()}


def _longest(found: Sequence[Mapping[str, Any]]) -> Told:
    highest = {name: max(each[name] for each in found) for name in found[0] if name != "count"}
    return {"count": sum(each["count"] for each in found), **highest}


def clients(pages: Sequence[Told], wanted: Page) -> Told:
    """Give a page of all clients, of each node's first ones."""
    name = wanted.sort.removeprefix("-")
    choose: Callable[..., list[Told]] = heapq.nlargest if wanted.sort.startswith("-") else heapq.nsmallest
    everyone = [client for page in pages for client in page["clients"]]
    rows = choose(wanted.offset + wanted.limit, everyone, key=lambda client: _comparable(client[name]))
    return {"total": sum(page["total"] for page in pages), "clients": rows[wanted.offset :]}


def _comparable(value: Any) -> tuple[Any, ...]:
    if value is None:
        return (0,)
    return (1, value) if isinstance(value, (int, float)) else (2, str(value))
