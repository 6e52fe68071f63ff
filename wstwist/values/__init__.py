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
client              60009 byte string: what the handle is made of, a value encoded by itself
=================== ===== ==========================================================================

A *zone* is null (naive), the text of a key such as ``Europe/Paris``, or an array: microseconds east of UTC
and, if it was given one, the zone's name. The name of a class is a name in the project's module; it is
looked up there, among Enums and dataclasses, and nowhere else. Tags from 60000 on are our own, from the
range that is free for anybody (RFC 8949, section 9.2); they are not registered.

Within a process nothing is encoded: what is mutable is copied, what is immutable is shared, and the size
that the value would have on the wire is counted on the way. Only a client's handle, which is immutable, is
encoded to know its size: once, because it keeps the bytes. No other handle stands within a handle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cbor2 import dumps

from wstwist.values.copying import Copy
from wstwist.values.decoding import Unpack, decode
from wstwist.values.encoding import Pack
from wstwist.values.project_types import ProjectTypes
from wstwist.values.refusal import MAX_DEPTH, MAX_SIZE, Refusal
from wstwist.values.scalars import SIZES
from wstwist.values.successors import Successors

__all__ = ["MAX_DEPTH", "MAX_SIZE", "Values"]


class Values:
    """What crosses between the contexts of one project.

    Args:
        namespace: The names of the project's module, where Enums and dataclasses may be found. It is looked
            into when one is needed, so it may still grow.
        handle: The type of client handles.
        pack_handle: Gives the bytes that a handle is made of, or raises `CannotCross`.
        unpack_handle: Makes a handle of such bytes again, or raises `CannotCross`.
        successors: What became of the classes that were found there before; None: nothing has changed.
    """

    def __init__(
        self,
        namespace: Mapping[str, object],
        *,
        handle: type,
        pack_handle: Callable[[Any], bytes],
        unpack_handle: Callable[[bytes], Any],
        successors: Successors | None = None,
    ) -> None:
        """Keep where to look; nothing is looked up yet."""
        self._types = ProjectTypes(namespace, handle, pack_handle, unpack_handle, successors)

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
        size = SIZES.get(type(value))
        try:
            if size is not None and (total := 1 + size(value)) <= MAX_SIZE:
                return value, total
            walk = Copy(self._types)
            return walk.item(value), walk.size
        except Refusal as refusal:
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
        return dumps(Pack(self._types).item(copy))

    def loads(self, data: bytes, where: str = "data") -> Any:
        """Decode what `dumps` gave, perhaps elsewhere, perhaps by somebody who means no good.

        Args:
            data: The bytes.
            where: What to call them in errors.

        Raises:
            CannotCross: These bytes are no value, or none that can be had here.
        """
        try:
            return Unpack(self._types).item(decode(data))
        except Refusal as refusal:
            raise refusal.at(where) from None
