# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What each command has in common: its examples, ``--json``, and asking before something is lost."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from wstwist.cli.output import Output
from wstwist.cli.trouble import Trouble


class Command(click.Command):
    """A command of the command line.

    Args:
        examples: Command lines that work, for its help.
    """

    def __init__(self, *args: Any, examples: Sequence[str], **kwargs: Any) -> None:
        """Add the option that all commands have."""
        super().__init__(*args, **kwargs)
        self.examples = examples
        self.params.append(json_option())

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """End the help with the examples, each on a line of its own."""
        with formatter.section("Examples"):
            for example in self.examples:
                formatter.write(f"{'':>{formatter.current_indent}}{example}\n")


def command(
    name: str, *, examples: Sequence[str], **settings: Any
) -> Callable[[Callable[..., Any]], Command]:
    """Make a function a command; its docstring is the help, and ``click.pass_obj`` gives it its `Output`."""
    return click.command(name, cls=Command, examples=examples, **settings)


def json_option() -> click.Option:
    """Give the option that makes output for programs."""
    return click.Option(
        ["--json"],
        is_flag=True,
        expose_value=False,
        callback=_say_json,
        help="Print JSON.",
    )


def _say_json(ctx: click.Context, _parameter: click.Parameter, is_wanted: bool) -> None:
    output = ctx.ensure_object(Output)
    output.as_json = output.as_json or is_wanted


yes_option = click.option("--yes", "-y", "is_sure", is_flag=True, help="Do not ask.")
"""The option of a command that destroys something."""


def make_sure(question: str, is_sure: bool) -> None:
    """Ask before something is lost.

    Args:
        question: What to ask, such as "Remove Chat?".
        is_sure: Whether ``--yes`` was given.

    Raises:
        Trouble: There is nobody to ask, or the answer is no.
    """
    if is_sure:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise Trouble(f"{question} There is nobody to ask: say --yes")
    if not click.confirm(question, err=True):
        raise Trouble("nothing was done")
