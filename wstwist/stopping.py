# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""How a project's service ends: in stages, none of which waits for ever."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from wstwist.host import Host
from wstwist.life import ClientContext, State

POLL = 0.02
"""Seconds between two looks whether a stage is over."""

AFTERWARDS = 5.0
"""Seconds that all stages after the draining of mailboxes may take together."""

BATCH = 100
"""Clients that are closed at once."""

PAUSE = 0.025
"""Seconds between two batches of clients, on average."""

SPREAD = 1.5
"""Seconds within which all clients are closed, however many they are; on average, too."""


class Stopping:
    """Stops one project's host.

    Args:
        host: The project.
        reactor: An `IReactorTime`.
        chance: What the order of clients and the pauses are drawn from.
    """

    def __init__(self, host: Host, reactor: Any, chance: Random) -> None:
        """Prepare; `run` does it."""
        self._host = host
        self._reactor = reactor
        self._chance = chance
        self._drain_time = host.definition.settings.limits.drain_time
        self._began = reactor.seconds()

    async def run(self) -> None:
        """Go through the stages; what does not end in time is left behind, and logged."""
        if not self._host.is_started:
            self._host.close()
            return
        self._let_nobody_in()
        await self._host.bus.hand_over()
        await self._until(lambda: self._host.is_idle, self._drain_time)
        self._discard()
        await self._close_clients()
        await self._until(lambda: not self._host.contexts, self._drain_time + 0.6 * AFTERWARDS)
        self._cancel_events()
        await self._until(lambda: not self._host.contexts, self._drain_time + 0.7 * AFTERWARDS)
        await self._stop_service()
        self._host.log_left_behind()
        self._host.close()

    def _let_nobody_in(self) -> None:
        self._host.is_accepting = False
        self._host.is_draining = True
        self._host.service.stop_loop()
        for context in self._host.clients.values():
            context.channel.pause()

    def _discard(self) -> None:
        """Begin nothing of what waits any more: there is time for each `on_disconnect` only."""
        host = self._host
        count = sum(context.discard() for context in (*host.contexts.values(), host.service))
        if count:
            host.count("discarded", count)
            host.log.warn(
                "{project}: {count} messages and calls were not handled within {drain_time:g} s "
                "(limits: drain_time), and are discarded",
                project=host.definition.name,
                count=count,
                drain_time=self._drain_time,
            )
        host.scheduler.run()

    async def _close_clients(self) -> None:
        """Close clients in batches and in no order, so that they do not all come back in the same moment."""
        contexts = list(self._host.contexts.values())
        self._chance.shuffle(contexts)
        batches = [contexts[start : start + BATCH] for start in range(0, len(contexts), BATCH)]
        pause = min(PAUSE, SPREAD / max(1, len(batches)))
        for number, batch in enumerate(batches):
            if number:
                await deferLater(self._reactor, self._chance.uniform(0, 2 * pause))
            for context in batch:
                _close(context)
            self._host.scheduler.run()

    def _cancel_events(self) -> None:
        for context in tuple(self._host.contexts.values()):
            if context.event is not None and not context.event.waits_for_thread:
                context.event.cancel()
            if context.state is State.OPEN:
                context.channel.abort()
        if self._host.service.event is not None:
            self._host.service.event.cancel()
        self._host.scheduler.run()

    async def _stop_service(self) -> None:
        self._host.groups.presence.tell()
        if not self._host.service.is_running:
            return
        stopped = self._host.service.stop()
        self._host.scheduler.run()
        await self._until(lambda: stopped.called, self._drain_time + 0.9 * AFTERWARDS)
        if self._host.service.event is not None:
            self._host.service.event.cancel()
            self._host.scheduler.run()
        await self._host.bus.release()

    async def _until(self, is_over: Callable[[], bool], limit: float) -> None:
        """Wait until a stage is over, but not longer than this many seconds after the beginning."""
        while not is_over() and self._reactor.seconds() < self._began + limit:
            await deferLater(self._reactor, POLL)


def _close(context: ClientContext) -> None:
    """Close a client, or turn it away where it is not in yet."""
    if context.state is State.OPEN:
        context.channel.close(1001, "the service stops")
        context.channel.resume()
    elif context.state is State.OPENING:
        context.refuse_late()


def stop(host: Host, reactor: Any, chance: Random | None = None) -> Deferred[None]:
    """Stop a project; fires when it has stopped, within its `drain_time` and 5 seconds."""
    chance = chance or Random()  # noqa: S311 - nobody is to be kept from guessing it
    return Deferred.fromCoroutine(Stopping(host, reactor, chance).run())
