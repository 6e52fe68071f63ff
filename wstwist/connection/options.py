# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""How a connection is made: what a program may ask for, checked."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any

from wstwist import durations
from wstwist.nearest import nearest

_MIB = 1024 * 1024
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
# Header fields that the handshake writes itself.
_OURS = frozenset(
    {"host", "upgrade", "connection"}
    | {f"sec-websocket-{part}" for part in ("key", "version", "protocol", "extensions", "accept")}
)

_LONGEST = 20 * 86400.0  # seconds: longer waits some systems do not know, and nobody would see the end of

Duration = float | str | timedelta


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a connection is made. Durations are seconds, texts such as ``"5 s"``, or timedeltas; then seconds.

    Attributes:
        protocols: Sub-protocols to offer, in order of preference.
        headers: Header fields to add to the request.
        origin: The value of its Origin header field.
        compress: Whether to offer permessage-deflate (RFC 7692).
        message_size: Bytes that a message from the server has at most, after decompression. Beyond: 1009.
        fragments: Frames of one message. Beyond: 1008.
        queue_size: Bytes that may wait to be sent, or to be received.
        ping_interval: How long a server may be silent before it is asked for a sign of life; None: for ever.
        ping_timeout: How long that sign may take. Beyond: the connection is dropped, 1006.
        connect_timeout: How long it may take until the connection is open.
        close_timeout: How long the server may take to answer our close frame, and then to close.
        ca_file: A PEM file with the authorities that are trusted instead of the system's.
        certificate: A PEM file with a certificate of our own, for servers that demand one.
        key: A PEM file with its private key; None: it is in the same file.
        insecure: Accept any certificate, of any name: whoever is on the way can read and change everything.
        proxy: The URL of an HTTP proxy; True: as the environment says; None: none.
    """

    protocols: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    origin: str | None = None
    compress: bool = False
    message_size: int = 1 * _MIB
    fragments: int = 1024
    queue_size: int = 1 * _MIB
    ping_interval: float | None = 20.0
    ping_timeout: float = 20.0
    connect_timeout: float = 10.0
    close_timeout: float = 2.0
    ca_file: str | None = None
    certificate: str | None = None
    key: str | None = None
    insecure: bool = False
    proxy: str | bool | None = True

    @classmethod
    def checked(cls, given: Mapping[str, Any]) -> Options:
        """Check what a program has given.

        Raises:
            TypeError: There is no option of that name, or its value is of another type.
            ValueError: A value cannot be.
        """
        names = [option.name for option in fields(cls)]
        for name in given:
            if name not in names:
                like = nearest(name, names)
                meant = f"; did you mean {like}?" if like else f": they are {', '.join(names)}"
                raise TypeError(f"connect: there is no option {name}{meant}")
        return cls(**{name: _CHECKS[name](name, value) for name, value in given.items()})

    def request_headers(self) -> dict[str, str]:
        """Give the header fields to add to the request."""
        return dict(self.headers) if self.origin is None else {**self.headers, "Origin": self.origin}


def _wrong(name: str, wanted: str, value: object) -> TypeError:
    return TypeError(f"connect: {name} is {wanted}, not {value!r}")


def _protocols(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise _wrong(name, "a list of names", value)
    protocols = tuple(value)
    for protocol in protocols:
        if not isinstance(protocol, str) or not _TOKEN.fullmatch(protocol):
            raise ValueError(f"connect: {name}: {protocol!r} is no name of a sub-protocol (RFC 6455, 4.1)")
    if len(set(protocols)) != len(protocols):
        raise ValueError(f"connect: {name}: each is named once")
    return protocols


def _headers(name: str, value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise _wrong(name, "a dict of names and values", value)
    for header, content in value.items():
        if not isinstance(header, str) or not _TOKEN.fullmatch(header):
            raise ValueError(f"connect: {name}: {header!r} is no name of a header field")
        if header.lower() in _OURS:
            raise ValueError(f"connect: {name}: {header} belongs to the handshake")
        _header_value(f"{name}: {header}", content)
    return dict(value)


def _header_value(name: str, value: object) -> str:
    if not isinstance(value, str) or not _VALUE.fullmatch(value):
        raise ValueError(f"connect: {name}: {value!r} cannot be the value of a header field")
    return value


def _origin(name: str, value: object) -> str | None:
    return None if value is None else _header_value(name, value)


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name, "True or False", value)
    return value


def _size(name: str, value: object) -> int:
    if type(value) is not int or value <= 0:
        raise _wrong(name, "a number of bytes above 0", value)
    return min(value, sys.maxsize)


def _number(name: str, value: object) -> int:
    if type(value) is not int or value <= 0:
        raise _wrong(name, "a whole number above 0", value)
    return min(value, sys.maxsize)


def _seconds(name: str, value: Any) -> float:
    try:
        return min(durations.seconds(value), _LONGEST)
    except ValueError as error:
        raise ValueError(f"connect: {name}: {error}") from None


def _seconds_or_none(name: str, value: Any) -> float | None:
    return None if value is None else _seconds(name, value)


def _file(name: str, value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if hasattr(value, "__fspath__"):
        return str(value)
    raise _wrong(name, "the path of a PEM file", value)


def _proxy(name: str, value: object) -> str | bool | None:
    if value is None or isinstance(value, (str, bool)):
        return value
    raise _wrong(name, "a URL, True or None", value)


_CHECKS: Mapping[str, Callable[[str, Any], Any]] = {
    "protocols": _protocols,
    "headers": _headers,
    "origin": _origin,
    "compress": _flag,
    "message_size": _size,
    "fragments": _number,
    "queue_size": _size,
    "ping_interval": _seconds_or_none,
    "ping_timeout": _seconds,
    "connect_timeout": _seconds,
    "close_timeout": _seconds,
    "ca_file": _file,
    "certificate": _file,
    "key": _file,
    "insecure": _flag,
    "proxy": _proxy,
}
