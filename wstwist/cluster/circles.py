# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Circles of waits that go through several nodes, found by probes that follow the waits.

A wait for a context on another node that has lasted `AFTER` sends a probe there, and again every `AGAIN`. A
node that gets one goes on along the waits of the event in progress there, and sends it further where they
lead to other nodes. One that comes back to its wait has gone round a circle. Each wait of the circle that
leads to another node sends probes; that which began last is the one that ends (Chandy, Misra and Haas,
"Distributed deadlock detection", ACM Transactions on Computer Systems 1(2), 1983).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from wstwist.bus import frames
from wstwist.cluster.calling import FarContext
from wstwist.exceptions import CircularExecution

if TYPE_CHECKING:
    from wstwist.cluster.bus import ClusterBus
    from wstwist.events import Event, Holder
    from wstwist.pending import Wait
    from wstwist.reply import Reply

AFTER = 0.1
"""Seconds after which a wait sends its first probe."""

AGAIN = 0.5
"""Seconds between two probes of a wait."""

_LONGEST = 200
"""Contexts that a probe passes at most."""


@dataclass
class _Waiting:
    """A wait for a context on another node."""

    event: Event
    target: FarContext
    reply: Reply[Any]
    wait: Wait
    began: int
    timer: Any = None


class Circles:
    """Looks for circles through this node, for one project.

    Args:
        bus: The project's bus.
    """

    def __init__(self, bus: ClusterBus) -> None:
        """Begin without waits."""
        self._bus = bus
        self._waiting: dict[int, _Waiting] = {}

    # Waits of this node.

    def watch(self, event: Event, target: FarContext, reply: Reply[Any], wait: Wait) -> None:
        """Look whether a wait closes a circle, as long as it lasts."""
        waiting = _Waiting(event, target, reply, wait, time.time_ns())
        self._waiting[id(wait)] = waiting
        waiting.timer = self._bus.node.call_later(AFTER, partial(self._probe, waiting))

    def over(self, wait: Wait) -> None:
        """Know that a wait is over."""
        waiting = self._waiting.pop(id(wait), None)
        if waiting is not None and waiting.timer.active():
            waiting.timer.cancel()

    def _probe(self, waiting: _Waiting) -> None:
        waiting.timer = self._bus.node.call_later(AGAIN, partial(self._probe, waiting))
        start = waiting.event.context
        client = None if start.client is None else start.client.id
        probe = [self._bus.node.id, id(waiting.wait), client, waiting.began, self._bus.node.id]
        self._send(waiting.target, probe, [start.name])

    def _send(self, target: FarContext, probe: list[Any], names: list[str]) -> None:
        if target.node and len(names) < _LONGEST and self._bus.check_link() is None:
            self._bus.put(target.node, (frames.PROBE, probe, target.client, names))

    # Probes.

    def probed(self, _sender: str, probe: list[Any], client: str | None, names: list[str]) -> None:
        """Follow the waits of the event in progress in one of our contexts."""
        context = self._bus.host.context(client)
        if context is None:
            return
        came_from: dict[Holder, list[str]] = {context: [*names, context.name]}
        to_see: list[Any] = [context]
        while to_see:
            here = to_see.pop()
            event = here.event
            for waited in event.waits if event is not None else ():
                if isinstance(waited, FarContext):
                    self._go_on(event, waited, probe, came_from[here])
                elif self._is_start(waited, probe):
                    self._closed(probe, came_from[here])
                elif waited not in came_from:
                    came_from[waited] = [*came_from[here], waited.name]
                    to_see.append(waited)

    def _go_on(self, event: Event, waited: FarContext, probe: list[Any], names: list[str]) -> None:
        """Send a probe on along a wait for another node; it knows which wait on its way began last."""
        origin, number, client, began, owner = probe
        for waiting in self._waiting.values():
            if waiting.event is event and waiting.target is waited:
                began, owner = max((began, owner), (waiting.began, self._bus.node.id))
        further = [origin, number, client, began, owner]
        if waited.node == origin and waited.client == client:
            self._closed(further, names)
        else:
            self._send(waited, further, names)

    def _is_start(self, waited: Holder, probe: list[Any]) -> bool:
        """Whether a probe is back at the context where it began."""
        waiting = self._waiting.get(probe[1]) if probe[0] == self._bus.node.id else None
        return waiting is not None and waiting.event.context is waited

    def _closed(self, probe: list[Any], names: list[str]) -> None:
        """Tell the node where a probe began that it has gone round a circle."""
        if probe[0] == self._bus.node.id:
            self.closed(probe[0], probe, names)
        else:
            self._bus.put(probe[0], (frames.CIRCLE, probe, names))

    def closed(self, _sender: str, probe: list[Any], names: list[str]) -> None:
        """End a wait of ours that is in a circle, if it is the one that began last."""
        _origin, number, _client, began, owner = probe
        waiting = self._waiting.get(number)
        if waiting is not None and (began, owner) == (waiting.began, self._bus.node.id):
            waiting.reply._end_early(waiting.wait, CircularExecution(names))
            self._bus.host.scheduler.run()
