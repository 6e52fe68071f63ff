# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Why a value cannot cross, and which part of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from reprlib import Repr
from types import NoneType
from typing import Any, TypeAlias

from wstwist.exceptions import CannotCross

MAX_SIZE = 1024 * 1024
"""The size, in bytes on the wire, above which a value cannot cross."""

MAX_DEPTH = 100
"""How many lists, tuples, dicts, sets and dataclasses may stand within each other."""

TOO_LARGE = f"it takes more than {MAX_SIZE} bytes: give it in parts"
TOO_DEEP = f"it is nested above {MAX_DEPTH} levels: give it as a flat list, for example"

_REPR = Repr()
_REPR.maxstring = _REPR.maxother = 40


class Refusal(Exception):  # noqa: N818 - it never leaves this package
    """A value cannot cross; the walk through it adds on its way back where that was.

    Args:
        why: What is wrong, and what would be right.
        keep: How many steps of the path to tell; None for all.
    """

    def __init__(self, why: str, keep: int | None = None) -> None:
        """Begin at the part that is wrong."""
        super().__init__(why)
        self.why = why
        self.keep = keep
        self.steps: list[str] = []

    def at(self, where: str) -> CannotCross:
        """Make the error that everybody sees."""
        return CannotCross(where + "".join(self.steps[::-1][: self.keep]), self.why)


Label: TypeAlias = Callable[[Any, int], str]
"""Gives the step of a path to one of several parts, of their container and the part's number."""


def by_index(_container: object, index: int) -> str:
    """Lead to an item of a list."""
    return f"[{index}]"


def by_key(keys: Iterable[object], index: int) -> str:
    """Lead to a value of a dict."""
    return f"[{show(next(islice(keys, index, None)))}]"


def by_field(names: Sequence[str], index: int) -> str:
    """Lead to a field of a dataclass."""
    return "." + names[index]


def as_key(_container: object, _index: int) -> str:
    """Lead to a key of a dict."""
    return " (a key)"


def as_member(_container: object, _index: int) -> str:
    """Lead to a member of a set."""
    return " (a member)"


def show(value: Any) -> str:
    """Show a value in an error if its repr is harmless and not endless, else its type."""
    kind = type(value)
    plain = -(2**64) < value < 2**64 if kind is int else kind in (NoneType, bool, float, str, bytes)
    return _REPR.repr(value) if plain else f"<{name_of(kind)}>"


def name_of(cls: type) -> str:
    """Name a class as its author would."""
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def gather(kind: Callable[[list[Any]], Any], items: list[Any]) -> Any:
    """Make a set or a dict of its members."""
    try:
        result = kind(items)
    except Exception as error:  # noqa: BLE001 - an author's __hash__ or __eq__ may raise anything
        raise Refusal(f"a key or member cannot be hashed: {type(error).__name__}") from None
    if len(result) != len(items):
        raise Refusal("two keys or members are equal")
    return result
