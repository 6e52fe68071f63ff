# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Processes of a cluster, which can be ended, stopped, continued and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TypeVar

from benchmarks.processes import ROOT, ServerError, pinned

_PATIENCE = 30.0

T = TypeVar("T")


def until(found: Callable[[], T | None], what: str, patience: float = _PATIENCE) -> T:
    """Wait until something is there.

    Raises:
        ServerError: It is not in time.
    """
    end = time.monotonic() + patience
    while (value := found()) is None:
        if time.monotonic() > end:
            raise ServerError(f"{what}: not within {patience:g} s")
        time.sleep(0.01)
    return value


class Process:
    """A process.

    Args:
        command: What starts it.
        folder: Where it runs, and what it prints is kept.
        core: Where it runs, too; None: anywhere.
    """

    def __init__(self, command: Sequence[str], folder: Path, core: int | None = None) -> None:
        """Start nothing yet."""
        self._command = list(command)
        self._folder = folder
        self._core = core
        self._process: subprocess.Popen[bytes] | None = None
        self.log = folder / "log"

    def launch(self) -> None:
        """Start it, and wait for nothing; what it printed before is lost."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(self._folder)}
        with self.log.open("wb") as log, nullcontext() if self._core is None else pinned(self._core):
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def pid(self) -> int:
        """Its number."""
        if self._process is None or self._process.poll() is not None:
            raise ServerError(f"ended: {self.said().rstrip().rpartition(chr(10))[2] or 'it said nothing'}")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has been started, and not ended."""
        return self._process is not None and self._process.poll() is None

    def said(self) -> str:
        """Give what it has printed."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def cpu(self) -> float:
        """Give the seconds of user and system time of all its threads."""
        return time.clock_gettime((~self.pid << 3) | 2)  # clock_getcpuclockid(3), as Linux makes it

    def stop(self) -> None:
        """Let it do nothing (SIGSTOP)."""
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on (SIGCONT)."""
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it (SIGKILL); may be called twice."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
