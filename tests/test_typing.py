# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What ``mypy --strict`` says to authors: of the projects in tests/typing, and of the examples."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from unittest import SkipTest

from twisted.trial.unittest import TestCase

import wstwist

ROOT = Path(wstwist.__file__).parents[1]

FOUND = re.compile(r"^(?P<file>[^:]+):(?P<line>\d+): error: .*\[(?P<code>[a-z-]+)\]$", re.MULTILINE)
ANNOUNCED = re.compile(r"  # error: (?P<code>[a-z-]+)$")


class TypingTests(TestCase):
    """Errors are found where they should be, and nowhere else."""

    def test_projects(self):
        """Without any configuration, mypy finds exactly the errors that comments announce."""
        files = sorted((ROOT / "tests" / "typing").glob("*.py"))
        announced = {
            (file.name, number, comment["code"])
            for file in files
            for number, line in enumerate(file.read_text().splitlines(), 1)
            if (comment := ANNOUNCED.search(line))
        }
        self.assertEqual({name for name, _line, _code in announced}, {"errors.py"})
        output = mypy(*files, options=["--config-file=", "--cache-dir=.mypy_cache/authors"])
        found = {
            (Path(error["file"]).name, int(error["line"]), error["code"]) for error in FOUND.finditer(output)
        }
        self.assertEqual((found - announced, announced - found), (set(), set()))
        self.assertIn(f"Found {len(announced)} errors in 1 file (checked {len(files)} ", output)

    def test_examples(self):
        """As this repository configures it, mypy finds nothing wrong in the examples."""
        files = sorted((ROOT / "examples").glob("*.py"))
        self.assertEqual(mypy(*files), f"Success: no issues found in {len(files)} source files\n")


def mypy(*files: Path, options: list[str] | None = None) -> str:
    """Check files, but not wstwist itself: that is the linters' business."""
    if find_spec("mypy") is None:
        if os.environ.get("CI") == "true":
            raise AssertionError("no mypy, which CI must have")
        raise SkipTest("no mypy")
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--follow-imports=silent",
            *(options or []),
            *map(str, files),
        ],
        cwd=ROOT,
        env=os.environ | {"MYPYPATH": f"{ROOT}{os.pathsep}{ROOT / 'examples'}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    ).stdout
