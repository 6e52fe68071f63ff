# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What the keys of a configuration file must be, and in which line of it the one stands that is wrong."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from wstwist.exceptions import ConfigurationError
from wstwist.nearest import nearest

Table = dict[str, Any]

_LAST_PORT = 65535


class WrongKeyError(ConfigurationError):
    """Something in a configuration file is wrong.

    Args:
        message: What is wrong, and what would be right.
        keys: Where: the key, after those of the tables around it.
    """

    def __init__(self, message: str, keys: Sequence[str]) -> None:
        """Keep both."""
        super().__init__(message)
        self.keys = tuple(keys)


class Kind(NamedTuple):
    """What the value of a key must be."""

    phrase: str
    admits: Callable[[Any], bool]


def is_port(value: object) -> bool:
    """Whether this is the number of a TCP port, or 0 for any free one."""
    return type(value) is int and 0 <= value <= _LAST_PORT


def _are_texts(value: object) -> bool:
    return type(value) is list and all(type(item) is str for item in value)


def _are_tables(value: object) -> bool:
    return type(value) is dict and all(type(item) is dict for item in value.values())


def one_of(*values: str) -> Kind:
    """Give the kind of a key that has one of some words."""
    *others, last = map(repr, values)
    return Kind(f"{', '.join(others)} or {last}", lambda value: type(value) is str and value in values)


TEXT = Kind("a text", lambda value: type(value) is str)
TEXTS = Kind("a list of texts", _are_texts)
PORT = Kind(f"a port, 0 to {_LAST_PORT}", is_port)
MOST_WORKERS = 1000
WORKERS = Kind(
    f"a number from 1 to {MOST_WORKERS}, or 'auto'",
    lambda value: value == "auto" or (type(value) is int and 1 <= value <= MOST_WORKERS),
)
TABLE = Kind("a table", lambda value: type(value) is dict)
PROJECTS = Kind("tables, [projects.NAME]", _are_tables)
ANY = Kind("anything", lambda _value: True)


def check(table: Mapping[str, Any], kinds: Mapping[str, Kind], *keys: str) -> None:
    """Refuse keys that mean nothing, and values of a wrong kind.

    Args:
        table: What is checked.
        kinds: What its keys must be.
        keys: Those of the tables around it.

    Raises:
        WrongKeyError: Says what is wrong, where, and what would be right.
    """
    check_names(table, kinds, *keys)
    for name, value in table.items():
        if not kinds[name].admits(value):
            where = place(*keys)
            raise WrongKeyError(f"{where}{name} must be {kinds[name].phrase}, not {value!r}", (*keys, name))


def check_names(table: Mapping[str, Any], known: Collection[str], *keys: str) -> None:
    """Refuse keys that mean nothing; arguments and errors are those of `check`."""
    for name in table:
        if name not in known:
            meant = nearest(name, known)
            advice = f"did you mean {meant}?" if meant else f"there are {', '.join(known)}"
            raise WrongKeyError(f"{place(*keys)}{name} is no setting; {advice}", (*keys, name))


def place(*keys: str) -> str:
    """Begin a message with the table that it is about; with nothing where that is the whole file."""
    return f"[{'.'.join(keys)}] " if keys else ""


def line_of(text: str, keys: Sequence[str]) -> int | None:
    """Find the line of a TOML file in which a key is given its value, or else the table that it belongs to.

    Args:
        text: The file; it can be read.
        keys: The key, after those of the tables around it.

    Returns:
        The line's number, from 1; None where there is nothing of it.
    """
    lines = text.split("\n")
    tables: dict[int, Table | None] = {0: {}}
    while keys and not _has(_table_of(lines, len(lines), tables), keys):
        keys = keys[:-1]
    if not keys:
        return None
    without, with_it = 0, len(lines)
    # The shortest beginning that can be read and has the key ends with it; the next shorter one before it.
    while between := _readable_between(lines, without, with_it, tables):
        if _has(tables[between], keys):
            with_it = between
        else:
            without = between
    return without + 1


def _readable_between(
    lines: Sequence[str], low: int, high: int, tables: dict[int, Table | None]
) -> int | None:
    """Find how many lines, about half way, make a file that can be read; a value may take several."""
    middle = (low + high) // 2
    numbers = (*range(middle, low, -1), *range(middle + 1, high))
    return next((number for number in numbers if _table_of(lines, number, tables) is not None), None)


def _table_of(lines: Sequence[str], number: int, tables: dict[int, Table | None]) -> Table | None:
    if number not in tables:
        try:
            tables[number] = tomllib.loads("\n".join(lines[:number]))
        except tomllib.TOMLDecodeError:
            tables[number] = None
    return tables[number]


def _has(table: Any, keys: Sequence[str]) -> bool:
    for key in keys:
        if not isinstance(table, dict) or key not in table:
            return False
        table = table[key]
    return True
