# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What a client whose TLS handshake fails on aiofastnet's transports is told: why.

aiofastnet 1.2 closes the socket without sending the alert that OpenSSL has written. And a socket that is
closed while bytes of the peer are unread resets the connection, by which the alert may be lost (see
`wstwist.wire.lingering`).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from contextlib import suppress
from functools import partial
from typing import Any
from weakref import ref

from wstwist.wire.served_tls import PARTING_TIME

# Bytes that are read and thrown away at once.
_CHUNK = 64 * 1024


class LastWords:
    """The sockets of clients whose handshake has failed, and who may still read why.

    Args:
        loop: The event loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin without any."""
        self._loop = loop
        self._parting: dict[socket.socket, asyncio.TimerHandle] = {}

    def say(self, transport: Any) -> None:
        """Send the alert of a transport whose handshake has just failed, and leave its socket in peace."""
        transport.writelines_nocheck([])  # which sends what OpenSSL has written
        try:
            parting = transport.get_extra_info("socket").dup()  # aiofastnet closes its own
        except OSError:  # there is no descriptor left
            return
        with suppress(OSError):  # the client has gone
            parting.shutdown(socket.SHUT_WR)
        self._parting[parting] = self._loop.call_later(PARTING_TIME, self._leave, parting)
        self._loop.add_reader(parting, partial(self._throw_away, parting))

    def drop(self) -> None:
        """Leave all of them now."""
        for parting in list(self._parting):
            self._leave(parting)

    def _throw_away(self, parting: socket.socket) -> None:
        """Read on until the client has shut its half, too."""
        try:
            is_over = not parting.recv(_CHUNK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            is_over = True
        if is_over:
            self._leave(parting)

    def _leave(self, parting: socket.socket) -> None:
        """Close a socket."""
        self._parting.pop(parting).cancel()
        self._loop.remove_reader(parting)
        parting.close()


class HandshakeTimer:
    """The timer of a handshake, as aiofastnet holds it.

    It is cancelled when the handshake is over, before aiofastnet lets go of what was to be sent: there is no
    other moment at which it calls us.

    Args:
        handle: The event loop's timer.
        transport: The transport that shakes hands.
        last_words: Who says them.
    """

    __slots__ = ("_handle", "_last_words", "_transport")

    def __init__(self, handle: asyncio.TimerHandle, transport: ref[Any], last_words: LastWords) -> None:
        """Keep these."""
        self._handle = handle
        self._transport = transport
        self._last_words: LastWords | None = last_words

    def cancel(self) -> None:
        """Stop the timer; where the client's TLS was refused, say why."""
        self._handle.cancel()
        last_words, self._last_words = self._last_words, None  # saying them may fail, and come here again
        transport = self._transport()
        refused = isinstance(sys.exception(), ssl.SSLError)
        if refused and transport is not None and last_words is not None:
            last_words.say(transport)
