# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The clients of a project: searched, sorted, in pages, so that any number of them can be looked at."""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from wstwist.admin import gauges
from wstwist.admin.json_values import Writer
from wstwist.admin.problems import Problem
from wstwist.admin.settings_view import HIDDEN
from wstwist.nearest import nearest

if TYPE_CHECKING:
    from wstwist.client import Client
    from wstwist.host import Host
    from wstwist.life import ClientContext

MOST = 1000
"""Clients of one page at most."""

_OF_HANDLE = ("id", "address", "port", "path", "origin", "protocol", "user_agent", "secure", "connected_at")
# One figure each: to sort ten thousand clients by all of theirs would take the reactor ten times as long.
_OF_FIGURES: Mapping[str, Callable[[ClientContext], Any]] = {
    "last_activity": attrgetter("account.last"),
    "messages_in": attrgetter("traffic.messages_in"),
    "messages_out": attrgetter("traffic.messages_out"),
    "bytes_in": attrgetter("traffic.bytes_in"),
    "bytes_out": attrgetter("traffic.bytes_out"),
    "errors": attrgetter("account.errors"),
    "mailbox": lambda context: len(context.mailbox),  # type: ignore[has-type] # that of ExecutionContext
    "mailbox_high_water": attrgetter("mailbox.high_water"),
    "send_queue": attrgetter("channel.send_queue"),
    "event_time": attrgetter("account.event_time"),
    "cpu": attrgetter("account.cpu"),
}
SORTED_BY = (*_OF_HANDLE, "user", *_OF_FIGURES)
"""What clients can be sorted by; with a minus before it, from the largest on."""

_texts: WeakKeyDictionary[Client, str] = WeakKeyDictionary()
_users: WeakKeyDictionary[Client, str] = WeakKeyDictionary()


class Page(NamedTuple):
    """Which clients are wanted.

    Attributes:
        search: What their address, user, id, path, query, origin, protocol or browser is to have in it.
        sort: One of `SORTED_BY`, perhaps with a minus.
        offset: How many to skip.
        limit: How many to give at most.
        is_full: Whether what a client has written into its query may be seen: there are tokens in some.
    """

    search: str = ""
    sort: str = "connected_at"
    offset: int = 0
    limit: int = 100
    is_full: bool = True

    def check(self) -> None:
        """Refuse an order that there is not."""
        name = self.sort.removeprefix("-")
        if name not in SORTED_BY:
            meant = nearest(name, SORTED_BY)
            hint = f"did you mean {meant}?" if meant else f"there are {', '.join(SORTED_BY)}"
            raise Problem(400, f"sort: clients cannot be sorted by {name[:100]!r}; {hint}")


def page(host: Host | None, wanted: Page, node: str) -> dict[str, Any]:
    """Give a page of a project's clients, and how many there are in all that fit."""
    contexts: list[ClientContext] = [] if host is None else list(host.clients.values())
    if wanted.search:
        found = wanted.search.lower()
        text = _text if wanted.is_full else _text_of_others
        contexts = [context for context in contexts if found in text(context.client)]
    rows = _sorted(contexts, wanted)[wanted.offset : wanted.offset + wanted.limit]
    return {
        "total": len(contexts),
        "clients": [client(context, node, is_full=wanted.is_full) for context in rows],
    }


def client(context: ClientContext, node: str, *, is_full: bool) -> dict[str, Any]:
    """Tell all of one client, but what its query says where that may not be seen."""
    handle = context.client
    shown = {name: getattr(handle, name) for name in _OF_HANDLE}
    return {
        **shown,
        "user": Writer(items=100, text=1000).write(handle._user),
        "query": handle.query if is_full else dict.fromkeys(handle.query, HIDDEN),
        "connected_at": gauges.moment(handle.connected_at),
        **gauges.of_context(context),
        "event": gauges.event(context),
        "node": node,
    }


def _sorted(contexts: list[ClientContext], wanted: Page) -> list[ClientContext]:
    """Sort as many as are wanted; those that come first are in the order in which they came in."""
    name = wanted.sort.removeprefix("-")
    is_falling = wanted.sort.startswith("-")
    if name == "connected_at":  # which they are already
        return contexts[::-1] if is_falling else contexts
    most = wanted.offset + wanted.limit
    choose = heapq.nlargest if is_falling else heapq.nsmallest
    return choose(most, contexts, key=_key(name))


def _key(name: str) -> Callable[[ClientContext], Any]:
    """Give what to sort by; what is missing comes first."""
    if name == "user":
        return lambda context: _comparable(_user_text(context.client))
    if name in _OF_HANDLE:
        return lambda context: _comparable(getattr(context.client, name))
    return _OF_FIGURES[name]


def _comparable(value: Any) -> tuple[bool, Any]:
    return value is not None, "" if value is None else value


def _text(handle: Client) -> str:
    """Give what is searched in, made once for each client."""
    text = _texts.get(handle)
    if text is None:
        text = _texts[handle] = "\n".join((*_searched(handle), *_queried(handle))).lower()
    return text


def _text_of_others(handle: Client) -> str:
    """Give the same without the query."""
    return "\n".join(_searched(handle)).lower()


def _searched(handle: Client) -> Iterable[str]:
    yield handle.id
    yield handle.address if handle.port is None else f"{handle.address}:{handle.port}"
    yield _user_text(handle) or ""
    yield handle.path
    yield from filter(None, (handle.origin, handle.protocol, handle.user_agent))


def _queried(handle: Client) -> Iterable[str]:
    for name, values in handle.query_all.items():
        yield from (f"{name}={value}" for value in values)


def _user_text(handle: Client) -> str | None:
    user = handle._user
    if user is None or isinstance(user, str):
        return user
    text = _users.get(handle)
    if text is None:
        text = _users[handle] = json.dumps(Writer(items=100, text=1000).write(user), ensure_ascii=False)
    return text
