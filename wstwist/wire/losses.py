# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Log lines of messages that were dropped because clients do not read.

There is one a minute for each project, at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from wstwist.wire.refusals import PERIOD

_log = Logger(namespace="wstwist.wire")


class Loss:
    """What a project's clients did not get since the first such message of a minute."""

    __slots__ = ("clients", "fields", "messages", "path", "timer")

    def __init__(self, path: str, fields: Mapping[str, Any], timer: Any) -> None:
        """Begin."""
        self.path = path
        self.fields = fields
        self.timer = timer
        self.messages = self.clients = 0

    def tell(self) -> None:
        """Log it."""
        _log.info(
            "{path}: messages dropped in the last minute: {messages}, of clients that do not read: {clients} "
            "(limits: slow_client)",
            path=self.path,
            messages=self.messages,
            clients=self.clients,
            **self.fields,
        )


class Losses:
    """Counts what is dropped until a minute is over, and then logs it.

    Args:
        clock: What measures the time.
    """

    def __init__(self, clock: IReactorTime) -> None:
        """Begin with nothing."""
        self._clock = clock
        self._losses: dict[str, Loss] = {}

    def note(self, path: str, fields: Mapping[str, Any], messages: int, before: Loss | None) -> Loss:
        """Count messages of one client.

        Args:
            path: The path of its project.
            fields: What a line in the log says of the project.
            messages: How many were dropped.
            before: What this has given for the client's messages before; None: there were none.
        """
        loss = self._losses.get(path)
        if loss is None:
            timer = self._clock.callLater(PERIOD, self._end, path)
            loss = self._losses[path] = Loss(path, fields, timer)
        loss.messages += messages
        loss.clients += loss is not before
        return loss

    def close(self) -> None:
        """Log what is not logged yet."""
        for path, loss in list(self._losses.items()):
            loss.timer.cancel()
            self._end(path)

    def _end(self, path: str) -> None:
        self._losses.pop(path).tell()
