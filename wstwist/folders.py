# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Importing a project from the folder that its modules are in.

All projects of a process share Python's modules: there is one module of a name, whichever folder it is from.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from importlib.machinery import PathFinder
from pathlib import Path
from typing import NamedTuple

from wstwist.exceptions import ConfigurationError
from wstwist.loading import is_authors, load, split
from wstwist.project import Project


class Loaded(NamedTuple):
    """A project that was imported.

    Attributes:
        project: The class.
        modules: The modules of its folder that came with it.
    """

    project: type[Project]
    modules: tuple[str, ...]


def load_from(spec: str, folder: Path, others: Collection[Path] = ()) -> Loaded:
    """Import a project's class, looking for its modules in a folder first.

    Args:
        spec: ``MODULE:CLASS``.
        folder: The folder.
        others: Those of other projects.

    Raises:
        ConfigurationError: There is no such folder, a module of it could not be told from another one, or
            the class cannot be imported (see `wstwist.loading`); nothing of it is left then.
    """
    module, _ = split(spec)
    if not is_folder(folder):
        raise ConfigurationError(f"{spec}: no folder {str(folder)!r}")
    importlib.invalidate_caches()
    _check_own(module.partition(".")[0], folder)
    _check_others(folder, others)
    before = set(sys.modules)
    try:
        with _searched_first(folder):
            project = load(spec, folder)
    except BaseException:
        # The module itself may have put something else into its place.
        forget([*_new_in(folder, before), *({module} - before)])
        raise
    return Loaded(project, _new_in(folder, before))


def is_folder(path: Path) -> bool:
    """Whether there is such a folder; what cannot be a path is none."""
    try:
        return path.is_dir()
    except (OSError, ValueError):  # too long, or with a zero byte
        return False


def _check_own(name: str, folder: Path) -> None:
    """Refuse a project's module where another of its name is in the way."""
    here, loaded = _file_in(name, folder), _file_of(name)
    if here is not None and loaded is not None and here != loaded:
        raise _two(name, here, loaded)


def _check_others(folder: Path, others: Collection[Path]) -> None:
    """Refuse a folder that has a module which another project has imported from its own."""
    elsewhere = {other for other in others if other != folder}
    for found in pkgutil.iter_modules([str(folder)]) if elsewhere else ():
        here, loaded = _file_in(found.name, folder), _file_of(found.name)
        if here is None or loaded is None or here == loaded:
            continue
        if any(_file_in(found.name, other) == loaded for other in elsewhere):
            raise _two(found.name, here, loaded)


def _two(name: str, here: Path, loaded: Path) -> ConfigurationError:
    return ConfigurationError(
        f"{here} cannot be imported beside {loaded}: both are the module {name!r}; rename one of them"
    )


def _file_in(name: str, folder: Path) -> Path | None:
    """Give the file of a module in a folder, None where it has none there."""
    found = PathFinder.find_spec(name, [str(folder)])
    return None if found is None or found.origin is None else Path(found.origin).resolve()


def _file_of(name: str) -> Path | None:
    """Give the file that a module was imported from, None where it was not."""
    file = getattr(sys.modules.get(name), "__file__", None)
    return None if file is None else Path(file).resolve()


def _new_in(folder: Path, before: Collection[str]) -> tuple[str, ...]:
    """Name the modules of a folder that are imported, and were not before."""
    root = folder.resolve()
    files = ((name, _file_of(name)) for name in set(sys.modules) - set(before))
    return tuple(
        sorted(name for name, file in files if file and file.is_relative_to(root) and is_authors(str(file)))
    )


def forget(names: Collection[str]) -> None:
    """Have modules imported again when somebody imports them."""
    for name in names:
        sys.modules.pop(name, None)


def search(folder: Path) -> None:
    """Have modules of a folder found from now on, also by what imports them late."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


@contextmanager
def _searched_first(folder: Path) -> Iterator[None]:
    """Have a folder first on ``sys.path`` for a while."""
    entry = str(folder)
    sys.path.insert(0, entry)
    try:
        yield
    finally:
        with suppress(ValueError):  # a module may have changed the path
            sys.path.remove(entry)
