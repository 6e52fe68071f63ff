# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""How much of a project's database is in use, and who waits for it."""

from __future__ import annotations

from threading import get_ident
from types import TracebackType
from typing import NamedTuple


class DatabaseUse(NamedTuple):
    """How much of a database is in use at one moment.

    Attributes:
        connections: How many connections there may be.
        in_use: How many of them contexts have, for their transactions.
        waiting: How many contexts wait: for a connection, or for their turn with a SQLite file.
    """

    connections: int
    in_use: int
    waiting: int


class Queue:
    """The threads that wait for something: each while it is in ``with queue:``, never twice."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._threads: set[int] = set()  # to which threads add themselves without a lock

    def __len__(self) -> int:
        """Count them."""
        return len(self._threads)

    def __enter__(self) -> None:
        """Wait from now on."""
        self._threads.add(get_ident())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait no more."""
        self._threads.discard(get_ident())
