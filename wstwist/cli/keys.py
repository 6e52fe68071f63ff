# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Keys that are pressed, one by one, while something else goes on."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def keys() -> Iterator[Callable[[], str]]:
    """Give what tells the keys that were pressed since it was last asked; on Windows there are none."""
    try:
        import termios
        import tty
    except ImportError:
        yield lambda: ""
        return
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    tty.setcbreak(terminal)
    try:
        yield lambda: _pressed(terminal)
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _pressed(terminal: int) -> str:
    ready, _, _ = select.select([terminal], [], [], 0)
    return os.read(terminal, 100).decode(errors="replace") if ready else ""
