# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What is to be put into an archive, as the server knows it at one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from wstwist.config_projects import Plan


class Served(NamedTuple):
    """A project.

    Attributes:
        plan: What the configuration says of it.
        web: The folder of its pages; None: it has none.
        database: The URL of its database; None: it has none.
        is_web_fixed: Whether the class names that folder by an absolute path.
    """

    plan: Plan
    web: Path | None = None
    database: str | None = None
    is_web_fixed: bool = False


class Snapshot(NamedTuple):
    """A server.

    Attributes:
        folder: What paths in its configuration file are relative to.
        text: The file; empty: there is none.
        options: What the command line says instead, where there is none, as the file would have it.
        is_kept: Whether the file says which projects there are.
        projects: They.
        working: The folder in which it runs.
    """

    folder: Path
    text: str
    options: Mapping[str, Any]
    is_kept: bool
    projects: Sequence[Served]
    working: Path
