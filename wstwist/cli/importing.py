# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist import``."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from wstwist.archive.manifest import CONFIGURATION
from wstwist.archive.reading import Archive
from wstwist.archive.unpacking import unpack
from wstwist.cli import framing
from wstwist.cli.output import Output
from wstwist.cli.trouble import Trouble


@framing.command(
    "import",
    examples=(
        "wstwist import server.zip",
        "wstwist import server.zip elsewhere",
        "wstwist import server.zip elsewhere --yes --json",
    ),
)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE.zip")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@framing.yes_option
@click.pass_obj
def command(out: Output, file: Path, folder: Path | None, is_sure: bool) -> None:
    """Unpack an exported server into FOLDER, and say how to serve it.

    Without FOLDER that is one of the file's name, here. Where it is not empty, files of the same names are
    replaced. Either all is unpacked or nothing. Serve only what is from somebody whom you trust: it is code.
    With --json it prints {"folder", "configuration", "projects", "files", "data", "left_out", "notes",
    "serve"}.
    """
    if folder is None:
        folder = Path(file.stem)
    try:
        if folder.is_dir() and any(folder.iterdir()):
            framing.make_sure(f"{folder} is not empty. Replace what has the same names?", is_sure)
        with Archive(file) as archive:
            names = unpack(archive, folder)
            manifest = archive.manifest
    except OSError as error:
        raise Trouble(f"{error.filename or file}: cannot be read: {error.strerror or error}") from None
    serve = f"cd {shlex.quote(str(folder))} && wstwist serve"
    told = manifest.as_dict()
    document = {
        "folder": str(folder),
        "configuration": str(folder / CONFIGURATION),
        "projects": told["projects"],
        "files": len(names),
        "data": manifest.data,
        "left_out": told["left_out"],
        "notes": told["notes"],
        "serve": serve,
    }
    projects = ", ".join(project["name"] for project in manifest.projects) or "no projects"
    lines = [f"{folder}: {projects}; {len(names)} files", *manifest.notes, f"serve it: {serve}"]
    out.show(document, "\n".join(lines))
