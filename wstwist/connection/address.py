# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Where a connection goes: a WebSocket URL, taken apart (RFC 6455, section 3)."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import NamedTuple
from urllib.parse import SplitResult, quote, unquote, urlsplit

import idna

from wstwist.exceptions import InvalidURL

_PORTS = {"ws": 80, "wss": 443}
_SCHEMES = {"http": "ws", "https": "wss"}
_LABEL_SIZE = 63
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f]")
# What may stand in a path or a query as it is, the percent sign of an escape included (RFC 3986, section 3).
_SAFE = "/%:@!$&'()*+,;=~-._?"


class Address(NamedTuple):
    """A WebSocket URL.

    Attributes:
        url: The URL as text, for people: without user and password.
        secure: Whether the connection is TLS.
        host: The host's name, in ASCII, or its IP address.
        port: The port.
        target: The path and query of the request.
        authorization: The value of an Authorization header for the URL's user and password, or None.
    """

    url: str
    secure: bool
    host: str
    port: int
    target: str
    authorization: str | None

    @property
    def authority(self) -> str:
        """The value of the Host header field: the port where it is not the usual one."""
        return _authority(self.name, self.port, secure=self.secure)

    @property
    def name(self) -> str:
        """What the server is called: the host, without the zone that an IPv6 address has only here."""
        return self.host.partition("%")[0] if ":" in self.host else self.host

    @property
    def origin(self) -> tuple[bool, str, int]:
        """What makes two addresses those of one server."""
        return self.secure, self.host, self.port


def can_be_a_host(host: str) -> bool:
    """Whether a host can be called so: no part of it is empty or too long (RFC 1035, section 2.3.4)."""
    labels = host.removesuffix(".").split(".")
    return ":" in host or all(0 < len(label) <= _LABEL_SIZE for label in labels)


def parse_url(url: str) -> Address:
    """Take apart a URL.

    Raises:
        InvalidURL: It is none of WebSocket's.
        TypeError: It is no text.
    """
    if not isinstance(url, str):
        raise TypeError(f"connect: a URL is a str, not {type(url).__name__}")
    parts = _split(url)
    host = _host(url, parts.hostname or "")
    port = _port(url, parts)
    target = quote(parts.path or "/", safe=_SAFE)
    if parts.query:
        target += "?" + quote(parts.query, safe=_SAFE)
    shown = Address("", parts.scheme == "wss", host, port, target, _authorization(parts))
    authority = _authority(host, port, secure=shown.secure)
    return shown._replace(url=f"{parts.scheme}://{authority}{target}")


def without_user(url: str) -> str:
    """Give a URL as it may be shown: user and password are nobody else's business."""
    scheme, separator, rest = url.rpartition("://")
    return scheme + separator + rest.rpartition("@")[2]


def _authority(host: str, port: int, *, secure: bool) -> str:
    shown = f"[{host}]" if ":" in host else host
    return shown if port == _PORTS["wss" if secure else "ws"] else f"{shown}:{port}"


def _invalid(url: str, why: str) -> InvalidURL:
    return InvalidURL(without_user(url), why)


def _split(url: str) -> SplitResult:
    """Split a URL into its parts, and see that they can be a WebSocket's."""
    if _FORBIDDEN.search(url):
        raise _invalid(url, "it has white space or a control character in it")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise _invalid(url, str(error)) from None
    if parts.scheme not in _PORTS:
        scheme = _SCHEMES.get(parts.scheme)
        right = (
            f"{scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
            if scheme
            else "ws://host/path or wss://host/path"
        )
        raise _invalid(url, f"a WebSocket's begins with ws:// or wss://, as {right}")
    if "#" in url:
        raise _invalid(url, "a WebSocket's has no fragment; write %23 for a #")
    return parts


def _host(url: str, host: str) -> str:
    """Give the host in ASCII (RFC 5891), a zone as the system writes it (RFC 6874 escapes its ``%``)."""
    if not host:
        raise _invalid(url, "it has no host")
    if ":" in host:
        return host.replace("%25", "%", 1)
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise _invalid(url, f"{host} is no host's name: {error}") from None


def _port(url: str, parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise _invalid(url, "a port is a number from 1 to 65535")
    return port or _PORTS[parts.scheme]


def _authorization(parts: SplitResult) -> str | None:
    """Give the value of an Authorization header (RFC 7617) for a URL's user and password."""
    if parts.username is None:
        return None
    user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return "Basic " + b64encode(user.encode()).decode("ascii")
