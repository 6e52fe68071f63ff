# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What an author's code raised, as the author is shown it: as Python shows it, from the author's code on."""

from __future__ import annotations

from traceback import TracebackException
from types import TracebackType

from twisted.python.failure import Failure

EDGE = 40
"""Entries of a traceback that are shown at either end; those between are counted."""

_MACHINERY = ("twisted.internet.defer", "twisted.python.failure")
"""Modules of Twisted's that call an author's ``inlineCallbacks``."""


class EventFailure(Failure):
    """An error of an author's, for the log.

    Twisted's own failures show neither the members of an ExceptionGroup nor causes and notes, and each frame
    of an endless recursion.

    Args:
        error: What was raised.

    Attributes:
        text: The traceback, as text; a log in JSON has it, too.
    """

    def __init__(self, error: BaseException) -> None:
        """Format it."""
        super().__init__(error, type(error), from_author(error.__traceback__))  # type: ignore[no-untyped-call]
        self.frames = [*self.frames[:EDGE], *self.frames[EDGE:][-EDGE:]]
        self.text = show(error)

    def getTraceback(  # noqa: N802 - Twisted's name
        self,
        elideFrameworkCode: int = 0,  # noqa: N803 - likewise
        detail: str = "default",
    ) -> str:
        """Give the text; in other details it is Twisted's."""
        return self.text if detail == "default" else super().getTraceback(elideFrameworkCode, detail)


def show(error: BaseException) -> str:
    """Format an error as Python does, with causes, members and notes, but not endlessly."""
    try:
        shown = TracebackException(type(error), error, from_author(error.__traceback__), compact=True)
        entries = list(shown.format())
    except Exception:  # noqa: BLE001 - an author's error may raise in whatever it is asked for
        return f"{type(error).__name__}, which cannot be shown\n"
    more = len(entries) - 2 * EDGE
    if more > 0:
        entries[EDGE:-EDGE] = [f"  ... {more} more ...\n"]
    return "".join(entries)


def from_author(trace: TracebackType | None) -> TracebackType | None:
    """Leave out the frames above an author's code; where there is none it is our fault, and all are kept."""
    first = trace
    while first is not None and _is_machinery(first.tb_frame.f_globals.get("__name__", "")):
        first = first.tb_next
    return first or trace


def _is_machinery(module: str) -> bool:
    """Tell whether a module is one that calls authors' code; the demonstration is an author's."""
    if module.startswith("wstwist."):
        return not module.startswith("wstwist.demo.")
    return module in _MACHINERY
