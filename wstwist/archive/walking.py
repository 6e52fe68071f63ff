# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The files below what an archive is to have, and why some of them are left out."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from wstwist.archive import leaving_out
from wstwist.archive.layout import Layout
from wstwist.archive.manifest import CONFIGURATION, NAME, LeftOut
from wstwist.archive.names import refusal_of


class Found(NamedTuple):
    """A file for an archive.

    Attributes:
        name: Its name there.
        path: Where it is.
        status: What the system says of it.
        is_database: Whether it is an SQLite database.
    """

    name: str
    path: Path
    status: os.stat_result
    is_database: bool


class Walk:
    """Finds the files of a layout, each once.

    Args:
        layout: Where files and folders go.
        data: Whether databases are wanted.

    Attributes:
        left_out: What was left out so far.
    """

    def __init__(self, layout: Layout, *, data: bool) -> None:
        """Look for nothing yet."""
        self.left_out: list[LeftOut] = list(layout.left_out)
        self._places = dict(layout.places)
        self._data = data
        self._keys = {path.resolve() for path in layout.keys}
        self._seen = {CONFIGURATION, NAME}

    def files(self) -> Iterator[Found]:
        """Give them."""
        for path, name in self._places.items():
            try:
                yield from self._all_in(path, name)
            except FileNotFoundError:
                continue  # a database that nobody has used yet, or a folder that has just gone
            except OSError as error:
                self._leave(name, f"it cannot be read: {error.strerror}")

    def _all_in(self, path: Path, name: str) -> Iterator[Found]:
        if stat.S_ISDIR(path.stat().st_mode):  # which may be a link itself
            yield from self._below(path.resolve(), "" if name == "." else f"{name}/")
        else:
            yield from self._file(path, name)

    def _below(self, folder: Path, prefix: str) -> Iterator[Found]:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found:
            name, path = prefix + entry.name, folder / entry.name
            try:
                if not entry.is_dir(follow_symlinks=False):
                    yield from self._file(path, name)
                elif why := leaving_out.why_no_folder(path):
                    self._leave(name, why)
                else:
                    yield from self._below(path, f"{name}/")
            except FileNotFoundError:
                continue
            except OSError as error:
                self._leave(name, f"it cannot be read: {error.strerror}")

    def _file(self, path: Path, name: str) -> Iterator[Found]:
        if name in self._seen:
            return
        self._seen.add(name)
        status = path.stat(follow_symlinks=False)
        why, is_database = _why_not(name, status), False
        if not why:
            if leaving_out.is_sidecar(path):
                return
            is_database = path.name != leaving_out.TOKENS and leaving_out.is_database(path)
            why = self._why_no_content(path, is_database=is_database)
        if why:
            self._leave(name, why)
        else:
            yield Found(name, path, status, is_database)

    def _why_no_content(self, path: Path, *, is_database: bool) -> str:
        if is_database:
            return "" if self._data else leaving_out.DATA
        return leaving_out.SECRET if path.resolve() in self._keys else leaving_out.why_no_file(path)

    def _leave(self, name: str, why: str) -> None:
        self.left_out.append(LeftOut(name.encode("utf-8", "replace").decode(), why))


def _why_not(name: str, status: os.stat_result) -> str:
    """Say what in its name and kind keeps something out; empty: nothing."""
    if stat.S_ISLNK(status.st_mode):
        return "a symbolic link"
    if not stat.S_ISREG(status.st_mode):
        return "no regular file"
    return refusal_of(name)
