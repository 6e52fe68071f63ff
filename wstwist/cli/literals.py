# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Values as people write them, Python's literals, made what the API takes."""

from __future__ import annotations

import ast
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any

LARGEST = 2**53 - 1
"""The largest number that JSON's readers keep all digits of."""

_NAMED = re.compile(r"([^\W\d]\w*)=(?!=)(.*)", re.DOTALL)
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None}


def read_arguments(texts: Iterable[str]) -> tuple[list[Any], dict[str, Any]]:
    """Read arguments, each a literal such as ``"Ann"``, ``3``, ``[1, 2]``, or ``name=3``.

    What is no literal is a text: ``Ann`` is ``"Ann"``.

    Returns:
        Positional ones and named ones, in the API's JSON.
    """
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for text in texts:
        named = _NAMED.fullmatch(text)
        if named is None:
            args.append(read_value(text))
        else:
            kwargs[named[1]] = read_value(named[2])
    return args, kwargs


def read_value(text: str) -> Any:
    """Read one value; nothing is evaluated but literals."""
    if text in _WORDS:
        return _WORDS[text]
    try:
        return as_json(ast.literal_eval(text.strip()))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def as_json(value: Any) -> Any:  # noqa: PLR0911 - one for each type
    """Give a literal's value as the API takes it."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if -LARGEST <= value <= LARGEST else _tagged("int", str(value))
        case float():
            return value if value - value == 0 else _tagged("float", str(value))
        case bytes():
            return _tagged("bytes", b64encode(value).decode())
        case list():
            return [as_json(item) for item in value]
        case tuple() | set():
            return _tagged(type(value).__name__, [as_json(item) for item in value])
        case dict():
            if all(type(key) is str and key != "$type" for key in value):
                return {key: as_json(item) for key, item in value.items()}
            return _tagged("dict", [[as_json(key), as_json(item)] for key, item in value.items()])
    raise TypeError(f"{type(value).__name__} is no literal that can be sent")  # complex, Ellipsis


def _tagged(kind: str, value: Any) -> dict[str, Any]:
    return {"$type": kind, "value": value}
