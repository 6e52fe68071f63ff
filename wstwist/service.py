# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""`ProjectService`: projects, served, as a service of a Twisted program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred
from twisted.internet.interfaces import IListeningPort, IStreamServerEndpoint
from twisted.web.resource import IResource

from wstwist import stopping
from wstwist.definition import Definition
from wstwist.exceptions import ConfigurationError
from wstwist.fresh_code import Reloaded, reload_code
from wstwist.host import Host, define
from wstwist.nearest import nearest
from wstwist.project import Project
from wstwist.reload import Changes, Reload
from wstwist.scheduler import Scheduler
from wstwist.watchdog import Watchdog
from wstwist.wire import endpoints as wire_endpoints
from wstwist.wire import web
from wstwist.wire.proxies import Proxies
from wstwist.wire.site import Site

if TYPE_CHECKING:
    from pathlib import Path

    from wstwist.context import ExecutionContext
    from wstwist.settings import Settings
    from wstwist.wire.served_tls import ServedTls


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

    Attributes:
        hosts: The projects as they are served.
        ports: The listening ports, once `listen` or `startService` was called.
        counters: How often this and that happened to the server as a whole.

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
    ) -> None:
        """Check the projects; nothing is bound or started yet."""
        if reactor is None:
            from twisted.internet import reactor  # noqa: PLC0415 - importing it installs it
        self._reactor = reactor
        definitions = _define(projects, settings or {})
        self._scheduler = Scheduler(reactor)
        self.hosts = [Host(definition, self._scheduler) for definition in definitions]
        self.counters: Counter[str] = Counter()
        web = _web({each.name: each.settings for each in definitions})
        self._site = Site(reactor, self.hosts, web, self.counters, _trusted(trusted_proxies))
        self._endpoints = [
            (
                _describe(endpoint),
                wire_endpoints.parse(reactor, endpoint) if isinstance(endpoint, str) else endpoint,
            )
            for endpoint in endpoints
        ]
        self.ports: list[IListeningPort] = []
        self._starting: Any = None
        self._to_tell: list[Deferred[None]] = []
        self._watchdog = Watchdog(reactor, self._was_blocked)

    def listen(self) -> None:
        """Bind all endpoints, now; a second call does nothing.

        Raises:
            ConfigurationError: One of them cannot be bound, a port in use for example.
        """
        if not self.ports:
            for description, endpoint in self._endpoints:
                self.ports.append(wire_endpoints.listen(endpoint, self._site.factory, description))
            self._site.ports.listen(self.ports)

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
        changes = self.check_reload(settings).carry_out()
        changes.log()
        return changes

    def check_reload(
        self, settings: Mapping[str, Mapping[str, Any]] | None, tls: Mapping[ServedTls, Any] | None = None
    ) -> Reload:
        """Make a reload ready; the arguments are those of `reload` and `wstwist.reload.Reload`."""
        _check_names(settings or {}, [host.definition.name for host in self.hosts])
        ports = (getattr(endpoint, "tls", None) for _, endpoint in self._endpoints)
        own: dict[ServedTls, Any] = {port: None for port in ports if port is not None}
        return Reload(self.hosts, self._site, _web, settings, own | dict(tls or {}))

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
        self._scheduler.start()
        self._watchdog.start()
        for host in self.hosts:
            try:
                host.start()
            except Exception as error:  # noqa: BLE001 - an author's __init__ ends no other project
                host.log_error(host.service, "__init__", error)
        self._scheduler.run()

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
        await DeferredList([Deferred.fromCoroutine(self._stop_host(host)) for host in self.hosts])
        self._site.ports.stop()
        ports, self.ports = self.ports, []
        await DeferredList([maybeDeferred(port.stopListening) for port in ports], consumeErrors=True)
        self._site.abort()
        self._watchdog.stop()

    def _was_blocked(self, context: ExecutionContext | None) -> None:
        """Count that the reactor was blocked, and for the project whose code did it."""
        self.counters["reactor_blocked"] += 1
        if context is not None:
            context.project.count("reactor_blocked")

    async def _stop_host(self, host: Host) -> None:
        try:
            await stopping.stop(host, self._reactor)
        except Exception:  # noqa: BLE001 - the other projects are to be stopped, too
            host.log.failure("{project}: stopping failed", project=host.definition.name)


def _define(projects: Sequence[type[Project]], settings: Mapping[str, Mapping[str, Any]]) -> list[Definition]:
    """Take the projects apart, and check them against each other."""
    if not projects:
        raise ConfigurationError("there is no project to serve")
    names = [getattr(project, "__name__", repr(project)) for project in projects]
    _check_names(settings, names)
    definitions = [define(project, settings.get(name)) for project, name in zip(projects, names, strict=True)]
    _once("name", [(definition.name, definition) for definition in definitions])
    _once("path", [(definition.settings.path, definition) for definition in definitions])
    return definitions


def _check_names(settings: Mapping[str, object], names: Sequence[str]) -> None:
    for name in settings:
        if name not in names:
            raise ConfigurationError(
                f"settings for {name}, which is not served; did you mean {nearest(name, names) or names[0]}?"
            )


def _once(what: str, pairs: Iterable[tuple[str, Definition]]) -> None:
    seen: dict[str, Definition] = {}
    for key, definition in pairs:
        if key in seen:
            classes = " and ".join(
                f"{item.project.__module__}:{item.project.__qualname__}" for item in (seen[key], definition)
            )
            raise ConfigurationError(f"two projects have the {what} {key}: {classes}")
        seen[key] = definition


def _trusted(proxies: Sequence[str]) -> Proxies:
    try:
        return Proxies.of(proxies)
    except ValueError as error:
        raise ConfigurationError(f"trusted_proxies: {error}") from None


def _web(settings: Mapping[str, Settings]) -> IResource:
    """Give what answers requests that are no upgrade; ``settings`` are those of each project, by its name."""
    folders: dict[Path, str] = {}
    for name, each in settings.items():
        if each.web is not None:
            folders[each.web] = name
    if len(folders) > 1:
        listed = " and ".join(f"{name}: {folder}" for folder, name in folders.items())
        raise ConfigurationError(f"two projects have a web folder, and both would be at /: {listed}")
    for folder in folders:
        return web.folder(folder)
    return web.about()


def _describe(endpoint: str | IStreamServerEndpoint) -> str:
    if isinstance(endpoint, str):
        return endpoint
    port = getattr(endpoint, "_port", None)  # Twisted's own endpoints on IP have one
    return type(endpoint).__name__ if port is None else f"port {port}"
