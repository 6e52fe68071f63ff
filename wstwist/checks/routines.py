# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The functions of a project's author that a project's methods are, and those that they use or call."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from types import FunctionType, ModuleType
from typing import Any

from wstwist.checks.sources import FunctionNode, Source, Sources
from wstwist.definition import authored_classes
from wstwist.project import Project

_NAMED = (ast.ExceptHandler, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

UNKNOWN = object()
"""What a name stands for of which only the running program knows."""


@dataclass(frozen=True)
class Routine:
    """A function of the author's.

    Attributes:
        source: The module.
        node: The function there.
        caller: The method from which it is reached; empty where it is one.
    """

    source: Source
    node: FunctionNode
    caller: str = ""

    @property
    def name(self) -> str:
        """Its name."""
        return self.node.name

    @property
    def title(self) -> str:
        """What it is called in a message."""
        return f"{self.name}, which {self.caller} calls," if self.caller else self.name

    @property
    def is_async(self) -> bool:
        """Whether it runs on the reactor's thread whoever calls it."""
        decorators = map(ast.unparse, self.node.decorator_list)
        is_generator = any(each.rpartition(".")[2] == "inlineCallbacks" for each in decorators)
        return is_generator or isinstance(self.node, ast.AsyncFunctionDef)

    @cached_property
    def globals(self) -> frozenset[str]:
        """The names that it declares to be the module's."""
        declared = (node.names for node in ast.walk(self.node) if isinstance(node, ast.Global))
        return frozenset(name for names in declared for name in names)

    @cached_property
    def locals(self) -> frozenset[str]:
        """The names that are its own: arguments, and what is assigned in it."""
        return frozenset(_bound(self.node)) - self.globals

    def value_of(self, expression: ast.expr) -> Any:
        """Give what an expression of names and dots stands for in the module, or `UNKNOWN`."""
        if isinstance(expression, ast.Name):
            own = expression.id in self.locals
            return UNKNOWN if own else self.source.namespace.get(expression.id, UNKNOWN)
        if isinstance(expression, ast.Attribute):
            owner = self.value_of(expression.value)
            if isinstance(owner, (ModuleType, type)):  # whose attributes can be read and run nothing
                return inspect.getattr_static(owner, expression.attr, UNKNOWN)
        return UNKNOWN


def methods(project: type[Project], sources: Sources) -> Iterator[Routine]:
    """Give the methods of a project's class, and those of the author's classes below it."""
    for cls in authored_classes(project):
        for value in vars(cls).values():
            function = getattr(value, "__func__", value)
            found = sources.of_function(function) if isinstance(function, FunctionType) else None
            if found is not None:
                yield Routine(*found)


def with_used(roots: Iterable[Routine], sources: Sources) -> Iterator[Routine]:
    """Give routines, and all functions that they name, however they use them."""
    return _reachable(roots, sources, _used)


def with_called(roots: Iterable[Routine], sources: Sources, project: type[Project]) -> Iterator[Routine]:
    """Give routines, and all functions that they call themselves: those run on the same thread."""

    def called(routine: Routine) -> Iterator[FunctionType]:
        for call in calls(routine.node):
            name = _name_of_self(call.func)
            function = inspect.getattr_static(project, name, None) if name else routine.value_of(call.func)
            if isinstance(function, FunctionType):
                yield function

    return _reachable(roots, sources, called)


def calls(node: FunctionNode) -> Iterator[ast.Call]:
    """Give the calls that a function makes itself; those of functions within it, which others run, not."""
    return (each for each in own_nodes(node) if isinstance(each, ast.Call))


def own_nodes(node: FunctionNode) -> Iterator[ast.AST]:
    """Give what a function consists of, without the blocking functions within it."""
    waiting: list[ast.AST] = [*node.body]
    while waiting:
        each = waiting.pop(0)
        if not isinstance(each, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            yield each
            waiting[:0] = ast.iter_child_nodes(each)


def _name_of_self(expression: ast.expr) -> str:
    """Give the attribute of ``self`` that an expression is; empty where it is none."""
    if isinstance(expression, ast.Attribute) and ast.unparse(expression.value) == "self":
        return expression.attr
    return ""


def _used(routine: Routine) -> Iterator[FunctionType]:
    for node in ast.walk(routine.node):
        if isinstance(node, (ast.Name, ast.Attribute)):
            value = routine.value_of(node)
            if isinstance(value, FunctionType):
                yield value


def _reachable(
    roots: Iterable[Routine], sources: Sources, following: Callable[[Routine], Iterable[FunctionType]]
) -> Iterator[Routine]:
    waiting = list(roots)
    seen = {id(routine.node) for routine in waiting}
    while waiting:
        routine = waiting.pop(0)
        yield routine
        for function in following(routine):
            found = sources.of_function(function)
            if found is not None and id(found[1]) not in seen:
                seen.add(id(found[1]))
                waiting.append(Routine(*found, caller=routine.caller or routine.name))


def _bound(node: FunctionNode) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.arg):
            yield each.arg
        elif isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
            yield each.id
        elif isinstance(each, _NAMED) and each is not node and each.name:
            yield each.name
        elif isinstance(each, (ast.Import, ast.ImportFrom)):
            for alias in each.names:
                yield alias.asname or alias.name.partition(".")[0]
