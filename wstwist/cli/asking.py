# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What each command has that asks a server: the options that say which one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from wstwist.cli.api import Api
from wstwist.cli.whereabouts import check_private, find_server, find_token

_FILE = click.Path(path_type=Path, dir_okay=False)

_OPTIONS = (
    click.option(
        "--server",
        metavar="URL",
        envvar="WSTWIST_SERVER",
        show_envvar=True,
        help="The server's administration.",
    ),
    click.option(
        "--config",
        type=click.Path(path_type=Path, dir_okay=False, exists=True),
        metavar="FILE",
        help="The server's configuration file.  [default: wstwist.toml, if it is here]",
    ),
    click.option(
        "--token-file",
        type=_FILE,
        metavar="FILE",
        help="A wstwist.tokens, or a file with just a token; else $WSTWIST_TOKEN, or the file beside the "
        "configuration, or that of $XDG_STATE_HOME/wstwist.",
    ),
    click.option("--ca", type=_FILE, metavar="FILE", help="Certificates of who signed the server's."),
    click.option(
        "--insecure", "is_insecure", is_flag=True, help="Take any certificate of the server, or none at all."
    ),
)


def asking(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say which server, and an `Api` before its own parameters."""

    @wraps(function)
    def asks(*args: Any, **options: Any) -> Any:
        own = {name: options.pop(name) for name in ("server", "config", "token_file", "ca", "is_insecure")}
        with open_api(**own) as api:
            return function(*args, api, **options)

    for option in reversed(_OPTIONS):
        asks = option(asks)
    return asks


def open_api(
    server: str | None,
    config: Path | None,
    token_file: Path | None,
    ca: Path | None,
    is_insecure: bool,
    **settings: Any,
) -> Api:
    """Give the server that the options mean."""
    url = find_server(server, config)
    if not is_insecure:
        check_private(url)
    return Api(url, find_token(token_file, config), ca, is_insecure, **settings)
