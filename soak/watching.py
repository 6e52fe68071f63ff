# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What is measured while something is done to a server: its memory, CPU time, and a healthy client's echo."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from soak.served import ROOT, Served

_PATIENCE = 60.0


class Sample(NamedTuple):
    """A server at one moment."""

    seconds: float
    memory: int
    cpu: float
    descriptors: int


class Program:
    """A module of `soak.load` that runs.

    Args:
        module: Its name.
        arguments: Its arguments.
        packages: Whether it needs what is installed, beyond the standard library.
        prefix: A command that runs it, as ``ip netns exec`` does.
    """

    def __init__(
        self, module: str, *arguments: str, packages: bool = True, prefix: Sequence[str] = ()
    ) -> None:
        """Start it."""
        options = () if packages else ("-S",)
        self._child = subprocess.Popen(
            [*prefix, sys.executable, *options, "-m", f"soak.load.{module}", *arguments],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def await_line(self) -> str:
        """Wait for a line that it prints."""
        assert self._child.stdout is not None  # noqa: S101 - a pipe was asked for
        return self._child.stdout.readline().strip()

    def write(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self._child.stdin is not None  # noqa: S101 - a pipe was asked for
        self._child.stdin.write(f"{line}\n")
        self._child.stdin.flush()

    def finish(self, patience: float = _PATIENCE) -> Any:
        """End its standard input, and give what it printed, decoded.

        Raises:
            RuntimeError: It has failed.
        """
        try:
            out, _ = self._child.communicate(timeout=patience)
        finally:
            self.kill()
        if self._child.returncode:
            raise RuntimeError(f"{self._child.args!r} ended with {self._child.returncode}")
        return json.loads(out)

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self._child.send_signal(number)

    def kill(self) -> None:
        """End it, whatever it does; may be called twice."""
        self._child.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                pipe.close()
        self._child.wait()


@dataclass
class Echoes:
    """How long a healthy client waited for its echoes, in seconds."""

    times: list[float] = field(default_factory=list)

    @property
    def most(self) -> float:
        """The longest."""
        return max(self.times)

    def share(self, part: float) -> float:
        """Give the time within which this part of them came, 0.99 for the 99th percentile."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


class Watch:
    """Watches a server while the ``with`` block runs.

    Args:
        served: The server.
        path: A project that echoes.
        pause: Seconds between two echoes of the healthy client.
        interval: Seconds between two samples.

    Attributes:
        samples: The server from the beginning to the end.
        echoes: The healthy client's, once the block has ended.
        grown: How much resident memory the server had at most beyond what it had at the beginning, likewise.
    """

    def __init__(
        self, served: Served, path: str = "/Echo", pause: float = 0.01, interval: float = 1.0
    ) -> None:
        """Begin with nothing."""
        self._served = served
        self._path = path
        self._pause = pause
        self._interval = interval
        self.samples: list[Sample] = []
        self.echoes = Echoes()
        self.grown = 0

    def __enter__(self) -> Self:
        """Begin to watch."""
        served = self._served
        where = (served.host, str(served.port), self._path, str(self._pause))
        self._healthy = Program("healthy", *where, packages=False)
        if self._healthy.await_line() != "ready":
            self._healthy.kill()
            raise RuntimeError("the healthy client cannot connect")
        self._began = time.monotonic()
        self._sample()
        served.process.forget_most_memory()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep_sampling, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """Measure for the last time."""
        self._stop.set()
        self._thread.join()
        if kind is not None:
            self._healthy.kill()
            return
        self._sample()
        self.grown = self._served.process.most_memory - self.samples[0].memory
        self.echoes = Echoes(self._healthy.finish())

    @property
    def seconds(self) -> float:
        """How long it has been."""
        return time.monotonic() - self._began

    @property
    def cpu(self) -> float:
        """The CPU time that the server has used, in seconds."""
        return self.samples[-1].cpu - self.samples[0].cpu

    def _keep_sampling(self) -> None:
        while not self._stop.wait(self._interval):
            self._sample()

    def _sample(self) -> None:
        process = self._served.process
        self.samples.append(
            Sample(time.monotonic() - self._began, process.memory, process.cpu, process.descriptors)
        )
