# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What a start of the server would refuse of one project: all of it, and not only the first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from twisted.internet.task import Clock
from twisted.python.reflect import safe_str

from wstwist.checks.finding import Finding, Kind
from wstwist.checks.sources import Sources
from wstwist.clockwork import ClockLoop, ClockReactor, InPlace
from wstwist.config import Configuration
from wstwist.config_checks import line_of
from wstwist.config_projects import Plan
from wstwist.definition import Definition, authored_classes
from wstwist.exceptions import ConfigurationError
from wstwist.folders import load_from
from wstwist.host import Host
from wstwist.loading import position
from wstwist.project import Project
from wstwist.scheduler import Scheduler


class Attempt:
    """Does with a project what a start does, up to where it would run.

    Args:
        plan: What the configuration says of it.
        configuration: The configuration.
        sources: Reads what stands where.

    Attributes:
        findings: What a start would refuse.
        definition: The project, taken apart; None where it could not be imported.
    """

    def __init__(self, plan: Plan, configuration: Configuration, sources: Sources) -> None:
        """Try nothing yet."""
        self.plan = plan
        self.findings: list[Finding] = []
        self.definition: Definition | None = None
        self._file = configuration.file
        self._sources = sources

    def run(self, others: Collection[Path]) -> None:
        """Import the project, take its class apart, and make the global service's instance.

        Args:
            others: The folders of other projects.
        """
        try:
            project = load_from(self.plan.spec, self.plan.directory, others).project
        except ConfigurationError as error:
            self._refuse_import(error)
            return
        self.definition = Definition(project, self.plan.settings, partial(self._refuse, project))
        self._make(self.definition)

    def _make(self, definition: Definition) -> None:
        """Make what the server makes of a project: its database, and the service's instance."""
        clock = Clock()
        scheduler = Scheduler(ClockReactor(clock), ClockLoop(clock))
        try:
            host = Host(definition, scheduler, InPlace(scheduler, _never), 0.0)
        except ConfigurationError as error:
            self._refuse(definition.project, error, "database")
            return
        try:
            if not self.findings:
                host.service.make_instance()
        except Exception as error:  # noqa: BLE001 - whatever an author's code raises
            why = " ".join(safe_str(error).split())
            at = position(error)
            message = f"{self.plan.name}.__init__ raises {type(error).__name__}: {why}"
            self._add(None if at is None else Path(at[0]), None if at is None else at[1], message)
        finally:
            host.close()

    def _refuse_import(self, error: ConfigurationError) -> None:
        """Note why it cannot be imported, and where: in the author's code, or where it is named."""
        at = None if error.__cause__ is None else position(error.__cause__)
        if at is not None:
            self._add(Path(at[0]), at[1], str(error))
        else:
            self._add(*self._configured(), str(error))

    def _refuse(self, project: type[Project], error: ConfigurationError, attribute: str = "") -> None:
        """Note what is wrong with a class, and where: in the class, or in the configuration."""
        setting = getattr(error, "setting", attribute)
        if setting and setting in self.plan.settings:
            self._add(*self._configured(setting), str(error))
        else:
            self._add(*place_of(project, getattr(error, "attribute", attribute), self._sources), str(error))

    def _configured(self, *keys: str) -> tuple[Path | None, int | None]:
        """Give the line of the configuration file about the project, or about one of its settings."""
        if self._file is None:
            return None, None
        line = line_of(self._file.text, ("projects", self.plan.name, *keys))
        return (None, None) if line is None else (self._file.path, line)

    def _add(self, file: Path | None, line: int | None, message: str) -> None:
        finding = Finding(Kind.REFUSED, self.plan.name, file, line, message)
        if finding.place:
            finding = replace(finding, message=message.replace(f"{finding.place}: ", ""))
        self.findings.append(finding)


def place_of(project: type[Project], attribute: str, sources: Sources) -> tuple[Path | None, int | None]:
    """Give file and line in which an author's classes define something, or else those of the class."""
    classes = authored_classes(project)
    cls = next((each for each in classes if attribute in vars(each)), project)
    source = sources.of(cls.__module__)
    return (None, None) if source is None else (source.path, source.line_of(cls, attribute))


def _never() -> Any:
    raise RuntimeError("nothing runs here that could be waited for")
