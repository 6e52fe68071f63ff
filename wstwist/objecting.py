# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What is done with something that cannot be served: the first is raised, or all are collected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Never

from wstwist.exceptions import ConfigurationError

Objector = Callable[[ConfigurationError], object]
"""Is told what cannot be served; where it returns, the check goes on without that."""


def raise_at_once(error: ConfigurationError) -> Never:
    """Raise the first, as a server does that is to start."""
    raise error
