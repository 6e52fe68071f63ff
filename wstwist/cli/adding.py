# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist add`` and ``wstwist remove``."""

from __future__ import annotations

import click

from wstwist.cli import framing
from wstwist.cli.api import Api
from wstwist.cli.asking import asking
from wstwist.cli.literals import read_arguments
from wstwist.cli.naming import project_argument
from wstwist.cli.output import Output


@framing.command(
    "add",
    examples=(
        "wstwist add shop:Shop --directory shop",
        "wstwist add shop:Quiet --directory shop --set 'interval=1 min' --json",
    ),
)
@click.argument("spec", metavar="MODULE:CLASS")
@click.option(
    "--directory", metavar="FOLDER", help="Where its module is; relative to the server's configuration."
)
@click.option("--set", "settings", metavar="NAME=VALUE", multiple=True, help="A setting of it; repeatable.")
@click.pass_obj
@asking
def add(out: Output, api: Api, spec: str, directory: str | None, settings: tuple[str, ...]) -> None:
    """Serve one more project, from now on.

    It is kept in the server's configuration file, if there is one. With --json it prints the project.
    """
    args, chosen = read_arguments(settings)
    if args:
        raise click.BadParameter("write it as NAME=VALUE", param_hint="'--set'")
    made = api.post("projects", **{"import": spec}, directory=directory, settings=chosen or None)
    out.show(made, f"{made['name']} is served at {' '.join(made['urls']) or made['path']}")


@framing.command("remove", examples=("wstwist remove Quiet --yes", "wstwist remove Shop --yes --json"))
@project_argument
@framing.yes_option
@click.pass_obj
@asking
def remove(out: Output, api: Api, project: str, is_sure: bool) -> None:
    """Serve a project no more; its clients are disconnected, and its files stay.

    With --json it prints {"removed": NAME}.
    """
    count = api.get("projects", project)["clients"]
    framing.make_sure(f"Remove {project}, which has {count} clients?", is_sure)
    api.delete("projects", project)
    out.show({"removed": project}, f"{project} is served no more")
