# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What an archive says of itself, in a file of its own."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from wstwist._version import __version__
from wstwist.exceptions import ConfigurationError

NAME = "wstwist-export.json"
"""The manifest's name in the archive."""

CONFIGURATION = "wstwist.toml"
"""The configuration's."""

FORMAT = 1
"""The version of the archive's layout."""


class LeftOut(NamedTuple):
    """Something that the archive does not have.

    Attributes:
        name: A file or folder, or what else it is.
        why: Why not.
    """

    name: str
    why: str


class Manifest(NamedTuple):
    """What an archive has.

    Attributes:
        projects: ``name``, ``import``, ``directory`` and ``state`` of each; the directory is in the archive.
        data: Whether databases are in it.
        files: How many files there are, the manifest apart.
        left_out: What is not in it.
        notes: What else somebody should know who has it.
        wstwist: The version that made it.
        python: The version of Python that served it.
        exported_at: When, in ISO 8601.
    """

    projects: Sequence[dict[str, str]]
    data: bool
    files: int
    left_out: Sequence[LeftOut]
    notes: Sequence[str]
    wstwist: str
    python: str
    exported_at: str

    @classmethod
    def now(
        cls,
        projects: Sequence[dict[str, str]],
        left_out: Sequence[LeftOut],
        notes: Sequence[str],
        files: int,
        *,
        data: bool,
    ) -> Manifest:
        """Make the manifest of an archive that is made now."""
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(projects, data, files, left_out, notes, __version__, platform.python_version(), moment)

    def as_dict(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        return {
            "format": FORMAT,
            **self._asdict(),
            "left_out": [each._asdict() for each in self.left_out],
        }

    def encode(self) -> bytes:
        """Give the file's content."""
        return json.dumps(self.as_dict(), indent=2).encode("ascii") + b"\n"


def decode(content: bytes) -> Manifest:
    """Read the file.

    Raises:
        ConfigurationError: It is none, or a newer wstwist's.
    """
    try:
        document = json.loads(content)
        version = document.pop("format")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ConfigurationError(f"{NAME} in it is no manifest") from None
    if version != FORMAT:
        maker = str(document.get("wstwist"))[:100]
        raise ConfigurationError(
            f"it was exported by wstwist {maker}, which this version does not understand"
        )
    try:
        left_out = [LeftOut(str(each["name"]), str(each["why"])) for each in document.pop("left_out")]
        notes = [str(each) for each in document.pop("notes")]
        projects = [
            {key: str(each[key]) for key in ("name", "import", "directory", "state")}
            for each in document.pop("projects")
        ]
        texts = {key: str(document[key]) for key in ("wstwist", "python", "exported_at")}
        return Manifest(projects, bool(document["data"]), int(document["files"]), left_out, notes, **texts)
    except (TypeError, KeyError, ValueError):
        raise ConfigurationError(f"{NAME} in it is no manifest") from None
