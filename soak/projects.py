# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What is served while it is measured. The limits are the defaults."""

from __future__ import annotations

from wstwist import Client, Project


class Echo(Project):
    """What comes goes back."""

    async def on_message(self, client: Client, message: str | bytes) -> None:
        """Answer."""
        client.send(message)


class Compressed(Echo):
    """The same, with permessage-deflate."""

    compress = True


class News(Project):
    """Everybody gets numbered messages when one asks for them."""

    async def on_message(self, client: Client, message: str | bytes) -> None:
        """Broadcast: the message says how many times, and how many bytes."""
        count, size = map(int, message.split())
        for number in range(count):
            await self.broadcast(number.to_bytes(8, "big").ljust(size, b"."))
        client.send("done")
