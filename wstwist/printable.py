# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Text that comes from clients, logs and servers, made harmless for a terminal."""

from __future__ import annotations

import re

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_BREAKS = re.compile(r"\s*[\r\n]\s*")


def printable(text: str) -> str:
    r"""Show control characters as escapes: ``\x1b[2J`` clears nobody's screen. Tabs and newlines stay."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def one_line(text: str) -> str:
    """Make a text one printable line."""
    return printable(_BREAKS.sub(" ", text.strip()).replace("\t", " "))
