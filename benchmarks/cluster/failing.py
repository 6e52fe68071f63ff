# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A project whose global service has effects that can be told apart, and is stopped in the middle of runs."""

from __future__ import annotations

import asyncio
import json
import time

from wstwist import Client, Project

PARTS = 4
"""How often a run has effects."""

_SPIN = 0.002


class Failing(Project):
    """Each run counts, and tells every client in three ways: with its lease, its number and its part."""

    interval = "50 ms"
    durable = ("count",)
    reply_timeout = "5 s"
    count: int = 0
    witnesses: dict[str, Client] = {}  # noqa: RUF012 - copied for each context

    async def on_connect(self, client: Client) -> None:
        """Let it be told."""
        client.join("witnesses")

    async def on_presence(self, group: str, joined: list[Client], left: list[Client]) -> None:  # noqa: ARG002
        """Know who is to be told."""
        self.witnesses.update((client.id, client) for client in joined)
        for client in left:
            self.witnesses.pop(client.id, None)

    async def global_service(self) -> None:
        """Count, and tell it, now in one go, now with pauses."""
        self.count += 1
        for part in range(PARTS):
            effect = [self.lease, self.count, part]
            self.broadcast(json.dumps(["broadcast", *effect]), group="witnesses")
            for client in tuple(self.witnesses.values()):
                client.send(json.dumps(["send", *effect]))
                client.execute(self.note, *effect)
            if self.count % 2:
                await asyncio.sleep(_SPIN)
            else:
                end = time.perf_counter() + _SPIN
                while time.perf_counter() < end:
                    pass

    async def note(self, *effect: int) -> None:
        """Tell the client of this context."""
        self.client.send(json.dumps(["execute", *effect]))
