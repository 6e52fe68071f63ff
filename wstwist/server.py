# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What ``twistd wsproject`` runs, made of a configuration: endpoints, service, signals, the first lines."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from twisted.application.service import IService
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IListeningPort, IStreamServerEndpoint
from twisted.logger import Logger

from wstwist import durations, reactors, twistd_files
from wstwist._sources import PURE
from wstwist.config import DEFAULT_PORT, Configuration
from wstwist.definition import Definition
from wstwist.exceptions import ConfigurationError
from wstwist.limits import switched_off
from wstwist.loading import load
from wstwist.project import Project
from wstwist.service import ProjectService
from wstwist.signals import Signals
from wstwist.stopping import AFTERWARDS
from wstwist.wire import codec, endpoints

DEMONSTRATION = "wstwist.demo:Demo"
LOOPBACK = "127.0.0.1"

_LOCALHOST = (LOOPBACK, "::1", "0.0.0.0", "::")  # noqa: S104 - what it can be reached as from here

if codec.COMPILED:
    CODEC = "compiled"
elif PURE:
    CODEC = "Python (WSTWIST_PURE=1)"
else:
    CODEC = "Python, several times slower than the compiled one (there was no C compiler at the installation)"

_log = Logger(namespace="wstwist")


class Listening(NamedTuple):
    """Where to listen."""

    endpoint: str | IStreamServerEndpoint
    secure: bool


def make(configuration: Configuration, pid_file: Path | None, reactor: Any) -> IService:
    """Make the service that a configuration asks for, and bind its ports.

    Args:
        configuration: What is served where.
        pid_file: The file with this process's id, which goes with it.
        reactor: What it will run on.

    Raises:
        ConfigurationError: Says in one line what cannot be served.
    """
    signals = Signals(reactor, partial(twistd_files.remove_own, pid_file))
    projects = [load(spec) for spec in configuration.projects or [DEMONSTRATION]]
    listening = list(_listening(configuration, reactor))
    service = ProjectService(
        *projects,
        endpoints=[item.endpoint for item in listening],
        settings=_settings(configuration, projects),
        trusted_proxies=configuration.trusted_proxies,
        reactor=reactor,
    )
    service.listen()
    drain_times = (host.definition.settings.limits.drain_time for host in service.hosts)
    reactor.callWhenRunning(signals.install, AFTERWARDS + max(drain_times))
    reactor.callWhenRunning(_log_start, service, [item.secure for item in listening], reactor)
    return service


def _settings(configuration: Configuration, projects: Sequence[type[Project]]) -> dict[str, Any]:
    """Keep the settings of what is served; a project on the command line goes before all of the file's."""
    names = [project.__name__ for project in projects]
    return {name: settings for name, settings in configuration.settings.items() if name in names}


def _listening(configuration: Configuration, reactor: Any) -> Iterator[Listening]:
    interface = configuration.interface
    if interface is None:
        interface = "" if configuration.projects else LOOPBACK
    port = configuration.port
    if port is None and configuration.tls_port is None and not configuration.listen:
        port = DEFAULT_PORT
    if port is not None:
        yield Listening(endpoints.tcp(reactor, port, interface), secure=False)
    if configuration.cert and configuration.key and configuration.tls_port is not None:
        tls = endpoints.tls(reactor, configuration.tls_port, configuration.cert, configuration.key, interface)
        yield Listening(tls, secure=True)
    elif configuration.cert or configuration.key or configuration.tls_port is not None:
        raise ConfigurationError("TLS needs all three: --tls-port, --cert and --key (tls_port, cert, key)")
    for description in configuration.listen:
        yield Listening(description, secure=endpoints.is_secure(description))


def _log_start(service: ProjectService, secure: Sequence[bool], reactor: Any) -> None:
    ports = list(zip(service.ports, secure, strict=True))
    for host in service.hosts:
        urls = [_url(port, "wss" if is_secure else "ws", host.path) for port, is_secure in ports]
        if host.definition.settings.web is not None:
            urls += [_url(port, "https" if is_secure else "http", "/") for port, is_secure in ports]
        _log.info(
            "{project} at {urls}; global service every {interval}",
            project=host.definition.name,
            urls=" ".join(urls),
            interval=durations.describe(host.definition.settings.interval),
        )
        _log_limits(host.definition)
    _log.info(
        "{reactor}, {transports} transports; codec: {codec}",
        reactor=reactors.describe(reactor),
        transports="aiofastnet's" if any(map(endpoints.is_fast, service.ports)) else "Twisted's",
        codec=CODEC,
    )


def _log_limits(definition: Definition) -> None:
    """Name the limits that are off, and what they could be."""
    off = [f"{name} = {value}" for name, value in switched_off(definition.settings.limits).items()]
    if off:
        _log.info(
            "{project}: these limits are off; recommended on the internet: {off} (docs/limits.md)",
            project=definition.name,
            off=", ".join(off),
        )


def _url(port: IListeningPort, scheme: str, path: str) -> str:
    address = port.getHost()
    if not isinstance(address, (IPv4Address, IPv6Address)):
        return f"{scheme}+unix:{_text(getattr(address, 'name', address))}:{path}"
    host = "localhost" if address.host in _LOCALHOST else address.host
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{address.port}{path}"


def _text(name: object) -> str:
    return os.fsdecode(name) if isinstance(name, bytes) else str(name)
