# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Where and with what it was measured. No names of hosts or folders are in it."""

from __future__ import annotations

import json
import os
import platform
import ssl
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.contestants import FOLDER, Contestant


def machine() -> dict[str, str]:
    """Describe the machine."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}, {platform.machine()}",
    }


def versions(contestants: Sequence[Contestant]) -> dict[str, str]:
    """Collect the versions of what took part."""
    packages = sorted({package for one in contestants for package in one.packages}, key=str.lower)
    found = {"Python": platform.python_version(), "OpenSSL (Python's)": ssl.OPENSSL_VERSION.split()[1]}
    found |= {package: _version(package) for package in packages}
    if any(one.name == "ws" for one in contestants):
        found |= {"Node": _first_line("node", "--version").lstrip("v"), "ws": _node_version("ws")}
    return found | {"C compiler": _first_line("cc", "--version")}


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def _node_version(package: str) -> str:
    try:
        text = (FOLDER / "node_modules" / package / "package.json").read_text()
    except OSError:
        return "missing"
    return str(json.loads(text)["version"])


def _first_line(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.partition("\n")[0]
    except OSError:
        return "missing"
