# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What could not be done, in one line."""

from __future__ import annotations

from typing import IO, Any

import click

from wstwist.printable import one_line


class Trouble(click.ClickException):
    """Something cannot be done: the exit status is 1, and this is all that is said.

    Args:
        message: What is wrong; what to do next.
    """

    exit_code = 1

    def show(self, file: IO[Any] | None = None) -> None:
        """Say it, on stderr."""
        click.echo(f"wstwist: {one_line(self.message)}", file=file, err=True)
