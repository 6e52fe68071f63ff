# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The supervisor: it binds, starts workers, looks after them, and serves nobody itself."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.error import ReactorNotRunning
from twisted.logger import Logger

from wstwist import log_output, server
from wstwist.admin.setting_up import OFF
from wstwist.config import ADMIN
from wstwist.exceptions import ConfigurationError
from wstwist.supervising.process import Ended, WorkerProcess
from wstwist.supervising.slots import Slots
from wstwist.supervising.sockets import Sockets
from wstwist.supervising.worker import Worker
from wstwist.wire import endpoints

if TYPE_CHECKING:
    from wstwist.cluster.private_nats import PrivateNats
    from wstwist.config import Configuration
    from wstwist.signals import Signals

_log = Logger(namespace="wstwist")


class Supervisor(Service):
    """Looks after workers.

    Args:
        configuration: What they serve, and where.
        workers: How many there are.
        words: The command line of a worker, behind ``twistd``.
        nats: The NATS between them, if it is ours.
        reactor: What it runs on.

    Raises:
        ConfigurationError: Something cannot be bound.
    """

    def __init__(
        self,
        configuration: Configuration,
        workers: int,
        words: Sequence[str],
        nats: PrivateNats | None,
        reactor: Any,
    ) -> None:
        """Bind all sockets; nothing is started yet."""
        self._reactor = reactor
        self._words = words
        self._nats = nats
        self._workers = workers
        self._sockets = Sockets(workers)
        self._slots = Slots(workers, reactor, self._start, self._failed)
        self._folder = TemporaryDirectory(prefix="wstwist-workers-")
        self._numbers = count()
        self._living, self._life = os.pipe()  # whoever reads it learns of our end
        self._has_failed = False
        self._bind(configuration)

    @property
    def has_failed(self) -> bool:
        """Whether no worker could serve."""
        return self._has_failed

    def _bind(self, configuration: Configuration) -> None:
        try:
            for place in server.places(configuration):
                self._sockets.bind(place.name, place.endpoint, place.description)
            self._bind_for_first("metrics", configuration.metrics)
            if configuration.admin != OFF:
                self._bind_admin(configuration.admin)
        except ConfigurationError:
            self._sockets.close()
            raise

    def _bind_for_first(self, name: str, description: str | None) -> None:
        if description is not None:
            make = partial(endpoints.parse_setting, description=description, setting=name)
            self._sockets.bind(name, make, description, is_for_all=False)

    def _bind_admin(self, description: str | None) -> None:
        try:
            self._bind_for_first("admin", description or ADMIN)
        except ConfigurationError:  # then the first worker says that there is none
            if description is not None:
                raise

    # Beginning and ending.

    def startService(self) -> None:  # noqa: N802 - IService
        """Start NATS, if it is ours, and then all workers."""
        super().startService()  # type: ignore[no-untyped-call]
        if self._nats is None:
            self._reactor.callWhenRunning(self._start_all)
        else:
            self._reactor.callWhenRunning(self._nats.start, self._living, self._start_all, self._end)

    def _start_all(self) -> None:
        if self.running and not self._slots.is_stopping:
            _log.info("{count} workers", count=self._workers)
            self._slots.start()

    def stopService(self) -> Deferred[None]:  # noqa: N802 - IService
        """Stop all workers gracefully, then NATS; fires when they have ended."""
        super().stopService()  # type: ignore[no-untyped-call]
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        await self._slots.stop()
        if self._nats is not None:
            await self._nats.stop()
        os.close(self._life)
        os.close(self._living)
        self._sockets.close()
        self._folder.cleanup()

    def send(self, name: str) -> None:
        """Send all workers a signal."""
        self._slots.send(name)

    def replace(self) -> None:
        """Replace all workers, one after the other."""
        _log.info("the workers are replaced, one after the other")
        self._slots.replace()

    # Workers.

    def _start(self, slot: int) -> WorkerProcess:
        sockets = self._sockets.of(slot)
        first_free = 1 + max((2, self._living, self._life, *sockets.values()))
        nats = self._nats
        worker = Worker(
            slot=slot,
            workers=self._workers,
            sockets=sockets,
            telling=first_free,
            living=first_free + 1,
            nats=() if nats is None else (nats.url,),
            nats_token=None if nats is None else nats.token,
        )
        process = WorkerProcess(worker, log_output.write, self._slots.ready, self.replace, self._ended)
        file = Path(self._folder.name) / f"worker-{next(self._numbers)}"
        process.start(self._reactor, self._words, file, sockets, self._living)
        return process

    def _ended(self, process: WorkerProcess, how: Ended) -> None:
        self._slots.ended(process, how)

    def _failed(self) -> None:
        """Stop, for not a single worker could serve; it has said why."""
        if not self._has_failed:
            self._has_failed = True
            self._end()

    def _end(self) -> None:
        self._has_failed = True
        try:
            self._reactor.stop()
        except ReactorNotRunning:
            return


def make(
    configuration: Configuration,
    workers: int,
    words: Sequence[str],
    signals: Signals,
    reactor: Any,
    state: Path | None,
) -> Supervisor:
    """Make the supervisor that a configuration asks for, its ports bound.

    Args:
        configuration: What is served where.
        workers: How many there are.
        words: The command line of a worker, behind ``twistd``.
        signals: What SIGTERM and SIGHUP do.
        reactor: What it runs on.
        state: Where NATS keeps its files; None: in a temporary folder.

    Raises:
        ConfigurationError: Says in one line what cannot be.
    """
    nats = None if configuration.nats else _private_nats(state, reactor)
    supervisor = Supervisor(configuration, workers, words, nats, reactor)
    signals.reload = partial(supervisor.send, "HUP")
    reactor.callWhenRunning(signals.install, _LONGEST_STOP)
    reactor.callWhenRunning(_handle, signal.SIGUSR2, partial(reactor.callFromThread, supervisor.replace))
    reactor.addSystemEventTrigger("after", "shutdown", _exit_if, supervisor, signals)
    return supervisor


_LONGEST_STOP = 3600.0
"""Seconds that the workers may take to stop: each has its own limit."""


def _handle(number: int, function: Callable[[], object]) -> None:
    signal.signal(number, lambda *_: function())


def _exit_if(supervisor: Supervisor, signals: Signals) -> None:
    """End with status 1 where no worker could serve."""
    if supervisor.has_failed:
        signals.end(1)


def _private_nats(state: Path | None, reactor: Any) -> PrivateNats:
    from wstwist.cluster.private_nats import PrivateNats  # noqa: PLC0415 - where it is needed

    return PrivateNats(state, reactor)
