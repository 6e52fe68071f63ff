# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The turns of a reactor."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any


def caller_of_next_turn(reactor: Any, loop: Any = None) -> Callable[[Callable[[], object]], object]:
    """Give what calls a function when the reactor has had its thread back.

    Args:
        reactor: An `IReactorTime`.
        loop: The asyncio loop that it runs on; None: the one that it names, if it does.
    """
    loop = loop or getattr(reactor, "_asyncioEventloop", None)
    if loop is None:
        return lambda function: reactor.callLater(0, function)
    # Not in a copy of the caller's context, which may be an author's.
    return lambda function: loop.call_soon(function, context=contextvars.Context())
