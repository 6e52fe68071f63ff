# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The opening handshake without I/O: what a client must send, and what goes into our 101 (RFC 6455, 4.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import parse_qs, unquote

from wstwist.wire.answers import Rejected
from wstwist.wire.head import Head

_KEY = re.compile(rb"[A-Za-z0-9+/]{22}==")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CLEAN = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
# Field names that the 101 sets itself, or that would end or frame the connection differently.
_OURS = frozenset(
    {"connection", "upgrade", "content-length", "transfer-encoding", "trailer", "te", "keep-alive"}
    | {f"sec-websocket-{part}" for part in ("accept", "extensions", "key", "protocol", "version")}
)


class Upgrade(NamedTuple):
    """What a client's handshake asks for.

    Attributes:
        key: The value of Sec-WebSocket-Key.
        protocols: The sub-protocols that the client offers, in its order of preference.
        extensions: The value of Sec-WebSocket-Extensions, empty where there is none.
    """

    key: str
    protocols: Sequence[str]
    extensions: str


def check_upgrade(head: Head) -> Upgrade:
    """Check a request to upgrade to WebSocket (RFC 6455, section 4.2.1).

    Raises:
        Rejected: with 400, 405, 426 or 505.
    """
    if head.method != b"GET":
        raise Rejected(405, "A WebSocket handshake is a GET", {"Allow": "GET"})
    if head.version != b"HTTP/1.1":
        raise Rejected(505, "A WebSocket handshake needs HTTP/1.1")
    if head.has_body:
        raise Rejected(400, "A WebSocket handshake has no body")
    if "upgrade" not in head.tokens("connection"):
        raise Rejected(400, "The Connection header field does not say Upgrade")
    _check_version(head)
    if len(head.values(b"origin")) > 1:
        raise Rejected(400, "One Origin header field, please")
    return Upgrade(_key(head), _offered_protocols(head), head.headers.get("sec-websocket-extensions", ""))


def choose_protocol(preferred: Sequence[str], offered: Sequence[str]) -> str | None:
    """Give the first of our protocols that the client offers, ``None`` where there is none in common."""
    return next((protocol for protocol in preferred if protocol in offered), None)


def decode_path(path: bytes) -> str:
    """Percent-decode a path; one that is no UTF-8 is a 400."""
    if b"%" not in path:
        return path.decode("ascii")  # as the head has been checked
    try:
        return unquote(path.decode("ascii"), errors="strict")
    except UnicodeDecodeError:
        raise Rejected(400, "Malformed request target") from None


def decode_query(query: bytes) -> Mapping[str, Sequence[str]]:
    """Take apart a query into each field's values, in order."""
    if not query:
        return {}
    return parse_qs(query.decode("ascii"), keep_blank_values=True)


def check_response_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Check the header fields that an application adds to the 101.

    Raises:
        ValueError: for a name that is no token or belongs to the handshake, and for a value with a line
            end or another control character in it: it would start a header field, or an answer, of its own.
    """
    for name, value in headers.items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name) or name.lower() in _OURS:
            raise ValueError(f"{name!r} cannot be a header field of the 101")
        if not isinstance(value, str) or not _CLEAN.fullmatch(value):
            raise ValueError(f"{value!r} cannot be the value of the header field {name}")
    return dict(headers)


def _check_version(head: Head) -> None:
    """Want version 13, and tell those who speak another which one we do (RFC 6455, section 4.4)."""
    versions = head.values(b"sec-websocket-version")
    if len(versions) != 1:
        raise Rejected(400, "One Sec-WebSocket-Version header field, please", {"Sec-WebSocket-Version": "13"})
    if versions[0] != b"13":
        raise Rejected(
            426,
            "WebSocket version 13, please",
            {"Sec-WebSocket-Version": "13", "Upgrade": "websocket", "Connection": "Upgrade, close"},
        )


def _key(head: Head) -> str:
    """Give the one key, which is sixteen bytes in base64."""
    keys = head.values(b"sec-websocket-key")
    if len(keys) != 1 or not _KEY.fullmatch(keys[0]):
        raise Rejected(400, "One Sec-WebSocket-Key header field of 16 bytes, please")
    return keys[0].decode("ascii")


def _offered_protocols(head: Head) -> list[str]:
    """Give the sub-protocols that are offered, each a token and none twice."""
    value = head.headers.get("sec-websocket-protocol", "")
    if not value:
        return []
    members = value.split(",")
    offered = [member for member in (member.strip(" \t") for member in members) if member]
    if len(set(offered)) != len(offered) or not all(map(_TOKEN.fullmatch, offered)):
        raise Rejected(400, "Malformed Sec-WebSocket-Protocol header field")
    return offered
