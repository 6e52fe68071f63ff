# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The PROXY protocol, versions 1 and 2, without I/O: the header by which a proxy says who the client is.

It is HAProxy's (proxy-protocol.txt), and stands before all else on a connection, TLS included. Twisted's own
reader takes neither a header that comes in pieces nor TLS behind it, believes in any text as an address,
keeps up to 64 KiB, and meets wrong numbers with a traceback.
"""

from __future__ import annotations

import struct
from ipaddress import IPv4Address as Address4
from ipaddress import IPv6Address as Address6

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress

Source = IPv4Address | IPv6Address | UNIXAddress | None
"""Who the client is, None where the proxy speaks for itself: it may look whether we are well."""

LONGEST_LINE = 107
"""Bytes of a header of version 1, its line end included (section 2.1)."""

LONGEST = 16 * 1024
"""Bytes of a header of version 2. Those that are in use take some hundred."""

_LINE = b"PROXY "
_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
_FIXED = 16
_FAMILIES: dict[str, type[Address4 | Address6]] = {"TCP4": Address4, "TCP6": Address6}
_LOCAL, _PROXY = 0x20, 0x21
# What the second byte behind the signature says of addresses, and how they are written then.
_INET, _INET6, _UNIX = 1, 2, 3
_LAYOUTS = {
    _INET: struct.Struct("!4s4sHH"),
    _INET6: struct.Struct("!16s16sHH"),
    _UNIX: struct.Struct("108s108s"),
}
_LAST_PORT = 65535


class BadHeader(Exception):  # noqa: N818 - as for the others of ours
    """What begins a connection is no header of the PROXY protocol."""


class Header:
    """The header of one connection.

    Attributes:
        is_whole: Whether all of it is there.
        source: Whom it names, once it is.
    """

    def __init__(self) -> None:
        """Begin with nothing received."""
        self._received = bytearray()
        self.is_whole = False
        self.source: Source = None

    def feed(self, data: bytes) -> int:
        """Take more bytes, and tell how many of them belong to the header.

        Fewer than all: it is whole, and the others are the client's.

        Raises:
            BadHeader: It is wrong, or too long.
        """
        before = len(self._received)
        self._received += data[: LONGEST - before + 1]
        size = self._size()
        if size is None:
            return len(data)
        self.is_whole = True
        self.source = self._read(bytes(self._received[:size]))
        self._received.clear()
        return size - before

    def _size(self) -> int | None:
        """Tell how long it is; None: what is there is its beginning."""
        received = self._received
        if received[: len(_LINE)] == _LINE[: len(received)]:
            return self._size_of_line()
        if received[: len(_SIGNATURE)] != _SIGNATURE[: len(received)]:
            raise BadHeader("it does not begin with a header of the PROXY protocol")
        if len(received) < _FIXED:
            return None
        size = _FIXED + int.from_bytes(received[14:_FIXED], "big")
        if size > LONGEST:
            raise BadHeader("the header is too long")
        return size if len(received) >= size else None

    def _size_of_line(self) -> int | None:
        """Tell how long a header of version 1 is."""
        end = self._received.find(b"\r\n", 0, LONGEST_LINE)
        if end < 0 and len(self._received) >= LONGEST_LINE:
            raise BadHeader("the header is too long")
        return None if end < 0 else end + 2

    def _read(self, header: bytes) -> Source:
        """Find out whom it names."""
        try:
            return _of_line(header) if header.startswith(_LINE) else _of_block(header)
        except (ValueError, struct.error):
            raise BadHeader("the header is malformed") from None


def _of_line(line: bytes) -> Source:
    """Read a header of version 1 (section 2.1)."""
    fields = line[:-2].decode("ascii").split(" ")
    if fields[1] == "UNKNOWN":
        return None
    _, family, source, destination, source_port, destination_port = fields
    kind = _FAMILIES.get(family)
    if kind is None:
        raise ValueError(family)
    kind(destination), _port(destination_port)  # which have to be right, and are of no use to us
    if "%" in source:
        raise ValueError(source)  # a scope, which is any text
    return _address(kind(source), _port(source_port))


def _of_block(block: bytes) -> Source:
    """Read a header of version 2 (section 2.2)."""
    command, family = block[12], block[13] >> 4
    if command == _LOCAL:
        return None
    if command != _PROXY:
        raise ValueError(command)
    layout = _LAYOUTS.get(family)
    if layout is None:
        return None
    if family == _UNIX:
        return UNIXAddress(layout.unpack_from(block, _FIXED)[0].partition(b"\0")[0])
    source, _, port, _ = layout.unpack_from(block, _FIXED)
    return _address(Address4(source) if family == _INET else Address6(source), port)


def _address(address: Address4 | Address6, port: int) -> Source:
    """Give an address as Twisted has it; an IPv4 one that came in over IPv6 is written as IPv4."""
    if isinstance(address, Address6) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    kind = IPv4Address if isinstance(address, Address4) else IPv6Address
    return kind("TCP", str(address), port)


def _port(text: str) -> int:
    """Read a port's number."""
    if not (text.isascii() and text.isdecimal()) or int(text) > _LAST_PORT:
        raise ValueError(text)
    return int(text)
