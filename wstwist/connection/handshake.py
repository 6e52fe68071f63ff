# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The client's side of the opening handshake, without I/O (RFC 6455, section 4.1)."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha1
from typing import NamedTuple

from wstwist.connection.address import Address
from wstwist.exceptions import ConnectionFailed, HandshakeRefused, NotWebSocket
from wstwist.wire import compression
from wstwist.wire.deflate import Deflater, Inflater

HEAD_SIZE = 64 * 1024
"""Bytes that the head of an answer has at most."""

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
_END_OF_HEAD = b"\r\n\r\n"
_STATUS_LINE = re.compile(r"HTTP/1\.[01] (\d{3})(?: (.*))?")
_OFFER = "permessage-deflate; client_max_window_bits"
_SHOWN = 200  # characters of an answer's body that an error shows
_SWITCHING_PROTOCOLS = 101


class Agreed(NamedTuple):
    """What client and server have agreed on.

    Attributes:
        protocol: The sub-protocol, or None.
        inflater: What decompresses the server's messages, None without permessage-deflate.
        deflater: What compresses ours, likewise.
        headers: The answer's header fields, names in lower case.
        rest: What came behind the answer: the first frames.
    """

    protocol: str | None
    inflater: Inflater | None
    deflater: Deflater | None
    headers: Mapping[str, str]
    rest: bytes


class Handshake:
    """Asks for a WebSocket, and reads the answer.

    Args:
        address: Where to.
        protocols: The sub-protocols to offer, in order of preference.
        headers: Further header fields, checked.
        compress: Whether to offer permessage-deflate.
    """

    def __init__(
        self,
        address: Address,
        protocols: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
        *,
        compress: bool = False,
    ) -> None:
        """Choose a key."""
        self._address = address
        self._protocols = tuple(protocols)
        self._compress = compress
        self._key = b64encode(os.urandom(16))
        self._headers = dict(headers or {})
        self._received = bytearray()

    def request(self) -> bytes:
        """Give the request."""
        lines = [
            f"GET {self._address.target} HTTP/1.1",
            f"Host: {self._address.authority}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {self._key.decode('ascii')}",
            "Sec-WebSocket-Version: 13",
        ]
        if self._protocols:
            lines.append(f"Sec-WebSocket-Protocol: {', '.join(self._protocols)}")
        if self._compress:
            lines.append(f"Sec-WebSocket-Extensions: {_OFFER}")
        names = {name.lower() for name in self._headers}
        if self._address.authorization and "authorization" not in names:
            lines.append(f"Authorization: {self._address.authorization}")
        lines.extend(f"{name}: {value}" for name, value in self._headers.items())
        return "\r\n".join((*lines, "", "")).encode("latin-1")

    def receive(self, data: bytes) -> Agreed | None:
        """Read on in the answer; None: it is not whole.

        Raises:
            HandshakeRefused: The server answers with another status than 101.
            NotWebSocket: What answers is no WebSocket server.
        """
        self._received += data
        end = self._received.find(_END_OF_HEAD)
        if end < 0:
            if len(self._received) > HEAD_SIZE or not b"HTTP/1.".startswith(self._received[:7]):
                raise self._no_websocket("what it answers is no HTTP")
            return None
        lines = self._received[:end].decode("latin-1").split("\r\n")
        rest = bytes(self._received[end + len(_END_OF_HEAD) :])
        return self._check(lines[0], self._fields(lines[1:]), rest)

    def ended(self) -> ConnectionFailed:
        """Give the error of a server that closes the connection before its answer is whole."""
        answer = "the end of its" if self._received else "an"
        return ConnectionFailed(self._address.url, f"it closes the connection without {answer} answer")

    def _no_websocket(self, why: str) -> NotWebSocket:
        return NotWebSocket(self._address.url, why)

    def _fields(self, lines: Sequence[str]) -> dict[str, str]:
        """Give the header fields, the values of a repeated one joined by a comma."""
        fields: dict[str, str] = {}
        for line in lines:
            name, colon, value = line.partition(":")
            name, value = name.lower(), value.strip(" \t")
            if not colon or not name or name != name.strip():
                raise self._no_websocket(f"its answer has a malformed header field, {line[:_SHOWN]!r}")
            fields[name] = f"{fields[name]}, {value}" if name in fields else value
        return fields

    def _check(self, status_line: str, fields: Mapping[str, str], rest: bytes) -> Agreed:
        """Check an answer."""
        match = _STATUS_LINE.fullmatch(status_line)
        if match is None:
            raise self._no_websocket(f"its answer begins with {status_line[:_SHOWN]!r}")
        status = int(match[1])
        if status != _SWITCHING_PROTOCOLS:
            body = rest.decode("utf-8", "replace").strip()
            raise HandshakeRefused(self._address.url, status, match[2] or "", fields, body)
        if _tokens(fields, "upgrade") != ["websocket"] or "upgrade" not in _tokens(fields, "connection"):
            raise self._no_websocket("its 101 does not upgrade to websocket")
        accept = b64encode(sha1(self._key + _GUID).digest()).decode("ascii")  # noqa: S324 - as RFC 6455 says
        if fields.get("sec-websocket-accept") != accept:
            raise self._no_websocket("the Sec-WebSocket-Accept of its 101 is wrong")
        return Agreed(self._protocol(fields), *self._compression(fields), fields, rest)

    def _protocol(self, fields: Mapping[str, str]) -> str | None:
        """Give the sub-protocol that the server has chosen, one of ours."""
        protocol = fields.get("sec-websocket-protocol")
        if protocol is not None and protocol not in self._protocols:
            raise self._no_websocket(f"it chooses the sub-protocol {protocol!r}, which was not offered")
        return protocol

    def _compression(self, fields: Mapping[str, str]) -> tuple[Inflater | None, Deflater | None]:
        """Give what the server has agreed to compress by."""
        value = fields.get("sec-websocket-extensions", "")
        try:
            return compression.agreed_by_server(value, offered=self._compress)
        except ValueError as error:
            raise self._no_websocket(str(error)) from None


def _tokens(fields: Mapping[str, str], name: str) -> list[str]:
    return [token.strip().lower() for token in fields.get(name, "").split(",")]
