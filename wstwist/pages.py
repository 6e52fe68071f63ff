# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What a server shows at ``/`` to those who come without WebSocket."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from twisted.web.resource import IResource

from wstwist.exceptions import ConfigurationError
from wstwist.settings import Settings
from wstwist.wire import web


def find_folder(projects: Iterable[tuple[str, Settings]]) -> Path | None:
    """Give the folder that one of these projects shows, each given with its name; None where none does.

    Raises:
        ConfigurationError: Two of them have one.
    """
    folders: dict[Path, str] = {}
    for name, settings in projects:
        if settings.web is not None:
            folders[settings.web] = name
    if len(folders) > 1:
        listed = " and ".join(f"{name}: {folder}" for folder, name in folders.items())
        raise ConfigurationError(
            f"two projects have a web folder, and both would be at /: {listed}; switch one off: web = false "
            "(wstwist add --set web=false)"
        )
    return next(iter(folders), None)


def resource_of(folder: Path | None) -> IResource:
    """Give what shows a folder, or else a short page."""
    return web.about() if folder is None else web.folder(folder)
