# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""One request to the API, its parts checked as they are taken."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from twisted.logger import Logger

from wstwist.admin.access import Who
from wstwist.admin.clients import MOST, Page
from wstwist.admin.log_ring import LEVELS, Filter
from wstwist.admin.problems import Problem
from wstwist.admin.tokens import Role
from wstwist.nearest import nearest

if TYPE_CHECKING:
    from wstwist.admin.panel import Panel

_log = Logger(namespace="wstwist.admin")


class Call(NamedTuple):
    """One request.

    Attributes:
        panel: What it is about.
        who: Who asks.
        parts: The parts of the path that stand for any.
        query: The parameters of the query.
        body: The members of the body.
    """

    panel: Panel
    who: Who
    parts: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The project that the path names."""
        return self.parts["name"]

    @property
    def identity(self) -> str:
        """The client that the path names."""
        return self.parts["id"]

    def note(self, done: str, **fields: Any) -> None:
        """Log a change: who made it, and what."""
        about = {"project": self.parts.get("name"), "client": self.parts.get("id"), "context": None}
        _log.info("administration, {who}: " + done, who=str(self.who), **{**about, **fields})

    def text(self, name: str) -> str:
        """Give a member of the body that has to be a text."""
        value = self.body.get(name)
        if not isinstance(value, str):
            raise Problem(400, f"{name} is missing" if value is None else f"{name} must be a text")
        return value

    def optional_text(self, name: str) -> str | None:
        """Give a member of the body that may be a text."""
        return None if self.body.get(name) is None else self.text(name)

    def mapping(self, name: str) -> Mapping[str, Any] | None:
        """Give a member of the body that may be an object."""
        value = self.body.get(name)
        if value is not None and not isinstance(value, dict):
            raise Problem(400, f"{name} must be an object")
        return value

    def client(self) -> dict[str, Any]:
        """Tell of the client that the path names."""
        return self.panel.client(self.name, self.identity, is_full=self.who.role.may(Role.FULL))

    def flag(self, name: str) -> bool:
        """Give a parameter of the query that is ``true`` or ``false``; without it, it is false."""
        text = self.query.get(name, "false")
        if text not in ("true", "false"):
            raise Problem(400, f"{name} must be true or false, not {text[:100]!r}")
        return text == "true"

    def page(self) -> Page:
        """Give which clients are wanted."""
        return page_of(self.query, is_full=self.who.role.may(Role.FULL))

    def filter(self) -> Filter:
        """Give which lines of the log are wanted; those of one client, where the path names it."""
        return filter_of(self.query, self.parts)

    def moment(self, name: str) -> datetime | None:
        """Give a parameter of the query that is a point in time."""
        return moment_of(self.query, name)


def page_of(query: Mapping[str, str], *, is_full: bool) -> Page:
    """Give which clients a query wants, of somebody who may see all of them, or not."""
    return Page(
        query.get("search", ""),
        query.get("sort") or Page._field_defaults["sort"],
        whole(query, "offset", 0, 0, 2**53),
        whole(query, "limit", 100, 1, MOST),
        is_full,
    )


def filter_of(query: Mapping[str, str], parts: Mapping[str, str]) -> Filter:
    """Give which lines of the log a query wants."""
    level = query.get("level") or None
    if level is not None and level not in LEVELS:
        raise Problem(400, f"level must be one of {', '.join(LEVELS)}, not {level[:100]!r}")
    project = parts.get("name") or query.get("project") or None
    return Filter(level, project, parts.get("id") or query.get("client") or None, query.get("search", ""))


def moment_of(query: Mapping[str, str], name: str) -> datetime | None:
    """Give a point in time that a query has; without an offset it is in UTC."""
    text = query.get(name)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))  # a plus that was not encoded
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Problem(
            400, f"{name} must be a time such as 2026-01-31T12:00:00Z, not {text[:100]!r}"
        ) from None


def whole(query: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    """Give a parameter of a query that is a whole number."""
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and least <= int(text) <= most):  # noqa: PLR2004
        raise Problem(400, f"{name} must be a whole number, {least} to {most}, not {text[:100]!r}")
    return int(text)


def check_names(given: Collection[str], known: Collection[str], what: str) -> None:
    """Refuse names that mean nothing here."""
    for name in given:
        if name not in known:
            meant = nearest(name, known)
            there = f"there are {', '.join(known)}" if known else "there are none here"
            hint = f"did you mean {meant}?" if meant else there
            raise Problem(400, f"{name[:100]!r} is no {what}; {hint}")


def single(given: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Give the parameters of a query, each of which may stand there once."""
    for name, values in given.items():
        if len(values) > 1:
            raise Problem(400, f"{name[:100]!r} stands in the query twice")
    return {name: values[0] for name, values in given.items()}
