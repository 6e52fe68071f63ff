# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A WebSocket client for blocking code: scripts, threads, and the ``def`` events of a project.

::

    with wstwist.blocking.connect("wss://example.org/Chat") as connection:
        connection.send("hello")
        print(connection.receive(timeout=5))

It uses sockets and never a reactor, so it works beside a running one, in any thread but the reactor's.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import timedelta
from threading import TIMEOUT_MAX
from types import TracebackType
from typing import Self, Unpack

from wstwist import durations
from wstwist.connection.address import parse_url
from wstwist.connection.blocking.dialing import Dialing
from wstwist.connection.blocking.link import Link
from wstwist.connection.blocking.reasons import in_words
from wstwist.connection.blocking.stream import Stream
from wstwist.connection.blocking.tls import Versions
from wstwist.connection.blocking.whereabouts import check_may_block
from wstwist.connection.handshake import Agreed
from wstwist.connection.keywords import Keywords
from wstwist.connection.options import Options
from wstwist.connection.session import OPEN
from wstwist.exceptions import ConnectionClosed, ConnectionFailed
from wstwist.wire.closing import GOING_AWAY, NO_STATUS, NORMAL, check_end

__all__ = ["Connection", "connect"]

_WITHOUT_ERROR = (NORMAL, GOING_AWAY, NO_STATUS)


def connect(url: str, **options: Unpack[Keywords]) -> Connection:
    """Connect to a WebSocket server.

    Args:
        url: Where to: ``ws://host:port/path``, or ``wss://`` over TLS.
        options: How; `wstwist.connection.options.Options` says what there is.

    Raises:
        ConnectError: There is no connection; each reason is a class of its own.
        ConfigurationError: A file of certificates or keys cannot be used.
        ValueError: An option's value cannot be.
        TypeError: There is no such option, or its value is of another type.
        RuntimeError: This is the reactor's thread, which must not block.
    """
    check_may_block("wstwist.blocking.connect", "await wstwist.connect(...)")
    return connect_as(url, Options.checked(options))


def connect_as(url: str, options: Options, versions: Versions | None = None) -> Connection:
    """Connect to a WebSocket server as `connect` does, with options that are checked.

    Args:
        url: Where to.
        options: How.
        versions: The least and the highest version of TLS to speak; None: the usual ones.
    """
    check_may_block("wstwist.blocking.connect", "await wstwist.connect(...)")
    address = parse_url(url)
    stream, agreed = Dialing(address, options, versions).dial()
    try:
        return Connection(address.url, stream, agreed, options)
    except (OSError, RuntimeError) as error:  # the system gives no more sockets, or no more threads
        stream.close()
        raise ConnectionFailed(address.url, in_words(error)) from None


class Connection:
    """A connection to a WebSocket server. `connect` makes one.

    Any thread may use it, several at once too, but no other process: in a fork's child only `close` works,
    and closes the child's copy. A thread of its own reads what the server sends, and answers its pings; it
    keeps up to ``queue_size`` bytes, and reads no further until they are received.

    Attributes:
        url: Where to, without user and password.
        peer: Address and port at the other end of the network connection: the server's, or a proxy's.
    """

    def __init__(self, url: str, stream: Stream, agreed: Agreed, options: Options) -> None:
        """Begin to read."""
        self.url = url
        self.peer = stream.peer
        self._has_asked = False  # for the end
        self._link = link = Link(stream, agreed, options)
        link.start()

    @property
    def protocol(self) -> str | None:
        """The sub-protocol that the server has chosen, or None."""
        return self._link.session.protocol

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self._link.session.state is OPEN and not self._link.is_copy

    @property
    def close_code(self) -> int | None:
        """How the connection ended (RFC 6455, section 7.4), 1006 where it broke; None before."""
        end = self._link.session.end
        return None if end is None else end[0]

    @property
    def close_reason(self) -> str | None:
        """The reason that came with the close code; None before the end."""
        end = self._link.session.end
        return None if end is None else end[1]

    def send(self, message: str | bytes) -> None:
        """Send a message: ``str`` as text, ``bytes`` as binary.

        It waits while more than ``queue_size`` bytes wait for a server that does not read.

        Raises:
            ConnectionClosed: The connection is over.
            RuntimeError: This is the reactor's thread, or another process than that which connected.
            TypeError: The message is neither text nor bytes.
        """
        self._check("send")
        self._link.send(message)

    def receive(self, timeout: float | str | timedelta | None = None) -> str | bytes:
        """Wait for the next message. Where several threads wait, each message goes to one of them.

        Args:
            timeout: How long: seconds, ``"5 s"`` or a timedelta; 0 or less: take only what is
                there; None: no end.

        Raises:
            ReceiveTimeout: (a TimeoutError) Nothing came in time. What comes later the next call gives.
            ConnectionClosed: The connection is over, and there is no message left.
            RuntimeError: This is the reactor's thread, or another process than that which connected.
        """
        self._check("receive")
        return self._link.receive(_seconds(timeout))

    def ping(self, timeout: float | str | timedelta | None = None) -> float:
        """Ask the server for an answer, and wait for it; what came before has to be received.

        Args:
            timeout: How long, as for `receive`.

        Returns:
            How long it took, in seconds.

        Raises:
            ReceiveTimeout: (a TimeoutError) No answer came in time.
            ConnectionClosed: The connection is over.
            RuntimeError: This is the reactor's thread, or another process than that which connected.
        """
        self._check("ping")
        return self._link.ping(_seconds(timeout))

    def __iter__(self) -> Iterator[str | bytes]:
        """Give messages, until the connection ends.

        Raises:
            ConnectionClosed: It broke, or the server ended it with another code than 1000, 1001 or none.
        """
        while True:
            try:
                message = self.receive()
            except ConnectionClosed as closed:
                if self._has_asked or (closed.was_clean and closed.code in _WITHOUT_ERROR):
                    return
                raise
            yield message

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Close the connection, and wait until it is; it may be called twice, and from any thread.

        What was sent before leaves first. The server has ``close_timeout`` for its answer and again for
        closing; then the connection is dropped. In a fork's child only its copy is closed, at once.

        Raises:
            ValueError: No client may send this code.
            TypeError: The reason is no text.
        """
        _check_may_block("close")
        check_end(code, reason)
        if self._link.is_copy:
            self._link.forget()
            return
        if self.is_open:
            self._has_asked = True
        self._link.close(code, reason)

    def __enter__(self) -> Self:
        """Give the connection."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def __del__(self) -> None:
        """Drop a connection that nobody has any more."""
        link = getattr(self, "_link", None)
        if link is None or link.is_gone:
            return
        if link.is_copy:
            link.forget()
        else:
            link.abandon()
            warnings.warn(f"unclosed {self!r}", ResourceWarning, source=self, stacklevel=2)

    def _check(self, what: str) -> None:
        """See that a connection can be used here."""
        _check_may_block(what)
        if self._link.is_copy:
            why = "the connection was made in another process; connect in this one"
            raise RuntimeError(f"{self.url}: {what}: {why}")

    def __repr__(self) -> str:
        """Say where to, and whether it is open."""
        return f"<connection to {self.url}, {'open' if self.is_open else 'closed'}>"


def _check_may_block(what: str) -> None:
    check_may_block(f"{what} of a blocking connection", "wstwist.connect's connections")


def _seconds(timeout: float | str | timedelta | None) -> float | None:
    if timeout is None:
        return None
    if isinstance(timeout, timedelta):
        timeout = timeout.total_seconds()
    if not isinstance(timeout, str) and timeout <= 0:
        return 0.0
    return min(durations.seconds(timeout), TIMEOUT_MAX)
