# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Feeds the opening handshake whatever libFuzzer comes up with, and checks it against rules of its own.

``make fuzz`` runs it. An input is a request's head, whose lines end with LF. A finding is, beside those of
`guard`, a client that is let in without all that RFC 6455, section 4.2.1 wants, one that is kept out with all
of it, and a 101 that says what it may not.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from answers import HEADER_COUNT, HEADER_SIZE, SWITCHING, main, play, status

Fields = Sequence[tuple[bytes, bytes]]

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_REQUEST = re.compile(rb"GET /Chat/?(?:\?[!\"$-~]*)? HTTP/1\.1")  # a fragment is never sent
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[\t -~\x80-\x84\x86-\xff])*)")
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HOST = re.compile(rb"[a-z0-9.-]+(?::[0-9]{1,5})?|\[[0-9a-f:.]+\](?::[0-9]{1,5})?")
_OURS = {b"server", b"upgrade", b"connection", b"sec-websocket-accept", b"sec-websocket-protocol"}
_DEFLATE = re.compile(
    rb"permessage-deflate(; (client|server)_(no_context_takeover|max_window_bits=(9|1[0-5])))*"
)
_PROTOCOLS = (b"chat", b"superchat")
_KEY_SIZE = 16


def fields_of(lines: Sequence[bytes]) -> Fields | None:
    """Take apart header lines; None where one of them is none."""
    matches = [_FIELD.fullmatch(line) for line in lines]
    if not all(matches):
        return None
    return [(match[1].lower(), match[2].rstrip(b" \t")) for match in matches if match]


def values(fields: Fields, name: bytes) -> list[bytes]:
    """Give the values of the fields of this name."""
    return [value for other, value in fields if other == name]


def members(fields: Fields, name: bytes) -> list[bytes]:
    """Give the members of a list that one or more fields have."""
    parts = b",".join(values(fields, name)).split(b",")
    return [part.strip(b" \t") for part in parts if part.strip(b" \t")]


def is_key(value: bytes) -> bool:
    """Whether it is sixteen bytes in base64."""
    try:
        return len(base64.b64decode(value, validate=True)) == _KEY_SIZE
    except binascii.Error:
        return False


def asks_properly(request: bytes, fields: Fields) -> bool:
    """Whether a request has all that RFC 6455, section 4.2.1 wants, and asks for our project."""
    protocols = members(fields, b"sec-websocket-protocol")
    keys = values(fields, b"sec-websocket-key")
    return (
        _REQUEST.fullmatch(request) is not None
        and len(values(fields, b"host")) == 1
        and b"websocket" in map(bytes.lower, members(fields, b"upgrade"))
        and b"upgrade" in map(bytes.lower, members(fields, b"connection"))
        and len(keys) == 1
        and is_key(keys[0])
        and values(fields, b"sec-websocket-version") == [b"13"]
        and len(values(fields, b"origin")) <= 1
        and all(_TOKEN.fullmatch(protocol) for protocol in protocols)
        and len(set(protocols)) == len(protocols)
    )


def must_come_in(data: bytes, fields: Fields) -> bool:
    """Whether nothing else may keep it out: neither limits, nor who may come in, nor a body."""
    others = (b"origin", b"content-length", b"transfer-encoding", b"authorization", b"cookie", b"forwarded")
    return (
        len(data) <= HEADER_SIZE
        and len(fields) <= HEADER_COUNT
        and _HOST.fullmatch(values(fields, b"host")[0]) is not None
        and not any(values(fields, name) for name in others)
    )


def check_accepted(answer: bytes, fields: Fields) -> None:
    """Check what a 101 says."""
    lines = answer.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    said = fields_of(lines)
    assert said is not None, answer  # noqa: S101
    assert {name for name, _ in said} <= {*_OURS, b"sec-websocket-extensions"}, answer  # noqa: S101
    digest = hashlib.sha1(values(fields, b"sec-websocket-key")[0] + _GUID).digest()  # noqa: S324 - RFC 6455's
    assert values(said, b"sec-websocket-accept") == [base64.b64encode(digest)], answer  # noqa: S101
    offered = members(fields, b"sec-websocket-protocol")
    chosen = [protocol for protocol in _PROTOCOLS if protocol in offered][:1]
    assert values(said, b"sec-websocket-protocol") == chosen, answer  # noqa: S101
    agreed = values(said, b"sec-websocket-extensions")
    assert all(_DEFLATE.fullmatch(value) for value in agreed), answer  # noqa: S101
    assert not agreed or values(fields, b"sec-websocket-extensions"), answer  # noqa: S101


def check(data: bytes) -> None:
    """Demand that those are let in who ask as they have to."""
    if len(data) > 2 * HEADER_SIZE:
        return
    request, *lines = data.split(b"\n")
    head = b"\r\n".join((request, *lines, b"", b""))
    if b"" in lines:
        lines = lines[: lines.index(b"")]
    answer = play([head])
    method = "HEAD" if request.startswith(b"HEAD ") else "GET"
    accepted, fields = status(answer, method) == SWITCHING, fields_of(lines)
    proper = fields is not None and asks_properly(request, fields)
    assert proper or not accepted, (head, answer)  # noqa: S101
    if fields is not None and accepted:
        check_accepted(answer, fields)
    elif fields is not None and proper:
        assert not must_come_in(head, fields), (head, answer)  # noqa: S101


_GOOD = (
    b"GET /Chat HTTP/1.1\nHost: localhost:9000\nUpgrade: websocket\nConnection: keep-alive, Upgrade\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13"
)
SEEDS = [
    _GOOD,
    _GOOD + b"\nSec-WebSocket-Protocol: chat, superchat\nSec-WebSocket-Protocol: other",
    _GOOD + b"\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
    _GOOD
    + b"\nSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10; a, permessage-deflate",
    _GOOD + b'\nSec-WebSocket-Extensions: x; y="z, w"; permessage-brotli',
    _GOOD + b"\nOrigin: http://localhost:9000\nCookie: a=b; c=d\nUser-Agent: x",
    _GOOD + b"\nOrigin: null\nContent-Length: 0",
    _GOOD.replace(b"Upgrade\n", b"Upgrade\nUpgrade: h2c\n").replace(b"/Chat", b"/Chat/?a=b&c=%20"),
    _GOOD.replace(b"13", b"8, 13").replace(b"Host", b"HOST"),
    _GOOD.replace(b"GET", b"POST").replace(b"1.1", b"1.0"),
]

if __name__ == "__main__":
    main(check, SEEDS)
