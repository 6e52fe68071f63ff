# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What `wstwist top` shows, as far as it needs no terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from wstwist.cli.following import Told, Topic

MOST_PROJECTS = 40
"""Projects whose clients are looked at; a connection can follow 50 topics."""

SORTS: Mapping[str, str] = {
    "i": "messages_in",
    "o": "messages_out",
    "b": "bytes_in",
    "u": "bytes_out",
    "c": "cpu",
    "t": "event_time",
    "e": "errors",
    "m": "mailbox",
    "s": "send_queue",
}
"""What clients are sorted by, by the key that chooses it."""

SERVER = Topic("server", (), ("server",), {})
PROJECTS = Topic("projects", (), ("projects",), {})

_RATED = ("messages_in", "messages_out", "cpu")


class _Seen(NamedTuple):
    at: float
    figures: Mapping[str, float]


class View:
    """The figures that are shown.

    Args:
        sort: What clients are sorted by.
        limit: How many clients are shown.

    Attributes:
        sort: As given.
        limit: As given.
        server: What the API tells of the server; empty before it did.
        projects: What it tells of each project.
    """

    def __init__(self, sort: str, limit: int) -> None:
        """Begin with nothing."""
        self.sort = sort
        self.limit = limit
        self.server: Mapping[str, Any] = {}
        self.projects: Sequence[Mapping[str, Any]] = ()
        self._clients: dict[str, list[dict[str, Any]]] = {}
        self._seen: dict[str, _Seen] = {}
        self._rates: dict[str, Mapping[str, float]] = {}

    def topics(self) -> list[Topic]:
        """Say what is to be followed."""
        names = sorted(self.projects, key=lambda project: -project["clients"])[:MOST_PROJECTS]
        return [SERVER, PROJECTS, *(self._clients_of(project["name"]) for project in names)]

    def _clients_of(self, name: str) -> Topic:
        query = {"sort": f"-{self.sort}", "limit": self.limit}
        return Topic("clients", (name,), ("projects", name, "clients"), query)

    def take(self, told: Told, now: float) -> None:
        """Take what was told, at this time in seconds."""
        if told.error is not None:
            self._clients.pop(told.topic.names[0] if told.topic.names else "", None)
        elif told.topic == SERVER:
            self.server = told.data
        elif told.topic == PROJECTS:
            self.projects = told.data["projects"]
            self._measure("project", self.projects, "name", now)
            names = {project["name"] for project in self.projects}
            self._clients = {name: found for name, found in self._clients.items() if name in names}
        else:
            name = told.topic.names[0]
            self._clients[name] = [{"project": name, **client} for client in told.data["clients"]]
            self._measure(f"client of {name}", told.data["clients"], "id", now)

    @property
    def clients(self) -> list[dict[str, Any]]:
        """The busiest clients of all projects."""
        everyone = [client for found in self._clients.values() for client in found]
        return sorted(everyone, key=lambda client: client[self.sort] or 0, reverse=True)[: self.limit]

    def rate(self, of: Mapping[str, Any], figure: str) -> float | None:
        """Give how much a figure of a project or client grows in a second; None: that is not known yet."""
        rates = self._rates.get(
            f"client of {of['project']} {of['id']}" if "id" in of else f"project {of['name']}"
        )
        return None if rates is None else rates[figure]

    def _measure(self, kind: str, rows: Iterable[Mapping[str, Any]], name: str, now: float) -> None:
        """Compare figures with those of the last time; who is not among them any more is forgotten."""
        seen = {f"{kind} {row[name]}": _Seen(now, {each: row[each] for each in _RATED}) for row in rows}
        for key, new in seen.items():
            old = self._seen.get(key)
            if old is not None and now > old.at:
                self._rates[key] = {
                    each: max(0.0, new.figures[each] - old.figures[each]) / (now - old.at) for each in _RATED
                }
        for key in [key for key in self._seen if key.startswith(f"{kind} ") and key not in seen]:
            del self._seen[key]
            self._rates.pop(key, None)
        self._seen.update(seen)

    def as_dict(self) -> dict[str, Any]:
        """Give all of it."""
        return {"server": self.server, "projects": list(self.projects), "clients": self.clients}
