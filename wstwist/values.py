# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What crosses between contexts, by value: the same way within a process and on the wire.

On the wire a value is CBOR (RFC 8949): definite lengths only, no key twice, at most 1 MiB. What CBOR has a
type for is that type; what it has none for is a tag. No tag but these is accepted:

=================== ===== ==========================================================================
None, bool, float         null, false or true, float
int                       integer; outside 64 bits a bignum (tags 2 and 3, at least 9 bytes, no leading 0)
str, bytes                text string, byte string
list                      array
dict                      map, where all keys are str (none: an empty map)
dict, other keys    60000 array: key, value, key, value, ...
tuple               60001 array
frozenset           60002 array
set                   258 array
UUID                   37 byte string of 16
date                 1004 text ``YYYY-MM-DD``
datetime            60003 array: text ``YYYY-MM-DDTHH:MM:SS.ffffff`` (local time), fold (0 or 1), zone
time                60004 array: text ``HH:MM:SS.ffffff``, fold, zone
timedelta           60005 integer: microseconds
Decimal             60006 text, as Python's ``str`` writes it, with a capital E: ``-1.50``, ``1E+3``, ``sNaN``
Enum member         60007 array: name of the class, name of the member (of a Flag's combination: its integer)
dataclass instance  60008 array: name of the class, map of all its fields
client              60009 what the handle is made of, itself a value
=================== ===== ==========================================================================

A *zone* is null (naive), the text of a key such as ``Europe/Paris``, or an array: microseconds east of UTC
and, if it was given one, the zone's name. The name of a class is a name in the project's module; it is
looked up there, among Enums and dataclasses, and nowhere else. Tags from 60000 on are our own, from the
range that is free for anybody (RFC 8949, section 9.2); they are not registered.

Within a process nothing is encoded: what is mutable is copied, what is immutable is shared, and the size
that the value would have on the wire is counted on the way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from enum import Enum, EnumMeta, Flag
from functools import cached_property
from io import BytesIO
from itertools import chain, islice
from math import isfinite
from reprlib import Repr
from types import MemberDescriptorType, NoneType
from typing import Any, NamedTuple, NoReturn, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from cbor2 import CBORDecodeError, CBORDecoder, CBORTag, dumps

from wstwist.exceptions import CannotCross

MAX_SIZE = 1024 * 1024
"""The size, in bytes on the wire, above which a value cannot cross."""

MAX_DEPTH = 100
"""How many lists, tuples, dicts, sets, dataclasses and handles may stand within each other."""

_PAIRS, _TUPLE, _FROZENSET, _SET, _ENUM, _DATACLASS, _HANDLE = 60000, 60001, 60002, 258, 60007, 60008, 60009
_WIRE_DEPTH = 4 * MAX_DEPTH  # no level takes more than three: a dataclass is tag, array and map
_ZONE_KEY = re.compile(r"[A-Za-z0-9_+-]{1,40}(/[A-Za-z0-9_+-]{1,40}){0,3}")
_MICROSECOND = timedelta(microseconds=1)

_Label: TypeAlias = Callable[[Any, int], str]


class Values:
    """What crosses between the contexts of one project.

    Args:
        namespace: The names of the project's module, where Enums and dataclasses may be found. It is looked
            into when one is needed, so it may still grow.
        handle: The type of client handles.
        pack_handle: Gives what a handle is made of, as a value that can cross.
        unpack_handle: Makes a handle of that again.
    """

    def __init__(
        self,
        namespace: Mapping[str, object],
        *,
        handle: type,
        pack_handle: Callable[[Any], object],
        unpack_handle: Callable[[Any], Any],
    ) -> None:
        """Keep where to look; nothing is looked up yet."""
        self._types = _Types(namespace, handle, pack_handle, unpack_handle)

    def cross(self, value: Any, where: str = "value") -> tuple[Any, int]:
        """Copy a value for another context of this process, sharing what is immutable.

        Args:
            value: What is to cross.
            where: What to call it in errors, such as ``argument 1``.

        Returns:
            The copy, and its size in bytes: exactly the length of what `dumps` would give.

        Raises:
            CannotCross: The value cannot cross.
        """
        kind = type(value)
        if kind in _EMPTY and not value:
            return kind(), _EMPTY[kind]
        extra = _EXTRA.get(kind)
        try:
            if extra is not None and (size := 1 + extra(value)) <= MAX_SIZE:
                return value, size
            walk = _Copy(self._types)
            return walk.item(value), walk.size
        except _Refusal as refusal:
            raise refusal.at(where) from None

    def dumps(self, value: Any, where: str = "value") -> bytes:
        """Encode a value for another process.

        Args:
            value: What is to cross.
            where: What to call it in errors, such as ``argument 1``.

        Raises:
            CannotCross: The value cannot cross.
        """
        copy, _size = self.cross(value, where)
        return dumps(_Pack(self._types).item(copy))

    def loads(self, data: bytes) -> Any:
        """Decode what `dumps` gave, perhaps elsewhere, perhaps by somebody who means no good.

        Raises:
            CannotCross: These bytes are no value, or none that can be had here; where begins with ``data``.
        """
        try:
            return _Unpack(self._types).item(_decode(data))
        except _Refusal as refusal:
            raise refusal.at("data") from None


class _Refusal(Exception):  # noqa: N818 - it never leaves this module
    """A value cannot cross; the walk adds on its way back where that was."""

    def __init__(self, why: str, keep: int | None = None) -> None:
        """Keep why, and how many steps of the path to tell (None: all)."""
        super().__init__(why)
        self.why = why
        self.keep = keep
        self.steps: list[str] = []

    def at(self, where: str) -> CannotCross:
        """Make the error that everybody sees."""
        return CannotCross(where + "".join(self.steps[::-1][: self.keep]), self.why)


# The steps of a path to a part of a value


def _by_index(_container: object, index: int) -> str:
    return f"[{index}]"


def _by_key(keys: Iterable[object], index: int) -> str:
    return f"[{_show(next(islice(keys, index, None)))}]"


def _by_field(names: Sequence[str], index: int) -> str:
    return "." + names[index]


def _as_key(_container: object, _index: int) -> str:
    return " (a key)"


def _as_member(_container: object, _index: int) -> str:
    return " (a member)"


def _in_pairs(items: list[object], index: int) -> str:
    return _by_key(items, index - 1) if index % 2 else " (a key)"


def _inside(_container: object, _index: int) -> str:
    return ""


_REPR = Repr()
_REPR.maxstring = _REPR.maxother = 40


def _show(value: Any) -> str:
    """Show a value in an error if its repr is harmless and not endless, else its type."""
    kind = type(value)
    plain = -(2**64) < value < 2**64 if kind is int else kind in _CBOR
    return _REPR.repr(value) if plain else f"<{_name(kind)}>"


def _name(cls: type) -> str:
    """Name a class as its author would."""
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


# Sizes: how many bytes an item takes on the wire after its first one, which its container has counted


def _int(number: int) -> int:
    if number < 0:
        number = ~number
    if number < 24:  # noqa: PLR2004 - this and what follows: RFC 8949, section 3
        return 0
    if number < 2**32:
        return 1 if number < 2**8 else 2 if number < 2**16 else 4
    if number < 2**64:
        return 8
    length = (number.bit_length() + 7) // 8
    return 1 + _int(length) + length


def _float(number: float) -> int:
    return 8 if isfinite(number) else 2


def _nothing(_value: object) -> int:
    return 0


def _bytes(data: bytes) -> int:
    length = len(data)
    return length if length < 24 else length + _int(length)  # noqa: PLR2004 - as above


def _str(text: str) -> int:
    length = len(text)
    if not text.isascii():
        try:
            length = len(text.encode())
        except UnicodeEncodeError as error:
            lone = ascii(text[error.start])
            raise _Refusal(f"a str with the lone surrogate {lone}, which is no text: give bytes") from None
    return length if length < 24 else length + _int(length)  # noqa: PLR2004 - as above


def _zone(zone: tzinfo | None) -> int:
    content = _write_zone(zone)
    if isinstance(content, list):
        return sum(1 + _EXTRA[type(item)](item) for item in content)
    return 0 if content is None else _str(content)


_EXTRA: dict[type, Callable[[Any], int]] = {
    NoneType: _nothing,
    bool: _nothing,
    int: _int,
    float: _float,
    str: _str,
    bytes: _bytes,
    UUID: lambda _value: 18,
    date: lambda _value: 13,
    datetime: lambda moment: 33 + _zone(moment.tzinfo),
    time: lambda moment: 21 + _zone(moment.tzinfo),
    timedelta: lambda duration: 3 + _int(duration // _MICROSECOND),
    Decimal: lambda number: 3 + _str(_write_decimal(number)),
}
"""The types without parts, all immutable."""

_EMPTY: dict[type, int] = {tuple: 4, dict: 1}
"""The sizes of empty arguments: calls often have them."""

_ONLY_STR = frozenset({str})
_CBOR = frozenset({NoneType, bool, int, float, str, bytes})
"""Those that CBOR knows itself."""


# How what CBOR does not know is written, and read: exactly so, because what is read must be written the same


def _write_zone(zone: tzinfo | None) -> str | list[Any] | None:
    if zone is None:
        return None
    if type(zone) is timezone:
        offset, *names = zone.__getinitargs__()  # type: ignore[attr-defined] # typeshed forgot it
        if all(type(name) is str for name in names):
            return [offset // _MICROSECOND, *names]
    if type(zone) is not ZoneInfo:
        raise _Refusal(f"its time zone is a {_name(type(zone))}: use datetime.timezone or zoneinfo.ZoneInfo")
    if zone.key is None or _read_zone(zone.key) is not zone:
        raise _Refusal("its time zone is not the one that ZoneInfo(key) gives: make it so")
    return zone.key


def _read_zone(content: Any) -> tzinfo | None:
    if content is None:
        return None
    if isinstance(content, list):
        offset, *names = content
        return timezone(timedelta(microseconds=offset), *names)
    try:
        return ZoneInfo(content) if _ZONE_KEY.fullmatch(content) else None
    except Exception:  # noqa: BLE001 - whatever opening a file may raise
        raise _Refusal(f"there is no time zone {_show(content)} here") from None


def _write_moment(moment: datetime | time) -> list[Any]:
    text = moment.replace(tzinfo=None).isoformat(timespec="microseconds")
    return [text, moment.fold, _write_zone(moment.tzinfo)]


def _read_datetime(content: Any) -> datetime:
    text, fold, zone = content
    return datetime.fromisoformat(text).replace(fold=fold, tzinfo=_read_zone(zone))


def _read_time(content: Any) -> time:
    text, fold, zone = content
    return time.fromisoformat(text).replace(fold=fold, tzinfo=_read_zone(zone))


def _write_decimal(number: Decimal) -> str:
    return str(number).replace("e", "E")  # which of them str writes depends on the decimal context


class _Form(NamedTuple):
    """How a type without parts is written on the wire."""

    tag: int
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


_FORMS: dict[type, _Form] = {
    UUID: _Form(37, lambda value: value.bytes, lambda data: UUID(bytes=data)),
    date: _Form(1004, date.isoformat, date.fromisoformat),
    datetime: _Form(60003, _write_moment, _read_datetime),
    time: _Form(60004, _write_moment, _read_time),
    timedelta: _Form(60005, lambda value: value // _MICROSECOND, lambda number: number * _MICROSECOND),
    Decimal: _Form(60006, _write_decimal, Decimal),
}
_FORMS_BY_TAG = {form.tag: form for form in _FORMS.values()}


# The types that a project adds


class _Shape:
    """What is to be known of a dataclass."""

    def __init__(self, name: str, cls: type) -> None:
        """Look at the class.

        Args:
            name: The class's name on the wire.
            cls: The class.
        """
        _blank(cls)  # refuses a class of which no instance can be rebuilt
        attributes = {key: value for base in reversed(cls.__mro__) for key, value in vars(base).items()}
        caches = {key for key, value in attributes.items() if isinstance(value, cached_property)}
        self.cls = cls
        self.name = name
        self.fields = tuple(field.name for field in fields(cls))
        self.frozen: bool = cls.__dataclass_params__.frozen and not caches  # type: ignore[attr-defined]
        self.extra = len(dumps(CBORTag(_DATACLASS, [name, dict.fromkeys(self.fields)]))) - 1
        self._known = {*self.fields, *caches, "__orig_class__"}
        self._open = bool(cls.__dictoffset__)
        slots = {key for key, value in attributes.items() if isinstance(value, MemberDescriptorType)}
        self._other_slots = slots.difference(self.fields)

    def take_apart(self, instance: object) -> list[Any]:
        """Give the values of all fields, which are all that the instance has."""
        values = []
        for name in self.fields:
            try:
                values.append(object.__getattribute__(instance, name))
            except Exception:  # noqa: BLE001 - an author's descriptor may raise anything
                raise _Refusal(f"a {_name(self.cls)} without its field {name!r}: set it") from None
        for name in self._others(instance):
            raise _Refusal(f"a {_name(self.cls)} with an attribute {name!r} that is none of its fields")
        return values

    def _others(self, instance: object) -> Iterable[str]:
        """Name the attributes of an instance that its class does not tell of."""
        if self._open:
            yield from object.__getattribute__(instance, "__dict__").keys() - self._known
        for name in self._other_slots:
            with suppress(AttributeError):
                object.__getattribute__(instance, name)
                yield name

    def put_together(self, values: Iterable[Any]) -> Any:
        """Make an instance of the fields' values, without running the author's initialiser."""
        instance = _blank(self.cls)
        try:
            for name, value in zip(self.fields, values, strict=True):
                object.__setattr__(instance, name, value)
        except Exception:  # noqa: BLE001 - as above
            raise _Refusal(f"a {_name(self.cls)} whose field {name!r} cannot be set") from None
        return instance


def _blank(cls: type) -> Any:
    """Make an instance without fields."""
    try:
        return object.__new__(cls)
    except TypeError:
        why = "extends a built-in type, of which a part would be lost, or is abstract"
        raise _Refusal(f"the dataclass {_name(cls)} {why}: hold that part in a field") from None


class _Types:
    """The client handles, Enums and dataclasses of a project."""

    def __init__(
        self,
        namespace: Mapping[str, object],
        handle: type,
        pack_handle: Callable[[Any], object],
        unpack_handle: Callable[[Any], Any],
    ) -> None:
        """Keep what `Values` was given."""
        self.handle = handle
        self.pack_handle = pack_handle
        self.unpack_handle = unpack_handle
        self._namespace = namespace
        self._names: dict[type, str] = {}
        self._shapes: dict[type, _Shape] = {}

    def name(self, cls: type) -> str:
        """Find the name under which the project's module knows an Enum or a dataclass."""
        name = self._names.get(cls)
        if name is not None and self._namespace.get(name) is cls:
            return name
        for name, found in tuple(self._namespace.items()):
            if found is cls:
                self._names[cls] = name
                return name
        kind = "an Enum" if isinstance(cls, EnumMeta) else "a dataclass"
        module = self._namespace.get("__name__", "the project's module")
        raise _Refusal(f"a {_name(cls)}, {kind} that {module} does not know: define or import it there")

    def named(self, name: Any, kind: Callable[[type], bool]) -> Any:
        """Find an Enum or a dataclass by its name in the project's module."""
        cls = self._namespace.get(name) if type(name) is str else None
        if isinstance(cls, type) and kind(cls) and cls is not self.handle:
            return cls
        raise _Refusal(f"the project's module knows no such class as {_show(name)}")

    def shape(self, cls: type) -> _Shape:
        """Look at a dataclass, once."""
        name = self.name(cls)
        shape = self._shapes.get(cls)
        if shape is None or shape.name != name:
            shape = self._shapes[cls] = _Shape(name, cls)
        return shape


def _is_enum(cls: type) -> bool:
    return isinstance(cls, EnumMeta)


def _member_by(cls: Any, key: Any) -> Any:
    """Find the member of a name, or a Flag's combination of a number."""
    if type(key) is str:
        return cls.__members__.get(key)
    if type(key) is int and issubclass(cls, Flag):
        try:
            return cls(key)
        except Exception:  # noqa: BLE001 - an author's _missing_ may raise anything
            return None
    return None


def _key_of(member: Any) -> str | int:
    """Say which member of its Enum this is."""
    for key in (member._name_, member._value_):
        if _member_by(type(member), key) is member:
            return key  # type: ignore[no-any-return]
    raise _Refusal(f"a {_name(type(member))} that is no member of its class any more")


def _gather(kind: Callable[[list[Any]], Any], items: list[Any]) -> Any:
    """Make a set or a dict of its members."""
    try:
        result = kind(items)
    except Exception as error:  # noqa: BLE001 - an author's __hash__ or __eq__ may raise anything
        raise _Refusal(f"a key or member cannot be hashed: {type(error).__name__}") from None
    if len(result) != len(items):
        raise _Refusal("two keys or members are equal")
    return result


_TOO_DEEP = f"it is nested above {MAX_DEPTH} levels: give it as a flat list, for example"
_TOO_LARGE = f"it takes more than {MAX_SIZE} bytes: give it in parts"


# The three walks


class _Copy:
    """One walk through a value that copies what is mutable and counts the size."""

    __slots__ = ("_types", "_within", "size")

    def __init__(self, types: _Types) -> None:
        """Begin."""
        self.size = 1
        self._types = types
        self._within: list[Any] = []

    def item(self, value: Any) -> Any:
        """Copy a value that stands alone."""
        if type(value) in _EXTRA:
            self._grow(_EXTRA[type(value)](value))
            return value
        return _COPIERS.get(type(value), _Copy._other)(self, value)

    def _items(self, items: list[Any], label: _Label, container: Any) -> bool:
        """Replace in a list what is mutable by copies; tell whether all of it is shared."""
        extra = index = 0
        shared = True
        try:
            for index, item in enumerate(items):
                kind = type(item)
                if kind is int:
                    if not -24 <= item < 24:  # noqa: PLR2004 - most need no further byte, and no call
                        extra += _int(item)
                elif kind in _EXTRA:
                    extra += _EXTRA[kind](item)
                elif (copy := _COPIERS.get(kind, _Copy._other)(self, item)) is not item:
                    items[index] = copy
                    shared = False
        except _Refusal as refusal:
            refusal.steps.append(label(container, index))
            raise
        self.size += extra
        if self.size > MAX_SIZE:
            self._refuse(_TOO_LARGE)
        return shared

    def _grow(self, size: int) -> None:
        self.size += size
        if self.size > MAX_SIZE:
            self._refuse(_TOO_LARGE)

    def _enter(self, container: Any, size: int) -> None:
        self._within.append(container)
        self.size += size
        if self.size > MAX_SIZE:
            self._refuse(_TOO_LARGE)
        if len(self._within) > MAX_DEPTH:
            self._refuse(_TOO_DEEP)

    def _refuse(self, why: str) -> NoReturn:
        """Refuse a value that is too much, or without end."""
        seen: set[int] = set()
        for depth, container in enumerate(self._within):
            if id(container) in seen:
                raise _Refusal("it contains itself: give an id or a name instead", depth)
            seen.add(id(container))
        raise _Refusal(why, 0)

    def _list(self, value: list[Any]) -> list[Any]:
        count = len(value)
        self._enter(value, _int(count) + count)
        copies = value.copy()
        self._items(copies, _by_index, None)
        self._within.pop()
        return copies

    def _tuple(self, value: tuple[Any, ...]) -> tuple[Any, ...]:
        count = len(value)
        self._enter(value, 3 + _int(count) + count)
        copies = list(value)
        shared = self._items(copies, _by_index, None)
        self._within.pop()
        return value if shared else tuple(copies)

    def _set(self, value: Any) -> Any:
        count = len(value)
        self._enter(value, 3 + _int(count) + count)
        copies = list(value)
        shared = self._items(copies, _as_member, None)
        self._within.pop()
        return value.copy() if shared else _gather(type(value), copies)

    def _dict(self, value: dict[Any, Any]) -> dict[Any, Any]:
        if not _ONLY_STR.issuperset(map(type, value)):
            return self._pairs(value)
        count = len(value)
        self._enter(value, _int(count) + 2 * count)
        self._keys(value)
        copies = list(value.values())
        shared = self._items(copies, _by_key, value)
        self._within.pop()
        return value.copy() if shared else dict(zip(value, copies, strict=True))

    def _keys(self, keys: Iterable[str]) -> None:
        try:
            self.size += sum(map(_str, keys))
        except _Refusal as refusal:
            refusal.steps.append(_as_key(keys, 0))
            raise

    def _pairs(self, value: dict[Any, Any]) -> dict[Any, Any]:
        count = 2 * len(value)
        self._enter(value, 3 + _int(count) + count)
        keys, copies = list(value), list(value.values())
        self._items(keys, _as_key, None)
        self._items(copies, _by_key, value)
        self._within.pop()
        return _gather(dict, list(zip(keys, copies, strict=True)))  # type: ignore[no-any-return]

    def _other(self, value: Any) -> Any:
        cls = type(value)
        if cls is self._types.handle:
            return self._handle(value)
        if isinstance(cls, EnumMeta):
            key = _key_of(value)
            self._grow(5 + _str(self._types.name(cls)) + _EXTRA[type(key)](key))
            return value
        if is_dataclass(cls):
            return self._dataclass(value)
        raise _Refusal(_unfit(cls, self._types.handle))

    def _handle(self, value: Any) -> Any:
        self._enter(value, 3)
        self._items([self._types.pack_handle(value)], _inside, None)
        self._within.pop()
        return value

    def _dataclass(self, value: Any) -> Any:
        shape = self._types.shape(type(value))
        values = shape.take_apart(value)
        self._enter(value, shape.extra)
        shared = self._items(values, _by_field, shape.fields)
        self._within.pop()
        return value if shared and shape.frozen else shape.put_together(values)


_COPIERS: dict[type, Callable[[_Copy, Any], Any]] = {
    list: _Copy._list,
    tuple: _Copy._tuple,
    set: _Copy._set,
    frozenset: _Copy._set,
    dict: _Copy._dict,
}


def _unfit(cls: type, handle: type) -> str:
    """Say why instances of a class do not cross, and what would."""
    for base in cls.__mro__:
        if base in _EXTRA or base in _COPIERS or base is handle:
            return f"a {_name(cls)}, which is more than a {_name(base)}: give a plain {_name(base)}"
    names = " ".join(kind.__name__ for kind in (*_EXTRA, *_COPIERS) if kind is not NoneType)
    return (
        f"a {_name(cls)} cannot cross; what can: None {names}, Enum members and dataclasses of the project's"
        " module, and clients"
    )


class _Pack:
    """One walk through a value that can cross, giving what cbor2 writes."""

    def __init__(self, types: _Types) -> None:
        """Begin."""
        self._types = types

    def item(self, value: Any) -> Any:
        """Give the form of the value on the wire."""
        kind = type(value)
        if kind in _CBOR:
            return value
        if kind in _FORMS:
            form = _FORMS[kind]
            return CBORTag(form.tag, form.write(value))
        if kind is dict:
            return self._dict(value)
        if kind in _COPIERS:
            items = [self.item(item) for item in value]
            return items if kind is list else CBORTag(_SEQUENCES[kind], items)
        return self._other(kind, value)

    def _dict(self, value: dict[Any, Any]) -> Any:
        if _ONLY_STR.issuperset(map(type, value)):
            return {key: self.item(item) for key, item in value.items()}
        return CBORTag(_PAIRS, [self.item(item) for item in chain.from_iterable(value.items())])

    def _other(self, cls: type, value: Any) -> Any:
        if cls is self._types.handle:
            return CBORTag(_HANDLE, self.item(self._types.pack_handle(value)))
        if isinstance(cls, EnumMeta):
            return CBORTag(_ENUM, [self._types.name(cls), _key_of(value)])
        shape = self._types.shape(cls)
        values = map(self.item, shape.take_apart(value))
        return CBORTag(_DATACLASS, [shape.name, dict(zip(shape.fields, values, strict=True))])


class _Unpack:
    """One walk through what cbor2 read, giving the value; nothing in it is taken on trust."""

    def __init__(self, types: _Types) -> None:
        """Begin."""
        self._types = types
        self._depth = 0

    def item(self, item: Any) -> Any:
        """Give the value of an item."""
        kind = type(item)
        if kind in _CBOR:
            return item
        if kind is list:
            return self._items(item, _by_index, None)
        if kind is dict:
            return self._map(item)
        if kind is not CBORTag:
            raise _Refusal(f"a {_name(kind)} is no value of ours")
        if item.tag in _FORMS_BY_TAG:
            return _read(_FORMS_BY_TAG[item.tag], item.value)
        if item.tag not in _UNPACKERS:
            raise _Refusal(f"the tag {item.tag} is not known here")
        return _UNPACKERS[item.tag](self, item.value)

    def _items(self, items: Any, label: _Label, container: Any) -> list[Any]:
        """Replace the items of an array by their values; they are one level deeper."""
        if type(items) is not list:
            raise _Refusal("the tag is not around an array")
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _Refusal(_TOO_DEEP, 0)
        index = 0
        try:
            for index, item in enumerate(items):
                if type(item) not in _CBOR:
                    items[index] = self.item(item)
        except _Refusal as refusal:
            refusal.steps.append(label(container, index))
            raise
        self._depth -= 1
        return items

    def _map(self, items: dict[Any, Any]) -> dict[str, Any]:
        if not _ONLY_STR.issuperset(map(type, items)):
            raise _Refusal("a map with a key that is no text")
        return dict(zip(items, self._items(list(items.values()), _by_key, items), strict=True))

    def _pairs(self, content: Any) -> dict[Any, Any]:
        items = self._items(content, _in_pairs, content)
        if len(items) % 2:
            raise _Refusal("a key without a value")
        return _gather(dict, list(zip(items[::2], items[1::2], strict=True)))  # type: ignore[no-any-return]

    def _tuple(self, content: Any) -> tuple[Any, ...]:
        return tuple(self._items(content, _by_index, None))

    def _set(self, content: Any) -> set[Any]:
        return _gather(set, self._items(content, _as_member, None))  # type: ignore[no-any-return]

    def _frozenset(self, content: Any) -> frozenset[Any]:
        return _gather(frozenset, self._items(content, _as_member, None))  # type: ignore[no-any-return]

    def _enum(self, content: Any) -> Enum:
        name, key = _two(content)
        cls = self._types.named(name, _is_enum)
        member = _member_by(cls, key)
        if type(member) is not cls or _key_of(member) != key:
            raise _Refusal(f"{_name(cls)} has no member {_show(key)}")
        return member  # type: ignore[no-any-return]

    def _dataclass(self, content: Any) -> Any:
        name, values = _two(content)
        shape = self._types.shape(self._types.named(name, is_dataclass))
        if type(values) is not dict or values.keys() != set(shape.fields):
            raise _Refusal(f"the fields of {_name(shape.cls)} are {', '.join(shape.fields)}, and others came")
        items = [values[name] for name in shape.fields]
        return shape.put_together(self._items(items, _by_field, shape.fields))

    def _handle(self, content: Any) -> Any:
        packed = self._items([content], _inside, None)
        try:
            return self._types.unpack_handle(packed[0])
        except Exception as error:  # noqa: BLE001 - whatever a maker of handles finds wrong
            raise _Refusal(f"no client can be made of this: {type(error).__name__}") from None


_SEQUENCES: dict[type, int] = {tuple: _TUPLE, set: _SET, frozenset: _FROZENSET}
_UNPACKERS: dict[int, Callable[[_Unpack, Any], Any]] = {
    _PAIRS: _Unpack._pairs,
    _TUPLE: _Unpack._tuple,
    _SET: _Unpack._set,
    _FROZENSET: _Unpack._frozenset,
    _ENUM: _Unpack._enum,
    _DATACLASS: _Unpack._dataclass,
    _HANDLE: _Unpack._handle,
}


def _two(content: Any) -> tuple[Any, Any]:
    if type(content) is not list or len(content) != 2:  # noqa: PLR2004 - as the name says
        raise _Refusal("the tag is not around an array of two")
    return content[0], content[1]


def _read(form: _Form, content: Any) -> Any:
    """Read a value without parts, if it is written just as we would."""
    try:
        value = form.read(content)
        exact = form.write(value) == content
    except _Refusal:
        raise
    except Exception:  # noqa: BLE001 - the constructors raise what they like
        exact = False
    if not exact:
        raise _Refusal(f"the tag {form.tag} is around something else than it should be")
    return value


# From bytes to what cbor2 makes of them


def _read_bignum(data: Any) -> int:
    """Read an integer that does not fit in 64 bits, and only such a one."""
    if type(data) is bytes and len(data) > 8 and data[0]:  # noqa: PLR2004 - 64 bits
        return int.from_bytes(data, "big")
    raise _Refusal("a bignum that is none")


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


def _decode(data: bytes) -> Any:
    """Read CBOR, leaving every tag but bignums as it is."""
    if len(data) > MAX_SIZE:
        raise _Refusal(_TOO_LARGE)
    stream = BytesIO(data)
    try:
        item = CBORDecoder(
            stream,
            semantic_decoders=_TAGS,
            max_depth=_WIRE_DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            strict_hashable_types=True,
        ).decode()
    except CBORDecodeError as error:
        raise _Refusal(f"this is no CBOR of ours: {str(error)[:100]}") from None
    if stream.tell() != len(data):
        raise _Refusal("there is more behind the value")
    return item
