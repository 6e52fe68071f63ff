# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist block``, ``unblock``, ``stop``, ``start`` and ``reload``."""

from __future__ import annotations

import click

from wstwist.cli import framing
from wstwist.cli.api import Api
from wstwist.cli.asking import asking
from wstwist.cli.naming import project_argument
from wstwist.cli.output import Output


@framing.command(
    "block", examples=("wstwist block Chat", "wstwist block Chat --message 'back at noon' --json")
)
@project_argument
@click.option(
    "--message", metavar="TEXT", help="What new clients are told; without it what they were before."
)
@click.pass_obj
@asking
def block(out: Output, api: Api, project: str, message: str | None) -> None:
    """Let no new clients into a project; those who are in stay.

    With --json it prints the project.
    """
    told = api.post("projects", project, "block", message=message)
    said = f": {told['message']}" if told["message"] else ""
    out.show(told, f"{project} lets no new clients in{said}; {told['clients']} stay connected")


@framing.command("unblock", examples=("wstwist unblock Chat", "wstwist unblock Chat --json"))
@project_argument
@click.pass_obj
@asking
def unblock(out: Output, api: Api, project: str) -> None:
    """Let new clients into a project again.

    With --json it prints the project.
    """
    out.show(api.post("projects", project, "unblock"), f"{project} lets new clients in")


@framing.command("stop", examples=("wstwist stop Chat --yes", "wstwist stop Chat --yes --json"))
@project_argument
@framing.yes_option
@click.pass_obj
@asking
def stop(out: Output, api: Api, project: str, is_sure: bool) -> None:
    """Stop a project: its clients are disconnected, its global service ends.

    It comes back when it has stopped. With --json it prints the project.
    """
    count = api.get("projects", project)["clients"]
    framing.make_sure(f"Stop {project}, which has {count} clients?", is_sure)
    out.show(
        api.post("projects", project, "stop"), f"{project} is stopped; `wstwist start {project}` starts it"
    )


@framing.command("start", examples=("wstwist start Chat", "wstwist start Chat --json"))
@project_argument
@click.pass_obj
@asking
def start(out: Output, api: Api, project: str) -> None:
    """Start a project that was stopped.

    With --json it prints the project.
    """
    told = api.post("projects", project, "start")
    out.show(told, f"{project} is {told['state']} at {' '.join(told['urls'])}")


@framing.command("reload", examples=("wstwist reload Chat", "wstwist reload Chat --json"))
@project_argument
@click.pass_obj
@asking
def reload(out: Output, api: Api, project: str) -> None:
    """Import a project's code afresh, while its clients stay connected.

    Projects of the same folder are reloaded with it. With --json it prints {"reloaded": [NAME, ...],
    "restart": [...]}: what has changed that would need a restart.
    """
    told = api.post("projects", project, "reload")
    later = f"; this waits for a restart: {', '.join(told['restart'])}" if told["restart"] else ""
    out.show(told, f"reloaded {', '.join(told['reloaded'])}{later}")
