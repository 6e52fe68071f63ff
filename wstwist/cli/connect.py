# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist connect``."""

from __future__ import annotations

import math
import re
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from wstwist.cli import framing
from wstwist.cli.conversation import Style, milliseconds
from wstwist.cli.output import Output
from wstwist.cli.trouble import Trouble
from wstwist.exceptions import ConfigurationError
from wstwist.printable import one_line

_LARGEST = 64 * 1024 * 1024  # bytes of a message from the server
_NAMES = {
    "ca_file": "--ca",
    "certificate and key": "--cert and --key",
    "certificate": "--cert",
    "key": "--key",
    "insecure": "--insecure",
    "origin": "--origin",
    "protocols": "--protocol",
    "headers": "-H",
}
_FILE = click.Path(path_type=Path, dir_okay=False)


@framing.command(
    "connect",
    examples=(
        "wstwist connect ws://localhost:9000/Chat",
        "echo hello | wstwist connect ws://localhost:9000/Chat",
        "echo 00ff | wstwist connect ws://localhost:9000/Chat --binary --wait 2 --json",
        "wstwist connect 'ws://localhost:9000/Chat?user=ann' -H X-Room:7 --timing < /dev/null",
    ),
)
@click.argument("url")
@click.option(
    "-H", "--header", "headers", metavar="NAME:VALUE", multiple=True, help="Add a field to the request."
)
@click.option("--protocol", "protocols", metavar="NAME", multiple=True, help="Offer a sub-protocol.")
@click.option("--origin", metavar="URL", help="Say from which page it comes, as a browser does.")
@click.option("--ca", type=_FILE, metavar="FILE", help="Certificates of who signed the server's.")
@click.option("--insecure", is_flag=True, help="Take any certificate of the server.")
@click.option(
    "--cert", type=_FILE, metavar="FILE", help="A certificate of ours, for servers that demand one."
)
@click.option("--key", type=_FILE, metavar="FILE", help="Its key, where that is not in the same file.")
@click.option("--binary", is_flag=True, help="Lines are hexadecimal digits, and sent as bytes.")
@click.option(
    "--raw", is_flag=True, help="Bytes are written as they are, not in digits; with --binary read so."
)
@click.option("--timing", is_flag=True, help="Say when messages come, and how long after the last one sent.")
@click.option(
    "--wait",
    type=click.FloatRange(0),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="In a pipe: how long after the last line to wait for each message; inf: for ever.",
)
@click.pass_obj
def command(
    out: Output,
    /,
    url: str,
    headers: tuple[str, ...],
    protocols: tuple[str, ...],
    binary: bool,
    raw: bool,
    timing: bool,
    wait: float,
    **tls: Any,
) -> None:
    """Talk to a WebSocket server.

    At a terminal there is a prompt: what you type is sent, what comes is shown above it, /help lists commands
    (/ping, /binary HEX, /close CODE REASON), and Ctrl-D ends. In a pipe each line is sent as a message, and
    each message that comes is a line. The status is 1 where the server ends the connection with another code
    than 1000, 1001 or none.

    With --json it prints an object a line: {"event": "open", "url", "protocol", "seconds"}, {"event":
    "message", "text" or "base64", "time", "after"}, {"event": "closed", "code", "reason", "was_clean"}.
    """
    from wstwist import blocking  # all of the client, needless for help

    if math.isnan(wait):
        raise click.BadParameter("nan is no number of seconds", param_hint="'--wait'")
    options = _options(_fields(headers), protocols, **tls)
    began = time.monotonic()
    try:
        connection = blocking.connect(url, message_size=_LARGEST, **options)
    except UnicodeError:
        raise  # of what was given
    except (ValueError, TypeError) as error:
        from wstwist.exceptions import WstwistError

        if isinstance(error, WstwistError):
            raise
        raise click.UsageError(_as_options(str(error))) from None
    except ConfigurationError as error:
        raise Trouble(_as_options(str(error))) from None
    seconds = time.monotonic() - began
    style = Style(binary, raw, timing)
    with connection:
        if out.as_json or not (_is_terminal(sys.stdin) and _is_terminal(sys.stdout)):
            _pipe(out, connection, style, wait, seconds)
        else:
            _converse(connection, style, seconds)


def _pipe(out: Output, connection: Any, style: Style, wait: float, seconds: float) -> None:
    from wstwist.cli.piping import Piped
    from wstwist.cli.talking import Talk

    if out.as_json:
        opened = {"event": "open", "url": connection.url, "protocol": connection.protocol}
        out.line(opened | {"seconds": round(seconds, 6)}, "")
    Piped(Talk(connection), style, out, wait).run()


def _converse(connection: Any, style: Style, seconds: float) -> None:
    from wstwist.cli.interacting import Interactive
    from wstwist.cli.talking import Talk

    protocol = f" with {one_line(connection.protocol)}" if connection.protocol else ""
    where = f"{one_line(connection.url)}{protocol} in {milliseconds(seconds)}"
    click.echo(f"connected to {where}; Ctrl-D ends, /help helps")
    Interactive(Talk(connection), style).run()


def _as_options(message: str) -> str:
    """Call options in a message of the client's as the command line does."""
    message = message.removeprefix("connect: ")
    for name, option in _NAMES.items():
        message = re.sub(rf"^{name}\b", option, message)
    return message


def _is_terminal(stream: Any) -> bool:
    return stream is not None and stream.isatty()


def _options(
    headers: dict[str, str],
    protocols: tuple[str, ...],
    origin: str | None,
    ca: Path | None,
    insecure: bool,
    cert: Path | None,
    key: Path | None,
) -> Any:
    return {
        "headers": headers,
        "protocols": protocols,
        "origin": origin,
        "ca_file": ca,
        "insecure": insecure,
        "certificate": cert,
        "key": key,
    }


def _fields(headers: Iterable[str]) -> dict[str, str]:
    """Take header fields apart."""
    fields: dict[str, str] = {}
    for header in headers:
        name, colon, value = header.partition(":")
        if not colon or not name.strip():
            raise click.BadParameter(f"{header!r} is not NAME:VALUE", param_hint="'-H'")
        if name.strip().lower() in {each.lower() for each in fields}:
            raise click.BadParameter(f"{name.strip()} is given twice", param_hint="'-H'")
        fields[name.strip()] = value.strip()
    return fields
