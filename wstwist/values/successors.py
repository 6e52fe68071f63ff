# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What took the place of classes and functions when their modules were imported afresh."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from types import FunctionType, MemberDescriptorType, ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from wstwist.values.project_types import is_enum, member_by

Pair = tuple[Any, Any]
"""A class or function as it was, and as it is."""


class Successors:
    """The classes and functions of today, by those that they replaced. It keeps none of the old ones alive.

    Args:
        pairs: Each that was replaced, and what took its place.
    """

    def __init__(self, pairs: Iterable[Pair] = ()) -> None:
        """Know them."""
        self._present: WeakKeyDictionary[Any, Any] = WeakKeyDictionary(dict(pairs))

    def after(self, pairs: Iterable[Pair]) -> Successors:
        """Give those that there are when these were replaced, too."""
        fresh = dict(pairs)
        earlier = {old: fresh[present] for old, present in self._present.items() if present in fresh}
        return Successors((earlier | fresh).items())

    def of(self, thing: Any) -> Any:
        """Give what took the place of a class or a function, or that itself."""
        return self._present.get(thing, thing)

    def renewed(self, value: Any) -> Any:
        """Give the member or instance of today for one of an Enum or a dataclass that was replaced.

        An instance is another one then, with the same values in its fields. What has no counterpart, such as
        a member that is gone, is given as it is.
        """
        kind = type(value)
        present = self.of(kind)
        if present is kind:
            return value
        if is_enum(kind) and is_enum(present):
            return _member(value, present)
        if is_dataclass(kind) and is_dataclass(present):
            return rebuilt(value, present)  # type: ignore[arg-type] # it is a class
        return value


def pairs(old: Mapping[str, ModuleType], new: Mapping[str, ModuleType]) -> Iterator[Pair]:
    """Pair the classes and functions that modules define with those of the same names in other ones.

    Args:
        old: Modules, by their names.
        new: What bears these names now.
    """
    for name, module in old.items():
        present = vars(new[name]) if name in new else {}
        for key, value in tuple(vars(module).items()):
            if is_a(value, (type, FunctionType)) and _module_of(value) == name:
                yield from pairs_within(value, present.get(key))


def pairs_within(old: Any, new: Any) -> Iterator[Pair]:
    """Pair a class or function with another one; of classes also what is defined within."""
    if is_a(old, FunctionType) and is_a(new, FunctionType):
        yield old, new
    elif is_a(old, type) and is_a(new, type) and old is not new:
        yield old, new
        for name, value in tuple(vars(old).items()):
            if not is_a(value, type) or value.__qualname__ == f"{old.__qualname__}.{name}":
                yield from pairs_within(_function(value), _function(vars(new).get(name)))


def _function(value: Any) -> Any:
    return value.__func__ if is_a(value, (staticmethod, classmethod)) else value


def is_a(value: object, kinds: type | tuple[type, ...]) -> bool:
    """Tell what a value really is: asked for its ``__class__``, a proxy may say anything, or raise."""
    return issubclass(type(value), kinds)


def _module_of(value: Any) -> object:
    try:
        return value.__module__
    except Exception:  # noqa: BLE001 - a metaclass may raise anything
        return None


def _member(member: Any, present: Any) -> Any:
    """Find the member of the same name, else of the same value; without either it stays what it is."""
    found = member_by(present, member._name_)
    if found is None:
        with suppress(Exception):  # an author's _missing_ may raise anything
            found = present(member._value_)
    return member if found is None else found


# Instances.


def rebuilt(instance: Any, cls: type) -> Any:
    """Make an instance of a class with the attributes of another one; that itself where this cannot be."""
    try:
        fresh: Any = object.__new__(cls)
    except TypeError:  # it extends a built-in type, or is abstract
        return instance
    for name, value in attributes(instance, slots(type(instance))).items():
        with suppress(AttributeError, TypeError):  # a slot that is gone
            object.__setattr__(fresh, name, value)
    settle(fresh, type(instance))
    return fresh


def settle(instance: Any, was: type) -> None:
    """Give an instance that was of another class the fields that it lacks, and take those that are gone.

    Args:
        instance: An instance; where that or what it was is no dataclass it is left alone.
        was: The class that its attributes come from.
    """
    if not (is_dataclass(was) and is_dataclass(instance)):
        return
    present = {field.name: field for field in fields(instance)}
    for field in fields(was):
        if field.name not in present:
            with suppress(AttributeError):
                object.__delattr__(instance, field.name)
    held = attributes(instance, slots(type(instance)))
    for name, field in present.items():
        if name not in held and field.default is not MISSING:
            object.__setattr__(instance, name, field.default)
        elif name not in held and field.default_factory is not MISSING:
            object.__setattr__(instance, name, field.default_factory())


def attributes(instance: Any, names: Iterable[str]) -> dict[str, Any]:
    """Give all attributes that an instance has of its own; `names` are its class's `slots`."""
    found = dict(getattr(instance, "__dict__", {}))
    for name in names:
        with suppress(AttributeError):
            found[name] = object.__getattribute__(instance, name)
    return found


def slots(cls: type) -> tuple[str, ...]:
    """Name the slots of a class."""
    return tuple(
        name
        for base in cls.__mro__
        if "__slots__" in vars(base)
        for name, value in vars(base).items()
        if isinstance(value, MemberDescriptorType)
    )
