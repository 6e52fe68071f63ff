# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What passes a connection, counted: it is touched for each message, and so compiled."""

from __future__ import annotations


class Traffic:
    """Messages and bytes of one connection, or of all connections of a project.

    Args:
        whole: What counts the same together with others; None: nothing does.

    Attributes:
        messages_in: Messages that came in, and were taken.
        messages_out: Messages that were given to the transport.
        bytes_in: Bytes that were read behind the handshake, with the headers of frames, without those of TLS.
        bytes_out: Bytes that were given to the transport, likewise.
    """

    def __init__(self, whole: Traffic | None = None) -> None:
        """Begin with nothing."""
        self._whole = whole
        self.messages_in = self.messages_out = self.bytes_in = self.bytes_out = 0

    def message_in(self) -> None:
        """Count a message that came in."""
        self.messages_in += 1
        if self._whole is not None:
            self._whole.messages_in += 1

    def message_out(self) -> None:
        """Count a message that leaves."""
        self.messages_out += 1
        if self._whole is not None:
            self._whole.messages_out += 1

    def read(self, size: int) -> None:
        """Count bytes that were read."""
        self.bytes_in += size
        if self._whole is not None:
            self._whole.bytes_in += size

    def written(self, size: int) -> None:
        """Count bytes that were given to the transport."""
        self.bytes_out += size
        if self._whole is not None:
            self._whole.bytes_out += size
