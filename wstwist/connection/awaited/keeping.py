# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Bringing a connection back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import isawaitable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger

from wstwist.connection.awaited.dialing import Reached
from wstwist.connection.awaited.retrying import Backoff, Hook, Reconnect, asked_for, is_final
from wstwist.connection.awaited.waiting import drive, outside
from wstwist.exceptions import ConnectError, ConnectionClosed

_log = Logger(namespace="wstwist.connection")


class Keeper:
    """Makes a connection, and makes it again.

    Args:
        dial: Tries once.
        clock: The reactor.
        reconnect: When to try again; None: never.
    """

    def __init__(
        self, dial: Callable[[], Deferred[Reached]], clock: IReactorTime, reconnect: Reconnect | None
    ) -> None:
        """Begin without a connection."""
        self._dial = dial
        self._clock = clock
        self._reconnect = reconnect or Reconnect()
        self._backoff = None if reconnect is None else Backoff(reconnect)
        self._since = 0.0
        self._loop = getattr(clock, "_asyncioEventloop", None)

    async def reach(self) -> Reached:
        """Try until there is a connection.

        Raises:
            ConnectError: There is none, and no other attempt makes sense.
        """
        while True:
            try:
                reached = await self._dial()
            except ConnectError as error:
                if self._backoff is None or is_final(error):
                    raise
                delay = self._backoff.delay(asked_for(error))
                self._tell(self._reconnect.on_failure, error, delay)
                await deferLater(self._clock, delay)
            else:
                self._since = self._clock.seconds()
                return reached

    def may_return(self, closed: ConnectionClosed) -> bool:
        """Whether a connection that ended like this is to be made again."""
        return self._backoff is not None and not is_final(closed)

    async def reach_again(self, closed: ConnectionClosed) -> Reached:
        """Wait, and try until there is a connection again; as `reach`."""
        assert self._backoff is not None  # noqa: S101 - may_return() was asked
        self._backoff.lasted(self._clock.seconds() - self._since)
        self._tell(self._reconnect.on_loss, closed)
        await deferLater(self._clock, self._backoff.delay())
        return await self.reach()

    def has_returned(self, connection: Any) -> None:
        """Tell the program, at once, that its connection is open again."""
        if self._reconnect.on_return is not None:
            outside(partial(self._call, self._reconnect.on_return, connection))

    def _tell(self, hook: Hook | None, *args: object) -> None:
        """Call a hook in the next turn of the reactor: it may close the connection."""
        if hook is not None:
            self._clock.callLater(0, self._call, hook, *args)

    def _call(self, hook: Hook, *args: object) -> None:
        """Call a hook, and run what it returns to its end; what it raises is logged."""
        try:
            result = hook(*args)
            if isinstance(result, Deferred):
                result.addErrback(_log_failure)
            elif isawaitable(result):
                drive(result, self._loop).addErrback(_log_failure)
        except Exception:  # noqa: BLE001 - whatever it is, the connection goes on
            _log.failure("A hook of a connection failed")


def _log_failure(failure: Any) -> None:
    _log.failure("A hook of a connection failed", failure)
