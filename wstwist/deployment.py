# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A project that a server knows, and how it is made of what a configuration says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wstwist.config_projects import Plan
from wstwist.exceptions import ConfigurationError
from wstwist.folders import forget, is_folder, load_from
from wstwist.host import Host, define
from wstwist.project import Project
from wstwist.settings import PlanError, SettingError

if TYPE_CHECKING:
    from wstwist.cluster.node import Node
    from wstwist.scheduler import Scheduler

BLOCKED = "this service is closed at the moment"
"""What new clients of a blocked project are told where nothing else is configured."""


class Deployment:
    """A project that a server knows; `wstwist.deployments` changes it.

    Args:
        plan: What the configuration says of it.
        host: The project, None where it could not be imported.
        modules: The modules of its folder that came with it.
        error: Why a start or a reload failed last; empty where it did not.

    Attributes:
        plan: As given, or what it was changed to.
        host: Likewise.
        modules: Likewise.
        error: Likewise.
    """

    def __init__(
        self, plan: Plan, host: Host | None = None, modules: Sequence[str] = (), error: str = ""
    ) -> None:
        """Keep all of it."""
        self.plan = plan
        self.host = host
        self.modules = modules
        self.error = error

    @property
    def name(self) -> str:
        """The name of the project's class."""
        return self.plan.name

    @property
    def spec(self) -> str:
        """What is imported, ``MODULE:CLASS``."""
        return self.plan.spec

    @property
    def directory(self) -> Path:
        """Where its modules are looked for first."""
        return self.plan.directory

    @property
    def state(self) -> str:
        """``"served"``, ``"blocked"`` or ``"stopped"``; a project that is stopping is stopped already."""
        return self.plan.state

    @property
    def message(self) -> str:
        """What new clients are told while it is blocked; empty: `BLOCKED`."""
        return self.plan.message

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings that go before those of the class."""
        return self.plan.settings

    @property
    def is_stopped(self) -> bool:
        """Whether it is not to run."""
        return self.state == "stopped"

    def follow(self) -> None:
        """Let clients in, or not, as the state says."""
        if self.host is None:
            return
        if self.state == "blocked":
            self.host.block(self.message or BLOCKED)
        else:
            self.host.unblock()

    def release(self) -> None:
        """Let go of what was made and is not wanted after all."""
        if self.host is not None:
            self.host.close()
        forget(self.modules)


class Maker:
    """Makes projects of what a configuration says.

    Args:
        scheduler: What they run on.
        node: This process, in its cluster; None: it is alone.
    """

    def __init__(self, scheduler: Scheduler, node: Node | None = None) -> None:
        """Make nothing yet."""
        self._scheduler = scheduler
        self._node = node

    def import_(self, plan: Plan, others: Collection[Path]) -> Deployment:
        """Import a project and make its host; it does not run yet.

        Args:
            plan: What the configuration says of it.
            others: The folders of other projects.

        Raises:
            ConfigurationError: It cannot be served as it is, and nothing of it is left.
        """
        try:
            loaded = load_from(plan.spec, plan.directory, others)
        except ConfigurationError as error:
            if error.__cause__ is not None:  # it says already where it is in the author's code
                raise
            key = "import" if is_folder(plan.directory) else "directory"
            raise PlanError(plan.name, key, error) from None
        try:
            return self.make(plan, loaded.project, loaded.modules)
        except ConfigurationError:
            forget(loaded.modules)
            raise

    def make(self, plan: Plan, project: type[Project], modules: Sequence[str] = ()) -> Deployment:
        """Make the host of a project's class; it does not run yet."""
        definition = define(project, plan.settings)
        if definition.name != plan.name:
            raise ConfigurationError(f"{plan.spec} is the class {definition.name}: name it so")
        host = Host(definition, self._scheduler, node=self._node)
        if plan.state == "stopped":
            host.close()
        deployment = Deployment(plan, host, modules)
        deployment.follow()
        return deployment


def check_paths(pairs: Iterable[tuple[Host, str]]) -> None:
    """Refuse two projects at one path; ``pairs`` are each with its path."""
    for path, first, second in _twice((path, host) for host, path in pairs):
        blamed = second if "path" in second.definition.settings.overrides else first
        raise SettingError(
            blamed.definition.name,
            "path",
            f"two projects have the path {path}: {_class(first)} and {_class(second)}",
        )


def check_names(hosts: Iterable[Host]) -> None:
    """Refuse two projects of one name."""
    for name, first, second in _twice((host.definition.name, host) for host in hosts):
        raise ConfigurationError(f"two projects have the name {name}: {_class(first)} and {_class(second)}")


def _twice(pairs: Iterable[tuple[str, Host]]) -> Iterator[tuple[str, Host, Host]]:
    """Give what two of them have, and both."""
    seen: dict[str, Host] = {}
    for key, host in pairs:
        if key in seen:
            yield key, seen[key], host
        seen[key] = host


def _class(host: Host) -> str:
    project = host.definition.project
    return f"{project.__module__}:{project.__qualname__}"
