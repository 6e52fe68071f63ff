# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A message's payload under permessage-deflate (RFC 7692, section 7.2); zlib does the work."""

from __future__ import annotations

import sys
import zlib
from typing import Any

# What a sender removes from the end of each message, and a receiver puts back (section 7.2.1).
_TAIL = b"\x00\x00\xff\xff"
_EMPTY = b"\x00"  # section 7.2.3.6
# zlib cannot do a window of 8 bits where it compresses; those who ask it for one get 9.
_LEAST_WINDOW_BITS = 9
# Behind a final block no more than this is given to zlib at once: it copies what it does not need.
_PIECE = 512


class Inflater:
    """Decompresses what a client sends.

    Nothing is allocated before the first compressed message and, without context takeover, between messages.

    Args:
        window_bits: ``client_max_window_bits`` as agreed, 15 where nothing is.
        context_takeover: Whether a message may refer to what came in earlier ones.
    """

    __slots__ = ("_began", "_context_takeover", "_stream", "_window_bits")

    def __init__(self, window_bits: int = 15, context_takeover: bool = True) -> None:
        """Keep what was agreed."""
        self._window_bits = max(window_bits, _LEAST_WINDOW_BITS)
        self._context_takeover = context_takeover
        self._stream: Any = None
        self._began = False

    def inflate(self, data: bytes, most: int) -> bytes:
        """Decompress the next part of a message, but no further than one byte beyond ``most``.

        Returns:
            At most ``most + 1`` bytes; as many as that tell that the message is too big.

        Raises:
            zlib.error: when the data are no DEFLATE blocks.
        """
        self._began = True
        stream = self._opened()
        output: bytes = stream.decompress(data, min(most + 1, sys.maxsize))
        return self._go_on(output, stream.unused_data, most) if stream.eof else output

    def finish(self) -> None:
        """Know that the message has no more parts.

        Raises:
            zlib.error: when its data cannot end here.
        """
        if self._began and self._stream is not None:
            self._stream.decompress(_TAIL)
        self._began = False
        if not self._context_takeover or (self._stream is not None and self._stream.eof):
            self._stream = None

    def _opened(self) -> Any:
        """Give the stream, a new one where there is none."""
        if self._stream is None:
            self._stream = zlib.decompressobj(-self._window_bits)
        return self._stream

    def _go_on(self, output: bytes, rest: bytes, most: int) -> bytes:
        """Go on behind a final block, where nothing refers to what was before (section 7.2.3.4)."""
        whole, left = bytearray(output), memoryview(rest)
        self._stream = None
        while left and len(whole) <= most:
            stream, piece = self._opened(), left[:_PIECE]
            whole += stream.decompress(piece, min(most + 1 - len(whole), sys.maxsize))
            left = left[len(piece) - len(stream.unused_data) :]
            if stream.eof:
                self._stream = None
        return bytes(whole)


class Deflater:
    """Compresses what is sent to a client.

    Args:
        window_bits: ``server_max_window_bits`` as agreed, 9 to 15.
        context_takeover: Whether the window is kept from one message to the next.
        memory_level: zlib's memory for the search, 1 to 9.
    """

    __slots__ = ("_context_takeover", "_memory_level", "_stream", "_window_bits")

    def __init__(self, window_bits: int = 12, context_takeover: bool = False, memory_level: int = 5) -> None:
        """Keep what was agreed."""
        self._window_bits = window_bits
        self._context_takeover = context_takeover
        self._memory_level = memory_level
        self._stream: Any = None

    @property
    def setting(self) -> tuple[int, int]:
        """What makes two without context takeover compress alike."""
        return self._window_bits, self._memory_level

    @property
    def context_takeover(self) -> bool:
        """Whether what it gives depends on what it compressed before."""
        return self._context_takeover

    def compress(self, payload: bytes) -> bytes:
        """Compress a whole message's payload (section 7.2.1)."""
        if not payload:
            return _EMPTY
        stream = self._stream
        if stream is None:
            stream = zlib.compressobj(wbits=-self._window_bits, memLevel=self._memory_level)
        if self._context_takeover:
            self._stream = stream
        compressed: bytes = stream.compress(payload) + stream.flush(zlib.Z_SYNC_FLUSH)
        return compressed[: -len(_TAIL)]
