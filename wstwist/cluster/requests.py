# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What other nodes have been asked, and have not answered yet."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any, NamedTuple

Answered = Callable[[Any, BaseException | None], None]
"""Called with a value, or with why there is none."""


class _Asked(NamedTuple):
    node: str
    answered: Answered
    gone: Callable[[], BaseException]


class Requests:
    """Requests, each answered once: by the node that was asked, or because that has gone."""

    def __init__(self) -> None:
        """Ask nothing yet."""
        self._asked: dict[int, _Asked] = {}
        self._of: dict[str, set[int]] = {}
        self._numbers = count(1)

    def __len__(self) -> int:
        """Count those without an answer."""
        return len(self._asked)

    def add(self, node: str, answered: Answered, gone: Callable[[], BaseException]) -> int:
        """Remember a request.

        Args:
            node: Who is asked.
            answered: Called with the answer.
            gone: Says what it means that the node goes before it answers.

        Returns:
            The request's number.
        """
        number = next(self._numbers)
        self._asked[number] = _Asked(node, answered, gone)
        self._of.setdefault(node, set()).add(number)
        return number

    def answered(self, node: str, number: int, value: Any, error: BaseException | None) -> None:
        """Hand an answer on; one that comes too late, or from somebody else, is dropped."""
        asked = self._asked.get(number)
        if asked is not None and asked.node == node:
            self._forget(number, node)
            asked.answered(value, error)

    def withdraw(self, number: int) -> str | None:
        """Forget a request; give who was asked, if there is no answer yet."""
        asked = self._asked.get(number)
        if asked is None:
            return None
        self._forget(number, asked.node)
        return asked.node

    def gone(self, node: str) -> None:
        """Answer what a node was asked that has gone."""
        for number in sorted(self._of.get(node, ())):
            asked = self._asked[number]
            self._forget(number, node)
            asked.answered(None, asked.gone())

    def stop(self, error: BaseException) -> None:
        """Answer all of them."""
        asked, self._asked, self._of = self._asked, {}, {}
        for each in asked.values():
            each.answered(None, error)

    def _forget(self, number: int, node: str) -> None:
        del self._asked[number]
        numbers = self._of[node]
        numbers.discard(number)
        if not numbers:
            del self._of[node]
