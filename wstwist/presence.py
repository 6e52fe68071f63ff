# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""`on_presence`: the global service is told who has come into groups and who has left them, in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wstwist.client import Client
    from wstwist.host import Host

PAUSE = 0.1
"""Seconds in which changes are collected."""


class Presence:
    """Collects who comes and goes. Who does both between two batches is in neither.

    While a batch is being handled the next one grows, by one entry for each client and group at most.

    Args:
        host: The project.
    """

    def __init__(self, host: Host) -> None:
        """Begin with nothing to tell."""
        self._host = host
        self._changes: dict[str, dict[str, tuple[Client, bool]]] = {}
        self._timer: Any = None
        self._untold = 0

    def changed(self, group: str, client: Client, *, is_in: bool) -> None:
        """Know that a client is in a group now, or is no more."""
        if "on_presence" not in self._host.definition.events:
            return
        changes = self._changes.setdefault(group, {})
        if changes.pop(client.id, None) is None:
            changes[client.id] = client, is_in
        self._tell_soon()

    def tell(self) -> None:
        """Tell all that has changed, now."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None
        told, self._changes = self._changes, {}
        if "on_presence" not in self._host.definition.events:  # it was, before a reload
            return
        for group, changes in told.items():
            joined = [client for client, is_in in changes.values() if is_in]
            left = [client for client, is_in in changes.values() if not is_in]
            if joined or left:
                self._untold += 1
                self._host.bus.tell_presence(group, joined, left, self._was_told)
        self._host.scheduler.run()

    def begin_again(self) -> None:
        """Tell all members of all groups: there is a new global service, which knows of none."""
        self._changes = {}
        groups = self._host.groups
        for group in groups.names():
            for context in groups.connected(group):
                self.changed(group, context.client, is_in=True)

    def _tell_soon(self) -> None:
        if self._timer is None and not self._untold:
            self._timer = self._host.scheduler.reactor.callLater(PAUSE, self.tell)

    def _was_told(self, _result: Any, error: BaseException | None) -> None:
        if error is not None:
            self._host.service.report("on_presence", error)
        self._untold -= 1
        if self._changes:
            self._tell_soon()
