# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Values of Python's as JSON, and back.

What JSON has is itself: None, bool, str, list, dict with text as keys, numbers. Everything else is an object
with ``$type``:

================== ==============================================================================
int                ``{"$type": "int", "value": "9007199254740993"}``, where a double would lose digits
float              ``{"$type": "float", "value": "nan"}``, likewise ``"inf"`` and ``"-inf"``
bytes, bytearray   ``value`` is base64
tuple              ``value`` is a list; so are those of ``set`` and ``frozenset``
dict               ``value`` is a list of pairs, where a key is no text, or is ``$type``
datetime           ``value`` is ISO 8601, naive ones without an offset; ``zone`` is the name of its ZoneInfo,
                   ``fold`` 1 where that is not 0
date, time         ``value`` is ISO 8601; a time may have ``zone`` and ``fold``, too
timedelta          ``value`` is in seconds
Decimal, UUID      ``value`` is its text
enum               ``class`` is the Enum's name, ``value`` the member's, of a Flag's combination the number
dataclass          ``class`` is its name, ``value`` an object with its fields
client             ``value`` is an object with ``id`` and ``address``; the way back needs ``id``
object             anything else: ``class``, and in ``value`` its repr; there is no way back
================== ==============================================================================
"""

from __future__ import annotations

from base64 import b64encode
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from itertools import islice
from math import isfinite
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from twisted.python.reflect import safe_repr

from wstwist.client import Client
from wstwist.values.project_types import key_of
from wstwist.values.refusal import name_of

LARGEST = 2**53 - 1
"""The largest number of which every reader of JSON keeps all digits (RFC 8259, section 6)."""

_SEQUENCES = (list, tuple, set, frozenset, deque)
_LONGEST_NUMBER = 4000  # decimal digits, which Python refuses to write from 4,300 on
_REPR = 300  # characters of a repr
_DEPTH = 110  # of what may cross, 100, and a little


class Writer:
    """Writes one value, or several, as JSON.

    Args:
        items: How many parts there may be at most, of all values together; None: any number.
        text: Characters of each text, and bytes of each bytes, at most; None: any number.
        depth: How deep parts may stand within each other.

    Attributes:
        is_shortened: Whether a part of what was written is missing.
    """

    def __init__(self, items: int | None = None, text: int | None = None, depth: int = _DEPTH) -> None:
        """Begin with nothing written."""
        self.is_shortened = False
        self._room = items
        self._text = text
        self._depth = depth
        self._within: set[int] = set()

    def write(self, value: Any) -> Any:
        """Give what `json.dumps` takes for a value; what raises when it is looked at is said to."""
        if self._room is not None:
            self._room -= 1
        try:
            return self._write(value)
        except Exception as error:  # noqa: BLE001 - what an author's classes raise
            self.is_shortened = True
            return {"$type": "object", "class": type_name(value), "value": f"raises {type_name(error)}"}

    def _write(self, value: Any) -> Any:
        kind = type(value)
        plain = _PLAIN.get(kind)
        if plain is not None:
            return plain(self, value)
        if isinstance(value, Enum):
            return {"$type": "enum", "class": name_of(kind), "value": key_of(value)}
        if isinstance(value, Client):
            return {"$type": "client", "value": {"id": value.id, "address": value.address}}
        is_known = isinstance(value, (dict, *_SEQUENCES)) or is_dataclass(value)
        if not is_known or isinstance(value, type):
            return self._other(value)
        return self._container(value, kind)

    def _container(self, value: Any, kind: type) -> Any:
        """Write what has parts; what is within itself, or too deep, by its repr."""
        if id(value) in self._within or len(self._within) >= self._depth:
            self.is_shortened = True
            return {"$type": "object", "class": name_of(kind), "value": "…"}
        self._within.add(id(value))
        try:
            return self._parts(value, kind)
        finally:
            self._within.discard(id(value))

    def _parts(self, value: Any, kind: type) -> Any:
        if isinstance(value, dict):
            return self._dict(value, kind)
        if isinstance(value, _SEQUENCES):
            items = [self.write(item) for item in self._some(value, len(value))]
            name = kind.__name__ if kind in (tuple, set, frozenset) else name_of(kind)
            return items if kind is list else {"$type": name, "value": items}
        names = [field.name for field in fields(value)]
        values = {name: self._field(value, name) for name in self._some(names, len(names))}
        return {"$type": "dataclass", "class": name_of(kind), "value": values}

    def _field(self, value: Any, name: str) -> Any:
        """Write a field of a dataclass, which may have been deleted, or be a property."""
        try:
            found = getattr(value, name)
        except Exception as error:  # noqa: BLE001 - likewise
            self.is_shortened = True
            return {"$type": "object", "class": "?", "value": f"raises {type_name(error)}"}
        return self.write(found)

    def _dict(self, value: dict[Any, Any], kind: type) -> Any:
        items = list(self._some(value.items(), len(value)))
        is_plain = all(type(key) is str and key != "$type" for key, _ in items)
        if is_plain and kind is dict:
            return {self._str(key): self.write(item) for key, item in items}
        pairs = [[self.write(key), self.write(item)] for key, item in items]
        return {"$type": "dict" if kind is dict else name_of(kind), "value": pairs}

    def _some(self, parts: Iterable[Any], count: int) -> Iterable[Any]:
        """Give as many parts as there is room for."""
        if self._room is None:
            return parts
        if count > self._room:
            self.is_shortened = True
        return islice(parts, max(0, min(count, self._room)))  # its length is a promise that some do not keep

    def _other(self, value: Any) -> dict[str, Any]:
        text = safe_repr(value)
        if len(text) > _REPR:
            self.is_shortened = True
        return {"$type": "object", "class": type_name(value), "value": text[:_REPR]}

    def _str(self, value: str) -> str:
        if self._text is not None and len(value) > self._text:
            self.is_shortened = True
            return value[: self._text]
        return value

    def _int(self, value: int) -> Any:
        if -LARGEST <= value <= LARGEST:
            return value
        bits = value.bit_length()
        if self._text is not None and bits > 4 * self._text + _LONGEST_NUMBER:
            self.is_shortened = True
            value = abs(value) >> (bits - 4 * self._text)  # to write all of it may take long
        text = hex(value) if bits > 3 * _LONGEST_NUMBER else str(value)
        return {"$type": "int", "value": self._str(text)}

    def _float(self, value: float) -> Any:
        return value if isfinite(value) else {"$type": "float", "value": str(value)}

    def _bytes(self, value: bytes | bytearray) -> dict[str, Any]:
        data = value
        if self._text is not None and len(value) > self._text:
            self.is_shortened = True
            data = value[: self._text]
        return {"$type": type(value).__name__, "value": b64encode(data).decode("ascii")}


def _moment(_writer: Writer, value: datetime | time) -> dict[str, Any]:
    written: dict[str, Any] = {"$type": type(value).__name__, "value": value.isoformat()}
    if isinstance(value.tzinfo, ZoneInfo):
        written["value"] = value.replace(tzinfo=None).isoformat()
        written["zone"] = value.tzinfo.key
    if value.fold:
        written["fold"] = value.fold
    return written


def _texts(name: str, write: Callable[[Any], Any]) -> Callable[[Writer, Any], dict[str, Any]]:
    return lambda _writer, value: {"$type": name, "value": write(value)}


def _same(_writer: Writer, value: Any) -> Any:
    return value


_PLAIN: Mapping[type, Callable[[Writer, Any], Any]] = {
    type(None): _same,
    bool: _same,
    str: Writer._str,
    int: Writer._int,
    float: Writer._float,
    bytes: Writer._bytes,
    bytearray: Writer._bytes,
    datetime: _moment,
    time: _moment,
    date: _texts("date", date.isoformat),
    timedelta: _texts("timedelta", timedelta.total_seconds),
    Decimal: _texts("Decimal", str),
    UUID: _texts("UUID", str),
}


def type_name(value: Any) -> str:
    """Name the type of a value, as its author would."""
    try:
        return str(name_of(type(value)))
    except Exception:  # noqa: BLE001 - a metaclass may raise anything
        return "?"
