# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Waiting in coroutines, whoever drives them: an event, an asyncio task or Twisted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from twisted.internet.defer import Deferred

from wstwist.stepping import enter_task, leave_task

T = TypeVar("T")


def wait_for(deferred: Deferred[T]) -> asyncio.Future[T] | Deferred[T]:
    """Give what the current coroutine's driver understands."""
    loop = asyncio._get_running_loop()
    if loop is not None and isinstance(asyncio.current_task(loop), asyncio.Task):
        return deferred.asFuture(loop)
    return deferred


def outside(function: Callable[[], object]) -> None:
    """Call what may go on with other coroutines, outside of the asyncio task that runs just now.

    A coroutine that Twisted drives goes on at once where its Deferred fires, and would take that task for its
    own driver.
    """
    loop = asyncio._get_running_loop()
    task = None if loop is None else asyncio.current_task(loop)
    if loop is None or task is None:
        function()
        return
    leave_task(loop, task)
    try:
        function()
    finally:
        enter_task(loop, task)
