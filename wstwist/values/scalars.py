# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Values without parts, all immutable: how large they are on the wire, and how written.

A size is the number of bytes after the item's first one, which its container has counted already.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from math import isfinite
from types import NoneType
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from wstwist.values.refusal import Refusal, name_of, show

_ZONE_KEY = re.compile(r"[A-Za-z0-9_+-]{1,40}(/[A-Za-z0-9_+-]{1,40}){0,3}")
_MICROSECOND = timedelta(microseconds=1)
_ONLY_STR = frozenset({str})


def int_size(number: int) -> int:
    """Count the bytes of an int, or of a length (RFC 8949, section 3)."""
    if number < 0:
        number = ~number
    if number < 24:  # noqa: PLR2004 - what fits into the first byte
        return 0
    if number < 2**32:
        return 1 if number < 2**8 else 2 if number < 2**16 else 4
    if number < 2**64:
        return 8
    return 1 + bytes_size((number.bit_length() + 7) // 8)


def bytes_size(length: int) -> int:
    """Count the bytes of a string of so many bytes."""
    return length if length < 24 else length + int_size(length)  # noqa: PLR2004 - as above


def str_size(text: str) -> int:
    """Count the bytes of a str."""
    if text.isascii():
        return bytes_size(len(text))
    try:
        return bytes_size(len(text.encode()))
    except UnicodeEncodeError as error:
        lone = ascii(text[error.start])
        raise Refusal(f"a str with the lone surrogate {lone}, which is no text: give bytes") from None


def _zone_size(zone: tzinfo | None) -> int:
    content = _write_zone(zone)
    if isinstance(content, list):
        return sum(1 + SIZES[type(item)](item) for item in content)
    return 0 if content is None else str_size(content)


def _write_zone(zone: tzinfo | None) -> str | list[Any] | None:
    if zone is None:
        return None
    if type(zone) is timezone:
        offset, *names = zone.__getinitargs__()  # type: ignore[attr-defined] # typeshed forgot it
        if all(type(name) is str for name in names):
            return [offset // _MICROSECOND, *names]
    if type(zone) is not ZoneInfo:
        raise Refusal(f"its time zone is a {name_of(type(zone))}: use datetime.timezone or zoneinfo.ZoneInfo")
    if zone.key is None or _read_zone(zone.key) is not zone:
        raise Refusal("its time zone is not the one that ZoneInfo(key) gives: make it so")
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
        raise Refusal(f"there is no time zone {show(content)} here") from None


def _write_moment(moment: datetime | time) -> list[Any]:
    text = moment.replace(tzinfo=None).isoformat(timespec="microseconds")
    return [text, moment.fold, _write_zone(moment.tzinfo)]


def _read_moment(kind: type[datetime | time], content: Any) -> datetime | time:
    text, fold, zone = content
    return kind.fromisoformat(text).replace(fold=fold, tzinfo=_read_zone(zone))


def _write_decimal(number: Decimal) -> str:
    return str(number).replace("e", "E")  # which of them str writes depends on the decimal context


class Form(NamedTuple):
    """How a type that CBOR does not know is written: in a tag."""

    tag: int
    size: Callable[[Any], int]
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]

    def decode(self, content: Any) -> Any:
        """Read a value if it is written just as we would."""
        try:
            value = self.read(content)
            exact = self.write(value) == content
        except Refusal:
            raise
        except Exception:  # noqa: BLE001 - the constructors raise what they like
            exact = False
        if not exact:
            raise Refusal(f"the tag {self.tag} is around something else than it should be")
        return value


FORMS: dict[type, Form] = {
    UUID: Form(37, lambda _: 18, lambda value: value.bytes, lambda data: UUID(bytes=data)),
    date: Form(1004, lambda _: 13, date.isoformat, date.fromisoformat),
    datetime: Form(
        60003,
        lambda moment: 33 + _zone_size(moment.tzinfo),
        _write_moment,
        lambda content: _read_moment(datetime, content),
    ),
    time: Form(
        60004,
        lambda moment: 21 + _zone_size(moment.tzinfo),
        _write_moment,
        lambda content: _read_moment(time, content),
    ),
    timedelta: Form(
        60005,
        lambda duration: 3 + int_size(duration // _MICROSECOND),
        lambda duration: duration // _MICROSECOND,
        lambda number: number * _MICROSECOND,
    ),
    Decimal: Form(60006, lambda number: 3 + str_size(_write_decimal(number)), _write_decimal, Decimal),
}
FORMS_BY_TAG = {form.tag: form for form in FORMS.values()}

SIZES: dict[type, Callable[[Any], int]] = {
    NoneType: lambda _: 0,
    bool: lambda _: 0,
    int: int_size,
    float: lambda number: 8 if isfinite(number) else 2,
    str: str_size,
    bytes: lambda data: bytes_size(len(data)),
    **{kind: form.size for kind, form in FORMS.items()},
}
"""How to count the bytes of each type without parts."""

CBOR_TYPES = SIZES.keys() - FORMS.keys()
"""Those that CBOR knows itself."""


def all_str(keys: Iterable[object]) -> bool:
    """Tell whether all keys are plain str, as those of a CBOR map are."""
    return _ONLY_STR.issuperset(map(type, keys))
