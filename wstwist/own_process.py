# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What this process takes of its machine."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from wstwist import descriptors

try:
    import resource
except ImportError:  # on Windows there is none
    resource = None  # type: ignore[assignment]

_DESCRIPTORS = Path("/proc/self/fd")
_MEMORY = Path("/proc/self/statm")
_STARTED = time.time()  # this is loaded at the start


def cpu() -> float:
    """Give the seconds of a processor that it has had."""
    return time.process_time()


def memory() -> int | None:
    """Give the bytes of memory that it has; on macOS the most that it ever had, None where nobody knows."""
    with suppress(OSError):
        return int(_MEMORY.read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    if resource is None:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def open_descriptors() -> int:
    """Count file descriptors, at a cost that does not grow with them.

    Linux tells since 6.2; elsewhere those are counted that are below the lowest free one.
    """
    with suppress(OSError):
        return _DESCRIPTORS.stat().st_size or descriptors.lowest_free()
    return descriptors.lowest_free()


def started() -> float:
    """Give the time of day when it began to serve, in seconds since 1970."""
    return _STARTED
