# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The errors that wstwist raises.

WstwistError
├── ConfigurationError     a project, an option or a file that cannot be served as it is
├── Refuse                 raised by an author in ``on_connect``: this client may not come in
├── BusUnavailable         the way between contexts is broken
├── CannotCross            a value that cannot go from one context to another
├── CircularExecution      a wait that would never end, because it waits for itself
├── ClientGone             the client's context has ended
├── MailboxFull            the other context has too much to do
├── NoSuchProcedure        nothing of that name can be executed
├── ProcedureError         the procedure raised, in the other context
├── ReplyTimeout           (also a TimeoutError) the reply did not come in time
└── ServiceUnavailable     there is no global service at this moment
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus


class WstwistError(Exception):
    """Whatever wstwist raises is one of these."""


class ConfigurationError(WstwistError):
    """Tell in one line what cannot be served as it is, where, and what would be right."""


class Refuse(WstwistError):
    """Raise this in ``on_connect`` to turn a client away.

    Args:
        status: The HTTP status of the answer, 400 to 599 (RFC 9110, section 15).
        reason: What the client is told, in the body of the answer.
    """

    def __init__(self, status: int = 403, reason: str = "") -> None:
        """Keep status and reason; a status outside 400 to 599 is a ValueError."""
        if not 400 <= status <= 599:  # noqa: PLR2004 - the bounds of RFC 9110's error classes
            raise ValueError(f"Refuse: the status must be 400 to 599, not {status!r}")
        super().__init__(status, reason)
        self.status = status
        self.reason = reason

    def __str__(self) -> str:
        """Say status and reason."""
        try:
            phrase = HTTPStatus(self.status).phrase
        except ValueError:
            phrase = "refused"
        return f"{self.status} {self.reason or phrase}"


class BusUnavailable(WstwistError):
    """The way to the other context is broken for now."""


class CannotCross(WstwistError):
    """A value cannot go from one context to another.

    Args:
        where: Which part of the value, as a path: ``argument 1[3].name``.
        why: What is wrong with that part, and what would be right.
    """

    def __init__(self, where: str, why: str) -> None:
        """Keep where and why."""
        super().__init__(where, why)
        self.where = where
        self.why = why

    def __str__(self) -> str:
        """Say where and why."""
        return f"{self.where}: {self.why}"


class CircularExecution(WstwistError):
    """Waiting for this reply would never end.

    Args:
        contexts: The names of the contexts that wait for each other, beginning with the one that raises.
    """

    def __init__(self, contexts: Sequence[str]) -> None:
        """Keep the names of the contexts."""
        super().__init__(tuple(contexts))
        self.contexts = tuple(contexts)

    def __str__(self) -> str:
        """Draw the circle."""
        return "would wait for itself: " + " -> ".join((*self.contexts, self.contexts[0]))


class ClientGone(WstwistError):
    """The client has disconnected, and its context has ended."""


class MailboxFull(WstwistError):
    """The other context has as much to do as its mailbox holds; the call was not queued."""


class NoSuchProcedure(WstwistError):
    """The project has no procedure of that name."""


class ProcedureError(WstwistError):
    """The procedure raised, in the other context.

    Args:
        type: The name of the error's class there, ``ValueError`` or ``module.Class``.
        message: What the error says.
        traceback: The traceback of the other context, as text.
    """

    def __init__(self, type: str, message: str, traceback: str = "") -> None:  # noqa: A002 - DESIGN's name
        """Keep what the other context told."""
        super().__init__(type, message, traceback)
        self.type = type
        self.message = message
        self.traceback = traceback

    def __str__(self) -> str:
        """Say type and message."""
        return f"{self.type}: {self.message}" if self.message else self.type


class ReplyTimeout(WstwistError, TimeoutError):
    """The reply did not come in time."""


class ServiceUnavailable(WstwistError):
    """There is no global service at this moment."""
