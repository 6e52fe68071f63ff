# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist check``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wstwist.cli.framing import command as make_command
from wstwist.cli.output import Output
from wstwist.cli.trouble import Trouble

if TYPE_CHECKING:
    from wstwist.checks.finding import Finding
    from wstwist.config import Configuration

CONFIGURATION = Path("wstwist.toml")


@make_command(
    "check",
    examples=(
        "wstwist check chat:Chat",
        "wstwist check --strict",
        "wstwist check --config wstwist.toml --json",
    ),
)
@click.argument("projects", metavar="[MODULE:CLASS ...]", nargs=-1)
@click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path),
    help="The configuration file [default: wstwist.toml of this folder, if it is there].",
)
@click.option("--strict", is_flag=True, help="Have warnings make the exit status 1, too.")
@click.pass_context
def command(ctx: click.Context, projects: tuple[str, ...], file: Path | None, strict: bool) -> None:
    """Say, without serving, what of a project would fail or surprise.

    An error is what a start of the server would refuse. A warning is what works otherwise than its author may
    think: a method that writes a variable which all clients share, a call that blocks all clients, a value
    whose copy for each client is large. A line with the comment "# wstwist: ok" gets no warnings.

    Without MODULE:CLASS all projects of the configuration file are checked, and where it has the
    server listen. The exit status is 1 where there is an error.
    """
    from wstwist.checks.checking import check

    found_file = file or (CONFIGURATION if CONFIGURATION.is_file() else None)
    with _nothing_on_stdout():
        findings = check(_configuration(projects, found_file))
    errors = sum(each.kind.is_error for each in findings)
    _show(ctx.ensure_object(Output), findings, errors)
    if errors or (strict and findings):
        ctx.exit(1)


@contextmanager
def _nothing_on_stdout() -> Iterator[None]:
    """Have what modules, and processes that they start, print when they are imported, go to stderr."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _configuration(projects: tuple[str, ...], file: Path | None) -> Configuration:
    """Say what is to be checked, as the server would understand it."""
    from wstwist import tap
    from wstwist.config import Configuration, read
    from wstwist.exceptions import ConfigurationError

    try:
        configuration = Configuration() if file is None else read(file, str(file))
    except ConfigurationError as error:
        raise Trouble(str(error)) from None
    folder = Path.cwd()
    tap.search_first([folder] if file is None else [folder, file.absolute().parent])
    if projects:
        plans = tuple(tap.plan_for(spec, configuration, folder) for spec in projects)
        return replace(configuration, projects=plans, is_kept=False)
    if not configuration.projects:
        where = "there is no wstwist.toml here" if file is None else f"{file} names no project"
        raise Trouble(f"nothing to check: {where}; name one: wstwist check chat:Chat")
    return configuration


def _show(out: Output, findings: list[Finding], errors: int) -> None:
    if out.as_json:
        warnings = len(findings) - errors
        out.document({"errors": errors, "warnings": warnings, "findings": [*map(_document, findings)]})
        return
    for each in findings:
        level = "error" if each.kind.is_error else "warning"
        place = f"{each.place}: " if each.place else ""
        out.text(f"{place}{level}: {each.message}" + (f"; {each.advice}" if each.advice else ""))
    out.text(_summary(errors, len(findings) - errors))


def _document(finding: Finding) -> dict[str, Any]:
    return {
        "level": "error" if finding.kind.is_error else "warning",
        "kind": finding.kind.value,
        "project": finding.project or None,
        "file": None if finding.file is None else str(finding.file),
        "line": finding.line,
        "message": finding.message,
        "advice": finding.advice or None,
    }


def _summary(errors: int, warnings: int) -> str:
    counts = (_count(errors, "error"), _count(warnings, "warning"))
    return " and ".join(filter(None, counts)) or "nothing to complain about"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}" if number else ""
