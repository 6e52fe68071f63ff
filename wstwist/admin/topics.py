# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What can be followed live, each told by a text such as ``clients:Chat?sort=-messages_in``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, unquote

from wstwist.admin.asking import check_names, filter_of, moment_of, page_of, single, whole
from wstwist.admin.problems import Problem
from wstwist.admin.tokens import Role

if TYPE_CHECKING:
    from wstwist.admin.panel import Panel

LONGEST = 2000
"""Characters of a topic."""

MOST_CLIENTS = 200
"""Clients of one topic."""

_BATCH = 500  # lines of the log in one message


class Topic:
    """One thing that is followed by one viewer.

    Args:
        text: What it was told by.
        viewer: What the viewer may do.

    Attributes:
        text: As given.
        role: Who may follow it.
        is_shared: Whether all who follow it are told the same, at the same time.
        shared_by: What those have in common who are told the same.

    Raises:
        Problem: There is no such topic.
    """

    def __init__(self, text: str, viewer: Role) -> None:
        """Take the text apart."""
        if len(text) > LONGEST:
            raise Problem(400, f"a topic has at most {LONGEST} characters")
        head, _, query = text.partition("?")
        kind, _, path = head.partition(":")
        if kind not in _KINDS:
            raise Problem(404, f"there is no topic {kind[:100]!r}; there are {', '.join(_KINDS)}")
        self.text = text
        self._kind = _KINDS[kind]
        self._names = [unquote(name) for name in path.split("/")] if path else []
        if not self._kind.least <= len(self._names) <= self._kind.most:
            raise Problem(404, f"{text[:100]!r} is no topic: write it as {self._kind.form}")
        self._query = single(parse_qs(query, keep_blank_values=True))
        check_names(self._query, self._kind.query, "parameter")
        self.role = self._kind.role
        self.is_shared = self._kind.next is None
        self._is_full = viewer.may(Role.FULL)
        self.shared_by = text, self._is_full
        self._after: Any = None
        self._is_begun = False

    def read(self, panel: Panel) -> Any:
        """Give what is to be told now, or a Deferred of it; None: there is nothing new."""
        if self._kind.next is None:
            return self._kind.read(Look(panel, self._names, self._query, self._is_full))
        query = self._query
        if self._is_begun:
            query = {**query, self._kind.next: self._after}
        data, self._after = self._kind.read(Look(panel, self._names, query, self._is_full))
        is_first, self._is_begun = not self._is_begun, True
        return data if is_first or any(data.values()) else None


class Look(NamedTuple):
    """One look at a topic.

    Attributes:
        panel: What there is to see.
        names: The names in the topic.
        query: Its parameters; of some kinds as they were left the last time.
        is_full: Whether the viewer may see all.
    """

    panel: Panel
    names: list[str]
    query: Mapping[str, Any]
    is_full: bool


class _Kind(NamedTuple):
    """A kind of topics.

    Attributes:
        form: How one is written.
        read: Gives what is told; where there is `next`, with what that is to be the next time.
        least: How many names it has at least.
        most: How many at most.
        query: The parameters that it may have.
        role: Who may follow it.
        next: The parameter that says behind what to go on.
    """

    form: str
    read: Callable[[Look], Any]
    least: int = 0
    most: int = 0
    query: tuple[str, ...] = ()
    role: Role = Role.READ
    next: str | None = None


def _globals(look: Look) -> Any:
    return look.panel.globals(look.names[0], look.names[1] if len(look.names) > 1 else None)


def _clients(look: Look) -> dict[str, Any]:
    page = page_of(look.query, is_full=look.is_full)
    if page.limit > MOST_CLIENTS:
        raise Problem(400, f"limit: at most {MOST_CLIENTS} clients can be followed, not {page.limit}")
    return look.panel.clients(look.names[0], page)


def _log(look: Look) -> tuple[dict[str, Any] | None, int]:
    """Give the lines since the last time; the first time those behind ``after``, or none."""
    panel, query = look.panel, look.query
    given = query.get("after", panel.ring.last)
    after = given if isinstance(given, int) else whole(query, "after", 0, 0, 2**53)
    found, last = panel.ring.lines(filter_of(query, {}), after, _BATCH) if after else ([], panel.ring.last)
    return {"lines": [line.as_dict() for line in found], "next": last}, last


def _history(look: Look) -> tuple[dict[str, Any], datetime | None]:
    """Give the points since the last time; the first time those since ``since``."""
    query = look.query
    since = query.get("since")
    since = since if isinstance(since, datetime) else moment_of(query, "since")
    told = look.panel.history(query.get("project") or None, since)
    points = told["points"]
    return told, datetime.fromisoformat(points[-1]["at"]) if points else since


_KINDS: Mapping[str, _Kind] = {
    "server": _Kind("server", lambda look: look.panel.server()),
    "projects": _Kind("projects", lambda look: look.panel.projects()),
    "project": _Kind("project:NAME", lambda look: look.panel.project(look.names[0]), 1, 1),
    "clients": _Kind(
        "clients:NAME?search=&sort=&offset=&limit=",
        _clients,
        1,
        1,
        ("search", "sort", "offset", "limit"),
    ),
    "client": _Kind(
        "client:NAME/ID", lambda look: look.panel.client(*look.names, is_full=look.is_full), 2, 2
    ),
    "globals": _Kind(
        "globals:NAME/ID, or globals:NAME for the global service", _globals, 1, 2, (), Role.FULL
    ),
    "history": _Kind("history?project=&since=", _history, query=("project", "since"), next="since"),
    "log": _Kind(
        "log?level=&project=&client=&search=&after=",
        _log,
        query=("level", "project", "client", "search", "after"),
        next="after",
    ),
}
