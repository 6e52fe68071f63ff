# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""One message of a peer while its parts are coming, for the decoder in Python."""

from __future__ import annotations

import zlib
from codecs import getincrementaldecoder

from wstwist.wire.deflate import Inflater
from wstwist.wire.rules import (
    INVALID_DATA,
    NOT_DEFLATE,
    NOT_UTF8,
    TEXT,
    Violation,
    compressed_size,
    too_big,
)

_Utf8 = getincrementaldecoder("utf-8")
# How a surrogate begins: Python's decoder waits for its third byte before it refuses it.
_SURROGATE = (b"\xed\xa0", b"\xed\xbf")


class Message:
    """Collects a message's parts in one buffer; text that is not UTF-8 is noticed at its first wrong byte.

    Args:
        opcode: Text or binary.
        message_size: The most bytes that it may have.
        inflater: What decompresses it, if it is compressed.
    """

    __slots__ = ("_data", "_expected", "_inflater", "_message_size", "_opcode", "_utf8")

    def __init__(self, opcode: int, message_size: int, inflater: Inflater | None) -> None:
        """Begin empty."""
        self._opcode = opcode
        self._message_size = message_size
        self._inflater = inflater
        self._expected = 0
        self._data = bytearray()
        self._utf8 = _Utf8()

    def expect(self, size: int) -> None:
        """Know from a frame's header how much is to come.

        Raises:
            Violation: when that is too much.
        """
        self._expected += size
        most = self._message_size if self._inflater is None else compressed_size(self._message_size)
        if self._expected > most:
            raise too_big(self._message_size)

    def add(self, part: bytes) -> None:
        """Add some of the payload.

        Raises:
            Violation: when it is no DEFLATE, decompresses to too much, or is not UTF-8 in a text.
        """
        if self._inflater is not None:
            part = self._inflate(self._inflater, part)
        self._data += part
        self._check(part, final=False)

    def finish(self) -> str | bytes:
        """Give the whole message.

        Raises:
            Violation: when it cannot end here.
        """
        if self._inflater is not None:
            try:
                self._inflater.finish()
            except zlib.error:
                raise Violation(INVALID_DATA, NOT_DEFLATE) from None
        self._check(b"", final=True)
        return self._data.decode("utf-8") if self._opcode == TEXT else bytes(self._data)

    def _inflate(self, inflater: Inflater, part: bytes) -> bytes:
        """Decompress a part."""
        left = self._message_size - len(self._data)
        try:
            inflated = inflater.inflate(part, left)
        except zlib.error:
            raise Violation(INVALID_DATA, NOT_DEFLATE) from None
        if len(inflated) > left:
            raise too_big(self._message_size)
        return inflated

    def _check(self, part: bytes, *, final: bool) -> None:
        """Check that a text is UTF-8 so far."""
        if self._opcode == TEXT:
            try:
                self._utf8.decode(part, final)
            except UnicodeDecodeError:
                raise Violation(INVALID_DATA, NOT_UTF8) from None
            if _SURROGATE[0] <= self._utf8.getstate()[0] <= _SURROGATE[1]:
                raise Violation(INVALID_DATA, NOT_UTF8)
