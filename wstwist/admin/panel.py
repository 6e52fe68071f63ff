# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What the administration looks at: the server, its projects and their clients, found by their names."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred

from wstwist import durations
from wstwist._version import __version__
from wstwist.admin import clients, gauges
from wstwist.admin.clients import Page
from wstwist.admin.glance import glance
from wstwist.admin.log_ring import Filter, LogRing
from wstwist.admin.problems import Problem
from wstwist.admin.settings_view import settings
from wstwist.exceptions import NoSuchProject

if TYPE_CHECKING:
    from wstwist.admin.asking import Call
    from wstwist.admin.exporting import Exports
    from wstwist.admin.routes import Route
    from wstwist.deployment import Deployment
    from wstwist.host import Host
    from wstwist.life import ClientContext
    from wstwist.service import ProjectService


class Panel:
    """What there is to read; `wstwist.admin.changes` is what there is to do.

    Args:
        service: The server.
        log: Its last lines.
        urls: Gives the URLs of a path, of which each of the server's endpoints has one.
        facts: What is known of the server and does not change, for `server`.
        reactor: The reactor.
        restart: Has the server stop and begin again; a ConfigurationError where it cannot.
        exports: Makes archives of the server.

    Attributes:
        service: As given.
        ring: The log's last lines.
        reactor: As given.
        restart: As given.
        exports: As given.
        node: The name of this machine, or of this node of the cluster.
    """

    def __init__(
        self,
        service: ProjectService,
        log: LogRing,
        urls: Callable[[str], Sequence[str]],
        facts: Mapping[str, str],
        reactor: Any,
        restart: Callable[[], object],
        exports: Exports,
    ) -> None:
        """Remember where to look."""
        self.service = service
        self.ring = log
        self.reactor = reactor
        self.restart = restart
        self.exports = exports
        self.node = socket.gethostname() if service.node is None else service.node.name
        self._urls = urls
        self._facts = facts
        self._started_at = datetime.now(UTC)

    def perform(self, route: Route, call: Call) -> Any:
        """Do what is asked for."""
        return route.handler(call)

    # Finding.

    def deployment(self, name: str) -> Deployment:
        """Give a project; 404 where there is none."""
        try:
            return self.service.deployments.get(name)
        except NoSuchProject as error:
            raise Problem(404, str(error)) from None

    def host(self, name: str) -> Host:
        """Give a project that is there to be asked; 409 where it could not be imported."""
        host = self.deployment(name).host
        if host is None:
            raise Problem(409, f"{name} could not be imported, and has no contexts")
        return host

    def running(self, name: str) -> Host:
        """Give a project whose global service is there; 409 where it is stopped."""
        host = self.host(name)
        if not host.is_started:
            raise Problem(409, f"{name} is stopped")
        return host

    def context(self, name: str, identity: str) -> ClientContext:
        """Give a client's context; 404 where there is no such client, or no more."""
        deployment = self.deployment(name)
        context = None if deployment.host is None else deployment.host.clients.get(identity)
        if context is None:
            raise Problem(404, f"{name} has no client {identity[:100]!r}: it may have gone")
        return context

    # Reading.

    def server(self) -> dict[str, Any]:
        """Tell of the server as a whole."""
        service = self.service
        kept = service.deployments.kept
        return {
            "version": __version__,
            "node": self.node,
            "pid": os.getpid(),
            "started_at": gauges.moment(self._started_at),
            **self._facts,
            "endpoints": list(self._urls("/")),
            "configuration": None if kept is None else str(kept),
            "kept": kept is not None,
            "is_draining": not service.running,
            "counters": gauges.counters(service.counters),
            "clients": sum(len(host.clients) for host in service.hosts),
            "nodes": [],
            **gauges.process(service),
        }

    def projects(self) -> dict[str, Any]:
        """List the projects."""
        return {"projects": [self._project(each) for each in self.service.deployments]}

    def project(self, name: str) -> dict[str, Any]:
        """Tell all of one project."""
        return self._project(self.deployment(name))

    def _project(self, deployment: Deployment) -> dict[str, Any]:
        host = deployment.host
        own = None if host is None else host.definition.settings
        return {
            "name": deployment.name,
            "import": deployment.spec,
            "directory": str(deployment.directory),
            "path": None if host is None else host.path,
            "urls": [] if host is None else list(self._urls(host.path)),
            "state": deployment.state,
            "message": deployment.message,
            "error": deployment.error,
            "interval": None if own is None else durations.describe(own.interval),
            **gauges.of_project(self.service, deployment.name, host),
            "runs_late": 0 if host is None else host.counters["runs_late"],
            "durations": gauges.durations(host),
            "counters": {} if host is None else gauges.counters(host.counters),
            "stuck": gauges.stuck(host),
            "procedures": gauges.procedures(host),
            "service": gauges.service(host),
            "node": self.node,
            "nodes": [],
        }

    def settings(self, name: str) -> dict[str, Any]:
        """List a project's settings."""
        return {"settings": settings(self.deployment(name))}

    def clients(self, name: str, page: Page) -> dict[str, Any]:
        """List clients of a project."""
        page.check()
        return clients.page(self.deployment(name).host, page, self.node)

    def client(self, name: str, identity: str, *, is_full: bool) -> dict[str, Any]:
        """Tell all of one client that may be seen."""
        return clients.client(self.context(name, identity), self.node, is_full=is_full)

    def globals(self, name: str, identity: str | None) -> Deferred[dict[str, Any]]:
        """Copy the globals of a client's context, or of the global service's (None)."""
        context = self.running(name).service if identity is None else self.context(name, identity)
        return glance(context, self.reactor)

    def log(self, wanted: Filter, after: int, limit: int) -> dict[str, Any]:
        """Give lines of the log."""
        lines, last = self.ring.lines(wanted, after, limit)
        return {"lines": [line.as_dict() for line in lines], "next": last}

    def history(self, project: str | None, since: datetime | None) -> dict[str, Any]:
        """Give the figures of the last hour."""
        if project is not None:
            self.deployment(project)
        return gauges.history(self.service, project, since)
