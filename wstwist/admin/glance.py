# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A look into a context: a copy of its globals, made between two of its events."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from wstwist.admin.json_values import Writer, type_name
from wstwist.admin.problems import Problem
from wstwist.definition import OWN
from wstwist.life import ClientContext, State

if TYPE_CHECKING:
    from wstwist.context import ExecutionContext

PATIENCE = 2.0
"""Seconds that an event in progress may keep somebody waiting who looks."""

MOST = 200
"""Globals that are shown at most."""

ITEMS = 500
"""Parts of one global that are shown at most."""

TEXT = 2000
"""Characters of one text, and bytes of one bytes, that are shown at most."""

DEPTH = 8
"""How deep parts are shown that stand within each other."""


class Glance:
    """Looks, as a work item of a context's mailbox; it counts against no bound, and is in front."""

    size = -1

    def __init__(self, told: Deferred[dict[str, Any]]) -> None:
        """Wait for the context's turn."""
        self._told = told

    def begin(self, context: ExecutionContext) -> None:
        """Look, unless whoever wanted to know has gone."""
        if self._told.called:
            return
        try:
            found = look(context)
        except Exception:  # noqa: BLE001 - an author's values may do anything when they are looked at
            self._told.errback(Failure())
        else:
            self._told.callback(found)


def glance(context: ExecutionContext, reactor: Any) -> Deferred[dict[str, Any]]:
    """Give the globals of a context, as soon as its event has ended.

    Args:
        context: The context.
        reactor: What measures the time.

    Returns:
        Fires with what `look` gives, or fails with a `Problem`: 504 where an event takes too long.
    """
    told: Deferred[dict[str, Any]] = Deferred()
    context.mailbox.put_first(Glance(told))
    context.go_on()
    context.scheduler.run()
    return told.addTimeout(PATIENCE, reactor, onTimeoutCancel=partial(_too_late, context))


def _too_late(context: ExecutionContext, _result: object, _seconds: float) -> NoReturn:
    """Say what keeps whoever looks waiting."""
    event = context.event
    busy = "has very much to do" if event is None else f"is in {event.name}, which has not ended"
    raise Problem(504, f"{context.name} {busy}: its globals cannot be read between two events")


def look(context: ExecutionContext) -> dict[str, Any]:
    """Copy the globals of a context, large ones shortened; it must be its turn, or have ended."""
    found: list[dict[str, Any]] = []
    if not (isinstance(context, ClientContext) and context.state is State.ENDED):
        for name, value in _globals(context):
            if len(found) == MOST:
                break
            writer = Writer(items=ITEMS, text=TEXT, depth=DEPTH)
            written = writer.write(value)
            found.append(
                {
                    "name": name,
                    "type": type_name(value),
                    "value": written,
                    "is_shortened": writer.is_shortened,
                }
            )
    return {"globals": found}


def _globals(context: ExecutionContext) -> Iterator[tuple[str, Any]]:
    """Give the globals in the order in which they were written; what has no business here is left out."""
    definition = context.project.definition
    own = vars(context.instance)
    for name in (*definition.globals, *(name for name in own if name not in definition.globals)):
        if not name.startswith("_") and name not in OWN:
            value = own[name] if name in own else getattr(context.instance, name, None)
            yield name, value
