# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What `Project.broadcast` gives: an awaitable that is done when there is room for more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from wstwist.pending import Wait
from wstwist.reply import Caller, Reply
from wstwist.wire.interface import STALLED

if TYPE_CHECKING:
    from wstwist.events import Event
    from wstwist.life import ClientContext

Elsewhere = Callable[[Callable[[], None]], None]
"""Has a function called once those who are elsewhere have room."""


class Broadcast(Reply[None]):
    """Done when every client that got a message has room for another, or has stalled.

    Nothing of it happens unless somebody waits.

    Args:
        caller: The project.
        name: The project's name.
    """

    __slots__ = ("_contexts", "_missing", "_others", "_timer")

    def __init__(self, caller: Caller, name: str) -> None:
        """Wait for nobody yet."""
        super().__init__(caller, f"{name}.broadcast")
        self._contexts: Sequence[ClientContext] | None = None
        self._others: Callable[[], Sequence[Elsewhere]] = tuple
        self._missing = -1
        self._timer: object = None

    def sent(
        self, contexts: Sequence[ClientContext], others: Callable[[], Sequence[Elsewhere]] = tuple
    ) -> None:
        """Know to whom it was sent: contexts here, and, if somebody waits, others elsewhere."""
        self._contexts = contexts
        self._others = others
        if self._waits:
            self._look_soon()

    def _watch(self, wait: Wait, event: Event | None) -> Wait:
        if self._contexts is not None:
            self._look_soon()
        return super()._watch(wait, event)

    def _look_soon(self) -> None:
        if self._missing < 0:
            self._missing = 0
            # What was sent in this turn leaves at its end; only then it is known who has room.
            self._scheduler.call_next_turn(partial(self._scheduler.call_next_turn, self._look))

    def _look(self) -> None:
        contexts = self._contexts or ()
        others = self._others()
        self._missing = len(contexts) + len(others) + 1
        self._timer = self._scheduler.reactor.callLater(STALLED, self._done)
        for context in contexts:
            context.channel.when_room(self._one_has_room)
        for other in others:
            other(self._one_has_room)
        self._one_has_room()

    def _one_has_room(self) -> None:
        self._missing -= 1
        if not self._missing:
            self._timer.cancel()  # type: ignore[attr-defined] # an IDelayedCall
            self._done()

    def _done(self) -> None:
        self._missing = 0
        self.resolve(None)
        self._scheduler.run()
