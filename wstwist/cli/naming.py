# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Projects and clients as people name them, and the completion of those names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem

from wstwist.cli.api import Answered, Api
from wstwist.cli.asking import open_api
from wstwist.cli.trouble import Trouble

PAGE = 1000
"""Clients that are asked for at once."""

SHORT = 1.0
"""Seconds that somebody waits for a completion."""

_BEFORE_ARGUMENTS = 3  # words of `execute`: project, client, procedure

_NAMED = 5  # clients that are named where it is unclear which one is meant


class Found(NamedTuple):
    """A client.

    Attributes:
        project: The name of its project.
        id: Its id.
    """

    project: str
    id: str

    def __str__(self) -> str:
        """Name it so that it cannot be mistaken."""
        return f"{self.project}/{self.id}"


def find_client(api: Api, text: str) -> Found:
    """Find the client that somebody means.

    Args:
        api: The server.
        text: PROJECT/ID, or only an id, the beginning of one, or the name of a user.

    Raises:
        Trouble: There is none, or it may be one of several.
    """
    names = [project["name"] for project in api.get("projects")["projects"]]
    project, slash, rest = text.partition("/")
    if slash and project in names:
        names, text = [project], rest
    everyone = [(Found(name, each["id"]), each) for name in names for each in search(api, name, text)]
    for fits in (_has_id, _has_beginning, _has_user):
        found = [client for client, each in everyone if fits(each, text)]
        if len(found) == 1:
            return found[0]
        if found:
            shown = ", ".join(map(str, found[:_NAMED])) + (", ..." if len(found) > _NAMED else "")
            raise Trouble(f"{text!r} may be any of {len(found)} clients: say which of {shown}")
    where = f"{names[0]} has" if slash and names else "there is"
    raise Trouble(f"{where} no client {text!r}: `wstwist clients PROJECT` lists those who are connected")


def search(api: Api, project: str, text: str) -> Iterator[dict[str, Any]]:
    """Give the clients of a project that have a text in what they are searched by."""
    offset, total = 0, 1
    while offset < total:
        page = api.get("projects", project, "clients", search=text, offset=offset, limit=PAGE)
        yield from page["clients"]
        offset, total = offset + PAGE, page["total"]


def _has_id(client: dict[str, Any], text: str) -> bool:
    return bool(client["id"] == text)


def _has_beginning(client: dict[str, Any], text: str) -> bool:
    return bool(text) and str(client["id"]).startswith(text)


def _has_user(client: dict[str, Any], text: str) -> bool:
    return bool(text) and client["user"] == text


# Completion.


def _complete(names: Callable[[Api, str], Iterator[str]]) -> Callable[..., list[CompletionItem]]:
    """Complete by asking the server; where it does not answer there is nothing."""

    def complete(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        own = {name: ctx.params.get(name) for name in ("config", "token_file", "ca")}
        server = ctx.params.get("server") or os.environ.get("WSTWIST_SERVER")
        try:
            with open_api(
                server, is_insecure=bool(ctx.params.get("is_insecure")), patience=SHORT, **own
            ) as api:
                found = [name for name in names(api, incomplete) if name.startswith(incomplete)]
        except (Trouble, Answered, KeyError, TypeError, OSError):
            return []
        return [CompletionItem(name) for name in dict.fromkeys(found) if name.isprintable()]

    return complete


def _projects(api: Api, _incomplete: str) -> Iterator[str]:
    for project in api.get("projects")["projects"]:
        yield project["name"]


def _clients(api: Api, incomplete: str) -> Iterator[str]:
    """Give users and ids, and, behind a slash, the ids of one project."""
    names = list(_projects(api, ""))
    project, slash, rest = incomplete.partition("/")
    if slash and project in names:
        page = api.get("projects", project, "clients", search=rest, limit=PAGE)
        yield from (f"{project}/{client['id']}" for client in page["clients"])
        return
    yield from (f"{name}/" for name in names)
    for name in names:
        for client in api.get("projects", name, "clients", search=incomplete, limit=PAGE)["clients"]:
            yield from (each for each in (client["user"], client["id"]) if isinstance(each, str))


def _procedures(api: Api, _incomplete: str) -> Iterator[str]:
    """Give the procedures of all projects."""
    for project in api.get("projects")["projects"]:
        yield from (each["name"] for each in project["procedures"])


def complete_execution(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete a project or a client, then a procedure behind it."""
    words = ctx.params.get("words") or ()
    if not words:
        return complete_clients(ctx, parameter, incomplete)
    clients = complete_clients(ctx, parameter, incomplete) if len(words) == 1 else []
    is_procedure = len(words) < _BEFORE_ARGUMENTS
    return [*clients, *complete_procedures(ctx, parameter, incomplete)] if is_procedure else []


complete_projects = _complete(_projects)
complete_procedures = _complete(_procedures)
complete_clients = _complete(_clients)

project_argument = click.argument("project", shell_complete=complete_projects)
"""The argument PROJECT."""

client_argument = click.argument("client", shell_complete=complete_clients)
"""The argument CLIENT."""
