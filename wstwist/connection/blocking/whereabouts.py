# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Where code runs that may block, and where it may not."""

from __future__ import annotations

import sys

from twisted.python import threadable

from wstwist.stepping import current_event


def check_may_block(what: str, instead: str) -> None:
    """See that the calling thread may block.

    Args:
        what: What would block it, for people.
        instead: What is right there.

    Raises:
        RuntimeError: It is the reactor's, or runs an ``async def`` event.
    """
    if _runs_reactor() or _runs_async_event():
        raise RuntimeError(f"{what} would block the reactor's thread; there, use {instead}")


def _runs_reactor() -> bool:
    reactor = sys.modules.get("twisted.internet.reactor")
    return reactor is not None and threadable.isInIOThread() and bool(getattr(reactor, "running", False))


def _runs_async_event() -> bool:
    """Tell what `wstwist.testing` knows without a reactor."""
    event = current_event.get()
    if event is None:
        return False
    project = event.context.project
    return project.scheduler.on_reactor_thread() and not project.threads.may_wait()
