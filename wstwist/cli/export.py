# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist export``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import groupby
from pathlib import Path
from tempfile import mkstemp

import click

from wstwist.archive.leaving_out import TEMPORARY
from wstwist.archive.manifest import LeftOut
from wstwist.archive.reading import Archive
from wstwist.cli import framing
from wstwist.cli.api import Api
from wstwist.cli.asking import asking
from wstwist.cli.figures import size as written_size
from wstwist.cli.output import Output
from wstwist.cli.trouble import Trouble

_NAMED = 3
"""How many are named of what is left out for the same reason."""


@framing.command(
    "export",
    examples=(
        "wstwist export server.zip",
        "wstwist export server-with-data.zip --data",
        "wstwist export server.zip --yes --json",
    ),
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.zip")
@click.option("--data", is_flag=True, help="With the SQLite databases, each as it is at one moment.")
@framing.yes_option
@click.pass_obj
@asking
def command(out: Output, api: Api, file: Path, data: bool, is_sure: bool) -> None:
    """Put a whole server into a zip file: its configuration and its projects, while it goes on.

    It needs the full token. Tokens, private keys, caches, version control and virtual environments are never
    in it; what else is not, is said. `wstwist import` unpacks it. With --json it prints {"file", "size",
    "data", "projects", "files", "left_out": [{"name", "why"}, ...], "notes"}.
    """
    if file.exists():
        framing.make_sure(f"Replace {file}?", is_sure)
    with _replaced(file) as temporary:
        with api.stream("export", data=str(data).lower()) as response, temporary.open("wb") as target:
            for piece in response.iter_bytes():
                target.write(piece)
        with Archive(temporary, str(file)) as archive:
            manifest = archive.manifest
        size = temporary.stat().st_size
    if out.as_json:
        told = manifest.as_dict()
        names = ("data", "projects", "files", "left_out", "notes")
        out.document({"file": str(file), "size": size} | {name: told[name] for name in names})
        return
    projects = ", ".join(project["name"] for project in manifest.projects) or "no projects"
    out.text(f"{file}: {projects}; {manifest.files} files, {written_size(size)}")
    for line in (*_reasons(manifest.left_out), *manifest.notes):
        out.text(line)


@contextmanager
def _replaced(file: Path) -> Iterator[Path]:
    """Give a file to write, for nobody else's eyes, which takes the place of another one in the end."""
    try:
        descriptor, name = mkstemp(prefix=TEMPORARY, dir=file.parent)
        os.close(descriptor)
        temporary = Path(name)
        try:
            yield temporary
            temporary.replace(file)
        finally:
            with suppress(FileNotFoundError):
                temporary.unlink()
    except OSError as error:
        raise Trouble(f"{file}: cannot be written: {error.strerror or error}") from None


def _reasons(left_out: Sequence[LeftOut]) -> Iterator[str]:
    """Say what is left out, with each reason once."""
    ordered = sorted(left_out, key=lambda each: each.why)
    for why, group in groupby(ordered, key=lambda each: each.why):
        names = [each.name for each in group]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield f"without {', '.join(names[:_NAMED])}{more}: {why}"
