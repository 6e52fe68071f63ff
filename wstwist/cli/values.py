# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The API's values, written as Python would; docs/administration.md describes them."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Mapping
from typing import Any


def written(value: Any) -> str:
    """Write a value of the API's as Python would."""
    if isinstance(value, list):
        return _between("[", map(written, value), "]")
    if not isinstance(value, dict):
        return repr(value)
    kind, content = value.get("$type"), value.get("value")
    if not isinstance(kind, str):
        return _between("{", (f"{key!r}: {written(item)}" for key, item in value.items()), "}")
    return _written(kind, content, value)


def _written(  # noqa: C901, PLR0911 - one for each type
    kind: str, content: Any, value: Mapping[str, Any]
) -> str:
    """Write what JSON has no type for."""
    match kind, content:
        case "tuple", [single]:
            return f"({written(single)},)"
        case "tuple", list():
            return _between("(", map(written, content), ")")
        case "set", [*_]:
            return _between("{", map(written, content), "}") if content else "set()"
        case "frozenset", list():
            return _between("frozenset({", map(written, content), "})")
        case "dict", list():
            return _between("{", (f"{written(key)}: {written(item)}" for key, item in content), "}")
        case (("bytes" | "bytearray"), str()):
            text = repr(b64decode(content))
            return text if kind == "bytes" else f"bytearray({text})"
        case (("int" | "float" | "object"), _):
            return str(content)
        case "enum", _:
            return f"{value.get('class')}.{content}"
        case "timedelta", _:
            return f"timedelta(seconds={content})"
        case (("dataclass" | "client"), dict()):
            name = value.get("class", "Client")
            return _between(f"{name}(", (f"{key}={written(item)}" for key, item in content.items()), ")")
    return f"{value.get('class', kind)}({written(content)})"


def _between(before: str, parts: Iterable[str], after: str) -> str:
    return before + ", ".join(parts) + after
