# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What each message asks of the system; compiled modules take it from ``native.pxd``, in C."""

from __future__ import annotations

from threading import get_ident
from time import perf_counter

__all__ = ["is_shared", "now", "thread_ident"]

now = perf_counter
thread_ident = get_ident


def is_shared(driver: object) -> bool:
    """Tell whether the code of an event may have kept the driver that was the current task in its first step.

    Args:
        driver: Which one; the caller holds the only other reference to it.
    """
    del driver
    return True  # it cannot be known here
