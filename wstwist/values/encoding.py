# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""To another process: the tags of `wstwist.values` around what CBOR has no type for."""

from __future__ import annotations

from itertools import chain
from typing import Any

from cbor2 import CBORTag

from wstwist.values.project_types import DATACLASS, ProjectTypes, is_enum, key_of
from wstwist.values.scalars import CBOR_TYPES, FORMS, all_str

PAIRS, ENUM, HANDLE = 60000, 60007, 60009
SEQUENCES: dict[type, int] = {tuple: 60001, frozenset: 60002, set: 258}


class Pack:
    """One walk through a value that can cross, giving what cbor2 writes.

    Args:
        types: The project's types.
    """

    def __init__(self, types: ProjectTypes) -> None:
        """Begin."""
        self._types = types

    def item(self, value: Any) -> Any:
        """Give the form of the value on the wire."""
        kind = type(value)
        if kind in CBOR_TYPES:
            return value
        if kind in FORMS:
            form = FORMS[kind]
            return CBORTag(form.tag, form.write(value))
        if kind is list:
            return [self.item(item) for item in value]
        if kind in SEQUENCES:
            return CBORTag(SEQUENCES[kind], [self.item(item) for item in value])
        if kind is dict:
            return self._dict(value)
        return self._other(kind, value)

    def _dict(self, value: dict[Any, Any]) -> Any:
        if all_str(value):
            return {key: self.item(item) for key, item in value.items()}
        return CBORTag(PAIRS, [self.item(item) for item in chain.from_iterable(value.items())])

    def _other(self, cls: type, value: Any) -> Any:
        if cls is self._types.handle:
            return CBORTag(HANDLE, self._types.pack(value))
        if is_enum(cls):
            return CBORTag(ENUM, [self._types.name(cls), key_of(value)])
        shape = self._types.shape(cls)
        values = map(self.item, shape.take_apart(value))
        return CBORTag(DATACLASS, [shape.name, dict(zip(shape.fields, values, strict=True))])
