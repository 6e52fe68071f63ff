# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""From another process: values of bytes that nobody vouches for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import is_dataclass
from enum import Enum
from io import BytesIO
from typing import Any

from cbor2 import CBORDecodeError, CBORDecoder, CBORTag

from wstwist.values.encoding import ENUM, HANDLE, PAIRS, SEQUENCES
from wstwist.values.project_types import DATACLASS, ProjectTypes, is_enum, key_of, member_by
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
    show,
)
from wstwist.values.scalars import CBOR_TYPES, FORMS_BY_TAG, all_str

_MAX_WIRE_DEPTH = 4 * MAX_DEPTH  # no level takes more than three: a dataclass is tag, array and map


class Unpack:
    """One walk through what cbor2 read, giving the value; nothing in it is taken on trust.

    Args:
        types: The project's types.
    """

    def __init__(self, types: ProjectTypes) -> None:
        """Begin."""
        self._types = types
        self._depth = 0

    def item(self, item: Any) -> Any:
        """Give the value of an item."""
        kind = type(item)
        if kind in CBOR_TYPES:
            return item
        if kind is list:
            return self._items(item, by_index)
        if kind is dict:
            return self._map(item)
        if kind is not CBORTag:
            raise Refusal(f"a {name_of(kind)} is no value of ours")
        if item.tag in FORMS_BY_TAG:
            return FORMS_BY_TAG[item.tag].decode(item.value)
        if item.tag not in _UNPACKERS:
            raise Refusal(f"the tag {item.tag} is not known here")
        return _UNPACKERS[item.tag](self, item.value)

    def _items(self, items: Any, label: Label, container: Any = None) -> list[Any]:
        """Replace the items of an array by their values; they are one level deeper."""
        if type(items) is not list:
            raise Refusal("the tag is not around an array")
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Refusal(TOO_DEEP, 0)
        index = 0
        try:
            for index, item in enumerate(items):
                if type(item) not in CBOR_TYPES:
                    items[index] = self.item(item)
        except Refusal as refusal:
            refusal.steps.append(label(container, index))
            raise
        self._depth -= 1
        return items

    def _map(self, items: dict[Any, Any]) -> dict[str, Any]:
        if not all_str(items):
            raise Refusal("a map with a key that is no text")
        return dict(zip(items, self._items(list(items.values()), by_key, items), strict=True))

    def _pairs(self, content: Any) -> dict[Any, Any]:
        if type(content) is not list or len(content) % 2:
            raise Refusal("the tag is not around an array of keys and values")
        keys = self._items(content[::2], as_key)
        values = self._items(content[1::2], by_key, keys)
        return gather(dict, list(zip(keys, values, strict=True)))  # type: ignore[no-any-return]

    def _tuple(self, content: Any) -> tuple[Any, ...]:
        return tuple(self._items(content, by_index))

    def _set(self, content: Any) -> set[Any]:
        return gather(set, self._items(content, as_member))  # type: ignore[no-any-return]

    def _frozenset(self, content: Any) -> frozenset[Any]:
        return gather(frozenset, self._items(content, as_member))  # type: ignore[no-any-return]

    def _enum(self, content: Any) -> Enum:
        name, key = _two(content)
        cls = self._types.named(name, is_enum)
        member = member_by(cls, key)
        if type(member) is not cls or key_of(member) != key:
            raise Refusal(f"{name_of(cls)} has no member {show(key)}")
        return member  # type: ignore[no-any-return]

    def _dataclass(self, content: Any) -> Any:
        name, values = _two(content)
        shape = self._types.shape(self._types.named(name, is_dataclass))
        if type(values) is not dict:
            raise Refusal(f"the fields of {name_of(shape.cls)} are no map")
        present = [name for name in shape.fields if name in values]
        items = self._items([values[name] for name in present], by_field, present)
        if len(present) == len(shape.fields) == len(values):
            return shape.put_together(items)
        # A node with another version of the project: while a cluster is renewed there are both.
        shape.warn_of(values.keys() - set(shape.fields))
        known = dict(zip(present, items, strict=True))
        return shape.put_together([shape.value_of(name, known) for name in shape.fields])

    def _handle(self, content: Any) -> Any:
        return self._types.unpack(content)


_UNPACKERS: dict[int, Callable[[Unpack, Any], Any]] = {
    PAIRS: Unpack._pairs,
    SEQUENCES[tuple]: Unpack._tuple,
    SEQUENCES[frozenset]: Unpack._frozenset,
    SEQUENCES[set]: Unpack._set,
    ENUM: Unpack._enum,
    DATACLASS: Unpack._dataclass,
    HANDLE: Unpack._handle,
}


def _two(content: Any) -> tuple[Any, Any]:
    if type(content) is not list or len(content) != 2:  # noqa: PLR2004 - as the name says
        raise Refusal("the tag is not around an array of two")
    return content[0], content[1]


def decode(data: bytes) -> Any:
    """Read CBOR, leaving every tag but those of bignums as it is."""
    if len(data) > MAX_SIZE:
        raise Refusal(TOO_LARGE)
    stream = BytesIO(data)
    try:
        item = CBORDecoder(
            stream,
            semantic_decoders=_TAGS,
            max_depth=_MAX_WIRE_DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            strict_hashable_types=True,
        ).decode()
    except CBORDecodeError as error:
        raise Refusal(f"this is no CBOR of ours: {str(error)[:100]}") from None
    if stream.tell() != len(data):
        raise Refusal("there is more behind the value")
    return item


class _Tags(dict[int, Callable[[Any, bool], Any]]):
    """Gives cbor2 a decoder for every tag, so that it uses none of its own."""

    def __missing__(self, tag: int) -> Callable[[Any, bool], CBORTag]:
        """Leave the tag as it is."""
        return lambda content, _immutable: CBORTag(tag, content)


_TAGS = _Tags(
    {
        2: lambda data, _immutable: _read_bignum(data),
        3: lambda data, _immutable: ~_read_bignum(data),
    }
)


def _read_bignum(data: Any) -> int:
    """Read an integer that does not fit in 64 bits, and only such a one."""
    if type(data) is bytes and len(data) > 8 and data[0]:  # noqa: PLR2004 - 64 bits
        return int.from_bytes(data, "big")
    raise Refusal("a bignum that is none")
