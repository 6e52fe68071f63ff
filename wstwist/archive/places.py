# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Where the files of a server are in its archive."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


class Places:
    """Gives each file and folder a name in the archive: what is below the configuration keeps its place.

    Args:
        folder: The configuration's, which is the archive's root.
    """

    def __init__(self, folder: Path) -> None:
        """Begin without any."""
        self._folder = folder
        self._names: dict[Path, str] = {}

    def __iter__(self) -> Iterator[tuple[Path, str]]:
        """Give each path with its name; a folder stands for all that is in it."""
        return iter(self._names.items())

    def put(self, path: Path, otherwise: str) -> str:
        """Give a file or folder its name.

        Args:
            path: It; absolute.
            otherwise: Its name if it is elsewhere.

        Returns:
            The name; ``"."`` for the root itself.
        """
        path = Path(os.path.normpath(path))
        name = self._below(path) or self._free(otherwise)
        self._names.setdefault(path, name)
        return self._names[path]

    def _below(self, path: Path) -> str:
        """Give the name of what is below something that has one."""
        if path.is_relative_to(self._folder):
            return path.relative_to(self._folder).as_posix()
        for parent in path.parents:
            if parent in self._names and parent.is_dir():
                return f"{self._names[parent]}/{path.relative_to(parent).as_posix()}"
        return self._names.get(path, "")

    def _free(self, wanted: str) -> str:
        """Give a name that nothing else has."""
        name, number = wanted, 1
        while name in self._names.values() or (self._folder / name).exists():
            number += 1
            name = f"{wanted}-{number}"
        return name
