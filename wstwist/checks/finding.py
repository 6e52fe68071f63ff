# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What a check has found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path


class Kind(Enum):
    """What is found; the values are what programs read."""

    REFUSED = "refused"
    SHARED = "shared-variable"
    BLOCKING = "blocking-call"
    LARGE = "large-copy"
    NEAR_SETTING = "near-setting"

    @property
    def is_error(self) -> bool:
        """Whether the server would not start."""
        return self is Kind.REFUSED


@dataclass(frozen=True)
class Finding:
    """What a check has found.

    Attributes:
        kind: What it is.
        project: The name of the project that it concerns; empty: of all of them.
        file: The file in which it is; None where it is in none.
        line: The line there; None where it is in none.
        message: What is wrong.
        advice: What would be right; empty where the message says so.
    """

    kind: Kind
    project: str
    file: Path | None
    line: int | None
    message: str
    advice: str = ""

    @property
    def place(self) -> str:
        """File and line, the file as it is called from the current folder; empty where it is in none."""
        if self.file is None:
            return ""
        folder = Path.cwd()
        name = self.file.relative_to(folder) if self.file.is_relative_to(folder) else self.file
        return str(name) if self.line is None else f"{name}:{self.line}"
