# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Reading an archive, of which nothing is believed: names, kinds and sizes of its files are checked first."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Self

from wstwist.archive.leaving_out import TOKENS
from wstwist.archive.manifest import CONFIGURATION, NAME, Manifest, decode
from wstwist.archive.names import refusal_of
from wstwist.archive.packing import LARGEST, MOST_FILES
from wstwist.exceptions import ConfigurationError

_LARGEST_MANIFEST = 64 * 1024 * 1024
_ENCRYPTED = 0x1
_PIECE = 1024 * 1024


class Archive:
    """An archive that was checked; it is used in a ``with``.

    Args:
        path: The zip file.
        name: What to call it in errors; empty: its path.

    Attributes:
        manifest: What it says of itself.
        members: Its files, the manifest apart.

    Raises:
        ConfigurationError: It is none, or has what no export has; one line that names the file.
        OSError: It cannot be read.
    """

    def __init__(self, path: Path, name: str = "") -> None:
        """Open and check it."""
        self._path = name or str(path)
        with self.faults():
            self._zip = zipfile.ZipFile(path)
            try:
                self.manifest = self._read_manifest()
                self.members = _checked(self._zip.infolist())
            except BaseException:
                self._zip.close()
                raise

    def __enter__(self) -> Self:
        """Give it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._zip.close()

    @property
    def size(self) -> int:
        """How many bytes all files have."""
        return sum(member.file_size for member in self.members)

    def extract(self, member: zipfile.ZipInfo, target: IO[bytes]) -> None:
        """Write a file's content, which is compared with its checksum."""
        with self.faults(), self._zip.open(member) as source:
            while piece := source.read(_PIECE):
                target.write(piece)

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Say in one line what is wrong with the file."""
        try:
            yield
        except ConfigurationError as error:
            raise ConfigurationError(f"{self._path}: {error}") from None
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            ValueError,
            RuntimeError,
        ) as error:
            why = " ".join(str(error).split()) or type(error).__name__
            raise ConfigurationError(f"{self._path}: it is no zip file, or a damaged one: {why}") from None

    def _read_manifest(self) -> Manifest:
        try:
            info = self._zip.getinfo(NAME)
        except KeyError:
            raise ConfigurationError(f"it is no export of a server: there is no {NAME} in it") from None
        if info.file_size > _LARGEST_MANIFEST:
            raise ConfigurationError(f"{NAME} in it is too large")
        return decode(self._zip.read(info))


def _checked(infos: Sequence[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """Give the members that are files.

    Raises:
        ConfigurationError: One of them could do harm.
    """
    if len(infos) > MOST_FILES + 2:
        raise ConfigurationError(f"it has {len(infos)} files; at most {MOST_FILES} are unpacked")
    files: dict[str, zipfile.ZipInfo] = {}
    folders: set[str] = set()
    for info in infos:
        why = _why_not(info)
        if info.filename in files:
            why = "it is in it twice"
        if why:
            raise ConfigurationError(f"{info.filename[:200]!r} in it cannot be unpacked: {why}")
        if not info.is_dir():
            files[info.filename] = info
            parts = info.filename.split("/")
            folders.update("/".join(parts[:count]) for count in range(1, len(parts)))
    if both := folders & files.keys():
        raise ConfigurationError(f"{min(both)!r} in it is both a file and a folder")
    size = sum(info.file_size for info in files.values())
    if size > LARGEST:
        raise ConfigurationError(f"it has {size} bytes, unpacked; at most {LARGEST} are unpacked")
    if CONFIGURATION not in files:
        raise ConfigurationError(f"there is no {CONFIGURATION} in it")
    del files[NAME]
    return list(files.values())


def _why_not(info: zipfile.ZipInfo) -> str:
    """Say why a member is not unpacked; empty: it is."""
    # A zip file of another system's may have backslashes, which zipfile would make slashes.
    if why := refusal_of(info.orig_filename.removesuffix("/")):
        return why
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "it is a link" if kind == stat.S_IFLNK else "it is no regular file"
    if info.flag_bits & _ENCRYPTED:
        return "it is encrypted"
    if info.filename.rpartition("/")[2] == TOKENS:
        return "no export has tokens, and whoever made these could rule the server"
    return ""
