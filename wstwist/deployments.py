# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The projects that a server knows: added, removed, blocked, stopped and changed while it runs.

What is done to one project does nothing to the others. All of it is checked before anything changes, and
written into the configuration file, where there is one. docs/deployments.md says what each of it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from wstwist.config_edits import Edit, Edits
from wstwist.config_projects import Plan, absolute, changed, check_message, settings_of, without_none
from wstwist.deployment import Deployment
from wstwist.exceptions import ConfigurationError
from wstwist.folders import forget
from wstwist.fresh_code import Reloaded, reload_code
from wstwist.known import Known
from wstwist.reconciling import Reconciliation
from wstwist.reload import Changes

if TYPE_CHECKING:
    from wstwist.config import Source
    from wstwist.service import ProjectService

_log = Logger(namespace="wstwist")


class Deployments(Known):
    """The projects of a server, in the order in which they came.

    Args:
        service: The server.
        source: The configuration file that changes are written into; None: there is none.
        folder: What relative paths are relative to; None: the file's folder, or the current one.

    Attributes:
        listeners: Called after every change, with nothing.
    """

    def __init__(
        self, service: ProjectService, source: Source | None = None, folder: Path | None = None
    ) -> None:
        """Begin without projects."""
        super().__init__(service, source)
        self.folder = folder or (Path.cwd() if source is None else source.folder)
        self.listeners: list[Callable[[], object]] = []
        self._edits = Edits(lambda: [each.plan for each in self], self.folder)
        self._unwritten: dict[str, dict[str, Any]] = {}  # settings that were changed, by project

    @property
    def kept(self) -> Path | None:
        """The file that changes are written to; None: they last until the process ends."""
        return None if self.source is None else self.source.path

    def add(
        self, spec: str, directory: str | Path | None = None, settings: Mapping[str, Any] | None = None
    ) -> Deployment:
        """Serve one more project.

        Args:
            spec: ``MODULE:CLASS``.
            directory: Where its modules are looked for first, relative to `folder`; None: there.
            settings: Settings that go before the class's, as a configuration file has them.

        Raises:
            ConfigurationError: It cannot be served as it is, and nothing has changed.
        """
        name = spec.rpartition(":")[2]
        if name in self:
            raise ConfigurationError(f"there is a project {name} already")
        plan = Plan(
            name,
            spec,
            absolute(directory or ".", self.folder),
            settings=settings_of(name, without_none(settings or {}), self.folder),
        )
        joining = Reconciliation(self, [*self._plans(), plan])
        try:
            with self._writing(self._edits.add(plan, settings or {})):
                joining.carry_out()
                _require(self.get(name))
        except BaseException:
            if name in self:
                forget(self.get(name).modules)
                self.drop(self.get(name))
            joining.give_up()
            raise
        self._done(name, "added")
        return self.get(name)

    def remove(self, name: str) -> Deferred[None]:
        """Stop a project and know it no more; its files stay.

        Returns:
            Fires when its clients and its global service have gone; nobody new is let in from now on.
        """
        deployment = self.get(name)
        with self._writing(self._edits.remove(name)):
            pass
        stopped = self.drop(deployment)
        self._unwritten.pop(name, None)
        self._done(name, "removed")
        return stopped

    def block(self, name: str, message: str = "") -> None:
        """Let no new clients into a project; all else goes on.

        Args:
            name: The project's.
            message: What they are told, with status 503; empty: what the configuration says.
        """
        deployment = self.get(name)
        check_message(message)
        if deployment.is_stopped:
            raise ConfigurationError(f"{name} is stopped: start it before you block it")
        self._turn(replace(deployment.plan, state="blocked", message=message or deployment.message))

    def unblock(self, name: str) -> None:
        """Let new clients into a project again."""
        deployment = self.get(name)
        if deployment.is_stopped:
            raise ConfigurationError(f"{name} is stopped, not blocked: start it")
        self._turn(replace(deployment.plan, state="served"))

    def stop(self, name: str) -> Deferred[None]:
        """Stop a project: its clients are closed with 1001, new ones get 503.

        Returns:
            Fires when it has stopped, within its `drain_time` and 5 seconds.
        """
        deployment = self.get(name)
        self._turn(replace(deployment.plan, state="stopped"))
        return self.end(deployment)

    def start(self, name: str) -> None:
        """Start a project that is stopped, or could not start; one that is stopping begins when it has.

        Settings that could not change while it ran are its settings now.
        """
        deployment = self.get(name)
        if deployment.is_stopped:
            self._turn(replace(deployment.plan, state="served"))
        elif deployment.host is not None and self.running.can_begin(deployment.host):
            self.begin(deployment)
            _require(deployment)

    def change(self, name: str, settings: Mapping[str, Any]) -> Changes:
        """Change settings of a project.

        Args:
            name: The project's.
            settings: New values, as a configuration file has them; None: back to the class's.

        Returns:
            What has changed, and what will when the project was stopped and started.
        """
        deployment = self.get(name)
        plan = replace(deployment.plan, settings=changed(name, deployment.settings, settings, self.folder))
        if deployment.host is not None:
            deployment.host.definition.resolve(plan.settings)  # the file has no line yet that could be named
        changing = Reconciliation(self, self._plans(plan))
        with self._writing(self._edits.set_settings(name, settings)):
            pass
        if self.source is None:
            _note(self._unwritten.setdefault(name, {}), settings)
        changes = changing.carry_out()
        changes.log("changed", name)
        self.tell()
        return changes

    def reload(self, name: str) -> Reloaded:
        """Import a project's code afresh, while it runs; see docs/reloading.md.

        Returns:
            The names of all projects that were reloaded: those of the same folder come with it.

        Raises:
            ConfigurationError: The new code cannot be served; the old one still is.
        """
        deployment = self.get(name)
        if deployment.host is None:
            raise ConfigurationError(f"{name} could not be imported so far: start it, to try again")
        try:
            reloaded = reload_code(self.service, name, {each.name: each.spec for each in self})
        except ConfigurationError as error:
            deployment.error = str(error)
            raise
        for each in self:
            if each.name in reloaded:
                each.error = ""
        self.tell()
        return reloaded

    # What a configuration file says, when it is read again.

    def follow(
        self, plans: Sequence[Plan] | None, tls: Mapping[Any, Any], *, is_kept: bool
    ) -> Reconciliation:
        """Prepare to be what a configuration says.

        Args:
            plans: Its projects; None: it names none, and none changes.
            tls: The ports' TLS, as `Reconciliation` takes it.
            is_kept: Whether it is the file that changes are written into. Otherwise projects and their states
                are what they were made here, and so are settings that were changed here.
        """
        if plans is None:
            wanted = self._plans()
        elif is_kept:
            wanted = list(plans)
        else:
            wanted = self._plans(*(self._unkept(plan) for plan in plans if plan.name in self))
        return Reconciliation(self, wanted, tls)

    def _unkept(self, plan: Plan) -> Plan:
        changes = self._unwritten.get(plan.name, {})
        return replace(
            self.get(plan.name).plan, settings=changed(plan.name, plan.settings, changes, self.folder)
        )

    # How it is done.

    def _plans(self, *others: Plan) -> list[Plan]:
        """Give the plans of all projects, some of them replaced by others."""
        replaced = {plan.name: plan for plan in others}
        return [replaced.get(each.name, each.plan) for each in self]

    def _turn(self, plan: Plan) -> None:
        """Change a project's state and message."""
        deployment = self.get(plan.name)
        before = deployment.plan
        if plan == before:
            return
        try:
            turning = Reconciliation(self, self._plans(plan))
        except ConfigurationError as error:
            deployment.error = str(error)
            raise
        try:
            with self._writing(self._edits.set_state(plan)):
                if before.state == "stopped":
                    turning.carry_out()
                    _require(deployment)
        except BaseException:
            turning.give_up()
            deployment.plan = before
            if before.state == "stopped":
                self.end(deployment)
            raise
        if before.state != "stopped":
            turning.carry_out()
        self._done(plan.name, plan.state)

    @contextmanager
    def _writing(self, edit: Edit) -> Iterator[None]:
        """Write an edit when the block ends; where it cannot be written the block is not entered."""
        if self.source is None:
            yield
            return
        from wstwist.config_file import Draft  # noqa: PLC0415 - tomlkit, which reading does not need

        draft = Draft(self.source, edit)
        try:
            yield
            draft.commit()
        finally:
            draft.discard()

    def _done(self, name: str, what: str) -> None:
        _log.info("{project}: {what}", project=name, what=what)
        self.tell()

    def tell(self) -> None:
        """Tell the listeners that something has changed."""
        for listener in tuple(self.listeners):
            listener()


def _require(deployment: Deployment) -> None:
    """Raise why a project could not start."""
    if deployment.error:
        raise ConfigurationError(deployment.error)


def _note(before: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """Add changes of settings to earlier ones."""
    limits = changes.get("limits")
    if isinstance(limits, Mapping) and isinstance(before.get("limits"), Mapping):
        changes = {**changes, "limits": {**before["limits"], **limits}}
    before.update(changes)
