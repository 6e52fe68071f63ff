# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist list``."""

from __future__ import annotations

import click

from wstwist.cli.api import Api
from wstwist.cli.asking import asking
from wstwist.cli.framing import command as make_command
from wstwist.cli.output import Output


@make_command("list", examples=("wstwist list", "wstwist list --json"))
@click.pass_obj
@asking
def command(out: Output, api: Api) -> None:
    """List the projects of a server."""
    found = api.get("projects")
    if out.as_json:
        out.document(found)
        return
    out.table(
        ("PROJECT", "STATE", ">CLIENTS", "IMPORT"),
        ((each["name"], each["state"], each["clients"], each["import"]) for each in found["projects"]),
    )
