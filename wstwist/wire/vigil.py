# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Watching over an open connection: whether its peer lives, whether it is used, how often the peer pings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from wstwist.limits import Limits
from wstwist.wire import codec
from wstwist.wire.codec import PONG
from wstwist.wire.heartbeat import Heart, Heartbeats
from wstwist.wire.idling import Watch
from wstwist.wire.progress import taken
from wstwist.wire.rates import Bucket
from wstwist.wire.sending import Sender

if TYPE_CHECKING:
    from wstwist.wire.site import Site


class Vigil:
    """Watches over one open connection until `stop`.

    Time in which we do not read is no silence of the peer's, and no idleness.

    Args:
        limits: The times and the rate.
        site: The clock, and the wheels of all connections.
        transport: What says how far the peer has come with what was sent.
        decoder: What says whether anything came.
        sender: What sends pings.
        dead: Called when the peer is dead.
        idle: Called, once, when no message has passed for too long.

    Attributes:
        is_used: Set by a message to the peer, or behind a pause.
    """

    def __init__(
        self,
        limits: Limits,
        site: Site,
        transport: Any,
        decoder: codec.Decoder,
        sender: Sender,
        dead: Callable[[], object],
        idle: Callable[[], object],
    ) -> None:
        """Begin with the first interval of silence."""
        self._clock = site.reactor
        self._rate = limits.pings_per_second
        self._transport = transport
        self._decoder = decoder
        self._sender = sender
        self._dead = dead
        self._heart = Heart()
        self._bucket: Bucket | None = None  # made with the first ping
        self._is_asked = False  # a pong is due
        self._progress: int | None = None  # how far the peer had come with what was sent
        self.is_used = False
        self._heartbeats: Heartbeats | None = site.heartbeats.of(limits.ping_interval, limits.ping_timeout)
        self._part = self._heartbeats.add(self)
        self._watch: Watch | None = None
        if limits.idle_time is not None:
            self._watch = site.idling.of(limits.idle_time).watch(self._was_used, idle)

    def stop(self) -> None:
        """Watch no more, and let go of the connection; a second call does nothing."""
        self._dead = _ignore
        if self._heartbeats is not None:
            self._heartbeats.discard(self, self._part)
            self._heartbeats = None
        if self._watch is not None:
            self._watch.stop()
            self._watch = None

    def read_on(self) -> None:
        """Give the peer whole times from here, for nothing was read before."""
        self._decoder.heard = self.is_used = True

    def may_come(self, opcode: int) -> bool:
        """Count a ping, or a pong for which nobody asked; False: it is one too many."""
        if opcode == PONG and self._is_asked:
            self._is_asked = False
            return True
        now = self._clock.seconds()
        if self._bucket is None:
            self._bucket = Bucket(self._rate, self._rate, now)
        return self._bucket.take(now)

    # What the wheels ask.

    def beat(self, now: int) -> None:
        """Ask the peer for a sign of life."""
        is_alive = self._heart.beat(self._shows_life(), self._ping, now)
        self._decoder.heard = False
        if not is_alive:
            self._dead()

    def judge(self, since: int) -> None:
        """Judge the peer's silence behind a ping that left at this time or before."""
        if not self._heart.judge(self._shows_life(), since):
            self._dead()

    def _shows_life(self) -> bool:
        decoder = self._decoder
        if self._goes_on_taking():
            decoder.heard = True  # also for who asks next, at the same moment
        return decoder.heard or decoder.held

    def _goes_on_taking(self) -> bool:
        """Tell whether the peer has taken some of what waits before our ping since this was last asked."""
        before, self._progress = self._progress, taken(self._transport)
        return before is not None and self._progress is not None and self._progress != before

    def _ping(self) -> bool:
        has_left = self._sender.ping()
        self._is_asked = self._is_asked or has_left
        return has_left

    def _was_used(self) -> bool:
        """Whether a message passed since this was last asked, or may wait to be read."""
        decoder = self._decoder
        was_used = self.is_used or decoder.delivered or decoder.held
        self.is_used = decoder.delivered = False
        return was_used


def _ignore() -> None:
    """Stand where a callback was."""
