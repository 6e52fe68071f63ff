# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A chat: the first message of a client is its name, each further one goes to everybody.

Beside this file::

    twistd -n wsproject chat:Chat

then, with any WebSocket client, connect to ``ws://localhost:9000/Chat``.
"""

from wstwist import Client, Project


class Chat(Project):
    """wstwist makes one instance of this class for each client, and one for the global service."""

    interval = "5 s"  # how often global_service runs

    # Globals. Each instance has its own: no client sees the name of another.
    name: str = ""
    messages: int = 0

    async def global_service(self) -> None:
        """Run in a loop, in the service's own instance."""
        clients = await self.connected_clients()
        for client in clients:
            client.send(f"* {len(clients)} here")

    async def on_connect(self, client: Client) -> None:
        """Greet: this arrives as soon as the client is connected."""
        client.send("* Welcome! What is your name?")

    async def on_message(self, client: Client, message: str | bytes) -> None:
        """Take the first message as the name, and number the others: all clients share one count."""
        if not self.name:
            self.name = str(message)
            await self._tell_everybody(f"* {self.name} has come")
        else:
            number = await self.execute_global_service(self.count)
            await self._tell_everybody(f"{number} {self.name}: {message!s}")

    async def on_disconnect(self, client: Client) -> None:
        """Tell the others, if this one had told its name."""
        if self.name:
            await self._tell_everybody(f"* {self.name} has gone")

    def count(self) -> int:
        """Count a message: a procedure, which any instance can execute in any other."""
        self.messages += 1
        return self.messages

    async def _tell_everybody(self, text: str) -> None:
        for client in await self.connected_clients():
            client.send(text)
