# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""WebSocket's frames: a peer's are taken apart, ours are made.

The Python of `wstwist.wire.decoding` and `wstwist.wire.encoding` is the reference, and what runs where
nothing is compiled; ``_codec.pyx`` is its compiled twin, and takes its place here.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from wstwist._sources import PURE
from wstwist.wire.decoding import Decoder
from wstwist.wire.deflate import Deflater, Inflater
from wstwist.wire.encoding import Cork, encode, header, masked_frame, utf8_view
from wstwist.wire.rules import BINARY, CLOSE, PING, PONG, TEXT

__all__ = [
    "BINARY",
    "CLOSE",
    "COMPILED",
    "PING",
    "PONG",
    "TEXT",
    "Cork",
    "Decoder",
    "Deflater",
    "Inflater",
    "encode",
    "header",
    "masked_frame",
    "utf8_view",
]

COMPILED = False
"""Whether the compiled twins are in use."""

if not TYPE_CHECKING and not PURE:
    with suppress(ModuleNotFoundError):  # there was no compiler where this was installed
        from wstwist.wire._codec import Cork, Decoder, encode, header, masked_frame, utf8_view

        COMPILED = True
