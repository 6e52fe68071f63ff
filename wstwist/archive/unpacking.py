# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Unpacking an archive into a folder: all of it, or nothing."""

from __future__ import annotations

import os
import shutil
import zipfile
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from wstwist.archive.leaving_out import SIDECARS, is_database
from wstwist.archive.manifest import CONFIGURATION
from wstwist.archive.reading import Archive
from wstwist.config import read
from wstwist.exceptions import ConfigurationError


def unpack(archive: Archive, folder: Path) -> list[str]:
    """Unpack an archive; files of the same names are replaced, others stay.

    Everything is unpacked and checked beside the folder first, and then put into its place. Where that
    fails, what was there is there again.

    Args:
        archive: It.
        folder: Where to; it need not be there.

    Returns:
        The names of its files.

    Raises:
        ConfigurationError: It is damaged, its configuration is wrong, or it cannot be written.
    """
    try:
        made = _make(folder)
    except OSError as error:
        raise _cannot(folder, error) from None
    try:
        _check_room(archive, folder)
        with TemporaryDirectory(prefix=".wstwist-import-", dir=folder) as name:
            return _unpack(archive, folder, Path(name))
    except BaseException as error:
        for each in made:
            with suppress(OSError):
                each.rmdir()
        if isinstance(error, OSError):
            raise _cannot(folder, error) from None
        raise


def _unpack(archive: Archive, folder: Path, staging: Path) -> list[str]:
    new, old = staging / "new", staging / "old"
    for member in archive.members:
        _extract(archive, member, new / member.filename)
    with archive.faults():
        read(new / CONFIGURATION, f"{CONFIGURATION} in it")
    names = [member.filename for member in archive.members]
    _Replacing(folder, new, old).replace(names)
    return names


def _extract(archive: Archive, member: zipfile.ZipInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        archive.extract(member, file)
        mode = (member.external_attr >> 16) & 0o777
        if mode and os.name == "posix":
            # Never more than a new file may be, and its owner may always read and write it.
            target.chmod((mode & target.stat().st_mode) | (mode & 0o100) | 0o600)


class _Replacing:
    """Puts files into their places, and remembers what was there.

    Args:
        folder: Where their places are.
        new: Where they are.
        old: Where what was there is kept.
    """

    def __init__(self, folder: Path, new: Path, old: Path) -> None:
        self._folder = folder
        self._new = new
        self._old = old
        self._kept: list[str] = []
        self._put: list[str] = []
        self._made: list[Path] = []

    def replace(self, names: list[str]) -> None:
        try:
            for name in names:
                self._check_way(name)
            for name in names:
                self._replace(name)
        except BaseException:
            self._undo()
            raise

    def _check_way(self, name: str) -> None:
        """Refuse to write through links, and over folders."""
        path = self._folder / name
        for parent in (path, *path.parents):
            if parent == self._folder:
                break
            if parent.is_symlink():
                raise ConfigurationError(f"{parent} is a symbolic link: name another folder, or remove it")
            if parent.exists() and (parent.is_dir() is (parent == path)):
                kind = "a folder" if parent == path else "no folder"
                raise ConfigurationError(f"{parent} is {kind}: name another folder, or remove it")

    def _replace(self, name: str) -> None:
        target = self._folder / name
        self._made += _make(target.parent)
        self._set_aside(name)
        if is_database(self._new / name):
            for suffix in SIDECARS:  # what they know of the database before would destroy the new one
                self._set_aside(name + suffix)
        (self._new / name).rename(target)
        self._put.append(name)

    def _set_aside(self, name: str) -> None:
        target, kept = self._folder / name, self._old / name
        if target.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            target.rename(kept)
            self._kept.append(name)

    def _undo(self) -> None:
        for name in reversed(self._put):
            with suppress(OSError):
                (self._folder / name).unlink()
        for name in reversed(self._kept):
            (self._old / name).rename(self._folder / name)
        for folder in reversed(self._made):
            with suppress(OSError):
                folder.rmdir()


def _make(folder: Path) -> list[Path]:
    """Make a folder and those above it; give which were made, the outermost first."""
    missing: list[Path] = []
    for each in (folder, *folder.parents):
        if each.exists():
            break
        missing.insert(0, each)
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _check_room(archive: Archive, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if archive.size > free:
        raise ConfigurationError(f"{folder}: it needs {archive.size} bytes, and {free} are free there")


def _cannot(folder: Path, error: OSError) -> ConfigurationError:
    where = error.filename or folder
    return ConfigurationError(f"{where}: cannot be written: {error.strerror or error}")
