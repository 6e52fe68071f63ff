# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The settings of a project, as a configuration file would have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from wstwist import durations
from wstwist.exceptions import ConfigurationError
from wstwist.reload import FIXED
from wstwist.settings import NAMES, Settings
from wstwist.wire.origin import Origins

if TYPE_CHECKING:
    from wstwist.deployment import Deployment

HIDDEN = "***"
"""What is shown in place of a password."""


def settings(deployment: Deployment) -> list[dict[str, Any]]:
    """List the settings of a project that could be imported."""
    host = deployment.host
    if host is None:
        return []
    definition = host.definition
    return [
        {
            "name": name,
            "value": _shown(name, getattr(definition.settings, name)),
            "default": _shown(name, own),
            "source": "configuration" if name in deployment.settings else "class",
            "is_live": name not in FIXED,
        }
        for name, own in _own(definition.resolve({})).items()
    ]


def check_hidden(changes: Mapping[str, Any]) -> None:
    """Refuse a database URL as it is shown: the password would be lost."""
    database = changes.get("database")
    if isinstance(database, str) and f":{HIDDEN}@" in database:
        raise ConfigurationError(f"database: write the password in place of {HIDDEN}")


def _own(resolved: Settings) -> dict[str, Any]:
    return {name: getattr(resolved, name) for name in NAMES}


def _shown(name: str, value: Any) -> Any:
    """Write a value as a configuration file would."""
    if name == "interval":
        return durations.describe(value)
    if name == "limits":
        return asdict(value)
    if name == "database" and value is not None:
        return _without_password(value)
    if isinstance(value, Origins):
        return list(value.patterns)
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Path) else value


def _without_password(url: str) -> str:
    """Hide the password in a database's URL; where it cannot be found, all of it."""
    try:
        parts = urlsplit(url)
        if parts.password is None:
            return url
        place = parts.netloc.rpartition("@")[2]
        return parts._replace(netloc=f"{parts.username}:{HIDDEN}@{place}").geturl()
    except ValueError:
        return HIDDEN
