# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What of a configuration file is to be different when a project was added, removed or changed.

An edit is carried out twice: on what the file means, and on the document that keeps its comments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from wstwist.config_projects import Plan, write_changes, write_plan
from wstwist.exceptions import ConfigurationError

Table = MutableMapping[str, Any]
Edit = Callable[[Table], None]

LOOPBACK = "127.0.0.1"
"""Where the demonstration is served, when nothing says where."""


class Edits:
    """Makes edits.

    Args:
        plans: Gives the projects that are served; they are written into a file that named none, and served
            the demonstration so far.
        folder: The file's.
    """

    def __init__(self, plans: Callable[[], Iterable[Plan]], folder: Path) -> None:
        """Edit nothing yet."""
        self._plans = plans
        self._folder = folder

    def add(self, plan: Plan, settings: Mapping[str, Any]) -> Edit:
        """Write a project's table; settings as `wstwist.config_projects.changed` takes them."""

        def edit(document: Table) -> None:
            projects = self._projects(document)
            if plan.name in projects:
                raise ConfigurationError(f"the file has [projects.{plan.name}] already: reload it")
            table = write_plan(plan, self._folder)
            write_changes(table, settings)
            projects[plan.name] = table

        return edit

    def remove(self, name: str) -> Edit:
        """Take a project's table out."""

        def edit(document: Table) -> None:
            projects = self._projects(document)
            if name in projects:
                del projects[name]
            if not projects:
                # An empty table says that there is no project; without it there is the demonstration.
                del document["projects"]
                document["projects"] = {}

        return edit

    def set_settings(self, name: str, changes: Mapping[str, Any]) -> Edit:
        """Write settings; they are as `wstwist.config_projects.changed` takes them."""
        return lambda document: write_changes(self._project(document, name), changes)

    def set_state(self, plan: Plan) -> Edit:
        """Write a project's state and message."""

        def edit(document: Table) -> None:
            table = self._project(document, plan.name)
            written = write_plan(plan, self._folder)
            for key in ("state", "message"):
                if key in written:
                    table[key] = written[key]
                elif key in table:
                    del table[key]

        return edit

    def _project(self, document: Table, name: str) -> Table:
        projects = self._projects(document)
        if name not in projects:
            raise ConfigurationError(f"the file has no [projects.{name}] any more: reload it")
        table: Table = projects[name]
        return table

    def _projects(self, document: Table) -> Table:
        """Give the table of projects; a file without it has served the demonstration, on loopback."""
        if "projects" not in document:
            document.setdefault("interface", LOOPBACK)
            document["projects"] = {plan.name: write_plan(plan, self._folder) for plan in self._plans()}
        projects: Table = document["projects"]
        return projects
