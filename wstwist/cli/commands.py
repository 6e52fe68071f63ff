# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The commands. Each is imported when it is used, so that help and completion are there at once."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import NamedTuple

import click
from click.shell_completion import CompletionItem

from wstwist._version import __version__
from wstwist.cli.framing import json_option
from wstwist.cli.output import Output
from wstwist.nearest import nearest


class Place(NamedTuple):
    """Where a command is.

    Attributes:
        module: The module.
        help: What it does, in one line.
        name: Its name in the module.
    """

    module: str
    help: str
    name: str = "command"


COMMANDS: Mapping[str, Place] = {
    "new": Place("wstwist.cli.new", "Make a project: file, tests, configuration, page."),
    "serve": Place("wstwist.cli.serve", "Serve projects, in the foreground."),
    "check": Place("wstwist.cli.check", "Say what of a project would fail or surprise."),
    "cert": Place("wstwist.cli.cert", "Make a certificate for development."),
    "connect": Place("wstwist.cli.connect", "Talk to a WebSocket server."),
    "list": Place("wstwist.cli.listing", "List the projects of a server."),
    "add": Place("wstwist.cli.adding", "Serve one more project.", "add"),
    "remove": Place("wstwist.cli.adding", "Serve a project no more.", "remove"),
    "block": Place("wstwist.cli.turning", "Let no new clients into a project.", "block"),
    "unblock": Place("wstwist.cli.turning", "Let new clients into a project again.", "unblock"),
    "stop": Place("wstwist.cli.turning", "Stop a project.", "stop"),
    "start": Place("wstwist.cli.turning", "Start a project that was stopped.", "start"),
    "reload": Place("wstwist.cli.turning", "Import a project's code afresh.", "reload"),
    "restart": Place("wstwist.cli.restarting", "Restart a project, or the whole server."),
    "clients": Place("wstwist.cli.clients", "List the clients of a project."),
    "disconnect": Place("wstwist.cli.messaging", "Disconnect a client.", "disconnect"),
    "send": Place("wstwist.cli.messaging", "Send a client a message.", "send"),
    "execute": Place("wstwist.cli.executing", "Execute a procedure in a client's context."),
    "globals": Place("wstwist.cli.seeing", "Show the globals of a client."),
    "top": Place("wstwist.cli.top", "Watch projects and the busiest clients."),
    "logs": Place("wstwist.cli.logs", "Show the server's log."),
    "export": Place("wstwist.cli.export", "Put a whole server into a zip file."),
    "import": Place("wstwist.cli.importing", "Unpack an exported server."),
    "completion": Place("wstwist.cli.completion", "Print a shell's completion script."),
}
"""All commands, in the order of the help."""


class Commands(click.Group):
    """The commands of the table."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name all of them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None where there is none of that name."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        found: click.Command = getattr(import_module(place.module), place.name)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; one that is mistyped is told what was meant."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            meant = nearest(name, COMMANDS)
            ctx.fail(f"No such command {name!r}." + (f" Did you mean {meant!r}?" if meant else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table into the help, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.help) for name, place in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the names of commands, without importing any."""
        names = [
            CompletionItem(name, help=place.help)
            for name, place in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Say where to begin."""
        with formatter.section("Examples"):
            for line in ("wstwist list", "wstwist clients Chat --json", "wstwist new --help"):
                formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


@click.command(cls=Commands)
@click.version_option(__version__, prog_name="wstwist", message="%(prog)s %(version)s")
@click.pass_context
def wstwist(ctx: click.Context) -> None:
    """Make WebSocket projects, serve them, and look after servers.

    A server is asked at --server URL, else at $WSTWIST_SERVER, else where the wstwist.toml of this folder
    says, else at http://localhost:9001. The exit status is 0 when it is done, 1 when it cannot be done, and 2
    when the command line is wrong.
    """
    ctx.ensure_object(Output)


wstwist.params.append(json_option())
