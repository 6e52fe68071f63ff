# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""When to try again, and when not: without I/O."""

from __future__ import annotations

import random as _random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from wstwist import durations
from wstwist.connection.certificates import WITH_OURS, WITHOUT_OURS
from wstwist.connection.options import Duration
from wstwist.exceptions import (
    CertificateRefused,
    ConnectError,
    ConnectionClosed,
    HandshakeRefused,
    NotWebSocket,
    ProxyRefused,
)

if TYPE_CHECKING:
    from wstwist.connection.awaited.connection import Connection

Hook = Callable[..., Awaitable[object] | object]

_DURATIONS = ("least", "most", "lasting", "longest_wait")
_HOOKS = ("on_loss", "on_failure", "on_return")
# Statuses of 400 to 499 that may be others later: request time-out, too many requests.
_PASSING = frozenset({408, 429})
_FIRST_OF_SERVERS = 500
# Close codes after which a server may be there again: it goes, it broke, it failed, it restarts, it has too
# much to do, or somebody before it has lost it (IANA's registry).
_PASSING_CODES = frozenset({1001, 1006, 1011, 1012, 1013, 1014})


@dataclass(frozen=True, kw_only=True)
class Reconnect:
    """How a connection that was lost is made again.

    Before attempt number *n* after a loss (from 0) it waits for a random time between 0 and
    ``least * 2 ** n``, but at most ``most``: many clients that lose a server at once do not return at once.
    Durations are seconds, texts such as ``"5 s"``, or timedeltas.

    Attributes:
        least: The longest that the first wait may be.
        most: The longest that any wait may be.
        lasting: How long a connection has to last for the next loss to count as a first one.
        longest_wait: How long a server's Retry-After is obeyed at most.
        on_loss: Called with a `ConnectionClosed` when an open connection is lost.
        on_failure: Called with a `ConnectError`, and the seconds until the next attempt, when one has failed.
        on_return: Called with the `Connection` when it is open again. What it sends before it first awaits
            something leaves before what has waited.
        random: Gives numbers from 0 to 1.
    """

    least: Duration = 0.5
    most: Duration = 30.0
    lasting: Duration = 10.0
    longest_wait: Duration = 300.0
    on_loss: Callable[[ConnectionClosed], Awaitable[object] | object] | None = None
    on_failure: Callable[[ConnectError, float], Awaitable[object] | object] | None = None
    on_return: Callable[[Connection], Awaitable[object] | object] | None = None
    random: Callable[[], float] = _random.random

    def __post_init__(self) -> None:
        """Check what was given."""
        for name in _DURATIONS:
            try:
                durations.seconds(getattr(self, name))
            except ValueError as error:
                raise ValueError(f"Reconnect: {name}: {error}") from None
        for name in _HOOKS:
            hook = getattr(self, name)
            if hook is not None and not callable(hook):
                raise TypeError(f"Reconnect: {name} is something to call, or None, not {hook!r}")


class Backoff:
    """How long to wait before the next attempt.

    Args:
        reconnect: What the program wants.
    """

    def __init__(self, reconnect: Reconnect) -> None:
        """Begin with the first attempt."""
        self._least = durations.seconds(reconnect.least)
        self._most = durations.seconds(reconnect.most)
        self._lasting = durations.seconds(reconnect.lasting)
        self._longest_wait = durations.seconds(reconnect.longest_wait)
        self._random = reconnect.random
        self._failures = 0

    def delay(self, asked_for: float = 0.0) -> float:
        """Give the seconds to wait, and count this as a failure.

        Args:
            asked_for: How long the server wants to be left alone; the random time comes on top.
        """
        limit = self._least
        for _ in range(self._failures):
            if limit >= self._most:
                break
            limit *= 2
        self._failures += 1
        return min(asked_for, self._longest_wait) + self._random() * min(limit, self._most)

    def lasted(self, seconds: float) -> None:
        """Know how long a connection was open."""
        if seconds >= self._lasting:
            self._failures = 0


def is_final(error: Exception) -> bool:
    """Whether another attempt makes no sense after this error, or this end."""
    if isinstance(error, ConnectionClosed):
        return error.code not in _PASSING_CODES
    if isinstance(error, (HandshakeRefused, ProxyRefused)):
        return error.status is not None and error.status < _FIRST_OF_SERVERS and error.status not in _PASSING
    if isinstance(error, NotWebSocket):
        return True
    if isinstance(error, CertificateRefused):
        return error.why not in (WITH_OURS, WITHOUT_OURS)  # a server that goes down answers nothing
    return not isinstance(error, ConnectError)


def asked_for(error: Exception, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> float:
    """Give the seconds for which a server wants to be left alone (RFC 9110, section 10.2.3)."""
    value = error.headers.get("retry-after", "") if isinstance(error, HandshakeRefused) else ""
    if value.isascii() and value.isdecimal():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return 0.0
    seconds = (date.replace(tzinfo=date.tzinfo or UTC) - now()).total_seconds()
    return max(seconds, 0.0)
