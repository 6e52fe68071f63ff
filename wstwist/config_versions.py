# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Versions of the configuration file's format: an older one is understood, and written as the newest."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

from wstwist.config_checks import WrongKeyError

VERSION = 2
"""The newest version, which a file has that does not say."""


def upgrade(table: MutableMapping[str, Any]) -> None:
    """Make a whole file one of the newest version.

    Args:
        table: What stands in it; a document of tomlkit's keeps its comments.

    Raises:
        WrongKeyError: There is no such version, or only a newer wstwist knows it.
    """
    if "version" not in table:
        return
    version = table["version"]
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        wanted = f"version must be 1 to {VERSION}, the version of this format, not {version!r}"
        raise WrongKeyError(wanted, ["version"])
    if version > VERSION:
        newer = f"version {version} is a newer wstwist's; this one knows versions 1 to {VERSION}"
        raise WrongKeyError(newer, ["version"])
    for step in range(version, VERSION):
        _STEPS[step](table)
    if version < VERSION:
        table["version"] = VERSION


def _to_2(table: MutableMapping[str, Any]) -> None:
    """Take out a ``[projects]`` without projects: it meant the demonstration, and means no project now.

    Version 2 has ``directory``, ``state`` and ``message`` of projects, too.
    """
    if "projects" in table and table["projects"] == {}:
        del table["projects"]


_STEPS: dict[int, Callable[[MutableMapping[str, Any]], None]] = {1: _to_2}
