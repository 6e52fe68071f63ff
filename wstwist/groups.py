# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Groups of clients: who is in which, of a project in this process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from wstwist.presence import Presence

if TYPE_CHECKING:
    from wstwist.host import Host
    from wstwist.life import ClientContext


class Groups:
    """The groups of a project's clients. A client that still connects is a member, but nobody is told yet.

    Args:
        host: The project.
    """

    def __init__(self, host: Host) -> None:
        """Begin without groups."""
        self._host = host
        self._members: dict[str, dict[str, ClientContext]] = {}
        self._of: dict[str, dict[str, None]] = {}
        self.presence = Presence(host)

    def __len__(self) -> int:
        """Count the groups that have members."""
        return len(self._members)

    def names(self) -> Iterable[str]:
        """Name the groups that have members."""
        return tuple(self._members)

    def members(self, group: str) -> dict[str, ClientContext]:
        """Give the contexts of a group's clients, by the clients' ids."""
        return self._members.get(group, {})

    def connected(self, group: str) -> Iterable[ClientContext]:
        """Give those of accepted clients."""
        return (context for context in self.members(group).values() if not context.is_opening)

    def of(self, client: str) -> Iterable[str]:
        """Give the groups of a client, in the order in which it joined them."""
        return self._of.get(client, ())

    def join(self, context: ClientContext, group: str) -> None:
        """Put a client into a group; where it is in it already, or has gone, nothing happens."""
        identity = context.client.id
        own = self._of.get(identity, {})
        if context.is_gone or group in own:
            return
        if len(own) >= self._host.definition.settings.limits.groups:
            self._refuse(context, group)
            return
        own[group] = None
        self._of[identity] = own
        if group not in self._members:
            self._members[group] = {}
            self._host.bus.group_began(group)
        self._members[group][identity] = context
        if not context.is_opening:
            self.presence.changed(group, context.client, is_in=True)

    def leave(self, context: ClientContext, group: str) -> None:
        """Take a client out of a group; where it is not in it nothing happens."""
        own = self._of.get(context.client.id)
        if own is not None and group in own:
            del own[group]
            if not own:
                del self._of[context.client.id]
            self._remove(context, group, is_told=not context.is_opening)

    def accepted(self, context: ClientContext) -> None:
        """Tell of the groups that a client has joined before it was accepted."""
        for group in self._of.get(context.client.id, ()):
            self.presence.changed(group, context.client, is_in=True)

    def gone(self, context: ClientContext, *, was_accepted: bool) -> None:
        """Take a client that goes out of all its groups."""
        for group in self._of.pop(context.client.id, ()):
            self._remove(context, group, is_told=was_accepted)

    def _remove(self, context: ClientContext, group: str, *, is_told: bool) -> None:
        members = self._members[group]
        del members[context.client.id]
        if not members:
            del self._members[group]
            self._host.bus.group_ended(group)
        if is_told:
            self.presence.changed(group, context.client, is_in=False)

    def _refuse(self, context: ClientContext, group: str) -> None:
        self._host.count("joins_refused")
        self._host.log.warn(
            "{project}, {context}: is in {count} groups (limits: groups), and does not join {group}",
            **context.log_fields,
            count=len(self._of[context.client.id]),
            group=repr(group),
        )
