# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The projects of a server begin and stop, each by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.reflect import safe_str

from wstwist import stopping
from wstwist.exceptions import ConfigurationError
from wstwist.host import Host


class Running:
    """Begins and stops projects.

    Args:
        reactor: What measures time.
        stopped: Called with a project that has stopped.

    Attributes:
        is_serving: Whether the server has started, and does not stop: else nothing begins.
    """

    def __init__(self, reactor: Any, stopped: Callable[[Host], object]) -> None:
        """Begin nothing yet."""
        self.is_serving = False
        self._reactor = reactor
        self._stopped = stopped
        self._stopping: dict[Host, list[Deferred[None]]] = {}

    @property
    def stopping(self) -> list[Host]:
        """The projects that are stopping."""
        return list(self._stopping)

    def can_begin(self, host: Host) -> bool:
        """Whether a project does not run, and can."""
        return self.is_serving and not host.is_started and host not in self._stopping

    def begin(self, host: Host) -> None:
        """Start a project.

        Raises:
            ConfigurationError: It cannot start; it is closed then.
        """
        try:
            host.start()
        except ConfigurationError:
            host.close()
            raise
        except BaseException as error:  # whatever it is, an author's __init__ ends no other project
            host.log_error(host.service, "__init__", error)
            host.close()
            why = " ".join(safe_str(error).split())
            raise ConfigurationError(f"__init__: {type(error).__name__}: {why}") from error
        host.scheduler.run()

    def stop(self, host: Host) -> Deferred[None]:
        """Stop a project, once however often it is asked for; never fails."""
        told: Deferred[None] = Deferred()
        is_first = host not in self._stopping
        self._stopping.setdefault(host, []).append(told)
        if is_first:
            Deferred.fromCoroutine(self._stop(host)).addCallback(lambda _: self._has_stopped(host))
        return told

    async def _stop(self, host: Host) -> None:
        try:
            await stopping.stop(host, self._reactor)
        except Exception:  # noqa: BLE001 - the other projects are to be stopped, too
            host.log.failure("{project}: stopping failed", project=host.definition.name)

    def _has_stopped(self, host: Host) -> None:
        for told in self._stopping.pop(host):
            told.callback(None)
        self._stopped(host)
