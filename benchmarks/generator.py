# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The load generator: compiled here, and run."""

from __future__ import annotations

import json
import select
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SOURCES = Path(__file__).parent / "load"
_LIBRARIES = ("-lssl", "-lcrypto", "-lz")
_PATIENCE = 60.0
_OPENING = 300.0


class LoadError(Exception):
    """The generator cannot be built, or found something wrong."""


def build(folder: Path) -> Path:
    """Compile the generator.

    Args:
        folder: Where it is put.

    Raises:
        LoadError: Says what is missing.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        raise LoadError("the load generator needs a C compiler: no cc here")
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "load"
    sources = sorted(map(str, SOURCES.glob("*.c")))
    built = subprocess.run(
        [compiler, "-O2", "-o", program, *sources, *_LIBRARIES], capture_output=True, text=True, check=False
    )
    if built.returncode:
        errors = [line for line in built.stderr.splitlines() if "error" in line] or ["the compiler failed"]
        hint = "it needs OpenSSL's and zlib's header files (Debian: libssl-dev, zlib1g-dev)"
        raise LoadError(f"the load generator does not compile; {hint}: {errors[0]}")
    return program


def run(command: list[str]) -> dict[str, Any]:
    """Run the generator, and give what it found.

    Raises:
        LoadError: Says what was wrong.
    """
    try:
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        raise LoadError(f"the load generator did not end within {_PATIENCE:g} s") from None
    return _read(ended.stdout)


@contextmanager
def held(command: list[str]) -> Iterator[dict[str, Any]]:
    """Have idle clients connected meanwhile, and give what they needed to connect.

    Raises:
        LoadError: They could not connect, or did not stay connected.
    """
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as load:
        try:
            ready, _, _ = select.select([load.stdout], [], [], _OPENING)
            yield _read(load.stdout.readline() if load.stdout and ready else "")
            if load.poll() is not None:
                raise LoadError("idle clients did not stay connected")
        finally:
            load.kill()


def _read(line: str) -> dict[str, Any]:
    """Understand the generator's line.

    Raises:
        LoadError: There is none, or it tells an error.
    """
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError:
        raise LoadError("the load generator said nothing") from None
    if "error" in found:
        raise LoadError(found["error"])
    return found
