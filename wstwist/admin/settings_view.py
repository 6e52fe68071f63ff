# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The settings of a project, as a configuration file would have them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wstwist import durations
from wstwist.exceptions import ConfigurationError
from wstwist.reload import FIXED
from wstwist.settings import NAMES, Settings
from wstwist.wire.origin import Origins

if TYPE_CHECKING:
    from wstwist.deployment import Deployment

_LONGEST = 500  # characters of a line about changes

HIDDEN = "***"
"""What is shown in place of a password."""


def settings(deployment: Deployment) -> list[dict[str, Any]]:
    """List the settings of a project that could be imported."""
    host = deployment.host
    if host is None:
        return []
    definition = host.definition
    try:
        wanted = _own(definition.resolve(deployment.settings))
    except ConfigurationError:  # a folder has gone since
        wanted = _own(definition.settings)
    return [
        {
            "name": name,
            "value": _shown(name, getattr(definition.settings, name)),
            "pending": _shown(name, wanted[name]),
            "is_pending": getattr(definition.settings, name) != wanted[name],
            "default": _shown(name, own),
            "source": "configuration" if name in deployment.settings else "class",
            "is_live": name not in FIXED,
        }
        for name, own in _own(definition.resolve({})).items()
    ]


def check_hidden(changes: Mapping[str, Any]) -> None:
    """Refuse a database URL as it is shown: the password would be lost."""
    database = changes.get("database")
    if isinstance(database, str) and HIDDEN in database:
        raise ConfigurationError(f"database: write what is to be in place of {HIDDEN}")


def in_words(changes: Mapping[str, Any]) -> str:
    """Say for the log what settings were changed to."""
    shown = {
        name: without_secrets(value) if name == "database" and isinstance(value, str) else value
        for name, value in changes.items()
    }
    words = ", ".join(f"{name} = {json.dumps(value)}" for name, value in shown.items())
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"


def _own(resolved: Settings) -> dict[str, Any]:
    return {name: getattr(resolved, name) for name in NAMES}


def _shown(name: str, value: Any) -> Any:
    """Write a value as a configuration file would."""
    if name == "interval":
        return durations.describe(value)
    if name == "limits":
        return asdict(value)
    if name == "database" and value is not None:
        return without_secrets(value)
    if isinstance(value, Origins):
        return list(value.patterns)
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Path) else value


def without_secrets(url: str) -> str:
    """Hide what may be secret in a database's URL: the password, and what its query says."""
    from sqlalchemy.engine import make_url  # noqa: PLC0415 - a project without a database need not load it
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return HIDDEN
    query = dict.fromkeys(parsed.query, HIDDEN)
    password = None if parsed.password is None else HIDDEN
    return parsed.set(password=password, query=query).render_as_string(hide_password=False)
