# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist restart``."""

from __future__ import annotations

import time

import click

from wstwist.cli import framing
from wstwist.cli.api import Answered, Api
from wstwist.cli.asking import asking
from wstwist.cli.naming import complete_projects
from wstwist.cli.output import Output
from wstwist.cli.trouble import Trouble

PATIENCE = 60.0
"""Seconds in which a server must be back."""

POLL = 0.1


@framing.command("restart", examples=("wstwist restart Chat --yes", "wstwist restart --yes --json"))
@click.argument("project", required=False, shell_complete=complete_projects)
@framing.yes_option
@click.pass_obj
@asking
def command(out: Output, api: Api, project: str | None, is_sure: bool) -> None:
    """Stop a project and start it again; without PROJECT the whole server.

    All clients of it are disconnected. A server stops gracefully, and begins again with the same command line
    in the same process; this comes back when it serves. With --json it prints {"restarted": NAME, "seconds":
    NUMBER}; the name is null where it is the server.
    """
    count = (api.get("server") if project is None else api.get("projects", project))["clients"]
    name = project or "the server"
    framing.make_sure(f"Restart {name}, which has {count} clients?", is_sure)
    began = time.monotonic()
    if project is None:
        _restart_server(api)
    else:
        api.post("projects", project, "stop")
        api.post("projects", project, "start")
    seconds = time.monotonic() - began
    out.show(
        {"restarted": project, "seconds": round(seconds, 3)}, f"{name} has restarted, in {seconds:.1f} s"
    )


def _restart_server(api: Api) -> None:
    """Restart it, and wait until it is another one."""
    before = api.get("server")["started_at"]
    api.post("restart")
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        time.sleep(POLL)
        try:
            if api.get("server")["started_at"] != before:
                return
        except Answered:
            raise  # it is back, and knows us no more
        except Trouble:
            continue  # it is not back yet
    raise Trouble(f"the server is not back at {api.server} after {PATIENCE:g} s: its log says why")
