# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Where a server listens: endpoints with a long backlog, and one clear line for each that cannot be used."""

from __future__ import annotations

import errno
import re
import socket
import stat
from functools import partial
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, execute
from twisted.internet.endpoints import (
    SSL4ServerEndpoint,
    TCP4ServerEndpoint,
    _parse,  # the only way to see what a description says without carrying it out
    serverFromString,
)
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort, IProtocolFactory, IStreamServerEndpoint
from twisted.python.failure import Failure
from zope.interface import implementer

from wstwist.exceptions import ConfigurationError
from wstwist.wire.certificates import TlsSettings
from wstwist.wire.fast_port import FastEndpoint, FastPort, fast_loop
from wstwist.wire.proxied_port import ProxiedArrivals, ProxiedEndpoint
from wstwist.wire.served_tls import ServedTls, TlsEndpoint, warn_of

# Connections that wait to be accepted. Twisted's 50 lets a burst of clients wait for seconds.
BACKLOG = 4096

_MAX_PORT = 65535
# How many arguments stand before `backlog` in the types that have one, and whether the first is a port.
_BEFORE_BACKLOG = {"tcp": 2, "tcp6": 1, "ssl": 5, "unix": 2}
_WITH_PORT = frozenset({"tcp", "tcp6", "ssl", "fast"})


def tcp(reactor: Any, port: int, interface: str = "", backlog: int = BACKLOG) -> IStreamServerEndpoint:
    """Give an endpoint for plain TCP, on the fastest transports that can be had.

    These are aiofastnet's where it is installed and the reactor runs on asyncio or uvloop, else Twisted's.

    Args:
        reactor: Where it is to listen.
        port: 1 to 65535, or 0 for a free one.
        interface: The address to listen on; empty: all, IPv6 and IPv4 where the machine has both.
        backlog: How many connections may wait to be accepted.
    """
    place = (reactor, _check_port(port), backlog, interface or _every_interface())
    return TCP4ServerEndpoint(*place) if fast_loop(reactor) is None else FastEndpoint(*place)


def tls(
    reactor: Any,
    port: int,
    certificate: str,
    key: str,
    interface: str = "",
    backlog: int = BACKLOG,
    *,
    client_ca: str = "",
    client_certificates: str = "",
) -> IStreamServerEndpoint:
    """Give an endpoint for TLS 1.2 and later; `tcp` and `TlsSettings` tell the arguments."""
    settings = TlsSettings.load(certificate, key, client_ca, client_certificates)
    return tls_with(reactor, port, settings, interface, backlog)


def tls_with(
    reactor: Any, port: int, settings: TlsSettings, interface: str = "", backlog: int = BACKLOG
) -> IStreamServerEndpoint:
    """Give the endpoint of `tls` where the files are read already."""
    served = ServedTls(settings)
    place = (reactor, _check_port(port), backlog, interface or _every_interface())
    if fast_loop(reactor) is None:
        return TlsEndpoint(reactor, TCP4ServerEndpoint(*place), served)
    return FastEndpoint(*place, served)


def fast(
    reactor: Any,
    port: str,
    *,
    interface: str = "",
    backlog: str = str(BACKLOG),
    privateKey: str = "",  # noqa: N803 - named as for Twisted's ``ssl:``
    certKey: str = "",  # noqa: N803
    clientCA: str = "",  # noqa: N803
    clientCertificates: str = "",  # noqa: N803
) -> IStreamServerEndpoint:
    """Give the endpoint of ``fast:9000``: that of `tls` where a key or a certificate is named, else of `tcp`.

    Args:
        reactor: Where it is to listen.
        port: Likewise.
        interface: Likewise.
        backlog: Likewise.
        privateKey: The key's file; the certificate's where it is not named.
        certKey: The certificate's file; the key's where it is not named.
        clientCA: The file with the certificates of those who sign clients' certificates.
        clientCertificates: ``required`` or ``optional``.

    Raises:
        ConfigurationError: when one of them cannot be used.
    """
    if not backlog.isdecimal():
        raise ConfigurationError(f"the backlog must be a number, not {backlog!r}")
    number = _check_port(port)
    if not privateKey and not certKey:
        if clientCA or clientCertificates:
            raise ConfigurationError("clients have certificates over TLS: that needs privateKey and certKey")
        return tcp(reactor, number, interface, int(backlog))
    return tls(
        reactor,
        number,
        certKey or privateKey,
        privateKey or certKey,
        interface,
        int(backlog),
        client_ca=clientCA,
        client_certificates=clientCertificates,
    )


def is_secure(description: str) -> bool:
    """Whether the endpoint that a string describes is one for TLS."""
    try:
        (kind, *_), options = _parse(description)
    except ValueError:
        return False
    if kind == "haproxy":
        return is_secure(_behind_proxy(description))
    return kind in ("ssl", "tls") or (kind == "fast" and not {"privateKey", "certKey"}.isdisjoint(options))


def is_proxied(description: str) -> bool:
    """Whether the endpoint that a string describes wants the PROXY protocol."""
    return description.startswith("haproxy:")


def is_fast(port: IListeningPort) -> bool:
    """Whether the connections of a port are aiofastnet's."""
    return isinstance(port, FastPort)


def parse(reactor: Any, description: str) -> IStreamServerEndpoint:
    """Give the endpoint that a string of Twisted's endpoint language describes.

    Raises:
        ConfigurationError: when it describes none.
    """
    try:
        (kind, *args), options = _parse(description)
    except ValueError as error:
        raise ConfigurationError(f"{description!r} is no endpoint: {error}") from None
    if kind == "haproxy":
        return _parse_proxied(reactor, description)
    if kind in _WITH_PORT:
        _check_port(args[0] if args else options.get("port", ""), description)
    if kind == "fast":
        return _parse_fast(reactor, description, args, options)
    if kind == "ssl":
        _check_files(args, options)
    more = []
    if kind in _BEFORE_BACKLOG and "backlog" not in options and len(args) <= _BEFORE_BACKLOG[kind]:
        more.append(f"backlog={BACKLOG}")
    if kind != "unix" or "lockfile" in options or hasattr(reactor, "adopt"):
        return _from_string(reactor, description, *more)
    endpoint = _from_string(reactor, description, *more, "lockfile=0")
    return _UnixEndpoint(endpoint, args[0] if args else options["address"])


def parse_setting(reactor: Any, description: str, setting: str, interface: str = "") -> IStreamServerEndpoint:
    """Give the endpoint that a setting describes, or say what may have been meant by a mere port.

    Args:
        reactor: Where it is to listen.
        description: As in `parse`.
        setting: What the setting is called.
        interface: The address that is meant where none stands with the port.

    Raises:
        ConfigurationError: It describes none.
    """
    try:
        return parse(reactor, description)
    except ConfigurationError as error:
        host, _, port = description.rpartition(":")
        place = f":interface={host or interface}" if host or interface else ""
        is_place = not host or host == "localhost" or re.fullmatch(r"[\w-]+(\.[\w-]+)+", host)
        advice = f"; did you mean tcp:{port}{place}?" if port.isdecimal() and is_place else ""
        raise ConfigurationError(f"{setting}: {error}{advice}") from None


def listen(endpoint: IStreamServerEndpoint, factory: IProtocolFactory, name: str) -> IListeningPort:
    """Listen, and give the port that listens.

    Args:
        endpoint: One that listens at once, as all of Twisted's own do.
        factory: The factory of what comes in.
        name: What the operator calls it, ``port 9000 on all interfaces``.

    Raises:
        ConfigurationError: when it cannot listen.
    """
    outcome: list[Any] = []
    endpoint.listen(factory).addBoth(outcome.append)
    if not outcome:
        raise ConfigurationError(f"cannot listen on {name}: it does not say at once whether it can")
    if isinstance(outcome[0], Failure):
        raise _explain(outcome[0].value, name) from None
    port: IListeningPort = outcome[0]
    return port


@implementer(IStreamServerEndpoint)
class _UnixEndpoint:
    """A Unix socket, whose file a killed server may have left behind.

    Twisted's own lock file names a process id, which in a container is the same after each start.
    """

    def __init__(self, endpoint: IStreamServerEndpoint, path: str) -> None:
        """Keep Twisted's endpoint and the path."""
        self._endpoint = endpoint
        self._path = path

    def listen(self, factory: IProtocolFactory) -> Deferred[IListeningPort]:
        """Listen, after a socket file on which nobody listens has been removed."""
        cleared: Deferred[None] = execute(_remove_stale, self._path)
        return cleared.addCallback(lambda _: self._endpoint.listen(factory))


def _remove_stale(path: str) -> None:
    """Remove the socket file of a server that is gone; another file, or a live server's, is an error."""
    file = Path(path)
    if path.startswith("\0") or not file.exists():
        return
    if not stat.S_ISSOCK(file.stat().st_mode):
        raise ConfigurationError(f"{path} is there already, and is no socket")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            file.unlink()
            return
    raise OSError(errno.EADDRINUSE, "another server listens on it")


def _check_files(args: list[str], options: dict[str, str]) -> None:
    """Say what is wrong with the files of an ``ssl:`` description, for Twisted would not say it clearly."""
    given = dict(zip(("port", "privateKey", "certKey"), args, strict=False)) | options
    key = given.get("privateKey", "server.pem")
    warn_of(TlsSettings.load(given.get("certKey", key), key))


def _parse_fast(
    reactor: Any, description: str, args: list[str], options: dict[str, str]
) -> IStreamServerEndpoint:
    """Read a ``fast:`` description."""
    try:
        return fast(reactor, *args, **options)
    except TypeError:
        known = "interface, backlog, privateKey, certKey, clientCA and clientCertificates"
        raise ConfigurationError(
            f"{description!r} is no endpoint: it is fast:PORT, with the options {known}"
        ) from None


def _parse_proxied(reactor: Any, description: str) -> IStreamServerEndpoint:
    """Read a ``haproxy:`` description.

    The header comes first, and TLS behind it, as proxies send them; Twisted's own ``haproxy:ssl:`` wants it
    inside of TLS, which nobody does.
    """
    inner = _behind_proxy(description)
    if is_proxied(inner) or not inner:
        raise ConfigurationError(f"{description!r} is no endpoint: another one stands behind haproxy:")
    endpoint = parse(reactor, inner)
    wrap = partial(ProxiedEndpoint, reactor)
    if isinstance(endpoint, FastEndpoint):
        endpoint.arrivals = ProxiedArrivals
        return endpoint
    if isinstance(endpoint, SSL4ServerEndpoint):
        place = (endpoint._reactor, endpoint._port, endpoint._backlog, endpoint._interface)
        return TlsEndpoint(reactor, wrap(TCP4ServerEndpoint(*place)), endpoint._sslContextFactory)
    return endpoint.over(wrap) if isinstance(endpoint, TlsEndpoint) else wrap(endpoint)


def _behind_proxy(description: str) -> str:
    """Give the description that stands behind ``haproxy:``."""
    return description.partition(":")[2]


def _from_string(reactor: Any, description: str, *more: str) -> IStreamServerEndpoint:
    """Have Twisted read a description with more arguments; what it raises is written for programmers."""
    try:
        endpoint: IStreamServerEndpoint = serverFromString(reactor, ":".join((description, *more)))
    except Exception as error:  # noqa: BLE001 - each parser raises something else, plugins' too
        raise ConfigurationError(f"{description!r} is no endpoint: {error}") from None
    return endpoint


def _check_port(port: int | str, description: str = "") -> int:
    """Give a port as a number, 0 to 65535."""
    where = f" in {description!r}" if description else ""
    try:
        number = int(port)
    except ValueError:
        raise ConfigurationError(f"the port{where} must be a number from 0 to 65535, not {port!r}") from None
    if not 0 <= number <= _MAX_PORT:
        raise ConfigurationError(f"the port{where} must be a number from 0 to 65535, not {number}")
    return number


def _every_interface() -> str:
    """Give the address that means all interfaces: that of IPv6 where it takes IPv4 clients too."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            if probe.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY):
                return ""
            probe.bind(("::", 0))
    except OSError:
        return ""
    return "::"


def _explain(error: BaseException | None, name: str) -> ConfigurationError:
    """Say in one line why it cannot listen."""
    if isinstance(error, ConfigurationError):
        return error
    cause = error.socketError if isinstance(error, CannotListenError) else error
    if not isinstance(cause, OSError):
        return ConfigurationError(f"cannot listen on {name}: {cause}")
    if cause.errno == errno.EADDRINUSE:
        return ConfigurationError(f"{name} is in use: another server listens there")
    if cause.errno in (errno.EACCES, errno.EPERM):
        return ConfigurationError(f"{name} may not be used: this user lacks the permission")
    if cause.errno == errno.EADDRNOTAVAIL:
        return ConfigurationError(f"cannot listen on {name}: this machine has no such address")
    return ConfigurationError(f"cannot listen on {name}: {cause.strerror or cause}")
