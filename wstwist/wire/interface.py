# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What the wire and whoever stands behind it promise each other.

The wire calls an `Application` when a handshake's request is whole, and the `Receiver` that this gives for
each message and once at the end. The application talks back through the `Channel`. All of it happens on
the reactor's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from twisted.internet.defer import Deferred

from wstwist.limits import Limits
from wstwist.traffic import Traffic
from wstwist.wire.prepared import Prepared

if TYPE_CHECKING:
    from wstwist.wire.client_certificate import ClientCertificate

STALLED = 1.0
"""Seconds after which a peer that does not read holds nobody up any more who waits for room."""


class Request(NamedTuple):
    """A handshake's request, checked and taken apart.

    Attributes:
        path: The path of the request's target, percent-decoded, without the query.
        query_all: Every field of the query and its values, in order.
        headers: The header fields, names in lower case; the values of a repeated one joined by ``", "``.
        address: The client's address (an IP address, or the path or "" of a Unix socket): the peer's, or what
            a proxy says that is trusted.
        port: The client's port; ``None`` on a Unix socket, and where a proxy does not tell it.
        secure: Whether the client came over TLS.
        origin: The Origin header, ``None`` where there is none.
        protocol: The sub-protocol that was negotiated (RFC 6455, section 4.2.2), or ``None``.
        certificate: The client's certificate, verified; ``None`` where it has shown none.
    """

    path: str
    query_all: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    address: str
    port: int | None
    secure: bool
    origin: str | None
    protocol: str | None
    certificate: ClientCertificate | None = None


class Channel(Protocol):
    """One connection, as the application uses it."""

    @property
    def traffic(self) -> Traffic:
        """What has passed it; whoever takes a message counts it there."""

    @property
    def send_queue(self) -> int:
        """Bytes that wait because the peer does not read."""

    def send(self, message: str | bytes) -> None:
        """Queue a message: ``str`` leaves as text, ``bytes`` as binary; nothing happens once it is closed.

        Before the handshake is done messages are kept, and follow the 101 at once.
        """

    def send_keyed(self, message: str | bytes, key: str) -> None:
        """Queue a message, as `send`, instead of the one with the same key that still waits, if one does."""

    def send_prepared(self, prepared: Prepared) -> None:
        """Queue a message that is sent to others, too, as `send`."""

    def when_room(self, tell: Callable[[], object]) -> None:
        """Call something, once, when the peer has read all that waits; at once if it has gone or stalled."""

    def when_drained(self, tell: Callable[[bool], object]) -> None:
        """Call something, once: with True when nothing waits any more, with False if the end comes before."""

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake after what was sent before; a second call does nothing."""

    def give_up(self, code: int, reason: str) -> None:
        """Close as `close` does, for a reason that the operator is to read in the log."""

    def pause(self) -> None:
        """Read no more from the network until `resume`."""

    def resume(self) -> None:
        """Read on, and deliver what was kept since `Receiver.deliver` said to stop."""

    def abort(self) -> None:
        """Drop the connection at once, without the closing handshake."""


class Receiver(Protocol):
    """Whom a connection's messages are for."""

    @property
    def log_fields(self) -> Mapping[str, Any]:
        """What a line in the log says of whom it concerns."""

    def deliver(self, message: str | bytes) -> bool:
        """Take a message; False: take no more until the application calls `Channel.resume`."""

    def delivered(self) -> None:
        """Handle what was delivered; called when all that could be decoded of a read is delivered."""

    def closed(self, code: int, reason: str, was_clean: bool) -> None:
        """Learn, exactly once for each `Application.open` that gave a receiver, that the connection is over.

        It is called also when the peer drops while the handshake waits, and when the handshake is refused.

        Args:
            code: The close code: the peer's, or ours where we closed; 1005 for none, 1006 where the
                connection broke (RFC 6455, section 7.4.1).
            reason: The reason that came with it.
            was_clean: Whether the closing handshake was completed.
        """


class Opening(NamedTuple):
    """What an application answers to a request.

    Attributes:
        receiver: Whom messages are for.
        accepted: Fires with header fields to add to the 101; fails with `Refuse` (that status and reason are
            the answer) or with anything else (500, nothing of it is told). It is the application that ends
            a wait that is too long.
    """

    receiver: Receiver
    accepted: Deferred[Mapping[str, str]]


class Application(Protocol):
    """What is behind a path."""

    @property
    def log_fields(self) -> Mapping[str, Any]:
        """What a line in the log says of whom it concerns."""

    @property
    def path(self) -> str:
        """The path it is served at, beginning with a slash."""

    @property
    def wire(self) -> WireSettings:
        """How its connections are to be treated."""

    @property
    def traffic(self) -> Traffic:
        """What passes its connections."""

    def open(self, request: Request, channel: Channel) -> Opening:
        """Begin with a client; raises `Refuse` to turn it away at once."""

    def count(self, what: str, times: int = 1) -> None:
        """Count something that happened to a connection."""


@dataclass(frozen=True, slots=True)
class WireSettings:
    """How an application's connections are treated.

    Attributes:
        protocols: Sub-protocols in order of preference; the first one that the client offers is taken.
        compress: Whether permessage-deflate (RFC 7692) is accepted when a client offers it.
        limits: The limits that the wire keeps: sizes and times.
    """

    protocols: Sequence[str] = ()
    compress: bool = False
    limits: Limits = field(default_factory=Limits)
