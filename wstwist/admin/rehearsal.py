# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Whether projects could be served again, found out by another process before this one ends."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

from wstwist.config_projects import Plan
from wstwist.exceptions import ConfigurationError

_PATIENCE = 20.0
"""Seconds that the import of a project may take."""


def rehearse(plans: Sequence[Plan]) -> None:
    """Import projects in another process; blocking.

    Args:
        plans: What the configuration says of them.

    Raises:
        ConfigurationError: One of them would not be served.
    """
    for plan in plans:
        if plan.state != "stopped":
            _rehearse(plan)


def _rehearse(plan: Plan) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "wstwist.cli", "check", "--json", "--", plan.spec],
            cwd=plan.directory,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
        findings = json.loads(done.stdout)["findings"]
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError, TypeError):
        return  # it cannot be told beforehand
    for each in findings:
        if each["level"] == "error" and each["project"] == plan.name:
            place = "" if each["file"] is None else f"{each['file']}:{each['line']}: "
            raise ConfigurationError(f"{plan.name} could not be served again: {place}{each['message']}")
