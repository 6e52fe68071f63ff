# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""When what was sent leaves: at the end of the read that is handled, or of the reactor's turn."""

from __future__ import annotations

from typing import Any, Protocol

from wstwist.turns import caller_of_next_turn


class Corked(Protocol):
    """What keeps frames back."""

    def flush(self) -> None:
        """Let them out."""


class Corks:
    """Those that keep frames back at this moment.

    Args:
        reactor: What has turns.

    Attributes:
        reader: Whose read is handled, if one is; at its end it lets its own frames out, and calls `flush`.
    """

    def __init__(self, reactor: Any) -> None:
        """Begin with none."""
        self.reader: Corked | None = None
        self._call_next_turn = caller_of_next_turn(reactor)
        self._corked: list[Corked] = []
        self._is_due = False

    def add(self, corked: Corked) -> None:
        """Let this one out soon."""
        if self.reader is corked:
            return
        self._corked.append(corked)
        if self.reader is None and not self._is_due:
            self._is_due = True
            self._call_next_turn(self._end_turn)

    def flush(self) -> None:
        """Let all out, now."""
        if self._corked:
            corked, self._corked = self._corked, []
            for each in corked:
                each.flush()

    def _end_turn(self) -> None:
        self._is_due = False
        self.flush()
