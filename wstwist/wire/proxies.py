# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Whom a request comes from that a proxy brings, where that proxy is trusted.

It is asked for ``X-Forwarded-For`` and ``X-Forwarded-Proto``, and where there is no ``X-Forwarded-For`` for
``Forwarded`` (RFC 7239). From anybody else these mean nothing: everybody can write them.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from wstwist.wire.answers import Rejected

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

UNIX = "unix"
"""Stands for all that come over Unix sockets."""

_LAST_PORT = 65535
_SECURE = {"https": True, "wss": True, "http": False, "ws": False}
_NODE = re.compile(r"\[(?P<v6>[^\]]*)\](?::(?P<v6port>[0-9]{1,5}))?|(?P<v4>[0-9.]+):(?P<v4port>[0-9]{1,5})")
# One parameter of Forwarded (RFC 7239, section 4), and what separates it from the next.
_PARAMETER = re.compile(
    r"[ \t]*(?:(?P<name>[A-Za-z0-9!#$%&'*+.^_`|~-]+)="
    r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^";,\s]*)))?[ \t]*(?P<end>[;,]|$)'
)


class Peer(NamedTuple):
    """The other end of a connection.

    Attributes:
        address: Its IP address, or the path or "" of a Unix socket.
        port: Its port; ``None`` on a Unix socket, or where a proxy does not tell it.
        secure: Whether it speaks TLS.
    """

    address: str
    port: int | None
    secure: bool


class _Hop(NamedTuple):
    """One step of a request's way, as the proxy says that received it.

    Attributes:
        node: Whom it received it from.
        protocol: How; ``None`` where it does not say.
    """

    node: str
    protocol: str | None


@dataclass(frozen=True, slots=True)
class Proxies:
    """The proxies that are trusted.

    Attributes:
        networks: Their addresses.
        unix: Whether whatever comes over a Unix socket is one.
    """

    networks: tuple[Network, ...] = ()
    unix: bool = False

    @classmethod
    def of(cls, trusted: Sequence[str]) -> Proxies:
        """Check what an operator writes: addresses, networks such as ``10.0.0.0/8``, and ``unix``.

        Raises:
            ValueError: One is none of these; it says what would be.
        """
        if isinstance(trusted, str) or not isinstance(trusted, Sequence):
            raise ValueError(f"a list of networks such as ['10.0.0.0/8', 'unix'], not {trusted!r}")  # noqa: TRY004
        return cls(tuple(_network(item) for item in trusted if item != UNIX), UNIX in trusted)

    def seen(self, peer: Peer, headers: Mapping[str, str]) -> Peer:
        """Give whom a request comes from.

        That is the peer, unless it is trusted and names another: then the last one named that is not trusted
        itself; the first one, where all are.

        Args:
            peer: Whom the request was received from.
            headers: The request's, names in lower case.

        Raises:
            Rejected: with 400, where a trusted proxy names what is no address or protocol.
        """
        if not (self.networks or self.unix) or not self._trusts(peer):
            return peer
        if "forwarded" in headers and "x-forwarded-for" not in headers:
            return self._client(peer, _forwarded(headers["forwarded"]), None)
        hops = [_Hop(node, None) for node in _members(headers.get("x-forwarded-for", ""))]
        protocols = _members(headers.get("x-forwarded-proto", ""))
        return self._client(peer, hops, protocols[-1] if protocols else None)

    def _client(self, peer: Peer, hops: Sequence[_Hop], protocol: str | None) -> Peer:
        """Go back the way of a request until somebody is not trusted."""
        for hop in reversed(hops):
            address, port = _address(hop.node)
            peer = Peer(str(address), port, _is_secure(hop.protocol, default=peer.secure))
            if not self._trusts_address(address):
                break
        return peer._replace(secure=_is_secure(protocol, default=peer.secure))

    def _trusts(self, peer: Peer) -> bool:
        if peer.port is None:
            return self.unix
        try:
            return self._trusts_address(ipaddress.ip_address(peer.address))
        except ValueError:
            return False

    def _trusts_address(self, address: Address) -> bool:
        return any(address in network for network in self.networks)


NOBODY = Proxies()
"""No proxy is trusted."""


def _network(text: object) -> Network:
    """Read one network."""
    if not isinstance(text, str):
        raise ValueError(f"a network such as '10.0.0.0/8', not {text!r}")  # noqa: TRY004
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        raise ValueError(f"{text!r} is no network: {_proposal(text)}") from None
    if not network.prefixlen:
        raise ValueError(f"{text!r} is everybody, who could then claim any address: name your proxies")
    return network


def _proposal(text: str) -> str:
    try:
        return f"write {str(ipaddress.ip_network(text, strict=False))!r}"
    except ValueError:
        return "write an address, a network such as '10.0.0.0/8', or 'unix'"


def _members(value: str) -> list[str]:
    """Give the members of a list (RFC 9110, section 5.6.1)."""
    return [member for member in (item.strip(" \t") for item in value.split(",")) if member]


def _forwarded(value: str) -> list[_Hop]:
    """Take apart a Forwarded header field."""
    hops: list[_Hop] = []
    parameters: dict[str, str] = {}
    for name, text, ends_hop in _parameters(value):
        if name in parameters:
            raise _malformed("Forwarded", value)
        if name:
            parameters[name] = text
        if ends_hop and parameters:
            hops.append(_Hop(parameters.get("for", "unknown"), parameters.get("proto")))
            parameters = {}
    return hops


def _parameters(value: str) -> Iterator[tuple[str, str, bool]]:
    """Give each parameter's name and value, and whether it is the last one of its hop."""
    position = 0
    while True:
        found = _PARAMETER.match(value, position)
        if found is None:
            raise _malformed("Forwarded", value)
        quoted = found["quoted"]
        text = found["plain"] or "" if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        yield (found["name"] or "").lower(), text, found["end"] != ";"
        if not found["end"]:
            return
        position = found.end()


def _address(node: str) -> tuple[Address, int | None]:
    """Read an address, with a port or without; IPv4 written as IPv6 is IPv4."""
    found = _NODE.fullmatch(node)
    text, port = node, None
    if found is not None:
        text, port = found["v6"] or found["v4"] or "", found["v6port"] or found["v4port"]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise _malformed("address", node) from None
    if port is not None and int(port) > _LAST_PORT:
        raise _malformed("address", node)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address, None if port is None else int(port)


def _is_secure(protocol: str | None, *, default: bool) -> bool:
    """Tell whether a protocol is one with TLS."""
    if protocol is None:
        return default
    try:
        return _SECURE[protocol.lower()]
    except KeyError:
        raise _malformed("protocol", protocol) from None


def _malformed(what: str, value: str) -> Rejected:
    """Refuse: where a proxy's words cannot be read it is not known who the client is."""
    return Rejected(
        400,
        "A proxy's header field is malformed",
        advice=f"a trusted proxy names the {what} {value[:100]!r}, which cannot be read",
    )
