# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Which files of a project have changed.

The files are looked at several times a second. That is simple, needs nothing installed, and sees changes on
network file systems and in containers, too, where systems do not tell of them; it costs a few milliseconds
for a few hundred files, and is done less often where there are so many that it costs more.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path

INTERVAL = 0.1
"""Seconds between two looks."""

SHARE = 0.1
"""How much of the time may be spent with looking."""

_IGNORED_FOLDERS = ("__pycache__", "node_modules", "site-packages", "_trial_temp*", ".*")
_IGNORED_FILES = ("test_*.py", "conftest.py", ".*")

Stamp = tuple[int, int, int]


class Watch:
    """Looks for changes of Python modules below some folders, and of a file that says which they are.

    Args:
        folders: Gives the folders; tests, hidden folders, caches and virtual environments in them do not
            count. It is asked again when the file changes.
        file: The file; None: there is none.
    """

    def __init__(self, folders: Callable[[], Iterable[Path]], file: Path | None = None) -> None:
        """Look for the first time."""
        self._find_folders = folders
        self._folders = [*folders()]
        self._file = file
        self._seen = dict(self._look())

    def changes(self) -> set[Path]:
        """Give the files that are new, gone, or others than when it was last asked."""
        before, self._seen = self._seen, dict(self._look())
        found = {path for path, _ in before.items() ^ self._seen.items()}
        if self._file in found:
            self._folders = [*self._find_folders()]
            self._seen = dict(self._look())  # what is in others now has not changed for that
        return found

    def wait(
        self,
        is_over: Callable[[], object],
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.perf_counter,
    ) -> set[Path]:
        """Wait for a change, and until nothing more changes; give the files.

        Args:
            is_over: Whether to wait no longer.
            sleep: Lets time pass.
            clock: Tells it, in seconds.
        """
        found: set[Path] = set()
        while not is_over():
            began = clock()
            new = self.changes()
            if found and not new:
                return found
            found |= new
            sleep(max(INTERVAL, (clock() - began) / SHARE))
        return found

    def _look(self) -> Iterator[tuple[Path, Stamp]]:
        for folder in self._folders:
            yield from _modules(str(folder))
        if self._file is not None:
            with suppress(OSError):
                yield self._file, _stamp(self._file.stat())


def _modules(folder: str) -> Iterator[tuple[Path, Stamp]]:
    """Give the modules below a folder; what cannot be read, or goes while we look, is not there."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    if not _is_any(entry.name, _IGNORED_FOLDERS) and not _is_environment(entry.path):
                        yield from _modules(entry.path)
                elif entry.name.endswith(".py") and not _is_any(entry.name, _IGNORED_FILES):
                    yield Path(entry.path), _stamp(entry.stat())


def _is_any(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def _is_environment(folder: str) -> bool:
    return os.path.exists(os.path.join(folder, "pyvenv.cfg"))  # noqa: PTH110, PTH118 - many of them, quickly


def _stamp(status: os.stat_result) -> Stamp:
    return status.st_mtime_ns, status.st_size, status.st_ino
