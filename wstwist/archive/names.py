# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The names that an archive's files may have: each is below the folder that it is unpacked into."""

from __future__ import annotations

import re
from collections.abc import Callable

LONGEST = 1000
"""Bytes of a name."""

_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?\Z")
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|]')


_RULES: tuple[tuple[Callable[[str], object], str], ...] = (
    (lambda name: not _is_utf8(name), "its name is no UTF-8"),
    (lambda name: len(name.encode()) > LONGEST, "its name is too long"),
    (lambda name: name.startswith("/"), "its path is absolute"),
    (lambda name: ".." in name.split("/"), "its path leads out of the folder"),
    (_FORBIDDEN.search, "its name has a character that some systems do not know in names"),
    (lambda name: {"", "."} & {*name.split("/")}, "its path has empty parts"),
    (lambda name: any(map(_is_strange, name.split("/"))), "some systems cannot have a file of this name"),
)


def refusal_of(name: str) -> str:
    """Say why a file cannot have this name, on some system; empty: it can.

    Args:
        name: The path in the archive, its parts separated by slashes.
    """
    return next((why for is_wrong, why in _RULES if is_wrong(name)), "")


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_strange(part: str) -> bool:
    return part.endswith((" ", ".")) or bool(_DEVICES.match(part))
