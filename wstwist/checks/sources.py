# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The sources of modules that were imported: which lines things stand in, and the functions of them."""

from __future__ import annotations

import ast
import inspect
import sys
import tokenize
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from wstwist.loading import is_authors

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

SILENCE = "# wstwist: ok"
"""The comment behind a line of which no warning is wanted."""


@dataclass(frozen=True)
class Source:
    """A module's source.

    Attributes:
        module: The module.
        path: Its file.
        text: What stands there.
    """

    module: ModuleType
    path: Path
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The source, parsed."""
        return ast.parse(self.text)

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.splitlines()

    @property
    def namespace(self) -> Mapping[str, Any]:
        """The module's variables."""
        return vars(self.module)

    def is_silenced(self, line: int) -> bool:
        """Whether the author wants no warning of a line."""
        return SILENCE in self._lines[line - 1]

    @cached_property
    def _functions(self) -> dict[int, FunctionNode]:
        found = [node for node in ast.walk(self.tree) if isinstance(node, FunctionNode)]
        return {_first_line(node): node for node in found}

    def find_function(self, function: FunctionType) -> FunctionNode | None:
        """Find what a function was made of."""
        node = self._functions.get(function.__code__.co_firstlineno)
        return node if node is not None and node.name == function.__code__.co_name else None

    def line_of(self, cls: type, attribute: str = "") -> int | None:
        """Give the line in which a class defines something, or else that of the class."""
        node = self._find_class(cls)
        if node is None:
            return None
        lines = [line for name, line in _defined(node.body) if name == attribute]
        return lines[-1] if lines else node.lineno

    def _find_class(self, cls: type) -> ast.ClassDef | None:
        body: list[ast.stmt] = self.tree.body
        found: ast.ClassDef | None = None
        for name in cls.__qualname__.split("."):
            classes = [each for each in _statements(body) if isinstance(each, ast.ClassDef)]
            found = next((each for each in reversed(classes) if each.name == name), None)
            if found is None:
                return None
            body = found.body
        return found


class Sources:
    """Reads the sources of modules, each once."""

    def __init__(self) -> None:
        """Read nothing yet."""
        self._read: dict[str, Source | None] = {}

    def of(self, module: str) -> Source | None:
        """Give the source of an author's module; None where it has none, or is somebody else's."""
        if module not in self._read:
            self._read[module] = _read(sys.modules.get(module))
        return self._read[module]

    def of_file(self, path: Path) -> Source | None:
        """Give one of those that were read, by its file."""
        return next((each for each in self._read.values() if each and each.path == path), None)

    def of_function(self, function: FunctionType) -> tuple[Source, FunctionNode] | None:
        """Give what an author's function was made of, and where it stands."""
        inner = inspect.unwrap(function)
        source = self.of(inner.__module__) if isinstance(inner, FunctionType) else None
        node = None if source is None else source.find_function(inner)
        return None if source is None or node is None else (source, node)


def _read(module: ModuleType | None) -> Source | None:
    file = getattr(module, "__file__", None)
    if module is None or file is None or not is_authors(file):
        return None
    with suppress(OSError, SyntaxError, UnicodeDecodeError):
        with tokenize.open(file) as opened:
            source = Source(module, Path(file), opened.read())
        if source.tree is not None:  # it was changed since it was imported, and is none any more
            return source
    return None


def _first_line(node: FunctionNode) -> int:
    """Give the line that a function's code calls its first: its first decorator's."""
    return min([node.lineno, *(each.lineno for each in node.decorator_list)])


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Give statements, and those within ``if``, ``try`` and ``with`` among them."""
    for statement in body:
        yield statement
        if isinstance(statement, (ast.If, ast.Try, ast.With)):
            for _, value in ast.iter_fields(statement):
                if isinstance(value, list):
                    yield from _statements([each for each in value if isinstance(each, ast.stmt)])


def _defined(body: list[ast.stmt]) -> Iterator[tuple[str, int]]:
    """Give the names that a class's body defines, and in which lines."""
    for statement in _statements(body):
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield statement.name, statement.lineno
        elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            for target in targets:
                for each in ast.walk(target):
                    if isinstance(each, ast.Name):
                        yield each.id, statement.lineno
