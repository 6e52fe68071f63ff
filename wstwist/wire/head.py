# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The head of an HTTP request, checked byte by byte and taken apart; every step is linear in its size.

Whatever two parsers might read differently is refused here (RFC 9112, sections 2.2 to 6.3), so that what
comes after the guard may trust what it reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from wstwist.wire.answers import Rejected

END_OF_HEAD = b"\r\n\r\n"

_TOKEN = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VISIBLE = bytes(range(0x21, 0x7F))
# Field values: visible ASCII, space, tab and obs-text (RFC 9110, section 5.5), except NEL (0x85), which
# Python's str.splitlines, and so Autobahn's parser, takes for the end of a line.
_VALUE = b"\t " + _VISIBLE + bytes(byte for byte in range(0x80, 0x100) if byte != 0x85)  # noqa: PLR2004
_HOST = re.compile(rb"[A-Za-z0-9._~%!$&'()*+,;=:\[\]-]*")
_TARGET = re.compile(rb"(?:(?:https?|wss?)://[^/?#]+)?(/[^#?]*)?(?:\?([^#]*))?", re.IGNORECASE)
_VERSION = re.compile(rb"HTTP/[0-9]\.[0-9]")
_VERSIONS = (b"HTTP/1.0", b"HTTP/1.1")

Fields = Sequence[tuple[bytes, bytes]]


class Head:
    """A request's head that has passed every check.

    Attributes:
        method: The method, as sent.
        path: The path of the target, still percent-encoded.
        query: The query of the target without its question mark.
        version: ``HTTP/1.0`` or ``HTTP/1.1``.
        fields: The header fields in order, names in lower case.
    """

    __slots__ = ("_values", "fields", "headers", "method", "path", "query", "version")

    headers: Mapping[str, str]
    """The header fields as text, the values of a repeated one joined by a comma."""

    def __init__(self, method: bytes, path: bytes, query: bytes, version: bytes, fields: Fields) -> None:
        """Keep the parts, and sort the fields by their names."""
        self.method = method
        self.path = path
        self.query = query
        self.version = version
        self.fields = fields
        self._values: dict[bytes, list[bytes]] = {}
        for name, value in fields:
            self._values.setdefault(name, []).append(value)
        self.headers = {
            name.decode("ascii"): b", ".join(values).decode("latin-1")
            for name, values in self._values.items()
        }

    def values(self, name: bytes) -> Sequence[bytes]:
        """Give every value of the field with this lower-case name."""
        return self._values.get(name, ())

    def tokens(self, name: str) -> list[str]:
        """Give the members of a comma-separated field in lower case (RFC 9110, section 5.6.1)."""
        members = [member.strip(" \t") for member in self.headers.get(name, "").lower().split(",")]
        return [member for member in members if member]

    @property
    def wants_websocket(self) -> bool:
        """Whether the request asks for an upgrade to WebSocket."""
        return "websocket" in self.tokens("upgrade")

    @property
    def has_body(self) -> bool:
        """Whether something follows the head that belongs to the request."""
        lengths = self.values(b"content-length")
        return bool(self.values(b"transfer-encoding")) or any(length.strip(b"0") for length in lengths)


def parse(data: bytes, count: int) -> Head:
    """Take apart a head, its empty line included.

    Args:
        data: The bytes from the request line to the empty line.
        count: How many header fields there may be.

    Raises:
        Rejected: with 400, 431 or 505, when a single byte of it is wrong.
    """
    lines = data[: -len(END_OF_HEAD)].split(b"\r\n", count + 1)
    if len(lines) > count + 1:
        raise Rejected(431, "Too many header fields")
    method, target, version = _request_line(lines[0])
    return checked(method, target, version, [_field(line) for line in lines[1:]])


def checked(method: bytes, target: bytes, version: bytes, fields: Fields) -> Head:
    """Check the parts of a head that somebody took apart already, and put them together.

    Raises:
        Rejected: with 400 or 505.
    """
    _check_method(method)
    path, query = _split_target(method, target)
    if version not in _VERSIONS:
        raise Rejected(505, "HTTP/1.1, please")
    head = Head(method, path, query, version, [(_name(name), _value(value)) for name, value in fields])
    _check_host(head)
    _check_length(head)
    return head


def _request_line(line: bytes) -> tuple[bytes, bytes, bytes]:
    """Split a request line at its two single spaces (RFC 9112, section 3)."""
    parts = line.split(b" ")
    if len(parts) != 3 or not _VERSION.fullmatch(parts[2]):  # noqa: PLR2004 - method, target, version
        raise Rejected(400, "Malformed request line")
    return parts[0], parts[1], parts[2]


def _check_method(method: bytes) -> None:
    """Refuse a method that is no token."""
    if not method or method.translate(None, _TOKEN):
        raise Rejected(400, "Malformed request line")


def _split_target(method: bytes, target: bytes) -> tuple[bytes, bytes]:
    """Split a request's target into path and query (RFC 9112, section 3.2)."""
    if target == b"*" and method == b"OPTIONS":
        return b"*", b""
    match = _TARGET.fullmatch(target)
    if match is None or not target or target.startswith(b"?") or target.translate(None, _VISIBLE):
        raise Rejected(400, "Malformed request target")
    return match[1] or b"/", match[2] or b""


def _field(line: bytes) -> tuple[bytes, bytes]:
    """Split a header line at its colon (RFC 9112, section 5)."""
    name, colon, value = line.partition(b":")
    if not colon:
        raise Rejected(400, "Malformed header field")
    return name, value


def _name(name: bytes) -> bytes:
    """Check a field's name, white space before the colon and folded lines included, and lower it."""
    if not name or name.translate(None, _TOKEN):
        raise Rejected(400, "Malformed header field name")
    return name.lower()


def _value(value: bytes) -> bytes:
    """Check a field's value, and strip the white space around it."""
    if value.translate(None, _VALUE):
        raise Rejected(400, "Forbidden byte in a header field")
    return value.strip(b" \t")


def _check_host(head: Head) -> None:
    """Want one well-formed Host, which HTTP/1.0 may leave out (RFC 9112, section 3.2)."""
    hosts = head.values(b"host")
    if len(hosts) > 1 or (not hosts and head.version == b"HTTP/1.1"):
        raise Rejected(400, "One Host header field, please")
    if hosts and not _HOST.fullmatch(hosts[0]):
        raise Rejected(400, "Malformed Host header field")


def _check_length(head: Head) -> None:
    """Refuse every body whose end two readers could see at different places (RFC 9112, section 6.3)."""
    lengths, codings = head.values(b"content-length"), head.values(b"transfer-encoding")
    if len(lengths) + len(codings) > 1:
        raise Rejected(400, "Conflicting lengths of the body")
    if lengths and not (lengths[0].isdigit() and len(lengths[0]) < 20):  # noqa: PLR2004 - below 2**64
        raise Rejected(400, "Malformed Content-Length header field")
    if codings and (codings[0].lower() != b"chunked" or head.version != b"HTTP/1.1"):
        raise Rejected(400, "Unknown Transfer-Encoding")
