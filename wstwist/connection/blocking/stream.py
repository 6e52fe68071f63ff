# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A socket that never blocks, and the layers of TLS over it."""

from __future__ import annotations

import socket
from contextlib import suppress

from wstwist.connection.blocking.tls import Layer

_PIECE = 65536


class Stream:
    """Bytes to and from a server; one thread at a time may use it.

    Args:
        plain: A connected socket, which from now on is the stream's.
        peer: Address and port at its other end.

    Attributes:
        peer: As above.
        socket: The socket, for those who wait for it.
        is_over: Whether nothing more is to be read.
        error: Why, where it is no orderly end.
        sent: How many bytes the system has taken.
        is_deaf: Whether the system takes nothing any more; why, a read tells.
    """

    def __init__(self, plain: socket.socket, peer: tuple[str, int]) -> None:
        """Begin without TLS."""
        plain.setblocking(False)
        self.socket = plain
        self.peer = peer
        self.is_over = self.is_deaf = False
        self.error: Exception | None = None
        self.sent = 0
        self._layers: list[Layer] = []
        self._out = bytearray()
        self._is_ending = False

    @property
    def waiting(self) -> int:
        """The bytes that the system has not taken yet."""
        return len(self._out)

    def add(self, layer: Layer) -> None:
        """Speak TLS from now on, also over TLS."""
        self._layers.append(layer)
        self.write(b"")

    def write(self, data: bytes) -> None:
        """Send bytes, or keep what the system does not take."""
        self._push(data, len(self._layers))

    def read(self) -> bytes:
        """Give the bytes that are there; nothing does not mean that it is over."""
        data = self._receive()
        if self._is_ending:
            return b""
        for depth, layer in enumerate(self._layers):
            data = layer.decrypt(data, is_over=self.is_over)
            self._push(b"", depth + 1)
            if layer.is_over:
                self.is_over = True
                self.error = self.error or layer.error
        return data

    def flush(self) -> bool:
        """Send what was kept, as far as the system takes it; tell whether it took any."""
        count = self._send() if self._out else 0
        self.sent += count
        del self._out[:count]
        if self._is_ending and not self._out:
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
        return count > 0

    def finish(self) -> None:
        """Send nothing more than what was kept, and tell the other side."""
        for depth in range(len(self._layers), 0, -1):
            self._layers[depth - 1].finish()
            self._push(b"", depth)
        self._is_ending = True
        self.flush()

    def close(self) -> None:
        """Close the socket; what the system takes at once still leaves."""
        if not self._is_ending:
            self.finish()
        self.socket.close()

    def _send(self) -> int:
        try:
            return self.socket.send(self._out)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            self.is_deaf = True
            self._out.clear()
            return 0

    def _receive(self) -> bytes:
        if self.is_over:
            return b""
        try:
            data = self.socket.recv(_PIECE)
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError as error:
            self.is_over = True
            self.error = error
            return b""
        self.is_over = not data
        return data

    def _push(self, data: bytes, depth: int) -> None:
        for layer in reversed(self._layers[:depth]):
            data = layer.encrypt(data)
        if data and not self.is_deaf:
            self._out += data
            self.flush()
