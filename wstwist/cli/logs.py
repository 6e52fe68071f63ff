# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist logs``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from wstwist.cli import framing
from wstwist.cli.api import Api
from wstwist.cli.asking import asking
from wstwist.cli.following import Topic, follow
from wstwist.cli.naming import complete_clients, complete_projects, find_client
from wstwist.cli.output import Output

_LEVELS = ("debug", "info", "warn", "error", "critical")


@framing.command(
    "logs",
    examples=(
        "wstwist logs",
        "wstwist logs --level warn --project Chat --limit 20 --json",
        "wstwist logs -f",
    ),
)
@click.option(
    "--follow", "-f", "is_followed", is_flag=True, help="Go on, and print lines as they are written."
)
@click.option("--level", type=click.Choice(_LEVELS), help="Lines of this level, and graver ones.")
@click.option("--project", metavar="NAME", shell_complete=complete_projects, help="Lines about this project.")
@click.option("--client", metavar="CLIENT", shell_complete=complete_clients, help="Lines about this client.")
@click.option("--search", metavar="TEXT", help="Lines that have this in them.")
@click.option("--limit", type=click.IntRange(1, 5000), default=100, show_default=True, help="The last ones.")
@click.pass_obj
@asking
def command(
    out: Output, api: Api, is_followed: bool, client: str | None, limit: int, **wanted: str | None
) -> None:
    """Show the last lines of the server's log.

    With --json it prints an object a line: {"number", "at", "level", "project", "context", "client", "text"}.
    """
    if client is not None:
        found = find_client(api, client)
        wanted |= {"client": found.id, "project": found.project}
    elif wanted["project"] is not None:
        api.get("projects", wanted["project"])  # which says so where there is none
    told = api.get("log", **wanted, limit=limit)
    _print(out, told["lines"])
    if is_followed:
        for more in follow(api, Topic("log", (), ("log",), {**wanted, "after": told["next"]})):
            _print(out, more["lines"])


def _print(out: Output, lines: list[dict[str, Any]]) -> None:
    for line in lines:
        at = datetime.fromisoformat(line["at"]).astimezone()
        about = "".join(f" {line[name]}" for name in ("project", "client") if line[name])
        text = line["text"].replace("\n", "\n\t")  # what somebody else has written is no line of its own
        out.line(line, f"{at:%Y-%m-%d %H:%M:%S} {line['level']:5}{about}: {text}")
