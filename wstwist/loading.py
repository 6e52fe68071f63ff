# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""From ``MODULE:CLASS`` on a command line to the class, or to one line that says why not."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
import sysconfig
import traceback
from pathlib import Path
from types import ModuleType

from wstwist.exceptions import ConfigurationError
from wstwist.nearest import nearest
from wstwist.project import Project, is_base

_SPEC = re.compile(r"(?P<module>[^\W\d]\w*(\.[^\W\d]\w*)*):(?P<name>[^\W\d]\w*)")

_NOT_AUTHORS = (
    Path(__file__).parent,
    *(Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
)


def load(spec: str, folder: Path | None = None) -> type[Project]:
    """Import the project class that ``MODULE:CLASS`` names.

    Args:
        spec: A module, as in ``import``, and the name of a class in it: ``chat:Chat``.
        folder: Where the module should be, which an error names; None: the current folder.

    Returns:
        The class.

    Raises:
        ConfigurationError: It is not of that form; there is no such module, or it fails to import; there
            is no such class in it, or it is not a project.
    """
    module, name = split(spec)
    return _project(_import(module, folder), name)


def split(spec: str) -> tuple[str, str]:
    """Give module and name of ``MODULE:CLASS``; what is not of that form is a ConfigurationError."""
    match = _SPEC.fullmatch(spec)
    if match is None or match["module"].endswith(".py"):
        raise ConfigurationError(_not_a_spec(spec))
    return match["module"], match["name"]


def _not_a_spec(spec: str) -> str:
    path, colon, name = spec.partition(":")
    module = re.sub(r"[/\\]+", ".", path.removeprefix("./").removesuffix(".py"))
    proposal = f"{module}:{name if colon and name else 'Chat'}"
    meant = f"did you mean {proposal}?" if _SPEC.fullmatch(proposal) else "for instance chat:Chat"
    return f"{spec!r} is not of the form MODULE:CLASS; {meant}"


def _import(name: str, folder: Path | None = None) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            raise ConfigurationError(_no_module(name, folder or Path.cwd())) from None
        if error.name:
            why = f"{_position(error)}no module {error.name!r} is installed for {sys.executable}"
            raise ConfigurationError(f"{name} cannot be imported: {why}") from error
        raise _failed(name, error) from error
    except BaseException as error:  # also a KeyboardInterrupt of the module's own
        raise _failed(name, error) from error


def _no_module(name: str, folder: Path) -> str:
    modules = [module.name for module in pkgutil.iter_modules([str(folder)])]
    meant = nearest(name, modules)
    advice = f"did you mean {meant}?" if meant else "say in which folder it is, or run it there"
    return f"no module {name!r} in {folder} or among the installed ones; {advice}"


def _failed(name: str, error: BaseException) -> ConfigurationError:
    is_ours = isinstance(error, ConfigurationError)
    text = str(error) if is_ours else " ".join(traceback.format_exception_only(error)[-1].split())
    return ConfigurationError(f"{name} cannot be imported: {_position(error)}{text}")


def _position(error: BaseException) -> str:
    """Begin a line with file and line of the author's code that an error comes from, where one is known."""
    at = position(error)
    return "" if at is None else f"{_short(at[0])}:{at[1]}: "


def position(error: BaseException) -> tuple[str, int | None] | None:
    """Give file and line of the author's code that an error comes from; None where none is known."""
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_file(frame.filename)]
    authors = [frame for frame in frames if is_authors(frame.filename)]
    return next(((frame.filename, frame.lineno) for frame in reversed(authors or frames)), None)


def _is_file(filename: str) -> bool:
    return not filename.startswith("<") and filename not in {__file__, importlib.__file__}


def is_authors(filename: str) -> bool:
    """Whether this is code of an author's: neither ours, nor Python's, nor installed."""
    return not any(Path(filename).is_relative_to(folder) for folder in _NOT_AUTHORS)


def _short(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _project(module: ModuleType, name: str) -> type[Project]:
    if not isinstance(module, ModuleType):  # it has put something else into its place
        raise ConfigurationError(f"{name}: its module is no module, but a {type(module).__name__}")
    where = f"{module.__name__}:{name}"
    if name not in vars(module):
        raise ConfigurationError(_no_class(module, name))
    found = vars(module)[name]
    if not isinstance(found, type):
        raise ConfigurationError(f"{where} is not a class, but a {type(found).__name__}")
    if is_base(found):
        raise ConfigurationError(f"{where} is a base for projects; name a class derived from it")
    if not issubclass(found, Project):
        raise ConfigurationError(f"{where} is not a project: write class {name}(wstwist.Project)")
    return found


def _no_class(module: ModuleType, name: str) -> str:
    if getattr(module, "__file__", None) is None and hasattr(module, "__path__"):
        return f"no class {name!r}: {module.__name__} is a folder without __init__.py, and no module"
    missing = f"no class {name!r} in {module.__name__} ({_short(module.__file__ or 'built in')})"
    projects = [key for key, value in vars(module).items() if _is_project(value)]
    if meant := nearest(name, projects):
        return f"{missing}; did you mean {meant}?"
    return f"{missing}; its projects: {', '.join(projects) or 'none'}"


def _is_project(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Project) and not is_base(value)
