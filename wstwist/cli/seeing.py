# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist globals``."""

from __future__ import annotations

from typing import Any

import click

from wstwist.cli import framing
from wstwist.cli.api import Api
from wstwist.cli.asking import asking
from wstwist.cli.following import Topic, follow
from wstwist.cli.naming import complete_clients, find_client
from wstwist.cli.output import Output
from wstwist.cli.values import written


@framing.command(
    "globals",
    examples=(
        "wstwist globals ann",
        "wstwist globals --service Chat --json",
        "wstwist globals ann --follow",
    ),
)
@click.argument("client", shell_complete=complete_clients)
@click.option(
    "--service", "is_service", is_flag=True, help="Those of a global service; CLIENT is its project."
)
@click.option("--follow", "-f", "is_followed", is_flag=True, help="Go on, and show those that change.")
@click.pass_obj
@asking
def command(out: Output, api: Api, client: str, is_service: bool, is_followed: bool) -> None:
    """Show the globals of a client's context, between two of its events; it needs the full token.

    CLIENT is PROJECT/ID; or an id, the beginning of one, or a user's name, looked for in all projects.
    With --json it prints {"globals": [{"name", "type", "value", "is_shortened"}, ...]}, values as
    docs/administration.md describes them; with --follow too it prints each global that is new or has changed,
    an object a line.
    """
    topic = _topic(api, client, is_service)
    if is_followed:
        _follow(out, api, topic)
        return
    told = api.get(*topic.path)
    if out.as_json:
        out.document(told)
    else:
        out.table(
            ("NAME", "TYPE", "VALUE"),
            ((each["name"], each["type"], _value(each)) for each in told["globals"]),
        )


def _topic(api: Api, client: str, is_service: bool) -> Topic:
    """Say whose globals they are."""
    if is_service:
        return Topic("globals", (client,), ("projects", client, "service", "globals"), {})
    found = find_client(api, client)
    return Topic(
        "globals", (found.project, found.id), ("projects", found.project, "clients", found.id, "globals"), {}
    )


def _follow(out: Output, api: Api, topic: Topic) -> None:
    before: dict[str, Any] = {}
    for told in follow(api, topic):
        for each in told["globals"]:
            if before.get(each["name"]) != each:
                before[each["name"]] = each
                out.line(each, f"{each['name']} = {_value(each)}")


def _value(each: dict[str, Any]) -> str:
    text = written(each["value"])
    if each["type"] == "float" and isinstance(each["value"], int):
        text += ".0"  # JSON knows one kind of numbers
    return text + (" (shortened)" if each["is_shortened"] else "")
