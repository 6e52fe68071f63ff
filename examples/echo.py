# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Answers every message with the same message.

Beside this file::

    twistd -n wsproject echo:Echo

then, with any WebSocket client, connect to ``ws://localhost:9000/Echo``.
"""

from wstwist import Client, Limits, Project

MIB = 1024 * 1024


class Echo(Project):
    """Text comes back as text, binary as binary."""

    compress = True
    # The Autobahn test suite, which uses this example, sends messages of 16 MiB, and of 65,536 fragments.
    limits = Limits(message_size=16 * MIB, fragments=100_000, mailbox_size=64 * MIB, send_queue_size=64 * MIB)

    async def on_message(self, client: Client, message: str | bytes) -> None:
        client.send(message)
