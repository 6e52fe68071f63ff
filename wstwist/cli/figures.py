# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Figures for people."""

from __future__ import annotations

from datetime import UTC, datetime

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_KIB = 1024


def ago(moment: str, now: datetime | None = None) -> str:
    """Say how long ago a point in time is, such as "5 min"; it is ISO 8601."""
    seconds = ((now or datetime.now(UTC)) - datetime.fromisoformat(moment)).total_seconds()
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= unit:
            return f"{seconds // unit:.0f} {name}"
    return f"{max(0.0, seconds):.0f} s"


def size(number: float) -> str:
    """Write a number of bytes, such as "1.5 KiB"."""
    if number < _KIB:
        return f"{number:.0f} B"
    for unit in ("KiB", "MiB", "GiB"):
        number /= _KIB
        if number < _KIB:
            return f"{number:.1f} {unit}"
    return f"{number / _KIB:.1f} TiB"


def short(number: float) -> str:
    """Write a number in at most five characters, such as "12.3k"."""
    if number < 1000:  # noqa: PLR2004 - there it begins to be long
        return f"{number:.0f}" if number == int(number) or number >= 100 else f"{number:.1f}"  # noqa: PLR2004
    for unit in "kMG":
        number /= 1000
        if number < 1000:  # noqa: PLR2004
            return f"{number:.1f}{unit}" if number < 100 else f"{number:.0f}{unit}"  # noqa: PLR2004
    return f"{number / 1000:.0f}T"
