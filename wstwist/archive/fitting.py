# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A configuration that fits an archive: its comments stay, its paths are in the archive."""

from __future__ import annotations

import posixpath
from collections.abc import MutableMapping, Sequence
from typing import Any, NamedTuple

from wstwist.archive.manifest import CONFIGURATION
from wstwist.archive.snapshot import Snapshot
from wstwist.config import Source
from wstwist.config_edits import LOOPBACK
from wstwist.config_file import edited
from wstwist.config_projects import write_changes, write_plan

Table = MutableMapping[str, Any]


class Fit(NamedTuple):
    """What a configuration has to say of a file or folder.

    Attributes:
        project: The project in whose table it stands; empty: the whole file's.
        key: The key.
        value: A path in the archive, or the URL of a database there.
        is_needed: Whether it has to stand there where it has not stood before.
    """

    project: str
    key: str
    value: str
    is_needed: bool

    def write(self, table: Table) -> None:
        """Write it, unless it stands there already, as somebody has written it."""
        before = table.get(self.key)
        if self.is_needed if before is None else not _is_same(str(before), self.value):
            table[self.key] = self.value


def fitting(snapshot: Snapshot, fits: Sequence[Fit]) -> str:
    """Give the configuration.

    Args:
        snapshot: The server.
        fits: What it has to say of files and folders.

    Raises:
        ConfigurationError: What stands in the server's file by now is wrong.
    """

    def edit(document: Table) -> None:
        if not snapshot.text:
            document.update(snapshot.options)
        if "projects" not in document and snapshot.is_kept and snapshot.text:
            document.setdefault("interface", LOOPBACK)  # as the demonstration is served
        if "projects" not in document or not snapshot.is_kept:
            document["projects"] = {each.plan.name: _table(snapshot, each.plan) for each in snapshot.projects}
        for fit in fits:
            table = document["projects"].get(fit.project) if fit.project else document
            if table is not None:  # else somebody has taken it out of the file
                fit.write(table)

    return edited(Source(snapshot.folder / CONFIGURATION, CONFIGURATION), snapshot.text, edit)


def _table(snapshot: Snapshot, plan: Any) -> dict[str, Any]:
    table = write_plan(plan, snapshot.folder)
    write_changes(table, {key: _written(value) for key, value in plan.settings.items()})
    return table


def _written(value: Any) -> Any:
    """Give a setting's value as a file has it."""
    if isinstance(value, dict):
        return {key: _written(each) for key, each in value.items()}
    return False if value is None else value


def _is_same(before: str, value: str) -> bool:
    """Whether two paths, or URLs of databases, mean the same place."""
    scheme, separator, path = before.partition(":///")
    if not separator:
        return posixpath.normpath(before) == posixpath.normpath(value)
    path, _, query = path.partition("?")
    return f"{scheme}:///{posixpath.normpath(path)}" + (f"?{query}" if query else "") == value
