# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Durations as people write them: ``"20 s"``, ``"500 ms"``, ``"1 min 30 s"``, ``"2 h"``.

The messages of the errors here follow the name of a setting, which the caller puts in front.
"""

from __future__ import annotations

import re
from datetime import timedelta
from math import isfinite

_UNITS = {"h": 3600.0, "min": 60.0, "s": 1.0, "ms": 0.001}
_DURATION = re.compile(r"\s*" + "".join(rf"(?:(\d+(?:\.\d+)?)\s*{unit}\s*)?" for unit in _UNITS), re.ASCII)
_EXAMPLES = "'20 s', '500 ms', '1 min 30 s' or '2 h'"


def seconds(value: float | str | timedelta) -> float:
    """Turn a duration into seconds.

    Args:
        value: A number of seconds, a duration such as ``"1 min 30 s"``, or a timedelta.

    Raises:
        ValueError: It is none of these, or not above 0.
    """
    return _resolve(value, 1.0, "a number of seconds")


def interval(value: int | str | timedelta) -> float:
    """Turn the interval of a global service into seconds.

    Args:
        value: A whole number of milliseconds, a duration such as ``"5 s"``, or a timedelta.

    Raises:
        ValueError: It is none of these, or not above 0.
    """
    if isinstance(value, float):
        example = describe(value) if isfinite(value) and value > 0 else "500 ms"
        raise ValueError(  # noqa: TRY004 - whoever reads settings catches ValueError alone
            f"{value!r} is a float: write {example!r} if these are seconds, or a whole number of milliseconds"
        )
    return _resolve(value, _UNITS["ms"], "a whole number of milliseconds")


def describe(seconds: float) -> str:
    """Say a duration for people, to the millisecond: ``5 s``, ``1 min 30 s``, ``500 ms``."""
    if 0 < seconds < 1 and (milliseconds := f"{seconds * 1000:g}") != "1000":
        return f"{milliseconds} ms"
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (rest / 1000, "s"))
    return " ".join(f"{number:g} {unit}" for number, unit in parts if number) or "0 s"


def _resolve(value: object, unit: float, number: str) -> float:
    """Turn a duration into seconds; a bare number counts in the given unit, called ``number`` in errors."""
    if isinstance(value, str):
        result = _parse(value)
    elif isinstance(value, timedelta):
        result = value.total_seconds()
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        result = _scale(value, unit)
    else:
        given = repr(value) if value is None or isinstance(value, bool) else f"a {type(value).__name__}"
        raise ValueError(  # noqa: TRY004 - as above
            f"{given} is no duration: write {number}, or for example {_EXAMPLES}"
        )
    if not (isfinite(result) and result > 0):
        raise ValueError(f"{value!s} is no duration above 0: write for example {_EXAMPLES}")
    return result


def _parse(text: str) -> float:
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ValueError(f"{text!r} is no duration: write for example {_EXAMPLES}")
    amounts = zip(match.groups("0"), _UNITS.values(), strict=True)
    return sum(float(number) * unit for number, unit in amounts)


def _scale(number: float, unit: float) -> float:
    try:
        return number * unit
    except OverflowError:
        raise ValueError(f"a number that large is no duration: write for example {_EXAMPLES}") from None
