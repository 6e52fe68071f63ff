# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Waiting in coroutines, whoever drives them: an event, an asyncio task or Twisted."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from twisted.internet.defer import Deferred

T = TypeVar("T")


def wait_for(deferred: Deferred[T]) -> asyncio.Future[T] | Deferred[T]:
    """Give what the current coroutine's driver understands."""
    loop = asyncio._get_running_loop()
    if loop is not None and isinstance(asyncio.current_task(loop), asyncio.Task):
        return deferred.asFuture(loop)
    return deferred
