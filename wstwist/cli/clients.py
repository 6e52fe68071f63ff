# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist clients``."""

from __future__ import annotations

from typing import Any

import click

from wstwist.cli import framing
from wstwist.cli.api import Api
from wstwist.cli.asking import asking
from wstwist.cli.figures import ago
from wstwist.cli.naming import project_argument
from wstwist.cli.output import Output
from wstwist.cli.values import written


@framing.command(
    "clients",
    examples=(
        "wstwist clients Chat",
        "wstwist clients Chat --search ann --sort=-bytes_in --limit 20",
        "wstwist clients Chat --json",
    ),
)
@project_argument
@click.option(
    "--search", metavar="TEXT", help="Those who have this in address, user, id, path, query or browser."
)
@click.option(
    "--sort",
    metavar="[-]FIGURE",
    help="By what, such as messages_in or user; with a minus from the largest on.  [default: connected_at]",
)
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="How many at most."
)
@click.option("--offset", type=click.IntRange(0), default=0, help="How many to skip.")
@click.pass_obj
@asking
def command(
    out: Output, api: Api, project: str, search: str | None, sort: str | None, limit: int, offset: int
) -> None:
    """List the clients of a project.

    With --json it prints {"total": NUMBER, "clients": [...]}, with all figures of each client.
    """
    found = api.get("projects", project, "clients", search=search, sort=sort, limit=limit, offset=offset)
    if out.as_json:
        out.document(found)
        return
    about = f" with {search!r}" if search else ""
    if not found["clients"]:
        skipped = f", and --offset {offset} skips all of them" if found["total"] else ""
        out.text(f"{project} has {found['total'] or 'no'} clients{about}{skipped}")
        return
    nodes = ("NODE",) if len({client["node"] for client in found["clients"]}) > 1 else ()
    out.table(
        ("ID", *nodes, "USER", "QUERY", "ADDRESS", "CONNECTED", ">IN", ">OUT", ">ERRORS"),
        (_row(client, has_node=bool(nodes)) for client in found["clients"]),
    )
    if found["total"] > len(found["clients"]):
        out.text(f"{len(found['clients'])} of {found['total']}; --limit and --offset give others")


def _row(client: dict[str, Any], *, has_node: bool) -> tuple[object, ...]:
    user = client["user"]
    port = client["port"]
    return (
        client["id"],
        *([client["node"]] if has_node else []),
        "" if user is None else user if isinstance(user, str) else written(user),
        "&".join(f"{name}={value}" for name, value in client["query"].items()),
        client["address"] if port is None else f"{client['address']}:{port}",
        ago(client["connected_at"]),
        client["messages_in"],
        client["messages_out"],
        client["errors"],
    )
