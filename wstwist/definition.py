# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What wstwist learns from a project's class, once, when it is served."""

from __future__ import annotations

import copy
import inspect
import logging
import re
import sys
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from time import perf_counter
from types import FunctionType, ModuleType
from typing import Annotated, Any, ClassVar, get_origin

from twisted.logger import Logger

from wstwist import settings
from wstwist.exceptions import ConfigurationError
from wstwist.nearest import nearest
from wstwist.objecting import Objector, raise_at_once
from wstwist.project import Project, is_base
from wstwist.values.successors import Successors

EVENTS = (
    "global_service",
    "on_connect",
    "on_message",
    "on_disconnect",
    "on_service_start",
    "on_service_stop",
    "on_presence",
    "on_error",
    "authenticate",
)
"""What authors may override."""

OWN = (frozenset(vars(Project)) | frozenset(Project.__annotations__)) - set(EVENTS) - set(settings.NAMES)
OWN = frozenset(name for name in OWN if not name.startswith("__"))
"""Names that belong to wstwist."""

_PYTHONS_OWN = frozenset({"_abc_impl", "_is_protocol", "_is_runtime_protocol"})
# What Python itself puts into abstract classes and protocols.

SLOW_COPY = 0.001
"""Seconds from which a global's copy is worth a warning."""

_UNCOPIED = object()

_log = Logger(namespace="wstwist.project")


class DefinitionError(ConfigurationError):
    """Something that a project's class defines is not as it must be.

    Args:
        message: What is wrong, and what would be right.
        attribute: Its name, as it is written in the class.
    """

    def __init__(self, message: str, attribute: str) -> None:
        """Keep which one it is."""
        super().__init__(message)
        self.attribute = attribute


@dataclass(frozen=True, slots=True)
class Handler:
    """An event or a procedure.

    Attributes:
        function: The author's function, unbound.
        is_blocking: Whether it runs in a thread.
    """

    function: Callable[..., Any]
    is_blocking: bool


class Definition:
    """A project's class, taken apart.

    Attributes:
        project: The class.
        name: Its name.
        settings: The settings, resolved.
        events: The events that the author wrote, by name.
        procedures: What can be executed in any context, by name.
        globals: What each context has of its own, with the values that the class has for it, by name.
        mutable: Those of them of which each context gets a copy when it is made.
        shared: What is annotated ClassVar: all contexts of a process share it.
        others: What else the author's classes define, settings apart, by name: whether it is something that
            an attribute of an instance must not hide (functions, properties, class variables).
        successors: What took the place of classes and functions where the code was reloaded.
    """

    successors = Successors()

    def __init__(
        self,
        project: type[Project],
        overrides: Mapping[str, Any] | None = None,
        refuse: Objector = raise_at_once,
    ) -> None:
        """Take a class apart, and refuse what could not be served.

        Args:
            project: The class.
            overrides: Settings that go before those of the class.
            refuse: What is done with each error; where it returns, what is wrong is left out.

        Raises:
            ConfigurationError: Says in one line what is wrong, and what would be right.
        """
        self.project = project
        self.name = project.__name__
        self._authored, written = _authored(project, refuse)
        self._written = written
        _check_names(project, self._authored, written, refuse)
        self.settings = self.resolve(overrides, refuse)
        functions = {name: value for name, value in self._authored.items() if isinstance(value, FunctionType)}
        for name, function in functions.items():
            _check_event(project, name, function, written, refuse)
        self._warn_of_near_settings()
        self.events = {
            name: _handler(project, functions[name], refuse) for name in EVENTS if name in functions
        }
        self.procedures = {
            name: _handler(project, function, refuse)
            for name, function in functions.items()
            if name not in EVENTS and not name.startswith("_") and not _is_generator(function)
        }
        self._names = {
            value: name
            for cls in authored_classes(project)
            for name, value in vars(cls).items()
            if name in self.procedures and isinstance(value, FunctionType)
        }
        self.shared = frozenset(_class_variables(project))
        self.globals = {
            name: value
            for name, value in self._authored.items()
            if name not in self.shared and name not in settings.NAMES and _is_global(value)
        }
        self.mutable = {
            name: value
            for name, value in self.globals.items()
            if _copy_once(project, written.get(name, name), value, refuse) is not value
        }
        self.others = {
            name: name in self.shared or hasattr(type(value), "__get__")
            for name, value in self._authored.items()
            if name not in self.globals and name not in settings.NAMES
        }

    def resolve(
        self, overrides: Mapping[str, Any] | None, refuse: Objector = raise_at_once
    ) -> settings.Settings:
        """Give the settings that the project has when the configuration says this.

        Raises:
            ConfigurationError: A setting is unknown or has a value that it cannot have.
        """
        return settings.settings_of(self.project, overrides, self._written, refuse)

    def path(self, overrides: Mapping[str, Any]) -> str:
        """Give the path that the project has when the configuration says this; as `resolve`."""
        own = getattr(self.project, self.written("path"))
        return settings.path_of(self.project, overrides.get("path", own))

    def written(self, name: str) -> str:
        """Give a name as the class writes it."""
        return self._written.get(name, name)

    @property
    def namespace(self) -> Mapping[str, Any]:
        """The names of the project's module."""
        module = sys.modules.get(self.project.__module__)
        return {} if module is None else vars(module)

    def find_procedure(self, procedure: object) -> str | None:
        """Give the name of a procedure that is given as a method or by name; None if it is none."""
        if isinstance(procedure, str):
            name = unicodedata.normalize("NFKC", procedure)  # as Python does with names in a source
            return name if name in self.procedures else None
        function = getattr(procedure, "__func__", procedure)
        if not isinstance(function, FunctionType):
            return None
        return self._names.get(function) or self._names.get(self.successors.of(function))

    @property
    def near_settings(self) -> Iterator[tuple[str, str]]:
        """Give the globals whose names are nearly those of settings, and these."""
        spellings = self.project._spellings
        known = (*settings.NAMES, *(name for name in spellings if spellings[name] in settings.NAMES))
        for name, value in self._authored.items():
            meant = nearest(name, known, 0.85)
            if meant and name not in settings.NAMES and not isinstance(value, FunctionType):
                yield name, meant

    def _warn_of_near_settings(self) -> None:
        for name, meant in self.near_settings:
            _log.warn(
                "{project}.{name} is a global; if it is to be a setting, its name is {meant}",
                project=self.name,
                name=name,
                meant=meant,
            )

    def copies(self, without: Collection[str] = ()) -> dict[str, Any]:
        """Copy the mutable globals for a context; not those that it has already."""
        wanted = self.mutable
        if without:
            wanted = {name: value for name, value in wanted.items() if name not in without}
        return copy.deepcopy(wanted) if wanted else {}


def authored_classes(project: type[Project]) -> tuple[type, ...]:
    """Give the author's classes: those below Project, or another base of ours, in the MRO."""
    return tuple(takewhile(lambda cls: not is_base(cls), project.__mro__))


def _authored(project: type[Project], refuse: Objector) -> tuple[dict[str, Any], dict[str, str]]:
    """Give what the author's classes define, and the names that are written there otherwise than they are."""
    authored: dict[str, Any] = {}
    written: dict[str, str] = {}
    for cls in reversed(authored_classes(project)):
        names = _names_written(project, cls, refuse)
        authored.update((name, vars(cls)[spelling]) for name, spelling in names.items())
        written.update(names)
    return authored, {name: spelling for name, spelling in written.items() if name != spelling}


def _names_written(project: type[Project], cls: type, refuse: Objector) -> dict[str, str]:
    """Give the names that one class defines, and how they are written in it."""
    names: dict[str, str] = {}
    for spelling in vars(cls):
        if (spelling.startswith("__") and spelling.endswith("__")) or spelling in _PYTHONS_OWN:
            continue
        name = project._spellings.get(spelling, spelling)
        if name in names:
            refuse(
                DefinitionError(
                    f"{cls.__name__}: {names[name]} and {spelling} are the same; keep one", spelling
                )
            )
        names[name] = spelling
    return names


def _check_names(
    project: type[Project], authored: Mapping[str, Any], written: Mapping[str, str], refuse: Objector
) -> None:
    for name, value in authored.items():
        spelling = written.get(name, name)
        where = f"{project.__name__}.{spelling}"
        if name in OWN:
            refuse(DefinitionError(f"{where}: the name belongs to wstwist; choose another", spelling))
        if name in EVENTS and not isinstance(value, FunctionType):
            why = "is an event: write it as a method, def or async def"
            refuse(DefinitionError(f"{where} {why}", spelling))


def _check_event(
    project: type[Project], name: str, function: FunctionType, written: Mapping[str, str], refuse: Objector
) -> None:
    """Refuse what is meant to be an event and would never be called, or not as it is written."""
    spelling = written.get(name, name)
    where = f"{project.__name__}.{spelling}"
    if name not in EVENTS:
        meant = _meant_event(project, name)
        if meant:
            refuse(DefinitionError(f"{where} is no event; did you mean {meant}?", spelling))
        return
    expected = list(inspect.signature(getattr(Project, name)).parameters)
    if not _takes(function, expected):
        takes, should_take = ", ".join(expected[1:]), ", ".join(expected)
        how = f"is called as {spelling}({takes}): write it as def {spelling}({should_take})"
        refuse(DefinitionError(f"{where} {how}", spelling))


def _takes(function: FunctionType, arguments: Sequence[str]) -> bool:
    """Whether a function can be called with these arguments."""
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError:
        return False
    return True


def _meant_event(project: type[Project], name: str) -> str | None:
    """Give the event whose name is nearly this one, as the project may write it."""
    spellings = {_plain(name): name for name, own in project._spellings.items() if own in EVENTS}
    # Where events have names of their own, "Message" is a procedure's.
    meant = nearest(re.sub("(?<=.)([A-Z])", r"_\1", name).lower(), EVENTS, 0.9 if spellings else 0.8)
    if meant:
        return meant
    return spellings.get(nearest(_plain(name), spellings, 0.8) or "")


def _plain(name: str) -> str:
    """Take accents and capitals off a name."""
    return "".join(filter(str.isascii, unicodedata.normalize("NFKD", name))).lower()


def _handler(project: type[Project], function: FunctionType, refuse: Objector) -> Handler:
    if _is_generator(function):
        why = "is a generator, which nothing would run"
        advice = "write it as async def with await, or decorate it with inlineCallbacks"
        name = function.__name__
        refuse(DefinitionError(f"{project.__name__}.{name} {why}: {advice}", name))
    inner = inspect.unwrap(function)
    is_async = any(inspect.iscoroutinefunction(each) for each in (function, inner))
    return Handler(function, is_blocking=not is_async and not inspect.isgeneratorfunction(inner))


def _is_generator(function: FunctionType) -> bool:
    return inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)


def _is_global(value: Any) -> bool:
    excluded = (type, ModuleType, logging.Logger, logging.LoggerAdapter, Logger)
    is_sentinel = type(value) is object
    return not is_sentinel and not isinstance(value, excluded) and not hasattr(type(value), "__get__")


def _class_variables(project: type[Project]) -> Iterator[str]:
    """Name what is annotated ClassVar, also where annotations are strings."""
    for cls in authored_classes(project):
        module = sys.modules.get(cls.__module__)
        for name, annotation in inspect.get_annotations(cls).items():
            evaluated = _evaluated(annotation, vars(module) if module else {})
            if ClassVar in (evaluated, get_origin(evaluated)):
                yield name


def _evaluated(annotation: Any, namespace: Mapping[str, Any]) -> Any:
    """Give what stands before the bracket of an annotation that is a string, as dataclasses do."""
    while get_origin(annotation) is Annotated:
        annotation = annotation.__origin__
    if not isinstance(annotation, str):
        return annotation
    value: Any = namespace
    for part in annotation.strip("'\" ").partition("[")[0].strip().split("."):
        value = value.get(part) if isinstance(value, Mapping) else getattr(value, part, None)
    return value


def _copy_once(project: type[Project], name: str, value: Any, refuse: Objector) -> Any:
    where = f"{project.__name__}.{name}"
    began = perf_counter()
    copied = _UNCOPIED
    with suppress(Exception):  # whatever a value's own copying raises
        copied = copy.deepcopy(value)
    took = perf_counter() - began
    if copied is _UNCOPIED:
        why = "cannot be copied for each context: make it in __init__ or annotate it ClassVar"
        refuse(DefinitionError(f"{where}, {_kind_of(value)}, {why}", name))
        return value
    if took > SLOW_COPY:
        _log.warn(
            "{where}: each context gets a copy, which takes {took:.1f} ms; "
            "make it in __init__, or annotate it ClassVar to share it",
            where=where,
            took=took * 1000,
        )
    return copied


def _kind_of(value: Any) -> str:
    """Name the type of a value, with its article."""
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{_module(kind)}.{kind.__qualname__}"
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _module(kind: type) -> str:
    return {"_thread": "threading", "_io": "io"}.get(kind.__module__, kind.__module__)
