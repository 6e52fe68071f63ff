# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A small disk, which can be filled."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp

from twisted.trial.unittest import SkipTest, TestCase

SIZE = 1024 * 1024
"""Bytes of a small disk."""


class SmallDisk:
    """A file system of a megabyte, which the test's end unmounts.

    Args:
        test: The test.

    Attributes:
        folder: Where it is.
    """

    def __init__(self, test: TestCase) -> None:
        """Mount it; where this user may not the test is skipped."""
        self.folder = Path(mkdtemp(prefix="wstwist-disk-"))
        test.addCleanup(self.folder.rmdir)
        command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(self.folder)]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise SkipTest(f"no small disk can be mounted: {error}") from None
        test.addCleanup(subprocess.run, ["umount", "-l", str(self.folder)], check=True)

    def fill(self) -> None:
        """Leave no room."""
        with suppress(OSError), (self.folder / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))

    def free(self) -> None:
        """Give the room back."""
        (self.folder / "filler").unlink()
