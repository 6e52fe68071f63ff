# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Where a thread is, as an author wants to see it: from the author's code on."""

from __future__ import annotations

import traceback
from types import FrameType
from typing import Any

from wstwist.project import Project
from wstwist.tracebacks import EDGE

_LOOPS = ("twisted.internet.", "asyncio.", "uvloop")
"""Modules whose frames are those of the reactor."""

_CALLERS = ("wstwist.", "twisted.", "asyncio.", "autobahn.", "aiofastnet", "threading")
"""Modules through which the reactor calls an author's code."""

_AUTHORS = ("wstwist.demo.",)

_LAST = 6
"""Entries that are shown where none is the author's."""


def frames_of(frame: FrameType) -> list[FrameType]:
    """Give the frames from the author's code on, the outermost first; the last ones where none is."""
    frames = [found for found, _line in traceback.walk_stack(frame)][::-1]
    names = [found.f_globals.get("__name__", "") for found in frames]
    in_loop = next((place for place, name in enumerate(names) if name.startswith(_LOOPS)), -1)
    for place in range(in_loop + 1, len(frames)):
        if not names[place].startswith(_CALLERS) or names[place].startswith(_AUTHORS):
            return frames[place:]
    return frames[-_LAST:]


def show_stack(frame: FrameType) -> str:
    """Format where a thread is, as Python shows it, but not endlessly."""
    frames = frames_of(frame)
    entries = traceback.StackSummary.extract((found, found.f_lineno) for found in frames).format()
    more = len(entries) - 2 * EDGE
    if more > 0:
        entries[EDGE:-EDGE] = [f"  ... {more} more ...\n"]
    return "".join(entries)


def context_of(frame: FrameType) -> Any:
    """Give the execution context whose code runs, None where that is nobody's.

    An event's and a procedure's first argument is the instance, and that knows its context.
    """
    for found in frames_of(frame):
        code = found.f_code
        if code.co_argcount:
            first = found.f_locals.get(code.co_varnames[0])
            if isinstance(first, Project):
                return first._context
    return None
