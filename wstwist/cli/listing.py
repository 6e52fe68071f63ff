# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist list``."""

from __future__ import annotations

import click

from wstwist.cli import framing
from wstwist.cli.api import Api
from wstwist.cli.asking import asking
from wstwist.cli.output import Output


@framing.command("list", examples=("wstwist list", "wstwist list --json"))
@click.pass_obj
@asking
def command(out: Output, api: Api) -> None:
    """List the projects of a server.

    MESSAGES are those that came in and went out a second. With --json it prints {"projects": [...]}, with all
    figures of each project.
    """
    found = api.get("projects")
    if out.as_json:
        out.document(found)
        return
    if not found["projects"]:
        out.text("no project is served; `wstwist add MODULE:CLASS` adds one")
        return
    out.table(
        ("PROJECT", "STATE", ">CLIENTS", ">MESSAGES", ">ERRORS", "URL", "IMPORT"),
        (
            (
                each["name"],
                each["state"],
                each["clients"],
                f"{each['messages_in_rate']:.0f} {each['messages_out_rate']:.0f}",
                each["errors"],
                " ".join(each["urls"]),
                each["import"],
            )
            for each in found["projects"]
        ),
    )
    for each in found["projects"]:
        message = each["message"] if each["state"] == "blocked" else ""
        for about in filter(None, (each["error"], message)):
            out.text(f"{each['name']}: {about}")
