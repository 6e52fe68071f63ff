# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist send`` and ``wstwist disconnect``."""

from __future__ import annotations

import sys
from base64 import b64encode

import click

from wstwist.cli import framing
from wstwist.cli.api import Api
from wstwist.cli.asking import asking
from wstwist.cli.naming import client_argument, find_client
from wstwist.cli.output import Output


@framing.command(
    "send",
    examples=(
        "wstwist send ann 'the shop closes at noon'",
        "wstwist send ann --hex 00ff --json",
        "echo hello | wstwist send ann -",
    ),
)
@client_argument
@click.argument("message", required=False)
@click.option("--hex", "digits", metavar="DIGITS", help="Send bytes, written in hexadecimal digits.")
@click.pass_obj
@asking
def send(out: Output, api: Api, client: str, message: str | None, digits: str | None) -> None:
    """Send a client a message: text, - for what comes from stdin, or bytes.

    CLIENT is PROJECT/ID; or an id, the beginning of one, or a user's name, looked for in all projects.
    With --json it prints {"project": NAME, "client": ID}.
    """
    if (message is None) is (digits is None):
        raise click.UsageError("Give either MESSAGE or --hex DIGITS.")
    base64 = None if digits is None else b64encode(_bytes(digits)).decode()
    if message == "-":
        message = "" if sys.stdin is None else sys.stdin.read().removesuffix("\n")
        message.encode()  # what is no text is an error here
    found = find_client(api, client)
    api.post("projects", found.project, "clients", found.id, "send", text=message, base64=base64)
    out.show({"project": found.project, "client": found.id}, f"sent to {found}")


def _bytes(digits: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError:
        raise click.BadParameter(f"{digits!r} is not hexadecimal, as 00ff is", param_hint="'--hex'") from None


@framing.command(
    "disconnect",
    examples=(
        "wstwist disconnect ann --yes",
        "wstwist disconnect bob --code 4000 --reason enough --yes --json",
    ),
)
@client_argument
@click.option("--code", type=int, default=1000, show_default=True, help="The close code.")
@click.option("--reason", metavar="TEXT", help="The reason that goes with it.")
@framing.yes_option
@click.pass_obj
@asking
def disconnect(out: Output, api: Api, client: str, code: int, reason: str | None, is_sure: bool) -> None:
    """Disconnect a client; what was sent before leaves first.

    CLIENT is PROJECT/ID; or an id, the beginning of one, or a user's name, looked for in all projects.
    With --json it prints {"project": NAME, "client": ID}.
    """
    found = find_client(api, client)
    framing.make_sure(f"Disconnect {found}?", is_sure)
    api.post("projects", found.project, "clients", found.id, "disconnect", code=code, reason=reason)
    out.show({"project": found.project, "client": found.id}, f"{found} is disconnected")
