# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist top``."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

import click

from wstwist.cli import framing
from wstwist.cli.api import Api
from wstwist.cli.asking import asking
from wstwist.cli.following import Follower, Told, follower
from wstwist.cli.output import Output, console
from wstwist.cli.top_view import SORTS, View
from wstwist.cli.trouble import Trouble

_TICK = 0.1  # seconds until a key is looked at
_REDRAW = 0.5


@framing.command(
    "top",
    examples=("wstwist top", "wstwist top --once", "wstwist top --once --json --sort bytes_in --limit 5"),
)
@click.option("--once", "is_once", is_flag=True, help="Print it one time, and end.")
@click.option(
    "--sort",
    type=click.Choice(tuple(SORTS.values())),
    default="messages_in",
    show_default=True,
    help="Busiest by what.",
)
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many clients."
)
@click.pass_obj
@asking
def command(out: Output, api: Api, is_once: bool, sort: str, limit: int) -> None:
    """Watch projects and the busiest clients.

    It needs 80 columns; keys choose the order, q ends it. With --once --json it prints {"server": {...},
    "projects": [...], "clients": [...]}, as the API has them, each client with its "project"; with --json
    alone such an object a line, each second.
    """
    view = View(sort, limit)
    if is_once:
        _look(api, view)
        _print(out, api, view)
    elif out.as_json:
        for document in _documents(api, view):
            out.line(document, "")
    elif not (sys.stdout.isatty() and sys.stdin is not None and sys.stdin.isatty()):
        raise Trouble("there is no terminal: --once prints it one time, --json an object each second")
    else:
        _watch(api, view)


def _look(api: Api, view: View) -> None:
    """Ask for all of it, one time."""
    for _ in range(2):  # the clients' topics are known when the projects are
        for topic in view.topics():
            view.take(Told(topic, api.get(*topic.path, **topic.query)), time.monotonic())


def _print(out: Output, api: Api, view: View) -> None:
    if out.as_json:
        out.document(view.as_dict())
        return
    from wstwist.cli.top_drawing import draw

    out.drawing(draw(view, api.server))


def _documents(api: Api, view: View) -> Iterator[dict[str, Any]]:
    """Give all of it, each second."""
    while True:
        _look(api, view)
        yield view.as_dict()
        time.sleep(1.0)


def _watch(api: Api, view: View) -> None:
    """Draw it, until somebody has seen enough."""
    from rich.live import Live

    from wstwist.cli.keys import keys
    from wstwist.cli.top_drawing import draw

    with follower(api) as following, keys() as pressed:
        screen = console()
        _look(api, view)
        with Live(console=screen, screen=True, auto_refresh=False) as live:
            followed = _follow(following, view, None)
            while True:
                live.update(draw(view, api.server, screen.height), refresh=True)
                if not _wait(following, view, pressed):
                    return
                followed = _follow(following, view, followed)


def _follow(following: Follower, view: View, followed: object) -> object:
    """Follow what is to be shown, where that has changed."""
    wanted = view.topics()
    if wanted != followed:
        following.follow(wanted)
    return wanted


def _wait(following: Follower, view: View, pressed: Any) -> bool:
    """Take what is told, until it is time to draw again; False: somebody has seen enough."""
    end = time.monotonic() + _REDRAW
    while time.monotonic() < end:
        told = following.next(_TICK)
        if told is not None:
            view.take(told, time.monotonic())
        for key in pressed():
            if key in "q\x1b":
                return False
            if key in SORTS:
                view.sort = SORTS[key]
                return True
    return True
