# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What `wstwist top` draws: two tables, in 80 columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from wstwist.cli.figures import ago, short, size
from wstwist.cli.top_view import SORTS, View
from wstwist.cli.values import written
from wstwist.printable import one_line

HEADS: Mapping[str, str] = {
    "messages_in": "IN",
    "messages_out": "OUT",
    "bytes_in": "BYTES IN",
    "bytes_out": "BYTES OUT",
    "cpu": "CPU S",
    "event_time": "EVENTS S",
    "errors": "ERRORS",
    "mailbox": "MAILBOX",
    "send_queue": "QUEUED",
}
_WORDS = dict(
    zip(
        SORTS,
        ("in", "out", "bytes", "up", "cpu", "time", "errors", "mailbox", "send"),
        strict=True,
    )
)


def draw(view: View, server: str, height: int | None = None) -> Group:
    """Draw it.

    Args:
        view: What to show.
        server: Where that is.
        height: How many lines there are; None: any number.
    """
    room = len(view.projects) + view.limit if height is None else height - 6
    projects = max(1, min(len(view.projects), room // 2))
    return Group(
        _heading(view, server),
        Text(),
        _projects(view, projects),
        Text(),
        _clients(view, max(1, room - projects)),
        _help(view) if height is not None else Text(),
    )


def _heading(view: View, server: str) -> Text:
    told = view.server
    if not told:
        return Text(f"{server} ...")
    cpu = "-" if told["cpu"] is None else f"{told['cpu'] * 100:.0f} %"
    memory = "-" if told["memory"] is None else size(told["memory"])
    lag = "-" if told["lag"] is None else f"{told['lag'] * 1000:.0f} ms"
    text = (
        f"{server}  up {ago(told['started_at'])}  {told['clients']} clients  cpu {cpu}  {memory}  lag {lag}"
    )
    return Text(
        one_line(text + ("  stopping" if told["is_draining"] else "")), overflow="ellipsis", no_wrap=True
    )


def _projects(view: View, most: int) -> Table:
    table = _table(
        ("PROJECT", 22),
        ("STATE", 12),
        (">CLIENTS", 7),
        (">IN/S", 6),
        (">OUT/S", 6),
        (">CPU %", 6),
        (">ERRORS", 7),
    )
    shown = sorted(view.projects, key=lambda project: -project["clients"])[:most]
    for each in shown:
        cpu = view.rate(each, "cpu")
        table.add_row(
            _cell(each["name"]),
            _cell(each["state"]),
            short(each["clients"]),
            short(_rate(view, each, "messages_in") or each["messages_in_rate"]),
            short(_rate(view, each, "messages_out") or each["messages_out_rate"]),
            "-" if cpu is None else short(cpu * 100),
            short(each["errors"]),
        )
    return table


def _clients(view: View, most: int) -> Table:
    table = _table(
        ("CLIENT", 22),
        ("PROJECT", 12),
        ("ADDRESS", 15),
        (">IN/S", 6),
        (">OUT/S", 6),
        (f">{HEADS[view.sort]}", 9),
    )
    for each in view.clients[:most]:
        table.add_row(
            _cell(_name(each)),
            _cell(each["project"]),
            _cell(each["address"]),
            _shown(view.rate(each, "messages_in")),
            _shown(view.rate(each, "messages_out")),
            size(each[view.sort]) if view.sort.startswith("bytes") else short(each[view.sort] or 0),
        )
    return table


def _help(view: View) -> Text:
    text = Text("sort: ", no_wrap=True, overflow="ellipsis")
    for key, word in _WORDS.items():
        text.append(key, "bold underline")
        text.append(word.removeprefix(key), "reverse" if SORTS[key] == view.sort else "").append(" ")
    return text.append("  ").append("q", "bold underline").append("uit")


def _table(*columns: tuple[str, int]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for head, width in columns:
        table.add_column(
            head.removeprefix(">"),
            justify="right" if head.startswith(">") else "left",
            width=width,
            no_wrap=True,
            overflow="ellipsis",
        )
    return table


def _name(client: Mapping[str, Any]) -> str:
    user = client["user"]
    return client["id"] if user is None else user if isinstance(user, str) else written(user)


def _rate(view: View, of: Mapping[str, Any], figure: str) -> float:
    return view.rate(of, figure) or 0.0


def _shown(rate: float | None) -> str:
    return "-" if rate is None else short(rate)


def _cell(text: object) -> Text:
    return Text(one_line(str(text)))
