# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Packing a server into a zip file."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from wstwist.archive.fitting import fitting
from wstwist.archive.layout import Layout
from wstwist.archive.manifest import CONFIGURATION, NAME, LeftOut, Manifest
from wstwist.archive.snapshot import Snapshot
from wstwist.archive.walking import Found, Walk
from wstwist.config import Configuration, Source
from wstwist.exceptions import ConfigurationError

MOST_FILES = 100_000
LARGEST = 4 * 1024**3
"""Bytes of all files of an archive, unpacked."""

_PIECE = 1024 * 1024
_WAIT = 30.0  # seconds for a database that somebody writes to
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # of a zip file
_LATEST = (2107, 12, 31, 23, 59, 58)


class GivenUpError(Exception):
    """Nobody wants the archive any more."""


def pack(
    snapshot: Snapshot, file: IO[bytes], *, data: bool, is_wanted: Callable[[], bool] = lambda: True
) -> Manifest:
    """Pack a server; it blocks, and may take long.

    Args:
        snapshot: The server.
        file: Where the zip file is written to.
        data: Whether databases are to be in it, each as it is at one moment.
        is_wanted: Whether somebody still waits for it.

    Returns:
        What is in it.

    Raises:
        ConfigurationError: The configuration is wrong by now, a database cannot be read, or it is too much.
        GivenUpError: It is not wanted any more.
        OSError: It cannot be written.
    """
    return _Packing(snapshot, file, is_wanted).pack(data=data)


class _Packing:
    def __init__(self, snapshot: Snapshot, file: IO[bytes], is_wanted: Callable[[], bool]) -> None:
        self._snapshot = snapshot
        self._file = file
        self._is_wanted = is_wanted
        self._count = self._size = 0

    def pack(self, *, data: bool) -> Manifest:
        layout = Layout(self._snapshot, _options(self._snapshot))
        text = fitting(self._snapshot, layout.fits)
        walk = Walk(layout, data=data)
        with zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(_info(CONFIGURATION), text.encode())
            for found in walk.files():
                try:
                    self._add(archive, found)
                    self._count += 1
                except FileNotFoundError:
                    walk.left_out.append(LeftOut(found.name, "it has gone meanwhile"))
            made = Manifest.now(layout.projects, walk.left_out, layout.notes, self._count + 1, data=data)
            archive.writestr(_info(NAME), made.encode())
        return made

    def _add(self, archive: zipfile.ZipFile, found: Found) -> None:
        if self._count >= MOST_FILES:
            raise ConfigurationError(_too_much(f"{MOST_FILES} files", self._snapshot))
        info = _info(found.name, found.status)
        if not found.is_database:
            with found.path.open("rb") as source:
                self._copy(archive, info, source)
            return
        with TemporaryDirectory(prefix="wstwist-export-") as folder:
            copy = Path(folder) / "copy"
            _back_up(found.path, copy)
            with copy.open("rb") as source:
                self._copy(archive, info, source)

    def _copy(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, source: IO[bytes]) -> None:
        with archive.open(info, "w", force_zip64=True) as target:
            while piece := source.read(_PIECE):
                if not self._is_wanted():
                    raise GivenUpError
                self._size += len(piece)
                if self._size > LARGEST:
                    raise ConfigurationError(_too_much(f"{LARGEST // 1024**3} GiB", self._snapshot))
                target.write(piece)


def _options(snapshot: Snapshot) -> Configuration:
    """Give what the server's configuration says; its paths are absolute."""
    if snapshot.text:
        return Source(snapshot.folder / CONFIGURATION, CONFIGURATION).parse(snapshot.text)
    return Configuration(**snapshot.options)


def _too_much(limit: str, snapshot: Snapshot) -> str:
    folders = ", ".join(sorted({str(each.plan.directory) for each in snapshot.projects}))
    return f"there are more than {limit} in {folders}: give each project a folder of its own"


def _back_up(path: Path, copy: Path) -> None:
    """Copy a database as it is at one moment, while others use it."""
    try:
        with (
            closing(
                sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_WAIT)
            ) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
    except sqlite3.Error as error:
        if not path.exists():
            raise FileNotFoundError from None
        raise ConfigurationError(
            f"the database {path} cannot be copied: {error} (without data the rest can be exported)"
        ) from None


def _info(name: str, status: os.stat_result | None = None) -> zipfile.ZipInfo:
    """Describe a member: who may read it, and when it was changed."""
    moment = time.localtime(status.st_mtime if status else None)[:6]
    info = zipfile.ZipInfo(name, min(max(moment, _EARLIEST), _LATEST))
    mode = stat.S_IMODE(status.st_mode) & 0o777 if status else 0o644
    info.external_attr = (stat.S_IFREG | mode) << 16
    info.create_system = 3  # Unix, for its modes
    info.compress_type = zipfile.ZIP_DEFLATED
    return info
