# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A project that is attacked in the tests only."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.task import deferLater

from wstwist import Client, Project


class Slow(Project):
    """Takes its time to let a client in, and has pages."""

    web = Path(__file__).parent / "pages"

    async def on_connect(self, client: Client) -> None:
        """Wait for as long as the query says."""
        from twisted.internet import reactor

        await deferLater(reactor, float(client.query.get("wait", "0")))
