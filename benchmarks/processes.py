# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Servers as processes: pinned to a core, awaited, read, ended."""

from __future__ import annotations

import os
import resource
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from benchmarks.contestants import Contestant, Order
from benchmarks.servers.common import HOST

ROOT = Path(__file__).parents[1]
_START = 20.0
_KIB = 1024


class ServerError(Exception):
    """A server does not start, or has gone."""


@dataclass(frozen=True)
class Cores:
    """Where the two sides run."""

    server: int
    load: int


def choose_cores() -> Cores:
    """Choose two cores that do not share one, where there are such; on a single one both sides run there."""
    allowed = sorted(os.sched_getaffinity(0))
    server = allowed[0]
    others = [core for core in allowed if core not in _siblings(server)] or allowed[1:] or allowed
    return Cores(server, others[0])


def _siblings(core: int) -> set[int]:
    path = Path(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list")
    with suppress(OSError, ValueError):
        parts = [part.partition("-") for part in path.read_text().strip().split(",")]
        return {number for first, _, last in parts for number in range(int(first), int(last or first) + 1)}
    return {core}


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Have processes that are started meanwhile run on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def allow_many_files() -> None:
    """Let this process, and those that it starts, open as many files as the machine permits."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as found:
        found.bind((HOST, 0))
        port: int = found.getsockname()[1]
        return port


class Server:
    """A contestant's running server.

    Attributes:
        pids: Its process and those that it has started.
    """

    def __init__(self, contestant: Contestant, order: Order, core: int, folder: Path) -> None:
        """Start it, and wait until it answers.

        Args:
            contestant: Whose server it is.
            order: What it is to do.
            core: Where it runs.
            folder: Where it runs, too, and what it prints is kept.

        Raises:
            ServerError: It does not start.
        """
        self._log = folder / "server.log"
        self.pids: list[int] = []
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        with self._log.open("wb") as log, pinned(core):
            try:
                self._process = subprocess.Popen(
                    contestant.command(order),
                    cwd=folder,
                    env=environment,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            except OSError as error:
                raise ServerError(f"cannot be started: {error.strerror}") from None
        try:
            self._await(order, contestant.path(order))
        except BaseException:
            self.stop()
            raise
        self.pids = _family(self._process.pid)

    def _await(self, order: Order, path: str) -> None:
        end = time.monotonic() + _START
        while not _answers(order, path):
            if self._process.poll() is not None:
                raise ServerError(f"ended while it started: {self.last_words()}")
            if time.monotonic() > end:
                raise ServerError(f"did not answer within {_START:g} s: {self.last_words()}")
            time.sleep(0.05)

    def last_words(self) -> str:
        """Give the last line that it printed."""
        lines = self._log.read_text(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "it said nothing")

    @property
    def has_ended(self) -> bool:
        """Whether it is gone."""
        return self._process.poll() is not None

    def memory(self) -> int:
        """Give the bytes that it has taken; what is mapped from files does not count."""
        return sum(_proportional_size(pid) for pid in self.pids)

    def stop(self) -> None:
        """End it; may be called twice."""
        if self._process.poll() is None:
            for pid in reversed(_family(self._process.pid)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._process.wait()


def _answers(order: Order, path: str) -> bool:
    context = None
    if order.pair:
        context = ssl.create_default_context(cafile=str(order.pair.cert))
        context.check_hostname = False
    url = f"{'wss' if context else 'ws'}://{HOST}:{order.port}{path}"
    try:
        with connect(url, ssl=context, compression=None, proxy=None, open_timeout=_START):
            return True
    except (OSError, WebSocketException):
        return False


def _family(pid: int) -> list[int]:
    """Give a process and all that descend from it."""
    children: set[int] = set()
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            children.update(map(int, (task / "children").read_text().split()))
    return [pid, *(member for child in sorted(children) for member in _family(child))]


def _proportional_size(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * _KIB for line in lines if line.startswith("Pss_Anon:"))
