# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Where the demonstration's database stands: in a folder of the user's, wherever the server runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sqlalchemy import URL

VARIABLE = "WSTWIST_DEMO_DATABASE"
"""The environment variable with another database URL."""

IN_MEMORY = "sqlite:///:memory:"


def database() -> str:
    """Give the database's URL; a file's folder is made, for this user alone.

    It is what the environment says, else a file in the user's state folder; where that cannot be written,
    as for a user without a home, the messages are kept in memory.
    """
    return os.environ.get(VARIABLE) or _in_file(folder() / "demo.db")


def folder() -> Path:
    """Give the folder where programs of this platform keep a user's state."""
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home() raises where there is none
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "wstwist"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "wstwist"
    state = Path(os.environ.get("XDG_STATE_HOME", ""))  # relative ones are invalid, says its specification
    return (state if state.is_absolute() else home / ".local" / "state") / "wstwist"


def _in_file(path: Path) -> str:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return IN_MEMORY
    is_writable = os.access(path.parent, os.W_OK | os.X_OK) and (
        not path.exists() or os.access(path, os.W_OK)
    )
    return URL.create("sqlite", database=str(path)).render_as_string() if is_writable else IN_MEMORY
