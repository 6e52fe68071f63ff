# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Who is in which group on other nodes, as the node of the global service is told; for `on_presence` only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from wstwist.bus import frames
from wstwist.client import Client
from wstwist.context import Occurrence
from wstwist.crossing import pack_handle, unpack_handle

if TYPE_CHECKING:
    from wstwist.cluster.bus import ClusterBus


class Roster:
    """Members of groups, by node.

    Args:
        bus: The project's bus.
    """

    def __init__(self, bus: ClusterBus) -> None:
        """Know nobody."""
        self._bus = bus
        self._members: dict[str, dict[str, dict[str, Client]]] = {}

    def clear(self) -> None:
        """Forget everybody: the service is another one, and will be told anew."""
        self._members = {}

    def tell(self, group: str, joined: Iterable[Client], left: Iterable[Client]) -> None:
        """Tell the global service on another node; where there is none, the next one is told anew."""
        leader = self._bus.leadership.leader
        if leader is not None:
            pack, values = pack_handle, self._bus.host.user_values
            fields = (group, [pack(values, each) for each in joined], [pack(values, each) for each in left])
            self._bus.put(leader.node, (frames.PRESENCE, leader.lease, *fields))

    def told(self, sender: str, lease: int, group: str, joined: list[bytes], left: list[bytes]) -> None:
        """Tell the global service here what another node says."""
        if lease != self._bus.lease:
            return
        unpacked = [
            [unpack_handle(self._bus.host.user_values, self._bus, each) for each in packed]
            for packed in (joined, left)
        ]
        members = self._members.setdefault(sender, {}).setdefault(group, {})
        members.update((client.id, client) for client in unpacked[0])
        for client in unpacked[1]:
            members.pop(client.id, None)
        self._put(group, *unpacked)

    def gone(self, node: str) -> None:
        """Tell that all have left who were on a node that has gone."""
        groups = self._members.pop(node, {})
        if self._bus.leadership.is_leading:
            for group, members in groups.items():
                if members:
                    self._put(group, [], list(members.values()))

    def _put(self, group: str, joined: list[Client], left: list[Client]) -> None:
        service = self._bus.host.service
        if "on_presence" in self._bus.host.definition.events:
            service.put(Occurrence("on_presence", (group, joined, left)))
