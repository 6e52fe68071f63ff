# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Weaknesses that other servers had, each by an attack of its class; the ids name the advisories.

Those that cannot apply here stand in docs/reliability.md, with the reason.
"""

from __future__ import annotations

import itertools
import random
import re
import time
import zlib

import pytest

from soak.frames import BINARY, DEFLATE, TEXT, frame, handshake, head, text
from soak.served import Served
from tests.attacks.kit import MIB, Client, ask, bounded, close_code, flood, status

HEAD = b"GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n"
UPGRADE = b"Upgrade: websocket\r\nConnection: Upgrade\r\n"


def deflated(size: int) -> bytes:
    """Compress so many zeros into one message's payload."""
    compressor = zlib.compressobj(9, wbits=-15)
    whole = compressor.compress(bytes(size)) + compressor.flush(zlib.Z_SYNC_FLUSH)
    return whole[:-4]


BOMB = deflated(256 * MIB)


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        pytest.param(head(BINARY, 1 << 30), bytes(65536), id="CVE-2026-44545 one frame"),
        pytest.param(
            frame(BINARY, fin=False), frame(0, bytes(32768), fin=False), id="CVE-2026-44545 fragments"
        ),
        pytest.param(head(BINARY, MIB + 1), b"x", id="CVE-2026-54274 a frame that never becomes whole"),
    ],
)
def test_size_of_what_is_not_whole(served: Served, first: bytes, piece: bytes) -> None:
    """The limits are there without being set, and hold before a frame or a message is whole."""
    answer, _ = bounded(served, lambda: flood(served, first, itertools.repeat(piece), "/Echo"))
    assert answer[:4] == b"\x88" + answer[1:2] + b"\x03\xf1"


@pytest.mark.parametrize("byte", "\x0b\x0c\x1c\x1d\x1e\x85", ids=lambda byte: f"CVE-2026-44546 {byte!r}")
def test_smuggled_header(either: Served, byte: str) -> None:
    """What Autobahn takes for the end of a line smuggles in no second header field."""
    answer = ask(either, handshake("/Echo", f"X: a{byte}X-Forwarded-For: 10.0.0.1"))
    assert status(answer) == 400


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(frame(TEXT, BOMB, rsv=4), id="CVE-2026-77528 one frame"),
        pytest.param(
            b"".join(
                frame(0 if at else TEXT, BOMB[at : at + 1000], fin=False, rsv=0 if at else 4)
                for at in range(0, 200_000, 1000)
            ),
            id="CVE-2018-1000518 fragments",
        ),
    ],
)
def test_inflated_size(served: Served, data: bytes) -> None:
    """255 KiB that inflate to 256 MiB are a 1009, after 1 MiB of them."""
    assert len(data) < 300_000
    assert bounded(served, lambda: close_code(served, data, "/Compressed", DEFLATE)) == 1009


@pytest.mark.parametrize(
    "offer", ["brotli", "bzip2", "snappy", "lz4"], ids=lambda name: f"CVE-2026-116579 {name}"
)
def test_other_compression(served: Served, offer: str) -> None:
    """No other compression than DEFLATE is ever agreed on."""
    more = f"Sec-WebSocket-Extensions: permessage-{offer}, x-webkit-deflate-frame"
    with Client(served, "/Compressed", more) as client:
        assert b"extensions" not in client.head.lower()
        assert client.send(frame(TEXT, b"x", rsv=4)).close_code() == 1002


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(b"/?redirect=https://a%0d%0aSet-Cookie:%20a=b", id="CVE-2020-35678 percent"),
        pytest.param(b"/?redirect=https://a\rSet-Cookie:a=b", id="CVE-2020-35678 CR"),
        pytest.param(b"/?redirect=https://a\nSet-Cookie:a=b", id="CVE-2020-35678 LF"),
        pytest.param(b'/folder?"><script>alert(1)</script>', id="CVE-2024-41810 query"),
        pytest.param(b'/folder/../folder"><script>', id="CVE-2024-41810 path"),
        pytest.param(b"//evil.example/../folder", id="CVE-2024-41810 host"),
    ],
)
def test_redirect_injection(served: Served, target: bytes) -> None:
    """Nothing of a request becomes a header field or HTML, in the redirect to a folder neither."""
    answer = ask(served, HEAD % (target, b"Connection: close\r\n"))
    assert not re.search(rb"^set-cookie", answer, re.MULTILINE | re.IGNORECASE)
    assert b"<script>" not in answer
    locations = re.findall(rb"(?im)^location: (.*)\r$", answer)
    assert locations in ([], [b"./folder/"])


def test_redirect_of_a_folder(served: Served) -> None:
    """There is a redirect to test: that of a folder's name to the folder."""
    assert b"\r\nLocation: ./folder/\r\n" in ask(served, HEAD % (b"/folder", b""))


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(size, id=f"{name} {size:#x}")
        for name, sizes in {
            "CVE-2026-123817": [(1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32, (1 << 32) + 1],
            "PYSEC-2026-4395": [(1 << 63) - 1, (1 << 63) - 14, 1 << 62],
            "CVE-2026-1528": [1 << 63, (1 << 63) + 1, (1 << 64) - 1, (1 << 64) - 14],
        }.items()
        for size in sizes
    ],
)
def test_huge_length(served: Served, size: int) -> None:
    """A length that overflows some type is a 1009, or a 1002 where RFC 6455 forbids it."""
    assert close_code(served, head(BINARY, size) + b"x") == (1002 if size >> 63 else 1009)
    late = head(BINARY, size)
    assert close_code(served, frame(TEXT, b"a", fin=False) + bytes([late[0] & 0xF0]) + late[1:]) in (
        1002,
        1009,
    )


@pytest.mark.parametrize("size", [pytest.param(100_000, id="CVE-2026-123817 an object for each read")])
def test_tiny_reads(served: Served, size: int) -> None:
    """A message that comes byte by byte costs as much as one that comes at once."""

    def attack() -> bytes:
        with Client(served, "/Echo") as client:
            client.send(head(BINARY, size))
            for _ in range(size):
                client.socket.send(b"x")
            return client.frame()[1]

    assert bounded(served, attack, memory=2 * MIB) == b"x" * size


@pytest.mark.parametrize("data", [pytest.param(BOMB, id="CVE-2026-59881")])
def test_compressed_frame_without_compression(served: Served, data: bytes) -> None:
    """A frame that says it is compressed, where that was not agreed on, is a 1002 and not inflated."""
    assert bounded(served, lambda: close_code(served, frame(TEXT, data, rsv=4))) == 1002


SECOND = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
WEBSOCKET = handshake("/Echo")[:-2]


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(WEBSOCKET + b"Content-Length: %d\r\n\r\n" % len(SECOND), id="CVE-2026-69243 length"),
        pytest.param(WEBSOCKET + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="CVE-2026-69243 chunked"),
        pytest.param(WEBSOCKET.replace(b": 13", b": 12") + b"\r\n", id="CVE-2026-69243 version"),
        pytest.param(WEBSOCKET.replace(b"/Echo", b"/Echo/x") + b"\r\n", id="CVE-2026-69243 not found"),
        pytest.param(WEBSOCKET + b"\r\n", id="CVE-2026-69243 accepted"),
        pytest.param(
            WEBSOCKET.replace(b"Upgrade: websocket", b"Upgrade: websocket, h2c") + b"\r\n",
            id="CVE-2026-69243 two protocols",
        ),
    ],
)
def test_request_behind_an_upgrade(either: Served, first: bytes) -> None:
    """What follows a request to upgrade is never taken for a request of its own."""
    answer = ask(either, first + SECOND)
    assert answer.count(b"HTTP/1.1 ") == 1, answer


@pytest.mark.parametrize(
    "name", ["Cookie", "X", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Host"]
)
@pytest.mark.parametrize("advisory", ["CVE-2025-67725"])
def test_repeated_header(either: Served, name: str, advisory: str) -> None:
    """A header field that is repeated as often as 16 KiB hold is a 431 or a 400, and costs no time."""
    many = handshake("/Echo", *[f"{name}: a"] * (15_000 // (len(name) + 5)))
    few = handshake("/Echo", *[f"{name}: {'a' * 200}{number}" for number in range(58)])

    def attack() -> set[int]:
        found = set()
        for request in (many, few) * 20:
            with Client(either) as client:
                found.add(status(client.send(request).read_head()))
        return found

    statuses = bounded(either, attack)
    assert statuses <= {400, 431} if name == "Host" else statuses <= {101, 400, 431}
    assert statuses & {400, 431}


@pytest.mark.parametrize(
    "piece",
    [
        pytest.param(text("") * 1000, id="CVE-2026-115927 empty messages"),
        pytest.param(text("x") * 1000, id="CVE-2026-49854 messages of a byte"),
    ],
)
def test_tiny_messages(served: Served, piece: bytes) -> None:
    """A flood of tiny messages, whose answers nobody reads, does not hold the reactor."""

    def attack() -> None:
        with Client(served, "/Echo") as client:
            client.socket.setblocking(False)
            end = time.monotonic() + 1
            while time.monotonic() < end:
                try:
                    client.socket.send(piece)
                except BlockingIOError:
                    time.sleep(0.001)
                except ConnectionError:
                    return

    bounded(served, attack)


@pytest.mark.parametrize("seed", [pytest.param(seed, id=f"CVE-2026-49855 {seed}") for seed in range(4)])
def test_masks(served: Served, seed: int) -> None:
    """Any mask on a payload of any size, cut anywhere, gives what was meant, and not a byte of others."""
    chance = random.Random(seed)
    with Client(served, "/Echo") as client:
        for size in [*range(40), 125, 126, 127, 255, 65535, 65536, 65537]:
            payload, mask = chance.randbytes(size), chance.randbytes(4)
            begin = head(BINARY, size)[:-4] + mask
            data = begin + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
            cut = chance.randrange(len(data))
            client.send(data[:cut]).send(data[cut:])
            received = b""
            while len(received) < size + (2 if size < 126 else 4 if size < 65536 else 10):
                received += client.socket.recv(1 << 17)
            assert received[len(received) - size :] == payload


WINDOWS = (0, 7, 8, 16, 99, -1, 1 << 64, "1e1", "abc", '""')


@pytest.mark.parametrize(
    "offer",
    [
        pytest.param(f"permessage-deflate; {parameter}", id=f"CVE-2026-2229 {parameter}")
        for parameter in (
            *(
                f"server_max_window_bits={bits}"
                for bits in (0, 7, 8, 16, 99, -1, 1 << 64, "1e1", "abc", '""')
            ),
            *(
                f"client_max_window_bits={bits}"
                for bits in (0, 7, 8, 16, 99, -1, 1 << 64, "1e1", "abc", '""')
            ),
            "server_max_window_bits=10; server_max_window_bits=11",
            "server_max_window_bits",
            "=",
            ";;;",
        )
    ],
)
def test_window_bits(served: Served, offer: str) -> None:
    """A window that zlib does not have is declined: nothing fails, neither now nor with the first message."""
    with Client(served, "/Compressed", f"Sec-WebSocket-Extensions: {offer}") as client:
        opcode, payload = client.send(text("x" * 100)).frame()
        if opcode & 0x40:
            payload = zlib.decompress(payload + b"\0\0\xff\xff", wbits=-15)
        assert payload == b"x" * 100


@pytest.mark.parametrize("path", ["/Echo", "/Compressed"])
@pytest.mark.parametrize(
    "name", ["Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Connection", "Upgrade", "Cookie", "X"]
)
@pytest.mark.parametrize(
    "value",
    [
        pytest.param("b" + " " * 15_000 + "x", id="CVE-2021-32640 spaces"),
        pytest.param("," * 15_000, id="CVE-2021-32640 commas"),
        pytest.param(" ,\t" * 5_000, id="CVE-2021-32640 empty members"),
        pytest.param("a;" * 7_500, id="CVE-2021-32640 parameters"),
        pytest.param('a="\\' * 3_700, id="CVE-2021-32640 quotes"),
        pytest.param("=" * 15_000, id="CVE-2021-32640 equals"),
    ],
)
def test_slow_header_value(served: Served, path: str, name: str, value: str) -> None:
    """No value of a header field takes long to read."""
    request = handshake(path, f"{name}: {value}")
    before = served.process.cpu
    for _ in range(10):
        with Client(served) as client:
            assert status(client.send(request).read_head()) in (101, 400)
    assert served.process.cpu - before < 0.3


@pytest.mark.parametrize(
    ("data", "pause"),
    [
        pytest.param(b"", 0.0, id="CVE-2026-73565 nothing sent"),
        pytest.param(handshake("/Slow")[:100], 0.0, id="CVE-2026-73565 half a request"),
        pytest.param(handshake("/Slow?wait=0.3"), 0.02, id="CVE-2026-73565 in on_connect"),
        pytest.param(handshake("/Slow"), 0.02, id="CVE-2026-73565 before the 101 is read"),
    ],
)
def test_aborted_handshakes(served: Served, data: bytes, pause: float) -> None:
    """Clients that go in the middle of their handshake leave nothing behind."""

    def attack() -> None:
        for _ in range(5):
            clients = [Client(served).send(data) for _ in range(50)]
            time.sleep(pause)
            for client in clients:
                client.reset()

    before = served.process.descriptors
    bounded(served, attack)
    end = time.monotonic() + 5
    while (now := served.process.descriptors) > before + 2:
        assert time.monotonic() < end, f"{now - before} more sockets than before"
        time.sleep(0.05)
    memory = served.process.memory
    attack()
    assert served.process.memory - memory < 2 * MIB


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(HEAD % (b"/", b"") * 2, id="CVE-2023-46137"),
        pytest.param(HEAD % (b"/wstwist.js", b"") + HEAD % (b"/", b""), id="CVE-2024-41671"),
        pytest.param(HEAD % (b"/wstwist.js", b"Content-Length: 0\r\n") * 10, id="CVE-2024-41671 length"),
    ],
)
def test_pipelined_requests(served: Served, request_: bytes) -> None:
    """A connection has one request: a second one is not answered, in no order."""
    assert ask(served, request_).count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "host",
    ["<script>alert(1)</script>", 'a"><script>', "a b", "a/b", "a\\b", "a@b", "a?b", "a#b", "é"],
    ids=lambda host: f"CVE-2022-39348 {host!r}",
)
def test_host(served: Served, host: str) -> None:
    """A Host that is none is a 400 that does not repeat it."""
    request = f"GET /nothing HTTP/1.1\r\nHost: {host}\r\n\r\n".encode("latin-1")
    answer = ask(served, request)
    assert status(answer) == 400
    assert b"script" not in answer


@pytest.mark.parametrize(
    "head_",
    [
        pytest.param(data, id=f"CVE-2022-24801 {data.decode('latin-1')!r}")
        for data in (
            b"Content-Length: +5\r\n",
            b"Content-Length: -5\r\n",
            b"Content-Length: 0x5\r\n",
            b"Content-Length: 5, 5\r\n",
            b"Content-Length: 5\r\nContent-Length: 6\r\n",
            b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            b"Content-Length: \r\n",
            b"Content-Length : 5\r\n",
            b"Content-Length: 99999999999999999999999\r\n",
            b"Transfer-Encoding: chunked, identity\r\n",
            b"Transfer-Encoding: identity, chunked\r\n",
            b"Transfer-Encoding: xchunked\r\n",
            b"Transfer-Encoding:\x0bchunked\r\n",
            b"Transfer-Encoding: chunked\r\n Content-Length: 5\r\n",
            b"X: a\nTransfer-Encoding: chunked\r\n",
            b"X: a\rTransfer-Encoding: chunked\r\n",
            b" X: folded\r\n",
            b"no colon\r\n",
            b": no name\r\n",
        )
    ],
)
def test_malformed_request(served: Served, head_: bytes) -> None:
    """A request whose end two readers could see at different places is a 400, and the connection ends."""
    request = b"POST / HTTP/1.1\r\nHost: localhost\r\n" + head_ + b"\r\nhello" + SECOND
    answer = ask(served, request)
    assert status(answer) == 400
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("size", [b"0x5", b"+5", b"-5", b" 5", b"5 ", b"5;a\n", b"", b"g", b"5_0"])
@pytest.mark.parametrize("advisory", ["CVE-2022-24801"])
def test_malformed_chunk(served: Served, advisory: str, size: bytes) -> None:
    """A chunk whose size is written in some other way ends the connection, too."""
    request = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = ask(served, request + size + b"\r\nhello\r\n0\r\n\r\n" + SECOND)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert status(answer) in (400, 405)


@pytest.mark.parametrize("begin", [b"SSH-2.0-", b"\x16\x03\x01", b"\0", b"OPTIONS * "])
@pytest.mark.parametrize("advisory", ["CVE-2022-21716"])
def test_first_line_without_end(served: Served, advisory: str, begin: bytes) -> None:
    """What speaks another protocol, or goes on without the end of a line, fills no buffer."""
    answer, _ = bounded(served, lambda: flood(served, begin, itertools.repeat(b"x" * 65536)))
    assert status(answer) in (400, 431)
