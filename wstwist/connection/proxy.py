# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The way through an HTTP proxy, without I/O: CONNECT (RFC 9110, section 9.3.6)."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from typing import NamedTuple
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from wstwist.connection.address import Address, in_ascii, without_user
from wstwist.exceptions import ProxyRefused

_END_OF_HEAD = b"\r\n\r\n"
_HEAD_SIZE = 64 * 1024
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})( .*)?")
_PORTS = {"http": 80, "https": 443}


class WrongProxy(ProxyRefused):
    """The environment names a proxy that cannot be one: trying again changes nothing."""


class Proxy(NamedTuple):
    """An HTTP proxy.

    Attributes:
        url: Its URL, without user and password.
        secure: Whether the way to it is TLS.
        host: Its name or IP address.
        port: Its port.
        authorization: The value of Proxy-Authorization for its URL's user and password, or None.
    """

    url: str
    secure: bool
    host: str
    port: int
    authorization: str | None


def find_proxy(address: Address, choice: str | bool | None) -> Proxy | None:
    """Give the proxy on the way to an address, if there is one.

    Args:
        address: Where to.
        choice: The URL of a proxy. True: what HTTPS_PROXY, HTTP_PROXY or ALL_PROXY name, in capitals or not,
            for addresses that NO_PROXY does not except; on macOS and Windows also the system's settings.
            None or False: there is none.

    Raises:
        ValueError: The URL is not that of an HTTP proxy.
        WrongProxy: That of the environment is not.
    """
    if isinstance(choice, str):
        return parse_proxy(choice)
    if not choice or proxy_bypass(f"{address.host}:{address.port}") or proxy_bypass(address.host):
        return None
    proxies = getproxies()
    for kind in ("https" if address.secure else "http", "all"):
        if url := proxies.get(kind):
            try:
                return parse_proxy(url)
            except ValueError as error:
                raise WrongProxy(address.url, f"{_variable(kind, url)}: {error}") from None
    return None


def parse_proxy(url: str) -> Proxy:
    """Take apart the URL of a proxy.

    Raises:
        ValueError: It is not that of an HTTP proxy.
    """
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port, name = parts.port, in_ascii(parts.hostname or "")
    except ValueError as error:
        raise ValueError(f"{without_user(url)!r}: {error}") from None
    if parts.scheme not in _PORTS or not name:
        raise ValueError(f"{without_user(url)!r}: only HTTP proxies are used, as http://host:port")
    port = port or _PORTS[parts.scheme]
    host = f"[{name}]" if ":" in name else name
    authorization = None
    if parts.username is not None:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = "Basic " + b64encode(user.encode()).decode("ascii")
    return Proxy(f"{parts.scheme}://{host}:{port}", parts.scheme == "https", name, port, authorization)


def _variable(kind: str, url: str) -> str:
    """Give the name of the environment's variable that names a proxy; elsewhere it is the system's."""
    names = (name for name in os.environ if name.lower() == f"{kind}_proxy" and os.environ[name] == url)
    return next(names, "the system's settings")


class Tunnel:
    """Asks a proxy for a way to a host, and reads its answer.

    Args:
        proxy: The proxy.
        address: Where to.
    """

    def __init__(self, proxy: Proxy, address: Address) -> None:
        """Keep both."""
        self._proxy = proxy
        self._address = address
        self._received = bytearray()

    def request(self) -> bytes:
        """Give the request."""
        host = f"[{self._address.host}]" if ":" in self._address.host else self._address.host
        authority = f"{host}:{self._address.port}"
        lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
        if self._proxy.authorization:
            lines.append(f"Proxy-Authorization: {self._proxy.authorization}")
        return "\r\n".join((*lines, "", "")).encode("ascii")

    def receive(self, data: bytes) -> bool:
        """Read on in the answer, and tell whether the way is free.

        Nothing follows the answer before we have sent something: what does belongs to nobody.

        Raises:
            ProxyRefused: The proxy does not make a way, or is none.
        """
        self._received += data
        end = self._received.find(_END_OF_HEAD)
        if end < 0:
            if len(self._received) > _HEAD_SIZE or not b"HTTP/1.".startswith(self._received[:7]):
                raise self.refused("what it answers is no HTTP")
            return False
        match = _STATUS_LINE.fullmatch(bytes(self._received[:end]).split(b"\r\n")[0])
        if match is None:
            raise self.refused("what it answers is no HTTP")
        if not match[1].startswith(b"2"):
            why = f"it answers {(match[1] + (match[2] or b'')).decode('latin-1')}"
            raise self.refused(why, int(match[1]))
        return True

    def refused(self, why: str, status: int | None = None) -> ProxyRefused:
        """Give the error of a proxy that does not do its work."""
        return ProxyRefused(self._address.url, f"the proxy {self._proxy.url}: {why}", status)
