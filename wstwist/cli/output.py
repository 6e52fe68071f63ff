# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What a command says: tables and texts for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from wstwist.printable import printable

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

WIDEST = 100_000
"""The columns of what is no terminal: nothing is cut off or wrapped in a pipe."""


class Output:
    """Where a command says what it has done. One is ``ctx.obj`` of each command.

    Attributes:
        as_json: Whether it is said in JSON, with nothing else on stdout.
    """

    def __init__(self) -> None:
        """Begin with output for people."""
        self.as_json = False

    def show(self, document: Any, text: str) -> None:
        """Say what is done, once.

        Args:
            document: It, for programs.
            text: It, for people; may have several lines.
        """
        if self.as_json:
            self.document(document)
        else:
            self.text(text)

    def line(self, document: Any, text: str) -> None:
        """Say one part of what has no end, at once: an object a line, or a line of text."""
        click.echo(json.dumps(document) if self.as_json else printable(text))
        sys.stdout.flush()

    def document(self, document: Any) -> None:
        """Print a JSON document."""
        click.echo(json.dumps(document, indent=2))

    def text(self, text: str) -> None:
        """Print a text for people; not with ``--json``."""
        if not self.as_json:
            click.echo(printable(text))

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print a table for people; not with ``--json``.

        Args:
            columns: The heads of the columns; one that begins with ``>`` is of numbers, and right-aligned.
            rows: What stands in them.
        """
        if not self.as_json:
            from wstwist.cli.tables import table

            self.drawing(table(columns, rows))

    def drawing(self, drawn: RenderableType) -> None:
        """Print what rich draws; not with ``--json``. No line ends with blanks, for `grep`."""
        if not self.as_json:
            screen = console()
            with screen.capture() as captured:
                screen.print(drawn)
            for line in captured.get().rstrip("\n").split("\n"):
                click.echo(line.rstrip(" "), color=True)  # rich has decided about colours already


def console() -> Console:
    """Give rich's way to stdout: colours where they are wanted, and all columns in a pipe."""
    from rich.console import Console

    return Console(markup=False, highlight=False, emoji=False, width=None if sys.stdout.isatty() else WIDEST)
