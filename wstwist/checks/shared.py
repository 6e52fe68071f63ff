# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Variables of modules and classes that methods write: all contexts of a process share them."""

from __future__ import annotations

import ast
from collections.abc import (
    Collection,
    Iterable,
    Iterator,
    MutableMapping,
    MutableSequence,
    MutableSet,
)
from types import ModuleType
from typing import Any, NamedTuple

from wstwist.checks.finding import Finding, Kind
from wstwist.checks.routines import UNKNOWN, Routine, methods, with_used
from wstwist.checks.sources import Sources
from wstwist.definition import Definition
from wstwist.project import Project

MUTATORS = frozenset(
    {
        *("append", "appendleft", "extend", "extendleft", "insert", "rotate", "sort", "reverse", "clear"),
        *("pop", "popleft", "popitem", "remove", "update", "setdefault", "move_to_end", "subtract"),
        *("add", "discard", "difference_update", "intersection_update", "symmetric_difference_update"),
    }
)
"""Methods of containers that change them."""

_CONTAINERS = (MutableMapping, MutableSequence, MutableSet)


class _Written(NamedTuple):
    """Something that is written.

    Attributes:
        name: What it is called in a message.
        node: Where it is written.
        of_class: Whether it belongs to a class, and not to a module.
    """

    name: str
    node: ast.AST
    of_class: bool = False


def shared(definition: Definition, sources: Sources) -> Iterator[Finding]:
    """Find what a project's methods, and functions of the author's that they use, write and all share."""
    project, seen = definition.project, set()
    for routine in with_used(list(methods(project, sources)), sources):
        for written in _written(routine, definition):
            at = (routine.source.path, getattr(written.node, "lineno", 0), written.name)
            if at not in seen:
                seen.add(at)
                yield _finding(project, routine, written, at[1])


def _finding(project: type[Project], routine: Routine, written: _Written, line: int) -> Finding:
    if written.of_class:
        message = f"{routine.title} writes {written.name}, which is the class's: all contexts share it"
        attribute = written.name.rpartition(".")[2]
        advice = f"write self.{attribute}, of which each context has its own, or annotate it ClassVar"
    else:
        message = (
            f"{routine.title} writes the module variable {written.name}: all clients share it, "
            "and each process has its own"
        )
        advice = (
            f"make it an attribute of {project.__name__}, of which each context has its own; "
            "what all share is the global service's (execute_global_service)"
        )
    return Finding(Kind.SHARED, project.__name__, routine.source.path, line, message, advice)


def _written(routine: Routine, definition: Definition) -> Iterator[_Written]:
    for node in ast.walk(routine.node):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            if node.id in routine.globals:
                yield _Written(node.id, node)
        elif isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
            yield from _target(routine, node, definition)
        elif isinstance(node, ast.Call):
            yield from _call(routine, node, definition)


def _target(
    routine: Routine, node: ast.Attribute | ast.Subscript, definition: Definition
) -> Iterable[_Written]:
    """See what an assignment or ``del`` of an attribute or an item changes."""
    if isinstance(node, ast.Attribute):
        owner = _class_of(routine, node.value, definition.project)
        if owner is not None:
            return _of_class(owner, node.attr, node, definition)
        if isinstance(routine.value_of(node.value), ModuleType):
            return [_Written(ast.unparse(node), node)]
    return _changed(routine, node.value, node, definition, _is_mutable)


def _call(routine: Routine, node: ast.Call, definition: Definition) -> Iterable[_Written]:
    """See whether a call changes a container, or takes the next of an iterator."""
    function = node.func
    if isinstance(function, ast.Attribute) and function.attr in MUTATORS:
        return _changed(routine, function.value, node, definition, _is_container)
    if isinstance(function, ast.Name) and function.id == "next" and node.args:
        return _changed(routine, node.args[0], node, definition, _is_iterator)
    return ()


def _changed(
    routine: Routine, changed: ast.expr, node: ast.AST, definition: Definition, is_changed: Any
) -> Iterable[_Written]:
    """Find the variable through which something is changed; nothing where it is the routine's own."""
    while isinstance(changed, (ast.Attribute, ast.Subscript)):
        if isinstance(changed, ast.Attribute):
            owner = _class_of(routine, changed.value, definition.project)
            if owner is not None:
                return _of_class(owner, changed.attr, node, definition)
        value = routine.value_of(changed)
        if value is not UNKNOWN:
            break
        changed = changed.value
    value = routine.value_of(changed)
    if value is UNKNOWN or not is_changed(value):
        return ()
    return [_Written(ast.unparse(changed), node)]


def _class_of(routine: Routine, expression: ast.expr, project: type[Project]) -> type | None:
    """Give the class that an expression is: by its name, ``type(self)`` or ``self.__class__``."""
    if ast.unparse(expression) in ("type(self)", "self.__class__", "cls"):
        return project
    value = routine.value_of(expression)
    return value if isinstance(value, type) else None


def _of_class(owner: type, name: str, node: ast.AST, definition: Definition) -> Collection[_Written]:
    is_meant = issubclass(definition.project, owner) and name in definition.shared
    return [] if is_meant else [_Written(f"{owner.__name__}.{name}", node, of_class=True)]


def _is_mutable(value: object) -> bool:
    return not isinstance(value, type)


def _is_container(value: object) -> bool:
    return isinstance(value, (*_CONTAINERS, bytearray))


def _is_iterator(value: object) -> bool:
    return hasattr(type(value), "__next__")
