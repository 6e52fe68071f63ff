# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""How many file descriptors this process may have, and how many it has."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

try:
    import resource
except ImportError:  # on Windows there is no such limit
    resource = None  # type: ignore[assignment]

_LAST_OF_SELECT = 1024
"""select() knows no number from here on."""

_NONE_FREE = 1 << 31
"""What is given for a free one where there is none."""

_MODEST = 10240
"""What macOS permits where it calls the hard limit infinite."""


def limit(reactor: Any = None) -> int | None:
    """Give how many there may be, or None where nothing limits them.

    Args:
        reactor: What watches them: one on select() knows only small numbers.
    """
    if resource is None:
        return None
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = None if soft == resource.RLIM_INFINITY else soft
    if is_select(reactor):
        return _LAST_OF_SELECT if most is None else min(most, _LAST_OF_SELECT)
    return most


def raise_limit(reactor: Any) -> None:
    """Raise the soft limit to the hard one, where the reactor can use more than it has."""
    if resource is None or is_select(reactor):
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (hard, _MODEST):
        if soft == resource.RLIM_INFINITY or (wanted != resource.RLIM_INFINITY and wanted <= soft):
            return
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            return


def is_select(reactor: Any) -> bool:
    """Whether a reactor watches with select(), Twisted's or asyncio's."""
    loop = getattr(reactor, "_asyncioEventloop", None)
    watches = reactor if loop is None else getattr(loop, "_selector", None)
    return type(watches).__name__ in ("SelectReactor", "SelectSelector")


def lowest_free() -> int:
    """Give the lowest number that is free (POSIX gives it to whatever is opened next), or a huge one."""
    try:
        number = os.open(os.devnull, os.O_RDONLY)
    except OSError:
        return _NONE_FREE
    os.close(number)
    return number


def count_open() -> int:
    """Count those that are open; where the system does not tell, those below the lowest that is free."""
    with suppress(OSError):
        return len(list(Path("/dev/fd").iterdir())) - 1  # the folder itself is open meanwhile
    number = lowest_free()
    return number if number < _NONE_FREE else limit() or number
