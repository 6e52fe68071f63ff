# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The modules of a folder, imported afresh; or, where that fails, left as they were."""

from __future__ import annotations

import importlib
import importlib.util
import linecache
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ExtensionFileLoader, ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple

from wstwist import loading
from wstwist.exceptions import ConfigurationError

_OURS = __name__.partition(".")[0]
_LIBRARIES = {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
_LIBRARY_NAMES = ("site-packages", "dist-packages")


class Folder(NamedTuple):
    """Modules that belong together: those that Python finds in one folder, packages included.

    Attributes:
        path: The folder.
        package: The package (or module) that it is about; empty: all of them. In a folder of libraries the
            others are somebody else's.
    """

    path: Path
    package: str

    @classmethod
    def of(cls, name: str) -> Folder:
        """Give the folder of a module that is imported.

        Raises:
            ConfigurationError: It cannot be imported afresh.
        """
        module = sys.modules.get(name)
        path = None if module is None else _folder(name, module)
        if path is None or name == "__main__" or module is None:
            what = "the program itself" if name == "__main__" else "no module of Python's in a file"
            raise ConfigurationError(f"{name} cannot be imported afresh: it is {what}")
        top = name.partition(".")[0]
        if top == _OURS:
            return cls(path, name if _is_package(module) else name.rpartition(".")[0])
        is_of_libraries = path in _LIBRARIES or path.name in _LIBRARY_NAMES
        return cls(path, top if is_of_libraries else "")

    def __str__(self) -> str:
        """Name it for people."""
        return f"{self.package} in {self.path}" if self.package else str(self.path)

    def holds(self, name: str) -> bool:
        """Tell whether a module is imported, and from here."""
        module = sys.modules.get(name)
        if module is None or name == "__main__":
            return False
        if self.package:
            is_part = f"{name}.".startswith(f"{self.package}.")
        else:
            is_part = name.partition(".")[0] != _OURS
        return is_part and _folder(name, module) == self.path

    def loaded(self) -> dict[str, ModuleType]:
        """Give the modules that were imported from here; compiled ones cannot be a second time."""
        return {name: sys.modules[name] for name in tuple(sys.modules) if self.holds(name)}


def _folder(name: str, module: ModuleType) -> Path | None:
    """Give the folder in which Python found a module or, where it is in a package, the outermost one."""
    attributes = vars(module) if isinstance(module, ModuleType) else {}
    file, spec = attributes.get("__file__"), attributes.get("__spec__")
    if not isinstance(file, str) or isinstance(getattr(spec, "loader", None), ExtensionFileLoader):
        return None
    parents = Path(file).absolute().parents
    levels = name.count(".") + _is_package(module)
    return parents[levels] if levels < len(parents) else None


def _is_package(module: ModuleType) -> bool:
    return "__path__" in vars(module)


@contextmanager
def imported_afresh(folder: Folder) -> Iterator[dict[str, ModuleType]]:
    """Have what is imported from a folder, within the block, be imported afresh.

    At its end the others that were imported before are imported, too, except those that are gone. Where
    anything raises, all modules of the folder are what they were.

    Args:
        folder: The folder.

    Yields:
        The modules as they were, by name.

    Raises:
        ConfigurationError: One of them cannot be imported.
    """
    old = folder.loaded()
    children = _children_of_others(old)
    for name in old:
        del sys.modules[name]
    importlib.invalidate_caches()
    finder = _Sources(folder.path)
    sys.meta_path.insert(0, finder)
    try:
        with _findable(folder):
            yield old
            for name in old:
                _import_again(name, folder)
    except BaseException:
        for name in folder.loaded():
            del sys.modules[name]
        sys.modules.update(old)
        for parent, child, module in children:
            setattr(parent, child, module)
        raise
    finally:
        sys.meta_path.remove(finder)
        linecache.checkcache()


def _children_of_others(old: dict[str, ModuleType]) -> Sequence[tuple[ModuleType, str, ModuleType]]:
    """Give the packages, outside of what is imported afresh, which have parts of it as their attributes."""
    found = []
    for name, module in old.items():
        parent, _, child = name.rpartition(".")
        if parent in sys.modules and parent not in old:
            found.append((sys.modules[parent], child, module))
    return found


@contextmanager
def _findable(folder: Folder) -> Iterator[None]:
    """See to it that Python looks into a folder."""
    path = str(folder.path)
    is_new = folder.path not in (Path(entry).absolute() for entry in sys.path)
    if is_new:
        sys.path.insert(0, path)
    try:
        yield
    finally:
        if is_new and path in sys.path:
            sys.path.remove(path)


def _import_again(name: str, folder: Folder) -> None:
    if name in sys.modules:
        return
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:  # so is its package
        return
    except Exception:  # noqa: BLE001 - what the package's own code raises: the import says it better
        spec = None
    else:
        if spec is None or spec.origin is None or not Path(spec.origin).is_relative_to(folder.path):
            return
    loading._import(name)


class _Sources(MetaPathFinder):
    """Has the modules of a folder be read from their sources.

    Bytecode that was kept is taken for that of a source whose size and second it has: so it may be that of
    the code before.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        for finder in tuple(sys.meta_path):
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None:
                is_here = spec.origin is not None and Path(spec.origin).is_relative_to(self._folder)
                if type(spec.loader) is SourceFileLoader and is_here:
                    spec.loader = _Source(spec.loader.name, spec.loader.path)
                return spec
        return None


class _Source(SourceFileLoader):
    """Loads a module from its source, whatever bytecode there is."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        try:
            code: CodeType = self.source_to_code(self.get_data(path), path)
        except (SyntaxError, ValueError) as error:
            if getattr(error, "filename", None):
                raise
            raise SyntaxError(str(error), (path, 1, None, None)) from None  # a zero byte
        return code
