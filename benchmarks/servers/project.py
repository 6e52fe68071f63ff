# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""wstwist: projects as anybody writes them, run by ``python -m wstwist``."""

from __future__ import annotations

from benchmarks.servers.common import BROADCAST
from wstwist import Client, Project


class Echo(Project):
    """Text comes back as text, binary as binary."""

    async def on_message(self, client: Client, message: str | bytes) -> None:
        """Answer."""
        client.send(message)


class CompressedEcho(Echo):
    """The same with permessage-deflate."""

    compress = True


class FanOut(Project):
    """Everybody gets what one asks for."""

    async def on_message(self, client: Client, message: str | bytes) -> None:  # noqa: ARG002 - an event's
        """Send to all, as many times as the message says."""
        for _ in range(int(message)):
            self.broadcast(BROADCAST)
