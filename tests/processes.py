# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A server in a process of its own, which can be killed and started again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.trial.unittest import FailTest

import wstwist

ROOT = Path(wstwist.__file__).parents[1]
TWISTD = str(Path(sysconfig.get_path("scripts")) / "twistd")
PATIENCE = 20.0


def until(is_so: Callable[[], Any], what: str) -> Any:
    """Wait until something is so; where it is not in time, the test has failed."""
    end = time.monotonic() + PATIENCE
    while not (value := is_so()):
        if time.monotonic() > end:
            raise FailTest(f"{what}: not within {PATIENCE:g} s")
        time.sleep(0.02)
    return value


class Server:
    """``twistd wsproject``, on a port that it keeps over a restart.

    Args:
        folder: Where it runs; the demonstration's messages are there.
        options: Options that say where it listens; without any that is a free port.
        projects: What is served; the demonstration if nothing.
        before: Options of twistd's own.
        descriptors: How many file descriptors it may have; as many as this process if None.
        variables: What is added to its environment.
        log: The log file that ``before`` names, if it does.
        admin: The administration's endpoint; "" for what the configuration says, or the default one.
    """

    def __init__(
        self,
        folder: Path,
        *options: str,
        projects: tuple[str, ...] = (),
        before: tuple[str, ...] = (),
        descriptors: int | None = None,
        variables: dict[str, str] | None = None,
        log: Path | None = None,
        admin: str = "off",
    ) -> None:
        self._folder = folder
        self._options = options
        self._projects = projects
        self._before = before
        self._limits = [] if descriptors is None else ["prlimit", f"--nofile={descriptors}"]
        self._variables = variables or {}
        self._admin = admin
        self.log = log or folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def start(self) -> None:
        """Start it, and wait until it serves."""
        self.launch()
        self.wait()

    def wait(self) -> None:
        """Wait until it serves."""
        process = self.process
        found = until(lambda: self._find_url() or process.poll() is not None, "the start")
        if found is True:
            raise FailTest(f"the server has not started: {(self._folder / 'log').read_text()}")
        self.port = int(found[1])

    def _find_url(self) -> re.Match[str] | None:
        return re.search(r" at wss?://\S+:(\d+)/", self.log.read_text() if self.log.exists() else "")

    def launch(self) -> None:
        """Start it, and wait for nothing."""
        with (self._folder / "log").open("wb") as file:
            self._process = subprocess.Popen(
                [
                    *self._limits,
                    *(sys.executable, TWISTD, "-n", "--pidfile=", *self._before),
                    *("wsproject", *self._where(), *self._projects),
                ],
                cwd=self._folder,
                env={
                    **os.environ,
                    "PYTHONPATH": str(ROOT),
                    "WSTWIST_DEMO_DATABASE": f"sqlite:///{self._folder}/demo.db",
                    **self._variables,
                },
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def kill(self, by: int = signal.SIGKILL) -> None:
        """End it."""
        if self._process is not None:
            self._process.send_signal(by)
            self._process.wait(PATIENCE)
            self._process = None

    def freeze(self) -> None:
        """Let it do nothing more, with its connections open."""
        self.send(signal.SIGSTOP)

    def send(self, number: int) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The process."""
        assert self._process is not None
        return self._process

    def _where(self) -> list[str]:
        admin = [f"--admin={self._admin}"] if self._admin else []
        return ["--interface=127.0.0.1", *admin, *(self._options or [f"--port={self.port}"])]
