# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Floods of frames, as they were measured on bare Autobahn: each is answered, and costs next to nothing.

That each limit is kept to the very byte, by either decoder, stands in tests/wire/test_codec.py.
"""

from __future__ import annotations

import sys
import zlib
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import TestCase, skipUnless

from tests.attacks.frames_kit import MIB, Attacked, bounded, flood, flood_unread, oversized
from tests.wire.support import frame

DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate\r\n"

linux = skipUnless(sys.platform == "linux", "memory is read from /proc")


class FrameAttacks:
    """The attacks, on a server that listens on an endpoint."""

    endpoint: str
    addCleanup: Any
    enterContext: Any
    assertEqual: Any
    assertLess: Any
    subTest: Any

    def setUp(self) -> None:
        """Start the server."""
        folder = Path(self.enterContext(TemporaryDirectory(prefix="wstwist-")))
        self.attacked = Attacked(folder, self.endpoint)
        self.addCleanup(self.attacked.kill)
        self.attacked.start()

    def flood(self, *arguments: Any) -> int | None:
        """Flood it, and check what that costs; give the close code."""
        code: int | None = bounded(self.attacked, lambda: flood(self.attacked, *arguments))
        return code

    def test_tiny_fragments(self) -> None:
        """520,000 two-byte fragments without an end are a 1008 after the first 1,024 of them."""
        pieces = [frame(1, b"ab", fin=False), *repeat(frame(0, b"ab", fin=False) * 10_000, 52)]
        self.assertEqual(self.flood(pieces), 1008)

    def test_empty_fragments(self) -> None:
        """2,000,000 empty continuation frames are no less."""
        pieces = [frame(2, fin=False), *repeat(frame(0, fin=False) * 10_000, 200)]
        self.assertEqual(self.flood(pieces), 1008)

    def test_slow_fragments(self) -> None:
        """... also where each of them comes in a write of its own, with a ping between them."""
        some = [frame(0, fin=False)] * 600
        self.assertEqual(self.flood([frame(1, fin=False), *some, frame(9), *some]), 1008)

    def test_bomb(self) -> None:
        """255 KiB that inflate to 256 MiB are a 1009, in one frame or in many, and take no memory."""
        deflater = zlib.compressobj(9, wbits=-15)
        bomb = b"".join(deflater.compress(bytes(MIB)) for _ in range(256))
        bomb += deflater.flush(zlib.Z_SYNC_FLUSH)[:-4]
        self.assertLess(len(bomb), 256 * 1024)
        for size in (len(bomb), 4096):
            cut = [bomb[at : at + size] for at in range(0, len(bomb), size)]
            last = len(cut) - 1
            pieces = [
                frame(0 if number else 2, part, fin=number == last, rsv=0 if number else 4)
                for number, part in enumerate(cut)
            ]
            self.assertEqual(self.flood(pieces, "/Compressed", DEFLATE), 1009)

    def test_pings_never_read(self) -> None:
        """A ping flood from a client that never reads is ended at once, and dropped after close_time."""
        piece = frame(9, b"x" * 125) * 500
        self.assertLess(bounded(self.attacked, lambda: flood_unread(self.attacked, piece)), 3)

    def test_pings(self) -> None:
        """One from a client that reads is a 1008, and one of pongs, too."""
        self.assertEqual(self.flood(repeat(frame(9, b"x" * 125) * 500, 100)), 1008)
        self.assertEqual(self.flood(repeat(frame(10) * 500, 100)), 1008)

    def test_violations(self) -> None:
        """What breaks a rule gets its close code, not a reset, whatever follows it."""
        for what, data, expected in (
            ("oversize", oversized(MIB + 1), 1009),
            ("near 2 to the 63", oversized((1 << 63) - 1), 1009),
            ("bad UTF-8", frame(1, b"a\xff"), 1007),
            ("reserved opcode", frame(3, b"x"), 1002),
            ("unmasked", frame(1, b"x", masked=False), 1002),
        ):
            with self.subTest(what):
                self.assertEqual(flood(self.attacked, [data]), expected)
                self.assertEqual(self.flood([data, *repeat(bytes(100_000), 20)]), expected)


@linux
class TwistedTests(FrameAttacks, TestCase):
    """On Twisted's own transports."""

    endpoint = "tcp"


@linux
class FastTests(FrameAttacks, TestCase):
    """On the fast ones, where they can be had."""

    endpoint = "fast"
