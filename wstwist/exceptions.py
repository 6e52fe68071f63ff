# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The errors that wstwist raises.

WstwistError
├── ConfigurationError     a project, an option or a file that cannot be served as it is
│   └── NoSuchProject      the server knows no project of that name
├── Refuse                 raised by an author in ``on_connect``: this client may not come in
├── BusUnavailable         the way between contexts is broken
├── CannotCross            a value that cannot go from one context to another
├── CircularExecution      a wait that would never end, because it waits for itself
├── ClientGone             the client's context has ended
├── ConnectError           `wstwist.connect`: there is no connection, and why
│   ├── InvalidURL         (also a ValueError) the URL is no WebSocket's
│   ├── HostNotFound       the host's name does not resolve
│   ├── ConnectionFailed   the host refuses the connection, or cannot be reached
│   ├── ConnectTimeout     (also a TimeoutError) it took too long
│   ├── ProxyRefused       the proxy does not make a way to the host
│   ├── CertificateRefused the server's certificate, or ours, is not accepted
│   ├── HandshakeRefused   the server answers with another HTTP status than 101
│   └── NotWebSocket       what answers is no WebSocket server
├── ConnectionClosed       a connection is over: nothing can be sent or received any more
├── MailboxFull            the other context has too much to do
├── NoSuchProcedure        nothing of that name can be executed
├── ProcedureError         the procedure raised, in the other context
├── QueueFull              too much waits to be sent, and nobody waits for room
├── ReceiveTimeout         (also a TimeoutError) no message came in time
├── ReplyTimeout           (also a TimeoutError) the reply did not come in time
└── ServiceUnavailable     there is no global service at this moment
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

_SHOWN = 200  # characters of a refusal that its error shows


class WstwistError(Exception):
    """Whatever wstwist raises is one of these."""


class ConfigurationError(WstwistError):
    """Tell in one line what cannot be served as it is, where, and what would be right."""


class NoSuchProject(ConfigurationError):
    """The server knows no project of that name.

    Args:
        name: The name.
        meant: One that it knows, and that is much like it; None where there is none.
    """

    def __init__(self, name: str, meant: str | None = None) -> None:
        """Keep both."""
        super().__init__(name, meant)
        self.name = name
        self.meant = meant

    def __str__(self) -> str:
        """Say both."""
        advice = f"; did you mean {self.meant}?" if self.meant else ""
        return f"there is no project {self.name!r}{advice}"


class Refuse(WstwistError):
    """Raise this in ``on_connect`` to turn a client away.

    Args:
        status: The HTTP status of the answer, 400 to 599 (RFC 9110, section 15).
        reason: What the client is told, in the body of the answer.
        headers: Header fields that this status asks for (``Retry-After``, ``WWW-Authenticate``).
    """

    def __init__(self, status: int = 403, reason: str = "", headers: Mapping[str, str] | None = None) -> None:
        """Keep all of it; a status outside 400 to 599 is a ValueError."""
        if not 400 <= status <= 599:  # noqa: PLR2004 - the bounds of RFC 9110's error classes
            raise ValueError(f"Refuse: the status must be 400 to 599, not {status!r}")
        super().__init__(status, reason)
        self.status = status
        self.reason = reason
        self.headers = dict(headers or {})

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


class ConnectError(WstwistError):
    """A connection could not be made.

    Args:
        url: Where to.
        why: What stands in the way.
    """

    def __init__(self, url: str, why: str) -> None:
        """Keep both."""
        super().__init__(url, why)
        self.url = url
        self.why = why

    def __str__(self) -> str:
        """Say where and why."""
        return f"{self.url}: {self.why}"


class InvalidURL(ConnectError, ValueError):
    """A URL is no WebSocket's (RFC 6455, section 3)."""


class HostNotFound(ConnectError):
    """The host's name does not resolve to an address."""


class ConnectionFailed(ConnectError):
    """The host refuses the connection or cannot be reached, or it was lost before it was open."""


class ConnectTimeout(ConnectError, TimeoutError):
    """It took too long until the connection was open."""


class ProxyRefused(ConnectError):
    """The proxy does not make a way to the host.

    Args:
        url: Where to.
        why: What stands in the way.
        status: The HTTP status of the proxy's answer; None: it gives none.
    """

    def __init__(self, url: str, why: str, status: int | None = None) -> None:
        """Keep the answer."""
        super().__init__(url, why)
        self.status = status


class CertificateRefused(ConnectError):
    """The server's certificate is not accepted, or the server does not accept ours."""


class HandshakeRefused(ConnectError):
    """The server answers the opening handshake with another status than 101.

    Args:
        url: Where to.
        status: The HTTP status.
        reason: The phrase behind it.
        headers: The answer's header fields, names in lower case.
        body: What came of the answer's body together with its head, as text.
    """

    def __init__(self, url: str, status: int, reason: str, headers: Mapping[str, str], body: str) -> None:
        """Keep the answer."""
        said = next(iter(body.splitlines()), "")[:_SHOWN]
        super().__init__(url, f"the server answers {status} {reason}" + (f": {said}" if said else ""))
        self.status = status
        self.reason = reason
        self.headers = headers
        self.body = body


class NotWebSocket(ConnectError):
    """What answers is no WebSocket server, or breaks the rules of the opening handshake."""


class ConnectionClosed(WstwistError):
    """A connection is over.

    Args:
        code: The close code (RFC 6455, section 7.4).
        reason: The reason that came with it.
        was_clean: Whether the closing handshake was completed.
    """

    def __init__(self, code: int, reason: str, was_clean: bool) -> None:
        """Keep how it ended."""
        super().__init__(code, reason, was_clean)
        self.code = code
        self.reason = reason
        self.was_clean = was_clean

    def __str__(self) -> str:
        """Say how it ended."""
        broken = "" if self.was_clean else ", without the closing handshake"
        return f"the connection is closed: {self.code}{f' {self.reason}' if self.reason else ''}{broken}"


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


class QueueFull(WstwistError):
    """So much waits to be sent that a message is not taken: it was not queued."""


class ReceiveTimeout(WstwistError, TimeoutError):
    """No message came in time; none is lost, the next wait goes on."""


class ReplyTimeout(WstwistError, TimeoutError):
    """The reply did not come in time."""


class ServiceUnavailable(WstwistError):
    """There is no global service at this moment."""
