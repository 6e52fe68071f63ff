# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What ``twistd wsproject`` runs, made of a configuration: endpoints, service, signals, the first lines."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from twisted.application.service import IService
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IListeningPort
from twisted.logger import Logger

from wstwist import descriptors, durations, reactors, twistd_files
from wstwist._sources import PURE
from wstwist.admin.setting_up import OFF, set_up
from wstwist.beginning_again import CommandLine, begin_again
from wstwist.cluster.joining import cluster_of
from wstwist.config import DEFAULT_PORT, Configuration
from wstwist.config_edits import LOOPBACK
from wstwist.config_projects import Plan
from wstwist.development import turn
from wstwist.exceptions import ConfigurationError
from wstwist.limits import RECOMMENDED, Limits
from wstwist.reload import FromConfiguration
from wstwist.service import ProjectService
from wstwist.signals import Signals
from wstwist.stopping import AFTERWARDS
from wstwist.supervising.worker import READY, RESTART, reactor_for, this_worker
from wstwist.wire import codec, endpoints
from wstwist.wire.certificates import TlsSettings
from wstwist.wire.served_tls import ServedTls

if TYPE_CHECKING:
    from wstwist.admin.serving import Administration
    from wstwist.metrics.serving import MetricsServer

DEMONSTRATION = "wstwist.demo:Demo"

_LOCALHOST = (LOOPBACK, "::1", "0.0.0.0", "::")  # noqa: S104 - what it can be reached as from here

if codec.COMPILED:
    CODEC = "compiled"
elif PURE:
    CODEC = "Python (WSTWIST_PURE=1)"
else:
    CODEC = "Python, several times slower than the compiled one (there was no C compiler at the installation)"

_log = Logger(namespace="wstwist")


class Listening(NamedTuple):
    """Where to listen.

    Attributes:
        endpoint: The endpoint, or its description.
        secure: Whether it is one for TLS.
        is_proxied: Whether it wants the PROXY protocol.
    """

    endpoint: Any
    secure: bool
    is_proxied: bool = False


class Place(NamedTuple):
    """Where a server is to listen.

    Attributes:
        name: What it is called where sockets are handed over; an endpoint's description, if it has one.
        endpoint: Makes the endpoint, of a reactor.
        description: What the operator calls it.
        is_ours: ``"tcp"`` or ``"tls"`` for the ports that have options of their own.
    """

    name: str
    endpoint: Callable[[Any], Any]
    description: str
    is_ours: str = ""


def make(
    configuration: Configuration,
    pid_file: Path | None,
    reactor: Any,
    reread: Callable[[], Configuration] | None = None,
    command_line: CommandLine | None = None,
) -> IService:
    """Make the service that a configuration asks for, and bind its ports.

    Args:
        configuration: What is served where.
        pid_file: The file with this process's id, which goes with it.
        reactor: What it will run on.
        reread: Reads the configuration again, for SIGHUP; None: it does not change.
        command_line: How the process was started, for one that begins again; None: it cannot.

    Raises:
        ConfigurationError: Says in one line what cannot be served.
    """
    descriptors.raise_limit(reactor)
    worker = this_worker()
    if worker is not None:
        worker.end_with_supervisor()
        if worker.slot:  # the first one has them for all
            configuration = replace(configuration, admin=OFF, metrics=None)
    signals = Signals(reactor, partial(twistd_files.remove_own, pid_file))
    listening = list(_listening(configuration, reactor))
    with configuration.located():
        service = ProjectService(
            endpoints=[item.endpoint for item in listening],
            trusted_proxies=configuration.trusted_proxies,
            reactor=reactor,
            configuration=_with_projects(configuration),
            metrics=configuration.metrics,
            cluster=cluster_of(configuration, reactor),
        )
    turn.wait(os.environ, reactor)
    service.listen()
    _check_room(service, reactor)
    begin = partial(begin_again, command_line, reread, signals)
    service.administration = _set_up_admin(
        service,
        configuration,
        listening,
        reactor,
        begin if worker is None else partial(worker.tell, RESTART),
    )
    of_port = [item.endpoint.tls for item in listening if item.secure and not isinstance(item.endpoint, str)]
    signals.reload = FromConfiguration(
        service,
        configuration,
        lambda: configuration if reread is None else reread(),
        lambda wanted: _fresh_tls(of_port, wanted),
        service.deployments.tell,
    )
    service.deployments.listeners.append(lambda: setattr(signals, "limit", _time_to_stop(service)))
    reactor.callWhenRunning(signals.install, _time_to_stop(service))
    reactor.callWhenRunning(_log_start, service, listening, reactor)
    reactor.callWhenRunning(_log_durable, service, configuration)
    if worker is not None:
        service.shares_ports = True
        reactor.callWhenRunning(reactor.callLater, 0.01, worker.tell, READY)
    return service


def _set_up_admin(
    service: ProjectService,
    configuration: Configuration,
    listening: Sequence[Listening],
    reactor: Any,
    restart: Callable[[], object],
) -> Administration | None:
    def urls(path: str) -> list[str]:
        ports = zip(service.ports, listening, strict=False)  # there are none when it has stopped
        return [_url(port, "wss" if at.secure else "ws", path) for port, at in ports]

    facts = {"reactor": reactors.describe(reactor), "transports": _transports(service), "codec": CODEC}
    return set_up(service, configuration, urls, facts, reactor, restart)


def _time_to_stop(service: ProjectService) -> float:
    """Give the seconds in which it has stopped, or never will."""
    hosts = (*service.hosts, *service.running_projects.stopping)
    times = (host.definition.settings.limits.drain_time for host in hosts)
    return AFTERWARDS + max(times, default=0.0)


def _with_projects(configuration: Configuration) -> Configuration:
    """Have a configuration without projects serve the demonstration."""
    if configuration.projects is not None:
        return configuration
    folder = Path.cwd() if configuration.file is None else configuration.file.folder
    return replace(configuration, projects=(Plan("Demo", DEMONSTRATION, folder),))


def _listening(configuration: Configuration, reactor: Any) -> Iterator[Listening]:
    for place in places(configuration):
        endpoint = place.endpoint(reactor_for(reactor, place.name)) if place.is_ours else place.name
        description = place.name
        yield Listening(
            endpoint,
            secure=place.is_ours == "tls" or endpoints.is_secure(description),
            is_proxied=endpoints.is_proxied(description),
        )


def places(configuration: Configuration) -> Iterator[Place]:
    """Give where a configuration has a server listen.

    Raises:
        ConfigurationError: Something is missing for TLS, or cannot be used.
    """
    interface = configuration.interface
    if interface is None:
        interface = LOOPBACK if configuration.projects is None else ""
    port = configuration.port
    if port is None and configuration.tls_port is None and not configuration.listen:
        port = DEFAULT_PORT
    if port is not None:
        yield Place("port", partial(endpoints.tcp, port=port, interface=interface), f"port {port}", "tcp")
    settings, tls_port = _tls_settings(configuration), configuration.tls_port
    if settings is not None and tls_port is not None:
        tls = partial(endpoints.tls_with, port=tls_port, settings=settings, interface=interface)
        yield Place("tls_port", tls, f"port {tls_port}", "tls")
    for description in configuration.listen:
        yield Place(description, partial(endpoints.parse, description=description), description)


def _tls_settings(configuration: Configuration, folder: Path | None = None) -> TlsSettings | None:
    """Read the files for the TLS of ``--tls-port``; None where it is not wanted.

    Args:
        configuration: What is served where.
        folder: What relative paths are relative to; None: the current folder.

    Raises:
        ConfigurationError: One of the files is not named, or cannot be used.
    """
    clients = (configuration.client_ca or "", configuration.client_certificates or "")
    if configuration.cert and configuration.key and configuration.tls_port is not None:
        return TlsSettings.load(configuration.cert, configuration.key, *clients, folder)
    if configuration.cert or configuration.key or configuration.tls_port is not None:
        raise ConfigurationError("TLS needs all three: --tls-port, --cert and --key (tls_port, cert, key)")
    if any(clients):
        raise ConfigurationError(
            "clients have certificates over TLS: --client-ca needs --tls-port (client_ca, tls_port); "
            "an endpoint fast: has its own option clientCA"
        )
    return None


def _fresh_tls(of_port: Sequence[ServedTls], wanted: Configuration) -> dict[ServedTls, TlsSettings]:
    """Read the files anew that a configuration names for the TLS of ``--tls-port``."""
    fresh = {served: _tls_settings(wanted, served.settings.folder) for served in of_port}
    return {served: settings for served, settings in fresh.items() if settings is not None}


def _log_start(service: ProjectService, listening: Sequence[Listening], reactor: Any) -> None:
    ports = list(zip(service.ports, listening, strict=True))
    for host in service.hosts:
        urls = [_url(port, "wss" if at.secure else "ws", host.path) + _by(at) for port, at in ports]
        if host.definition.settings.web is not None:
            urls += [_url(port, "https" if at.secure else "http", "/") + _by(at) for port, at in ports]
        _log.info(
            "{project} at {urls}; global service every {interval}",
            project=host.definition.name,
            urls=" ".join(urls),
            interval=durations.describe(host.definition.settings.interval),
        )
        _log_off(host.definition.name, host.definition.settings.limits)
    _log_states(service)
    _log_metrics(service.metrics)
    _log_admin(service.administration)
    _log.info(
        "{reactor}, {transports} transports; codec: {codec}; {room}",
        reactor=reactors.describe(reactor),
        transports=_transports(service),
        codec=CODEC,
        room=_room(service, reactor),
    )


def _transports(service: ProjectService) -> str:
    return "aiofastnet's" if any(map(endpoints.is_fast, service.ports)) else "Twisted's"


def _log_states(service: ProjectService) -> None:
    """Say which projects do not let clients in."""
    if not len(service.deployments):
        _log.info("no project is served")
    for deployment in service.deployments:
        if deployment.state != "served":
            _log.info("{project} is {state}", project=deployment.name, state=deployment.state)


def _log_metrics(metrics: MetricsServer | None) -> None:
    if metrics is not None and metrics.port is not None:
        scheme = "https" if metrics.is_secure else "http"
        _log.info("metrics at {url}", url=_url(metrics.port, scheme, "/metrics"))


def _log_admin(administration: Administration | None) -> None:
    if administration is not None and administration.port is not None:
        scheme = "https" if administration.is_secure else "http"
        _log.info(
            "administration at {url}; its tokens are in {file}",
            url=_url(administration.port, scheme, "/"),
            file=str(administration.tokens.path),
        )


def _log_durable(service: ProjectService, configuration: Configuration) -> None:
    """Say which globals are not kept that are to be."""
    worker = this_worker()
    for host in service.hosts:
        names = ", ".join(host.definition.settings.durable)
        if names and service.node is None:
            why = "are not kept without a cluster: --workers or --nats makes one"
        elif names and worker is not None and worker.nats and configuration.state is None:
            why = "are kept until all workers stop: --state FOLDER keeps them longer"
        else:
            continue
        _log.warn("{project}: {names} (durable) {why}", project=host.definition.name, names=names, why=why)


def _log_off(project: str, limits: Limits) -> None:
    """Say which limits are off, and what they should be for clients that nobody knows."""
    off = [
        f"{name} (recommended: {value})"
        for name, value in RECOMMENDED.items()
        if getattr(limits, name) is None
    ]
    if off:
        _log.info("{project}: limits that are off: {off}", project=project, off=", ".join(off))


def _check_room(service: ProjectService, reactor: Any) -> None:
    """Refuse to serve where not a single client could ever be accepted."""
    most, kept, taken = (
        descriptors.limit(reactor),
        service._site.limits.free_descriptors,
        descriptors.count_open(),
    )
    if most is not None and most <= kept + taken:
        raise ConfigurationError(
            f"no client fits: of {most} file descriptors {taken} are open, and {kept} are to be kept free "
            "(limits: free_descriptors); raise `ulimit -n`, or keep fewer free"
        )


def _room(service: ProjectService, reactor: Any) -> str:
    """Say how many clients fit."""
    most = descriptors.limit(reactor)
    if most is None:
        return "any number of clients fits"
    kept = service._site.limits.free_descriptors
    clients = max(0, most - kept - descriptors.count_open())
    return f"{clients} clients fit ({most} file descriptors, {kept} of which are kept free)"


def _url(port: IListeningPort, scheme: str, path: str) -> str:
    address = port.getHost()
    if not isinstance(address, (IPv4Address, IPv6Address)):
        return f"{scheme}+unix:{_text(getattr(address, 'name', address))}:{path}"
    host = "localhost" if address.host in _LOCALHOST else address.host
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{address.port}{path}"


def _by(listening: Listening) -> str:
    return " (PROXY protocol)" if listening.is_proxied else ""


def _text(name: object) -> str:
    return os.fsdecode(name) if isinstance(name, bytes) else str(name)
