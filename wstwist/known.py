# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Which projects a server knows: they come, begin and go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger

from wstwist.config_projects import Plan
from wstwist.deployment import Deployment, Maker, check_names, check_paths
from wstwist.exceptions import ConfigurationError, NoSuchProject
from wstwist.folders import forget, search
from wstwist.nearest import nearest

if TYPE_CHECKING:
    from wstwist.config import Source
    from wstwist.host import Host
    from wstwist.project import Project
    from wstwist.service import ProjectService

_log = Logger(namespace="wstwist")


class Known:
    """The projects of a server; `wstwist.deployments` is what changes them.

    Args:
        service: The server.
        source: The configuration file that changes are written into; None: there is none.

    Attributes:
        service: As given.
        source: Likewise.
        running: What begins and stops projects.
        maker: What makes them.
    """

    def __init__(self, service: ProjectService, source: Source | None) -> None:
        """Begin without projects."""
        self.service = service
        self.source = source
        self.running = service.running_projects
        self.maker = Maker(service.scheduler, service.node)
        self._all: dict[str, Deployment] = {}
        self._modules: dict[Path, set[str]] = {}

    def __iter__(self) -> Iterator[Deployment]:
        """Give all of them, as they are now."""
        return iter(tuple(self._all.values()))

    def __len__(self) -> int:
        """Count them."""
        return len(self._all)

    def __contains__(self, name: object) -> bool:
        """Whether there is one of this name."""
        return name in self._all

    def get(self, name: str) -> Deployment:
        """Find one by its name.

        Raises:
            NoSuchProject: There is none; it names one that is much like it.
        """
        if name not in self._all:
            raise NoSuchProject(name, nearest(name, self._all))
        return self._all[name]

    @property
    def hosts(self) -> list[Host]:
        """Those that could be imported, in whichever state they are."""
        return [each.host for each in self if each.host is not None]

    @property
    def folders(self) -> list[Path]:
        """The folders that they were imported from."""
        return [each.directory for each in self if each.host is not None]

    def load(self, plans: Sequence[Plan]) -> None:
        """Import what a configuration names.

        Raises:
            ConfigurationError: A project cannot be served as it is. One that is stopped may be broken.
        """
        for plan in plans:
            try:
                self.take(self.maker.import_(plan, self.folders))
            except ConfigurationError as error:
                if plan.state != "stopped":
                    raise
                _log.warn("{project} is stopped; it could not start: {error}", project=plan.name, error=error)
                self.take(Deployment(plan, error=str(error)))
        check_paths((host, host.path) for host in self.hosts)

    def serve(
        self, projects: Sequence[type[Project]], settings: Mapping[str, Mapping[str, Any]], folder: Path
    ) -> None:
        """Know the classes of a program; arguments and errors are those of `ProjectService`."""
        for project in projects:
            name = getattr(project, "__name__", repr(project))
            spec = f"{getattr(project, '__module__', '')}:{getattr(project, '__qualname__', name)}"
            self.take(self.maker.make(Plan(name, spec, folder, settings=settings.get(name, {})), project))
        check_paths((host, host.path) for host in self.hosts)

    def take(self, deployment: Deployment) -> None:
        """Know one more."""
        if deployment.host is not None:
            check_names([*self.hosts, deployment.host])
        self._all[deployment.name] = deployment
        self.note_modules(deployment)

    def note_modules(self, deployment: Deployment) -> None:
        """Learn which modules came with one, and have others of its folder found."""
        if deployment.modules:
            search(deployment.directory)
        self._modules.setdefault(deployment.directory, set()).update(deployment.modules)

    def drop(self, deployment: Deployment) -> Deferred[None]:
        """Know one no more, and stop it; fires when it has stopped."""
        del self._all[deployment.name]
        if deployment.directory not in {each.directory for each in self}:
            forget(self._modules.pop(deployment.directory, ()))
        self.service.refresh()
        return self.end(deployment)

    def end(self, deployment: Deployment) -> Deferred[None]:
        """Stop one; fires when it has stopped."""
        return succeed(None) if deployment.host is None else self.running.stop(deployment.host)

    def begin(self, deployment: Deployment) -> None:
        """Start one that is not stopped, as soon as that can be; why it cannot start is its `error`."""
        host = deployment.host
        if host is None or deployment.is_stopped or not self.running.can_begin(host):
            return
        deployment.error = ""
        try:
            if host.is_closed:
                self._settle(deployment, host)
            self.running.begin(host)
        except ConfigurationError as error:
            deployment.error = str(error)
            _log.error("{project} could not start: {error}", project=deployment.name, error=error)

    def _settle(self, deployment: Deployment, host: Host) -> None:
        """Have the settings that could not change while it ran."""
        wanted = host.definition.resolve(deployment.settings)
        others = [(each, each.path) for each in self.hosts if each is not host]
        check_paths([*others, (host, wanted.path)])
        host.change(wanted)
        self.service.refresh()
