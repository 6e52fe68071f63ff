# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Within a process: what is mutable is copied, what is immutable shared, and the size on the wire counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import is_dataclass
from types import NoneType
from typing import Any, NoReturn

from wstwist.values.project_types import ProjectTypes, is_enum, key_of
from wstwist.values.refusal import (
    MAX_DEPTH,
    MAX_SIZE,
    TOO_DEEP,
    TOO_LARGE,
    Label,
    Refusal,
    as_key,
    as_member,
    by_field,
    by_index,
    by_key,
    gather,
    name_of,
)
from wstwist.values.scalars import SIZES, all_str, bytes_size, int_size, str_size

_TAG = 3
"""The bytes of a tag from 256 to 65535; all tags of containers are such."""


class Copy:
    """One walk through a value.

    Args:
        types: The project's types.

    Attributes:
        size: The bytes on the wire, as far as the walk has come.
    """

    __slots__ = ("_types", "_within", "size")

    def __init__(self, types: ProjectTypes) -> None:
        """Begin, with the first byte of the value."""
        self.size = 1
        self._types = types
        self._within: list[Any] = []

    def item(self, value: Any) -> Any:
        """Copy a value that stands alone."""
        kind = type(value)
        if kind in SIZES:
            self._grow(SIZES[kind](value))
            return value
        return COPIERS.get(kind, Copy._other)(self, value)

    def _items(self, items: list[Any], label: Label, container: Any) -> bool:
        """Replace in a list what is mutable by copies; tell whether all of it is shared."""
        size = index = 0
        shared = True
        try:
            for index, item in enumerate(items):
                kind = type(item)
                if kind is int:
                    if not -24 <= item < 24:  # noqa: PLR2004 - most need no further byte, and no call
                        size += int_size(item)
                elif kind in SIZES:
                    size += SIZES[kind](item)
                elif (copy := COPIERS.get(kind, Copy._other)(self, item)) is not item:
                    items[index] = copy
                    shared = False
        except Refusal as refusal:
            refusal.steps.append(label(container, index))
            raise
        self._grow(size)
        return shared

    def _grow(self, size: int) -> None:
        self.size += size
        if self.size > MAX_SIZE:
            self._refuse(TOO_LARGE)

    def _enter(self, container: Any, size: int) -> None:
        self._within.append(container)
        self._grow(size)
        if len(self._within) > MAX_DEPTH:
            self._refuse(TOO_DEEP)

    def _refuse(self, why: str) -> NoReturn:
        """Refuse a value that is too much, or without end."""
        seen: set[int] = set()
        for depth, container in enumerate(self._within):
            if id(container) in seen:
                raise Refusal("it contains itself: give an id or a name instead", depth)
            seen.add(id(container))
        raise Refusal(why, 0)

    def _list(self, value: list[Any]) -> list[Any]:
        count = len(value)
        self._enter(value, int_size(count) + count)
        copies = value.copy()
        self._items(copies, by_index, None)
        self._within.pop()
        return copies

    def _tuple(self, value: tuple[Any, ...]) -> tuple[Any, ...]:
        count = len(value)
        self._enter(value, _TAG + int_size(count) + count)
        copies = list(value)
        shared = self._items(copies, by_index, None)
        self._within.pop()
        return value if shared else tuple(copies)

    def _set(self, value: Any) -> Any:
        count = len(value)
        self._enter(value, _TAG + int_size(count) + count)
        copies = list(value)
        shared = self._items(copies, as_member, None)
        self._within.pop()
        return value.copy() if shared else gather(type(value), copies)

    def _dict(self, value: dict[Any, Any]) -> dict[Any, Any]:
        count = len(value)
        if all_str(value):
            self._enter(value, int_size(count) + 2 * count)
        else:
            self._enter(value, _TAG + int_size(2 * count) + 2 * count)
        keys, copies = list(value), list(value.values())
        shared_keys = self._items(keys, as_key, None)
        shared = self._items(copies, by_key, value)
        self._within.pop()
        if shared and shared_keys:
            return value.copy()
        return gather(dict, list(zip(keys, copies, strict=True)))  # type: ignore[no-any-return]

    def _other(self, value: Any) -> Any:
        cls = type(value)
        if cls is self._types.handle:
            self._grow(_TAG + bytes_size(len(self._types.pack(value))))
            return value
        if self._types.successors is not None:
            value = self._types.renewed(value)
            cls = type(value)
        if is_enum(cls):
            key = key_of(value)
            self._grow(_TAG + 2 + str_size(self._types.name(cls)) + SIZES[type(key)](key))
            return value
        if is_dataclass(cls):
            return self._dataclass(value)
        raise Refusal(_unfit(cls, self._types.handle))

    def _dataclass(self, value: Any) -> Any:
        shape = self._types.shape(type(value))
        values = shape.take_apart(value)
        self._enter(value, shape.size)
        shared = self._items(values, by_field, shape.fields)
        self._within.pop()
        return value if shared and shape.frozen else shape.put_together(values)


COPIERS: dict[type, Callable[[Copy, Any], Any]] = {
    list: Copy._list,
    tuple: Copy._tuple,
    set: Copy._set,
    frozenset: Copy._set,
    dict: Copy._dict,
}


def _unfit(cls: type, handle: type) -> str:
    """Say why instances of a class do not cross, and what would."""
    for base in cls.__mro__:
        if base in SIZES or base in COPIERS or base is handle:
            return f"a {name_of(cls)}, which is more than a {name_of(base)}: give a plain {name_of(base)}"
    names = " ".join(kind.__name__ for kind in (*SIZES, *COPIERS) if kind is not NoneType)
    return (
        f"a {name_of(cls)} cannot cross; what can: None {names}, Enum members and dataclasses"
        " of the project's module, and clients"
    )
