# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Changes to the configuration file: whole or not at all, and with its comments kept."""

from __future__ import annotations

import os
import shutil
import tomllib
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from twisted.logger import Logger

from wstwist.config import Source
from wstwist.config_versions import upgrade
from wstwist.exceptions import ConfigurationError

Edit = Callable[[MutableMapping[str, Any]], object]
"""Changes what stands in the file, or raises a ConfigurationError."""

_log = Logger(namespace="wstwist")


class Draft:
    """A changed file beside the one that it is to replace; `commit` or `discard` ends it.

    Somebody else's changes since the file was last read are kept. They hold from the next reload on.

    Args:
        source: The file.
        edit: What is to be different.

    Raises:
        ConfigurationError: The file cannot be read, changed or written, or would mean nothing afterwards.
    """

    def __init__(self, source: Source, edit: Edit) -> None:
        """Write it, to the disk."""
        self._source = source
        if source.path.exists() and not source.path.is_file():
            raise ConfigurationError(f"{source.name}: is no regular file, and cannot be changed")
        self._before = source.load()
        if not self._before.strip() and source.text.strip():
            raise ConfigurationError(f"{source.name}: is empty: somebody is writing it, or reload it")
        source.parse(self._before)
        self._text = edited(source, self._before, edit)
        self._target = source.path.resolve()  # a symbolic link stays one
        self._temporary: Path | None = None
        if self._text != self._before:
            try:
                self._temporary = _write(self._target, self._text)
            except OSError as error:
                raise _cannot_write(source, error) from error
            except UnicodeEncodeError as error:
                lone = ascii(error.object[error.start])
                raise ConfigurationError(f"{lone} is no text, and cannot be written down") from None

    def commit(self) -> None:
        """Replace the file.

        Raises:
            ConfigurationError: It cannot be; it is as it was.
        """
        if self._before != self._source.text:
            _log.warn(
                "{name} was edited since it was read; what is new in it holds after a reload",
                name=self._source.name,
            )
        if self._temporary is not None:
            try:
                self._temporary.replace(self._target)
            except OSError as error:
                self.discard()
                raise _cannot_write(self._source, error) from error
            self._temporary = None
            _sync_folder(self._target.parent)
        if self._before == self._source.text:
            self._source.text = self._text

    def discard(self) -> None:
        """Leave the file as it is; after `commit` this does nothing."""
        if self._temporary is not None:
            with suppress(OSError):
                self._temporary.unlink()
            self._temporary = None


def edited(source: Source, text: str, edit: Edit) -> str:
    """Give the changed text, which is sure to say what it is to say."""
    plain = tomllib.loads(text)
    upgrade(plain)
    edit(plain)
    try:
        document = tomlkit.parse(text.replace("\r\n", "\n"))
        upgrade(document)
        edit(document)
        changed = tomlkit.dumps(document)
        if "\r\n" in text:
            changed = changed.replace("\n", "\r\n")
        is_right = tomllib.loads(changed) == plain
    except (TOMLKitError, tomllib.TOMLDecodeError, TypeError, ValueError, KeyError) as error:
        raise ConfigurationError(f"{source.name}: cannot be changed: {_line(error)}") from error
    if not is_right:
        raise ConfigurationError(
            f"{source.name}: its tables stand in an order in which they cannot be changed; "
            "write each project as [projects.NAME], one below the other"
        )
    source.parse(changed)
    return changed


def _write(target: Path, text: str) -> Path:
    """Write a file beside another one, with the same mode and owner."""
    data = text.encode()
    descriptor, name = mkstemp(prefix=f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            shutil.copymode(target, temporary)
            _copy_owner(target, temporary)
            os.fsync(file.fileno())
    except BaseException:
        temporary.unlink()
        raise
    return temporary


def _copy_owner(target: Path, temporary: Path) -> None:
    """Give a file to whom another belongs, as far as we may."""
    status = target.stat()
    if hasattr(os, "chown"):
        with suppress(OSError):
            os.chown(temporary, status.st_uid, status.st_gid)


def _sync_folder(folder: Path) -> None:
    """Have the disk know which file has the name, where it can be told."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _cannot_write(source: Source, error: OSError) -> ConfigurationError:
    return ConfigurationError(f"{source.name}: cannot be written: {error.strerror}")


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
