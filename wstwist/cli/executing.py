# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist execute``."""

from __future__ import annotations

import click

from wstwist.cli import framing
from wstwist.cli.api import Api
from wstwist.cli.asking import asking
from wstwist.cli.literals import read_arguments
from wstwist.cli.naming import complete_execution, find_client
from wstwist.cli.output import Output
from wstwist.cli.values import written


@framing.command(
    "execute",
    context_settings={"ignore_unknown_options": True},  # -3 is an argument
    examples=(
        "wstwist execute ann count Bob loud=True",
        "wstwist execute Chat ann count '\"Bob\"' --json",
        "wstwist execute --service Chat count Bob",
    ),
)
@click.argument(
    "words",
    nargs=-1,
    required=True,
    metavar="[PROJECT] CLIENT PROCEDURE [ARGUMENT]...",
    shell_complete=complete_execution,
)
@click.option(
    "--service", "is_service", is_flag=True, help="In the global service of PROJECT; no CLIENT then."
)
@click.pass_obj
@asking
def command(out: Output, api: Api, words: tuple[str, ...], is_service: bool) -> None:
    """Execute a procedure in a client's context, and print what it returned.

    An ARGUMENT is a literal of Python's: 3, '"Ann"', '[1, 2]', times=2. What is none is a text: Ann. What
    begins with a minus and is no number stands behind --. CLIENT is PROJECT/ID; or an id, the beginning of
    one, or a user's name, looked for in all projects, or in PROJECT. With --json it prints {"result": VALUE},
    as docs/administration.md describes values.
    """
    where, (procedure, *rest) = _whom(api, words, is_service)
    args, kwargs = read_arguments(rest)
    told = api.post(*where, "execute", procedure=procedure, args=args, kwargs=kwargs)
    out.show(told, written(told["result"]))


def _whom(api: Api, words: tuple[str, ...], is_service: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Take apart whom it is about, as a path of the API, and the procedure with its arguments."""
    first, rest = words[0], words[1:]
    if is_service:
        where: tuple[str, ...] = ("projects", first, "service")
    else:
        if rest[1:] and first in (each["name"] for each in api.get("projects")["projects"]):
            first, rest = f"{first}/{rest[0]}", rest[1:]
        found = find_client(api, first) if rest else None
        where = () if found is None else ("projects", found.project, "clients", found.id)
    if not rest:
        raise click.UsageError("Which procedure? Write it behind the client.")
    return where, rest
