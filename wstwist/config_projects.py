# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The tables ``[projects.NAME]`` of a configuration: what each says of a project, read and changed."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from wstwist.config_checks import (
    ANY,
    TABLE,
    TEXT,
    Kind,
    Table,
    WrongKeyError,
    check,
    check_names,
    one_of,
    place,
)
from wstwist.exceptions import ConfigurationError
from wstwist.limits import OPTIONAL, Limits
from wstwist.settings import NAMES

STATES = ("served", "blocked", "stopped")
"""What a project can be: see `Plan`."""

LONGEST_MESSAGE = 1000
"""Characters of the message of a blocked project."""

_OWN = {"import": TEXT, "directory": TEXT, "state": one_of(*STATES), "message": TEXT}
# What the values of settings must be is `wstwist.settings`' business.
_FOLDER = Kind("a folder's path, or false for none", lambda value: value is False or type(value) is str)
_SETTINGS = dict.fromkeys(NAMES, ANY) | {"web": _FOLDER, "limits": TABLE}
_LIMITS = [limit.name for limit in fields(Limits)]


@dataclass(frozen=True)
class Plan:
    """What a configuration says of a project.

    Attributes:
        name: The name of its class.
        spec: What is imported, ``MODULE:CLASS``.
        directory: Where its modules are looked for first.
        state: ``"served"``; ``"blocked"``: it runs, and new clients get 503; ``"stopped"``: it does not run.
        message: What new clients of a blocked project are told; empty: that it is closed.
        settings: The settings that go before those of the class, paths absolute.
    """

    name: str
    spec: str
    directory: Path
    state: str = "served"
    message: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


def plan_of(name: str, table: Table, folder: Path) -> Plan:
    """Read one of the tables.

    Args:
        name: The project's.
        table: What stands below ``[projects.NAME]``.
        folder: What paths are relative to.

    Raises:
        WrongKeyError: Says what is wrong, and where.
    """
    keys = ("projects", name)
    check(table, _OWN | _SETTINGS, *keys)
    spec: str = table.get("import", "")
    if spec.rpartition(":")[2] != name:
        raise WrongKeyError(
            f'{place(*keys)}import must name this class, as "module:{name}", not {spec!r}', (*keys, "import")
        )
    try:
        check_message(table.get("message", ""))
    except ConfigurationError as error:
        raise WrongKeyError(f"{place(*keys)}{error}", (*keys, "message")) from None
    settings = {key: value for key, value in table.items() if key not in _OWN}
    return Plan(
        name,
        spec,
        absolute(table.get("directory", "."), folder),
        table.get("state", "served"),
        table.get("message", ""),
        settings_of(name, settings, folder),
    )


def absolute(path: str | Path, folder: Path) -> Path:
    """Give a folder's path without dots, symbolic links as they are."""
    return Path(os.path.normpath(folder / path))


def check_message(message: object) -> None:
    """Refuse what a client could not be told."""
    if not isinstance(message, str) or len(message) > LONGEST_MESSAGE:
        raise ConfigurationError(f"message must be a text of at most {LONGEST_MESSAGE} characters")


def settings_of(name: str, table: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Read the settings among the keys of a project's table: paths become absolute, ``false`` becomes None.

    Args:
        name: The project's.
        table: The settings, as TOML has them.
        folder: What paths are relative to.

    Raises:
        WrongKeyError: One of them is none, or of a wrong kind.
    """
    keys = ("projects", name)
    check(table, _SETTINGS, *keys)
    settings = dict(table)
    if "web" in settings:
        settings["web"] = None if settings["web"] is False else str(folder / settings["web"])
    if isinstance(settings.get("database"), str):
        settings["database"] = _absolute_database(settings["database"], folder)
    if settings.get("reply_timeout") is False:
        settings["reply_timeout"] = None
    if "limits" in settings:
        check_names(settings["limits"], _LIMITS, *keys, "limits")
        settings["limits"] = _switched_off(settings["limits"])
    return settings


def _switched_off(limits: Table) -> Table:
    """Write None, which TOML has not, for those that ``false`` switches off."""
    return {name: None if value is False and name in OPTIONAL else value for name, value in limits.items()}


def _absolute_database(url: str, folder: Path) -> str:
    """Make the path of an SQLite file absolute; other databases have none."""
    scheme, separator, path = url.partition(":///")
    is_file = scheme.startswith("sqlite") and path and not path.startswith((":memory:", "file:"))
    return f"{scheme}{separator}{folder / path}" if is_file else url


# Changing them.


def changed(
    name: str, settings: Mapping[str, Any], changes: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """Give a project's settings after a change.

    Args:
        name: The project's.
        settings: What `settings_of` gave before.
        changes: New values, as TOML has them; None: back to the class's, also within ``limits``.
        folder: What paths are relative to.

    Raises:
        WrongKeyError: One of them is no setting, or of a wrong kind.
    """
    check_names(changes, _SETTINGS, "projects", name)
    limits = changes.get("limits")
    if isinstance(limits, Mapping):
        check_names(limits, _LIMITS, "projects", name, "limits")
    after = dict(settings)
    if isinstance(after.get("limits"), Limits):
        after["limits"] = asdict(after["limits"])
    new = settings_of(name, without_none(changes), folder)
    if "limits" in new:
        new["limits"] = {**after.get("limits", {}), **new["limits"]}
        _drop(new["limits"], limits or {})
    after |= new
    _drop(after, changes)
    if after.get("limits") == {}:
        del after["limits"]
    return after


def write_changes(table: MutableMapping[str, Any], changes: Mapping[str, Any]) -> None:
    """Write a change into a project's table; the changes are those of `changed`."""
    _drop(table, changes)
    for name, value in without_none(changes).items():
        if name == "limits" and name in table:
            _drop(table[name], changes[name])
            for limit, bound in value.items():
                table[name][limit] = bound
        elif value != {}:
            table[name] = value
    if "limits" in table and not table["limits"]:
        del table["limits"]


def write_plan(plan: Plan, folder: Path) -> Table:
    """Give the table of a project whose settings are written apart from it; ``folder`` is the file's."""
    table = {"import": plan.spec}
    if plan.directory != folder:
        is_below = plan.directory.is_relative_to(folder)
        table["directory"] = str(plan.directory.relative_to(folder) if is_below else plan.directory)
    if plan.state != "served":
        table["state"] = plan.state
    if plan.message:
        table["message"] = plan.message
    return table


def _drop(table: MutableMapping[str, Any], changes: Mapping[str, Any]) -> None:
    """Take out what a change says None of."""
    for name, value in changes.items():
        if value is None and name in table:
            del table[name]


def without_none(changes: Mapping[str, Any]) -> Table:
    """Give what a change says anything else of, one level deep."""
    return {
        name: without_none(value) if isinstance(value, Mapping) else _listed(value)
        for name, value in changes.items()
        if value is not None
    }


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
