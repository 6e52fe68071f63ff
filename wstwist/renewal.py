# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What a context holds of classes and functions that were replaced becomes of those that are there now.

What is mutable stays the object that it is, and gets its new class; of what is immutable (members of Enums,
tuples, frozen dataclasses), and may be shared with other contexts, there is a new one.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import is_dataclass
from types import FunctionType, MethodType
from typing import Any

from wstwist.project import Project
from wstwist.values.project_types import is_enum
from wstwist.values.scalars import SIZES
from wstwist.values.successors import Successors, attributes, is_a, rebuilt, settle, slots


class Renewal:
    """One walk through what a context holds.

    Through lists, tuples, sets, dicts and deques, and through instances of dataclasses and of classes that
    were replaced. SQLAlchemy's objects are left alone: they belong to their mapper.

    Args:
        successors: What took whose place.
    """

    def __init__(self, successors: Successors) -> None:
        """Begin with nothing seen."""
        self._successors = successors
        self._seen: dict[int, tuple[Any, Any]] = {}  # by id: what it was, which so lives on, and is
        self._to_see: list[Any] = []
        self._slots: dict[type, tuple[str, ...]] = {}
        self._classes: dict[type, Any] = {}

    def run(self, values: dict[str, Any]) -> None:
        """Renew the values of a dict, in place."""
        self._dict(values)
        while self._to_see:
            self._see(self._to_see.pop())

    def _value(self, value: Any) -> Any:
        """Give what a value is now; what is within something mutable is seen to later."""
        if type(value) in SIZES:  # most are
            return value
        seen = self._seen.get(id(value))
        if seen is None:
            seen = self._seen[id(value)] = (value, self._renewed(value))
        return seen[1]

    def _renewed(self, value: Any) -> Any:
        kind = type(value)
        if kind in _KINDS:
            return _KINDS[kind](self, value)
        if is_a(value, (type, FunctionType)):
            return self._successors.of(value)
        if is_enum(kind):
            return self._successors.renewed(value)
        for known, renew in _KINDS.items():
            if is_a(value, known):
                return renew(self, value)
        is_ours = is_dataclass(kind) or self._class(kind) is not kind
        if not is_ours or is_a(value, Project) or hasattr(kind, "__mapper__"):
            return value
        is_frozen = is_dataclass(kind) and kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
        return self._frozen(value) if is_frozen else self._mutable(value)

    # What is immutable.

    def _method(self, value: MethodType) -> MethodType:
        function, owner = self._value(value.__func__), self._value(value.__self__)
        is_same = function is value.__func__ and owner is value.__self__
        return value if is_same else MethodType(function, owner)

    def _tuple(self, value: tuple[Any, ...]) -> Any:
        items = [self._value(item) for item in value]
        cls = self._class(type(value))
        if cls is type(value) and all(map(_is, items, value)):
            return value
        if getattr(cls, "_fields", None) != getattr(type(value), "_fields", None):
            return _named(cls, value, items)
        return tuple.__new__(cls, items)

    def _frozenset(self, value: frozenset[Any]) -> frozenset[Any]:
        items = {item: self._value(item) for item in value}
        return value if all(map(_is, items, items.values())) else frozenset(items.values())

    def _frozen(self, value: Any) -> Any:
        """Make another instance of a frozen dataclass, where it or what it holds was replaced."""
        kind = type(value)
        held = self._attributes(value)
        items = {name: self._value(item) for name, item in held.items()}
        cls = self._class(kind)
        if cls is kind and all(map(_is, items.values(), held.values())):
            return value
        fresh = rebuilt(value, cls)
        if fresh is not value:
            for name in self._attributes(fresh).keys() & items.keys():
                object.__setattr__(fresh, name, items[name])
        return fresh

    # What is mutable.

    def _mutable(self, value: Any) -> Any:
        """Switch the class of an object, which stays the same one unless its slots are others."""
        kind = type(value)
        cls = self._class(kind)
        if cls is not kind:
            try:
                object.__setattr__(value, "__class__", cls)
            except (TypeError, AttributeError):  # its slots are others, or __class__ is a property
                value = self._successors.renewed(value)
            else:
                settle(value, kind)
        self._to_see.append(value)
        return value

    def _see(self, value: Any) -> None:
        """Renew what is within something mutable."""
        if is_a(value, dict):
            self._dict(value)
        elif is_a(value, (list, deque)):
            for index, item in enumerate(value):
                if type(item) not in SIZES and (renewed := self._value(item)) is not item:
                    value[index] = renewed
        elif is_a(value, set):
            self._set(value)
        if type(value) not in _KINDS:
            for name, item in self._attributes(value).items():
                if (renewed := self._value(item)) is not item:
                    object.__setattr__(value, name, renewed)

    def _dict(self, value: dict[Any, Any]) -> None:
        kind: Any = OrderedDict if isinstance(value, OrderedDict) else dict
        held = list(kind.items(value))
        if all(type(key) in SIZES or self._value(key) is key for key, _ in held):
            for key, item in held:
                if type(item) not in SIZES and (renewed := self._value(item)) is not item:
                    dict.__setitem__(value, key, renewed)
        else:
            fresh = {self._value(key): self._value(item) for key, item in held}  # which runs an author's code
            kind.clear(value)
            kind.update(value, fresh)

    def _set(self, value: set[Any]) -> None:
        items = {item: self._value(item) for item in set.__iter__(value)}
        if not all(map(_is, items, items.values())):
            fresh = set(items.values())
            set.clear(value)
            set.update(value, fresh)

    def _class(self, kind: type) -> Any:
        """Give what took the place of a class, or that itself."""
        cls = self._classes.get(kind)
        if cls is None:
            cls = self._classes[kind] = self._successors.of(kind)
        return cls

    def _attributes(self, value: Any) -> dict[str, Any]:
        kind = type(value)
        names = self._slots.get(kind)
        if names is None:
            names = self._slots[kind] = slots(kind)
        return attributes(value, names)


_KINDS: dict[type, Callable[[Renewal, Any], Any]] = {
    MethodType: Renewal._method,
    tuple: Renewal._tuple,
    frozenset: Renewal._frozenset,
    list: Renewal._mutable,
    dict: Renewal._mutable,
    set: Renewal._mutable,
    deque: Renewal._mutable,
}


def _is(one: object, other: object) -> bool:
    return one is other


def _named(cls: Any, value: Any, items: list[Any]) -> Any:
    """Make a named tuple whose fields are others now; one that lacks a value without default stays."""
    held = dict(zip(getattr(value, "_fields", ()), items, strict=False))
    try:
        return cls(**{name: held[name] for name in cls._fields if name in held})
    except (TypeError, AttributeError):
        return value
