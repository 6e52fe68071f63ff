# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist serve``: ``twistd wsproject`` in the foreground, with its options."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click

from wstwist.cli.framing import command as make_command
from wstwist.cli.output import Output
from wstwist.cli.trouble import Trouble
from wstwist.nearest import nearest
from wstwist.tap import Options

CONFIGURATION = "wstwist.toml"

_LAST_PORT = 65535


@make_command(
    "serve",
    examples=(
        "wstwist serve",
        "wstwist serve --reload chat:Chat",
        "wstwist serve --port 8000 --admin off chat:Chat",
    ),
)
@click.argument("projects", metavar="[MODULE:CLASS ...]", nargs=-1)
@click.option("--reload", "is_reloaded", is_flag=True, help="Restart whenever a file of the project changes.")
@click.option(
    "--reactor", metavar="NAME", help="Twisted's reactor [default: asyncio, on uvloop if it is there]."
)
@click.pass_obj
def command(
    out: Output, /, projects: tuple[str, ...], is_reloaded: bool, reactor: str | None, **options: Any
) -> None:
    """Serve projects over WebSocket, in the foreground.

    MODULE:CLASS is a project's class; its module is looked for in this folder first. Without any, what the
    configuration file says is served: the one of --config, or the wstwist.toml of this folder. Without that,
    a demonstration. Ctrl-C stops the server gracefully, a second one at once.

    With --reload, for development, the server is restarted when a Python module below the project's folder
    changes, and reads the configuration file again when that does. Pages that use wstwist.js connect again.
    """
    given = {name.replace("_", "-"): value for name, value in options.items()}
    if not projects and not given["config"] and Path(CONFIGURATION).is_file():
        given["config"] = CONFIGURATION
    if out.as_json and not given["log-format"]:
        given["log-format"] = "json"
    own = [] if reactor is None else [f"--reactor={_checked(reactor)}"]
    arguments = [*own, "--nodaemon", "--pidfile=", "wsproject", *_words(given), *projects]
    if is_reloaded:
        _serve_again_and_again(out, arguments, given["config"])
    else:
        _serve(arguments)


def _checked(reactor: str) -> str:
    """Refuse a reactor that there is not; twistd would print all of its help."""
    from twisted.application.reactors import getReactorTypes

    known = sorted(kind.shortName for kind in getReactorTypes())
    if reactor not in known:
        meant = nearest(reactor, known)
        hint = f"did you mean {meant}?" if meant else f"there are {', '.join(known)}"
        raise click.BadParameter(f"there is no reactor {reactor!r}; {hint}", param_hint="'--reactor'")
    return reactor


def _serve(arguments: list[str]) -> None:
    from twisted.scripts.twistd import run

    sys.argv = ["twistd", *arguments]
    run()


def _serve_again_and_again(out: Output, arguments: list[str], config: str | None) -> None:
    from wstwist.development.supervisor import Supervisor
    from wstwist.development.watching import Watch

    if os.name != "posix":
        raise Trouble("--reload needs Linux or macOS; on Windows restart the server by hand")

    def report(event: str, text: str, **fields: Any) -> None:
        out.line({"event": event, **fields}, "\n".join(f"wstwist: {line}" for line in text.splitlines()))

    file = None if config is None else Path.cwd() / config
    watch = Watch(partial(_folders, file), file)
    click.get_current_context().exit(Supervisor(arguments, watch, file, report).run())


def _folders(file: Path | None) -> list[Path]:
    """Name the folders in which the modules of projects are."""
    from wstwist.config import read
    from wstwist.exceptions import ConfigurationError

    if file is None:
        return [Path.cwd()]
    try:
        plans = read(file).projects or ()
    except ConfigurationError:  # the server says what is wrong
        plans = ()
    return [*dict.fromkeys([Path.cwd(), file.parent, *(plan.directory for plan in plans)])]


def _words(given: Mapping[str, Any]) -> Iterator[str]:
    """Give the options as twistd takes them."""
    for name, value in given.items():
        for each in value if isinstance(value, tuple) else (value,):
            if each is not None:
                yield f"--{name}={each}"


def _options() -> Iterator[click.Option]:
    """Give the options of ``twistd wsproject``."""
    for name, short, _, text in _table():
        is_port = name.endswith("port")
        flags = [f"--{name}", *([f"-{short}"] if short else [])]
        kind = click.IntRange(0, _LAST_PORT) if is_port else None
        yield click.Option(flags, type=kind, metavar="PORT" if is_port else "TEXT", help=_sentence(text))
    for attribute, method in vars(Options).items():
        name = attribute.removeprefix("opt_").replace("_", "-")
        if attribute.startswith("opt_") and name != "version":
            yield click.Option([f"--{name}"], multiple=True, help=method.__doc__)


def _table() -> Iterable[tuple[str, str | None, None, str]]:
    return map(tuple, Options.optParameters)  # type: ignore[arg-type] # Twisted's tables are of anything


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


command.params[1:1] = _options()
