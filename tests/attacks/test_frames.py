# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Floods of frames, as they were measured on bare Autobahn: each is answered, and costs next to nothing.

That each limit is kept to the very byte, by either decoder, stands in tests/wire/test_codec.py.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator
from itertools import repeat

import pytest

from tests.attacks.frames_kit import MIB, Attacked, bounded, flood, flood_unread, oversized
from tests.wire.support import frame

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")

DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate\r\n"


@pytest.fixture(scope="module", params=["tcp", "fast"])
def attacked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    """A server, on Twisted's transports and on the fast ones."""
    server = Attacked(tmp_path_factory.mktemp("attacked"), request.param)
    server.start()
    yield server
    assert "Traceback" not in server.log, server.log
    server.kill()


def test_tiny_fragments(attacked: Attacked) -> None:
    """520,000 two-byte fragments without an end are a 1008 after the first 1,024 of them."""
    pieces = [frame(1, b"ab", fin=False), *repeat(frame(0, b"ab", fin=False) * 10_000, 52)]
    assert bounded(attacked, lambda: flood(attacked, pieces)) == 1008


def test_empty_fragments(attacked: Attacked) -> None:
    """2,000,000 empty continuation frames are no less."""
    pieces = [frame(2, fin=False), *repeat(frame(0, fin=False) * 10_000, 200)]
    assert bounded(attacked, lambda: flood(attacked, pieces)) == 1008


def test_many_slow_fragments(attacked: Attacked) -> None:
    """... also where each of them comes in a read of its own, with pings between them."""
    pieces = [
        frame(1, fin=False),
        *repeat(frame(0, fin=False), 600),
        frame(9),
        *repeat(frame(0, fin=False), 600),
    ]
    assert bounded(attacked, lambda: flood(attacked, pieces)) == 1008


@pytest.mark.parametrize("parts", [1, 64])
def test_bomb(attacked: Attacked, parts: int) -> None:
    """255 KiB that inflate to 256 MiB are a 1009, in one frame or in many, and take no memory."""
    deflater = zlib.compressobj(9, wbits=-15)
    bomb = (
        b"".join(deflater.compress(bytes(MIB)) for _ in range(256)) + deflater.flush(zlib.Z_SYNC_FLUSH)[:-4]
    )
    assert 200 * 1024 < len(bomb) < 300 * 1024
    size = len(bomb) // parts + 1
    cut = [bomb[at : at + size] for at in range(0, len(bomb), size)]
    last = len(cut) - 1
    pieces = [
        frame(0 if number else 2, part, fin=number == last, rsv=0 if number else 4)
        for number, part in enumerate(cut)
    ]
    assert bounded(attacked, lambda: flood(attacked, pieces, "/Compressed", DEFLATE)) == 1009


def test_pings_never_read(attacked: Attacked) -> None:
    """A ping flood from a client that never reads is ended at once, and dropped after close_time."""
    piece = frame(9, b"x" * 125) * 500
    assert bounded(attacked, lambda: flood_unread(attacked, piece)) < 3


def test_pings(attacked: Attacked) -> None:
    """One from a client that reads is a 1008."""
    assert bounded(attacked, lambda: flood(attacked, repeat(frame(9, b"x" * 125) * 500, 100))) == 1008
    assert bounded(attacked, lambda: flood(attacked, repeat(frame(10) * 500, 100))) == 1008


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(oversized(MIB + 1) + bytes(MIB + 1), 1009, id="oversize"),
        pytest.param(oversized((1 << 63) - 1), 1009, id="near 2 to the 63"),
        pytest.param(frame(1, b"a\xff"), 1007, id="bad UTF-8"),
        pytest.param(frame(3, b"x"), 1002, id="reserved opcode"),
        pytest.param(frame(1, b"x", masked=False), 1002, id="unmasked"),
    ],
)
def test_violations(attacked: Attacked, data: bytes, expected: int) -> None:
    """What breaks a rule gets its close code, not a reset, whatever follows it."""
    assert flood(attacked, [data]) == expected
    assert bounded(attacked, lambda: flood(attacked, [data, *repeat(bytes(100_000), 20)])) == expected
