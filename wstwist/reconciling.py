# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""From the projects that a server knows to those that a configuration names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wstwist import pages
from wstwist.config_projects import Plan
from wstwist.deployment import Deployment, check_paths
from wstwist.reload import Changes, Reload

if TYPE_CHECKING:
    from wstwist.host import Host
    from wstwist.known import Known
    from wstwist.settings import Settings
    from wstwist.wire.served_tls import ServedTls


class Reconciliation:
    """One way from here to there: checked when it is made, and carried out by `carry_out`.

    Projects are imported when it is made; `give_up` lets them go where it is not carried out.

    Args:
        known: The projects that the server knows.
        plans: Those that it is to know, as they are to be.
        tls: The ports' TLS, each with new settings of it; None: its files are read again.

    Raises:
        ConfigurationError: Says in one line what is wrong.
    """

    def __init__(
        self, known: Known, plans: Sequence[Plan], tls: Mapping[ServedTls, Any] | None = None
    ) -> None:
        """Check all that is new."""
        self._known = known
        self._plans = {plan.name: plan for plan in plans}
        self._leaving = [each for each in known if each.name not in self._plans]
        self._staying = [each for each in known if each.name in self._plans]
        self._made: dict[str, Deployment] = {}
        self._is_done = False
        try:
            wanted = self._wanted({each.name: each for each in self._staying})
            self._import()
            wanted |= self._wanted(self._made)
            self._check(wanted)
            pages.find_folder((host.definition.name, each) for host, each in wanted.items())
            self._reload = Reload(wanted, tls or {})
        except BaseException:
            self.give_up()
            raise

    def _import(self) -> None:
        """Import what is not there yet, and is to run; what is added is to be there in any case."""
        missing = {each.name for each in self._staying if each.host is None and self._runs(each.name)}
        for name, plan in self._plans.items():
            if name in missing or name not in self._known:
                folders = [*self._known.folders, *(each.directory for each in self._made.values())]
                self._made[name] = self._known.maker.import_(plan, folders)

    def _runs(self, name: str) -> bool:
        return self._plans[name].state != "stopped"

    def _wanted(self, deployments: Mapping[str, Deployment]) -> dict[Host, Settings]:
        """Give the settings that projects will have."""
        wanted = {}
        for name, deployment in deployments.items():
            if deployment.host is not None:
                plan = self._plans[name]
                definition = deployment.host.definition
                is_same = plan.settings is deployment.settings
                wanted[deployment.host] = (
                    definition.settings if is_same else definition.resolve(plan.settings)
                )
        return wanted

    def _check(self, wanted: Mapping[Host, Settings]) -> None:
        """Refuse what would not work together, now or when the server is started again."""
        check_paths((host, each.path if host.is_closed else host.path) for host, each in wanted.items())
        check_paths((host, self._path(host)) for host in wanted)
        for host, each in wanted.items():
            if each.database != host.definition.settings.database:
                host.check_database(each)

    def _path(self, host: Host) -> str:
        """Give the path that a project will have when it is started again."""
        return host.definition.path(self._plans[host.definition.name].settings)

    def carry_out(self) -> Changes:
        """Change what can be changed."""
        self._is_done = True
        names = list(self._names())
        restart = list(self._fixed())
        for deployment in self._leaving:
            self._known.drop(deployment)
        changes = self._reload.carry_out()
        beginning = [each for each in self._staying if each.is_stopped and self._runs(each.name)]
        for deployment in self._staying:
            self._turn(deployment)
        for name, deployment in self._made.items():
            if name not in self._known:
                self._known.take(deployment)
                beginning.append(deployment)
        self._known.service.refresh()
        for deployment in beginning:
            deployment.error = ""
            self._known.begin(deployment)
        return Changes((*names, *changes.changed), (*restart, *changes.restart))

    def _turn(self, deployment: Deployment) -> None:
        """Have a project that stays as it is to be; spec and directory stay."""
        before, plan = deployment.plan, self._plans[deployment.name]
        deployment.plan = replace(plan, spec=before.spec, directory=before.directory)
        made = self._made.get(deployment.name)
        if made is not None:
            deployment.host, deployment.modules = made.host, made.modules
            self._known.note_modules(deployment)
        deployment.follow()
        if deployment.is_stopped and before.state != "stopped":
            self._known.end(deployment)

    def _names(self) -> Iterator[str]:
        """Say of projects what becomes of them."""
        for deployment in self._leaving:
            yield f"{deployment.name} removed"
        for deployment in self._staying:
            state = self._plans[deployment.name].state
            if state != deployment.state:
                yield f"{deployment.name} {state}"
        for name in self._made:
            if name not in self._known:
                yield f"{name} added"

    def _fixed(self) -> Iterator[str]:
        """Name what would be different after a restart of the server."""
        for deployment in self._staying:
            plan = self._plans[deployment.name]
            if plan.spec != deployment.spec:
                yield f"{deployment.name}.import"
            if plan.directory != deployment.directory:
                yield f"{deployment.name}.directory"

    def give_up(self) -> None:
        """Let go of what was imported, unless it was carried out."""
        if not self._is_done:
            self._is_done = True
            for deployment in self._made.values():
                deployment.release()
