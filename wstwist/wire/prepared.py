# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A message for many connections: encoded once, and compressed once for each setting."""

from __future__ import annotations

from wstwist.wire.codec import encode
from wstwist.wire.deflate import Deflater


class Prepared:
    """A message whose frames are made once.

    Args:
        message: ``str`` leaves as text, ``bytes`` as binary.

    Attributes:
        message: The message.
        frame: Its frame, uncompressed.

    Raises:
        UnicodeEncodeError: for a text with lone surrogates.
    """

    __slots__ = ("_compressed", "frame", "message")

    def __init__(self, message: str | bytes) -> None:
        """Encode it."""
        self.message = message
        self.frame = encode(message)
        self._compressed: dict[tuple[int, int], bytes] | None = None

    def compressed(self, deflater: Deflater) -> bytes:
        """Give the frame for connections with this compression, which takes no context over."""
        if self._compressed is None:
            self._compressed = {}
        frame = self._compressed.get(deflater.setting)
        if frame is None:
            frame = self._compressed[deflater.setting] = encode(self.message, deflater)
        return frame
