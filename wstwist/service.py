# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""`ProjectService`: projects, served, as a service of a Twisted program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.internet.interfaces import IListeningPort, IStreamServerEndpoint
from twisted.internet.task import deferLater
from twisted.web.resource import IResource

from wstwist import pages
from wstwist.deployments import Deployments
from wstwist.exceptions import ConfigurationError
from wstwist.fresh_code import Reloaded, reload_code
from wstwist.history import History
from wstwist.host import Host
from wstwist.lag import Lag
from wstwist.nearest import nearest
from wstwist.project import Project
from wstwist.reconciling import Reconciliation
from wstwist.reload import Changes
from wstwist.running import Running
from wstwist.sampler import Sampler
from wstwist.scheduler import Scheduler
from wstwist.supervising.worker import reactor_for
from wstwist.watchdog import Watchdog
from wstwist.wire import endpoints as wire_endpoints
from wstwist.wire.proxies import Proxies
from wstwist.wire.site import Site

if TYPE_CHECKING:
    from wstwist.admin.serving import Administration
    from wstwist.cluster.node import Node
    from wstwist.cluster.settings import Cluster
    from wstwist.config import Configuration, Source
    from wstwist.context import ExecutionContext
    from wstwist.metrics.serving import MetricsServer
    from wstwist.wire.served_tls import ServedTls

_LEAVING = 0.3
"""Seconds for the requests of those who were accepted, when others go on to accept."""


class ProjectService(Service):
    """Serves projects.

    Args:
        projects: The projects' classes.
        endpoints: Where to listen: `IStreamServerEndpoint` objects, or strings of Twisted's endpoint language
            such as ``"tcp:9000"``; none where only `resource` is used.
        settings: Settings that go before those of the classes, by project name.
        trusted_proxies: Whose word is taken on where clients come from: addresses, networks such as
            ``"10.0.0.0/8"``, and ``"unix"`` for all that come over Unix sockets.
        reactor: The reactor; None is the one that is installed.
        configuration: A configuration whose projects are served, instead of ``projects``; they are imported.
        metrics: Where ``/metrics``, ``/healthz`` and ``/readyz`` are: an endpoint, as those of `endpoints`.

    Attributes:
        deployments: The projects; it adds, removes and changes them while they are served.
        ports: The listening ports, once `listen` or `startService` was called.
        counters: How often this and that happened to the server as a whole.
        lag: How late the reactor is.
        history: What happened in the last hour.
        metrics: Who serves the metrics; None: nobody.
        administration: Who serves the administration; None: nobody. Set it before the start.
        shares_ports: Whether another process accepts at the same ports: set it, and a stop turns nobody away.

    Raises:
        ConfigurationError: Says in one line what cannot be served as it is.
    """

    def __init__(
        self,
        *projects: type[Project],
        endpoints: Sequence[str | IStreamServerEndpoint] = (),
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        trusted_proxies: Sequence[str] = (),
        reactor: Any = None,
        configuration: Configuration | None = None,
        metrics: str | IStreamServerEndpoint | None = None,
        cluster: Cluster | None = None,
    ) -> None:
        """Check the projects; nothing is bound or started yet."""
        if reactor is None:
            from twisted.internet import reactor  # noqa: PLC0415 - importing it installs it
        self._reactor = reactor
        self.scheduler = Scheduler(reactor)
        self.node = None if cluster is None else self._make_node(cluster)
        self.counters: Counter[str] = Counter()
        self._folder: Path | None = None
        self.running_projects = Running(reactor, self._host_stopped)
        self.deployments = Deployments(self, _source(configuration))
        proxies = _trusted(trusted_proxies)
        if configuration is None:
            _check(projects, settings or {})
            self.deployments.serve(projects, settings or {}, Path.cwd())
        else:
            self.deployments.load(configuration.projects or ())
        self._folder = self._find_folder()
        self._site = Site(reactor, self.hosts, pages.resource_of(self._folder), self.counters, proxies)
        self._endpoints = [
            (
                _describe(endpoint),
                wire_endpoints.parse(reactor_for(reactor, endpoint), endpoint)
                if isinstance(endpoint, str)
                else endpoint,
            )
            for endpoint in endpoints
        ]
        self.ports: list[IListeningPort] = []
        self._starting: Any = None
        self._to_tell: list[Deferred[None]] = []
        self._sampler = Sampler(self.scheduler)
        self._watchdog = Watchdog(reactor, self._was_blocked)
        self.lag = Lag(reactor)
        self.history = History(reactor, lambda: self.hosts, self.lag)
        self.metrics = None if metrics is None else self._make_metrics(metrics)
        self.administration: Administration | None = None
        self.shares_ports = False

    def _make_node(self, cluster: Cluster) -> Node:
        from wstwist.cluster.joining import check_can_join  # noqa: PLC0415

        check_can_join(self._reactor)
        from wstwist.cluster.node import Node  # noqa: PLC0415 - nats-py is there for clusters only

        return Node(self.scheduler, cluster)

    def _make_metrics(self, endpoint: str | IStreamServerEndpoint) -> MetricsServer:
        from wstwist.metrics.serving import MetricsServer  # noqa: PLC0415 - who wants none need not load it

        return MetricsServer(self, self._reactor, endpoint)

    @property
    def hosts(self) -> list[Host]:
        """The projects, as they are hosted: those that are stopped, too, if they could be imported."""
        return self.deployments.hosts

    @property
    def lasting_certificates(self) -> list[str]:
        """The endpoints with TLS whose certificates are read once."""
        return [
            description
            for description, endpoint in self._endpoints
            if wire_endpoints.is_secure(description) and getattr(endpoint, "tls", None) is None
        ]

    def listen(self) -> None:
        """Bind all endpoints, now; a second call does nothing.

        Raises:
            ConfigurationError: One of them cannot be bound, a port in use for example.
        """
        if not self.ports:
            for description, endpoint in self._endpoints:
                self.ports.append(wire_endpoints.listen(endpoint, self._site.factory, description))
            self._site.ports.listen(self.ports)
        if self.metrics is not None:
            self.metrics.listen()
        if self.administration is not None:
            self.administration.listen()

    def reload(self, settings: Mapping[str, Mapping[str, Any]] | None = None) -> Changes:
        """Read certificates again, and change settings, while clients stay connected.

        What changes, and for whom, stands in docs/tls.md. The certificates are those of ports of `endpoints`
        that are strings beginning with ``fast:`` or made by `wstwist.wire.endpoints`.

        Args:
            settings: Settings that go before those of the classes, by project name, instead of those given
                so far; None: they stay.

        Returns:
            What has changed, and what would after a restart; it is logged, too.

        Raises:
            ConfigurationError: Something is wrong, and nothing has changed.
        """
        plans = None
        if settings is not None:
            _check_names(settings, [each.name for each in self.deployments])
            plans = [replace(each.plan, settings=settings.get(each.name, {})) for each in self.deployments]
        changes = self.deployments.follow(plans, self._own_tls(), is_kept=True).carry_out()
        changes.log()
        self.deployments.tell()
        return changes

    def follow(self, configuration: Configuration, tls: Mapping[ServedTls, Any]) -> Reconciliation:
        """Prepare to serve what a configuration says now.

        Args:
            configuration: The configuration.
            tls: Settings of the TLS of ports that it names; that of others is read again.

        Raises:
            ConfigurationError: Something is wrong, and nothing has changed.
        """
        own = self._own_tls() | dict(tls)
        return self.deployments.follow(configuration.projects, own, is_kept=configuration.is_kept)

    def _own_tls(self) -> dict[ServedTls, Any]:
        """Give the TLS of the ports that have one of ours; None: its files are read again."""
        ports = [getattr(endpoint, "tls", None) for _, endpoint in self._endpoints]
        ports.extend(each.tls for each in (self.metrics, self.administration) if each is not None)
        return {port: None for port in ports if port is not None}

    def reload_code(self, project: str) -> Reloaded:
        """Import a project's code afresh, and that of its folder, while clients stay connected.

        What that does, stands in docs/reloading.md. It is for the reactor's thread.

        Args:
            project: The project's name.

        Returns:
            The names of all projects that were reloaded; its `changes` are as those of `reload`.

        Raises:
            ConfigurationError: The new code cannot be imported or served; nothing has changed.
        """
        return reload_code(self, project)

    def resource(self, project: type[Project] | None = None) -> IResource:
        """Give a `twisted.web` resource that serves a project in an existing site.

        Args:
            project: Which one; None where there is only one.
        """
        if project is None and len(self.hosts) > 1:
            raise ValueError("resource: say which project; this service has several")
        for host in self.hosts:
            definition = host.definition
            if project is None or definition.project is definition.successors.of(project):
                return self._site.resource(host)
        raise ValueError(f"resource: this service does not serve {project!r}")

    def startService(self) -> None:  # noqa: N802 - IService
        """Bind what is not bound, and begin as soon as the reactor runs.

        While it stops it begins again as soon as it has stopped.
        """
        super().startService()  # type: ignore[no-untyped-call] # Twisted's Service has no types
        if not self._to_tell:
            self._begin()

    def _begin(self) -> None:
        self.listen()
        # Not at once: where the reactor runs on asyncio, its loop does not run yet when a program starts.
        self._starting = self._reactor.callLater(0, self._start)

    def _start(self) -> None:
        self._starting = None
        self.running_projects.is_serving = True
        self.scheduler.start()
        self._watchdog.start()
        self._sampler.start()
        self.lag.start()
        self.history.start()
        if self.node is not None:
            self.node.start()
        for deployment in self.deployments:
            self.deployments.begin(deployment)
        self.scheduler.run()

    def _host_stopped(self, host: Host) -> None:
        """Begin again where that is wanted meanwhile."""
        for deployment in self.deployments:
            if deployment.host is host:
                self.deployments.begin(deployment)

    def refresh(self) -> None:
        """Serve the projects that there are now, by what they say now."""
        folder = self._find_folder()
        is_same = folder == self._folder
        self._folder = folder
        self._site.refresh(self.hosts, None if is_same else pages.resource_of(folder))

    def _find_folder(self) -> Path | None:
        return pages.find_folder((host.definition.name, host.definition.settings) for host in self.hosts)

    def stopService(self) -> Deferred[None]:  # noqa: N802 - IService
        """Stop as gracefully as time permits; fires within the projects' `drain_time` and 5 seconds.

        It may be called at any time, and more than once: whoever calls is told when it has stopped.
        """
        super().stopService()  # type: ignore[no-untyped-call]
        told: Deferred[None] = Deferred()
        self._to_tell.append(told)
        if len(self._to_tell) == 1:
            Deferred.fromCoroutine(self._stop()).addBoth(self._tell)
        return told

    def _tell(self, outcome: Any) -> None:
        to_tell, self._to_tell = self._to_tell, []
        if self.running:
            self._begin()
        for told in to_tell:
            told.callback(outcome)

    async def _stop(self) -> None:
        if self._starting is not None:
            self._starting.cancel()
            self._starting = None
        if self.shares_ports:
            await self._leave_ports()
        projects = self.running_projects
        projects.is_serving = False
        await DeferredList([projects.stop(host) for host in (*self.hosts, *projects.stopping)])
        if self.node is not None:
            await self.node.stop()
        self._site.ports.stop()
        ports, self.ports = self.ports, []
        await DeferredList([maybeDeferred(port.stopListening) for port in ports], consumeErrors=True)
        self._site.abort()
        self._watchdog.stop()
        self._sampler.stop()
        self.history.stop()
        self.lag.stop()
        for each in (self.metrics, self.administration):
            if each is not None:
                await each.stop()

    async def _leave_ports(self) -> None:
        """Accept nothing more, and let those in who were accepted: another process serves the others."""
        self._site.ports.stop()
        for port in self.ports:
            port.stopReading()  # type: ignore[attr-defined] # a port of Twisted's
        await deferLater(self._reactor, _LEAVING)

    def _was_blocked(self, context: ExecutionContext | None) -> None:
        """Count that the reactor was blocked, and for the project whose code did it."""
        self.counters["reactor_blocked"] += 1
        if context is not None:
            context.project.count("reactor_blocked")


def _source(configuration: Configuration | None) -> Source | None:
    """Give the file that changes are written into."""
    return None if configuration is None or not configuration.is_kept else configuration.file


def _check(projects: Sequence[type[Project]], settings: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse to serve nothing, and settings of what is not served."""
    if not projects:
        raise ConfigurationError("there is no project to serve")
    _check_names(settings, [getattr(project, "__name__", repr(project)) for project in projects])


def _check_names(settings: Mapping[str, object], names: Sequence[str]) -> None:
    for name in settings:
        if name not in names:
            raise ConfigurationError(
                f"settings for {name}, which is not served; did you mean {nearest(name, names) or names[0]}?"
            )


def _trusted(proxies: Sequence[str]) -> Proxies:
    try:
        return Proxies.of(proxies)
    except ValueError as error:
        raise ConfigurationError(f"trusted_proxies: {error}") from None


def _describe(endpoint: str | IStreamServerEndpoint) -> str:
    if isinstance(endpoint, str):
        return endpoint
    port = getattr(endpoint, "_port", None)  # Twisted's own endpoints on IP have one
    return type(endpoint).__name__ if port is None else f"port {port}"
