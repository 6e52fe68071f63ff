# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Not reading from a client that sends more than it may."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime

from wstwist.deadlines import AllDeadlines, Deadline
from wstwist.limits import Limits
from wstwist.wire.rates import Bucket

LOOK = 0.1
"""Seconds between two looks whether reading may go on."""


class Pacer:
    """Delivers messages, and stops the decoder while the client is ahead of its rates.

    The receiver may stop it, too; reading goes on when neither wants it stopped.

    Args:
        limits: The rates; the caller knows that there is one.
        deliver: The receiver's.
        clock: What measures the time.
        deadlines: Who calls back later.
        read_on: Called when reading may go on.
    """

    __slots__ = (
        "_bytes",
        "_clock",
        "_deadline",
        "_deadlines",
        "_deliver",
        "_is_held",
        "_messages",
        "_read_on",
    )

    def __init__(
        self,
        limits: Limits,
        deliver: Callable[[str | bytes], bool],
        clock: IReactorTime,
        deadlines: AllDeadlines,
        read_on: Callable[[], object],
    ) -> None:
        """Begin with a second's worth."""
        now = clock.seconds()
        self._messages = _bucket(limits.messages_per_second, now)
        self._bytes = _bucket(limits.bytes_per_second, now)
        self._deliver = deliver
        self._clock = clock
        self._deadlines = deadlines
        self._read_on = read_on
        self._is_held = False
        self._deadline: Deadline | None = None

    def deliver(self, message: str | bytes) -> bool:
        """Deliver a message; False: no more, until the client's rates and the receiver allow it."""
        wants_more = self._deliver(message)
        if not wants_more:
            self._is_held = True
        now = self._clock.seconds()
        goes_on = self._messages is None or self._messages.spend(now)
        if self._bytes is not None and not self._bytes.spend(now, _size(message)):
            goes_on = False
        if not goes_on:
            self._wait()
        return goes_on and wants_more

    def hold(self) -> None:
        """Know that the application wants no more, until `resume`."""
        self._is_held = True

    def resume(self) -> bool:
        """Know that the application wants more; False: the client's rates forbid it still."""
        self._is_held = False
        return self._deadline is None

    def stop(self) -> None:
        """Pace nothing any more."""
        self._deliver = self._read_on = _ignore
        self._messages = self._bytes = None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _wait(self) -> None:
        if self._deadline is None:
            self._deadline = self._deadlines.add(LOOK, self._look)

    def _look(self) -> None:
        """Go on where the rates allow it now."""
        self._deadline = None
        now = self._clock.seconds()
        if not all(bucket is None or bucket.has_one(now) for bucket in (self._messages, self._bytes)):
            self._wait()
        elif not self._is_held:
            self._read_on()


def _bucket(rate: float | None, now: float) -> Bucket | None:
    """Give a bucket that holds what comes in a second."""
    return None if rate is None else Bucket(rate, rate, now)


def _size(message: str | bytes) -> int:
    """Give the bytes of a message."""
    if isinstance(message, str) and not message.isascii():
        return len(message.encode("utf-8"))
    return len(message)


def _ignore(*_: object) -> bool:
    """Stand where a callback was."""
    return True
