# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Values of Python's, made of JSON that `wstwist.admin.json_values` describes."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from wstwist.values.project_types import is_enum, member_by
from wstwist.values.refusal import Refusal, gather

if TYPE_CHECKING:
    from wstwist.client import Client
    from wstwist.host import Host

_NUMBER = re.compile(r"[+-]?[0-9]{1,4000}|[+-]?0x[0-9a-fA-F]{1,20000}")
_NESTED = 100


class Reader:
    """Reads arguments for one project's procedures.

    Args:
        host: The project, for its Enums, dataclasses and clients.
    """

    def __init__(self, host: Host) -> None:
        """Remember the project."""
        self._host = host
        self._types = host.values._types

    def read(self, value: Any, where: str) -> Any:
        """Give the value that JSON stands for.

        Raises:
            CannotCross: It stands for none; it says where and why.
        """
        try:
            return self._item(value, 0)
        except Refusal as refusal:
            raise refusal.at(where) from None

    def _item(self, value: Any, depth: int) -> Any:
        if depth > _NESTED:
            raise Refusal(f"nested above {_NESTED} levels", 0)
        if isinstance(value, list):
            return [self._at(item, f"[{number}]", depth) for number, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if "$type" not in value:
            return {key: self._at(item, f"[{key!r}]", depth) for key, item in value.items()}
        return self._tagged(value, depth)

    def _at(self, value: Any, step: str, depth: int) -> Any:
        """Read a part; what is wrong there says where that is."""
        try:
            return self._item(value, depth + 1)
        except Refusal as refusal:
            refusal.steps.append(step)
            raise

    def _tagged(self, value: Mapping[str, Any], depth: int) -> Any:
        kind, content = value["$type"], value.get("value")
        if isinstance(kind, str) and kind in _SIMPLE:
            try:
                return _SIMPLE[kind](content, value)
            except Refusal:
                raise
            except Exception:  # noqa: BLE001 - the constructors raise what they like
                raise Refusal(f"{content!r:.80} is no {kind}") from None
        if kind in ("tuple", "set", "frozenset"):
            items = self._list(content, depth)
            return tuple(items) if kind == "tuple" else gather({"set": set}.get(kind, frozenset), items)
        if kind == "dict":
            return self._pairs(content, depth)
        if kind in ("enum", "dataclass"):
            name = value.get("class")
            name = name.rpartition(".")[2] if isinstance(name, str) else name
            return self._enum(name, content) if kind == "enum" else self._dataclass(name, content, depth)
        if kind == "client":
            return self._client(content)
        raise Refusal(f"no value can be made of $type {kind!r:.80}")

    def _list(self, content: Any, depth: int) -> list[Any]:
        if not isinstance(content, list):
            raise Refusal("its value must be a list")
        return [self._at(item, f"[{number}]", depth) for number, item in enumerate(content)]

    def _pairs(self, content: Any, depth: int) -> dict[Any, Any]:
        pairs = self._list(content, depth)
        if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):  # noqa: PLR2004 - a pair
            raise Refusal("its value must be a list of pairs")
        return gather(dict, pairs)  # type: ignore[no-any-return]

    def _enum(self, name: Any, content: Any) -> Any:
        cls = self._types.named(name, is_enum)
        member = member_by(cls, content)
        if type(member) is not cls:
            raise Refusal(f"{name} has no member {content!r:.80}")
        return member

    def _dataclass(self, name: Any, content: Any, depth: int) -> Any:
        shape = self._types.shape(self._types.named(name, is_dataclass))
        if not isinstance(content, dict) or content.keys() != set(shape.fields):
            raise Refusal(f"the fields of {name} are {', '.join(shape.fields)}")
        return shape.put_together(self._at(content[field], f".{field}", depth) for field in shape.fields)

    def _client(self, content: Any) -> Client:
        identity = content.get("id") if isinstance(content, dict) else content
        context = self._host.contexts.get(identity) if isinstance(identity, str) else None
        if context is None:
            raise Refusal(f"there is no client {identity!r:.80}")
        return context.client


def _int(content: Any, _more: Mapping[str, Any]) -> int:
    if not _NUMBER.fullmatch(content):
        raise ValueError(content)
    return int(content, 0 if "x" in content else 10)


def _float(content: Any, _more: Mapping[str, Any]) -> float:
    if content not in ("nan", "inf", "-inf"):
        raise ValueError(content)
    return float(content)


def _moment(kind: type[datetime | time]) -> Callable[[Any, Mapping[str, Any]], Any]:
    def read(content: Any, more: Mapping[str, Any]) -> datetime | time:
        moment = kind.fromisoformat(content)
        if "zone" in more:
            moment = moment.replace(tzinfo=ZoneInfo(more["zone"]))
        return moment.replace(fold=more.get("fold", 0))

    return read


_SIMPLE: Mapping[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "int": _int,
    "float": _float,
    "bytes": lambda content, _more: b64decode(content, validate=True),
    "datetime": _moment(datetime),
    "time": _moment(time),
    "date": lambda content, _more: date.fromisoformat(content),
    "timedelta": lambda content, _more: timedelta(seconds=content),
    "Decimal": lambda content, _more: Decimal(content),
    "UUID": lambda content, _more: UUID(content),
}
