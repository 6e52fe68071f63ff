# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from wstwist.printable import one_line


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Make a table without lines; see `wstwist.cli.output.Output.table`."""
    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for number, column in enumerate(columns):
        made.add_column(
            Text(column.removeprefix(">")),
            justify="right" if column.startswith(">") else "left",
            overflow="fold",
            no_wrap=number == 0,  # what others are told by can be copied in one piece
        )
    for row in rows:
        made.add_row(*(Text(one_line(str(cell))) for cell in row))
    return made
