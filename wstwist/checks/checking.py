# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Everything that a start of a configuration's projects would refuse, and what would surprise."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from wstwist import pages
from wstwist.checks.blocking import blocking
from wstwist.checks.copies import copies
from wstwist.checks.finding import Finding, Kind
from wstwist.checks.shared import shared
from wstwist.checks.sources import Sources
from wstwist.checks.startup import Attempt, place_of
from wstwist.checks.whereabouts import whereabouts
from wstwist.config import Configuration
from wstwist.definition import Definition
from wstwist.exceptions import ConfigurationError


def check(configuration: Configuration) -> list[Finding]:
    """Import a configuration's projects, and find what is wrong with them.

    Nothing of them runs but what an import and ``__init__`` of the global service's instance run.

    Args:
        configuration: What is to be served.

    Returns:
        What was found, in the order of projects, files and lines.
    """
    sources = Sources()
    found: list[Finding] = []
    attempts: list[Attempt] = []
    for plan in configuration.projects or ():
        attempt = Attempt(plan, configuration, sources)
        attempt.run([each.plan.directory for each in attempts])
        attempts.append(attempt)
        found += attempt.findings
        if attempt.definition is not None:
            found += _surprises(attempt.definition, sources)
    found += whereabouts(configuration)
    found += _together([each.definition for each in attempts if each.definition is not None])
    projects = [each.plan.name for each in attempts]
    return sorted(found, key=lambda each: _order(each, projects))


def _order(finding: Finding, projects: list[str]) -> tuple[object, ...]:
    project = projects.index(finding.project) if finding.project else len(projects)
    return project, str(finding.file or ""), finding.line or 0


def _surprises(definition: Definition, sources: Sources) -> Iterator[Finding]:
    """Find what a project would be served with, and what its author may not have meant."""
    for finding in _all_surprises(definition, sources):
        source = None if finding.file is None else sources.of_file(finding.file)
        if source is None or finding.line is None or not source.is_silenced(finding.line):
            yield finding


def _all_surprises(definition: Definition, sources: Sources) -> Iterator[Finding]:
    yield from _near_settings(definition, sources)
    yield from shared(definition, sources)
    yield from blocking(definition.project, sources)
    yield from copies(definition, sources)


def _near_settings(definition: Definition, sources: Sources) -> Iterator[Finding]:
    for name, meant in definition.near_settings:
        file, line = place_of(definition.project, definition.written(name), sources)
        message = f"{definition.name}.{name} is a global, of which each context has its own"
        advice = f"if it is to be a setting, its name is {meant}"
        yield Finding(Kind.NEAR_SETTING, definition.name, file, line, message, advice)


def _together(definitions: list[Definition]) -> Iterator[Finding]:
    """Find what keeps projects from being served by one server."""
    for one, other in combinations(definitions, 2):
        if one.settings.path == other.settings.path:
            names = f"{_class(one)} and {_class(other)}"
            yield _of_all(f"two projects have the path {one.settings.path}: {names}")
    try:
        pages.find_folder((each.name, each.settings) for each in definitions)
    except ConfigurationError as error:
        yield _of_all(str(error))


def _of_all(message: str) -> Finding:
    return Finding(Kind.REFUSED, "", None, None, message)


def _class(definition: Definition) -> str:
    return f"{definition.project.__module__}:{definition.project.__qualname__}"
