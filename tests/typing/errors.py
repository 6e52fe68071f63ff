# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What a type checker refuses: exactly the lines that end in a comment with the error's code."""

from wstwist import Client, Limits, Project
from wstwist.wlanguage.fr import ProjetWebSocket, WebSocketEnvoie, websocketClient


class Chat(Project):
    async def on_message(self, client: Client, message: str | bytes) -> None:
        client.execute(Chat.rename, 1)  # error: call-overload
        client.execute(self.rename, 1)  # error: call-overload
        client.execute(Chat.rename)  # error: call-overload
        client.execute(Chat.rename, "Ann", "Bob")  # error: call-overload
        client.execute(Chat.rename, name="Ann")  # error: call-overload
        client.execute(Chat.rename_async, 1)  # error: call-overload
        client.execute(self.rename_async, 1)  # error: call-overload
        client.execute(1)  # error: call-overload
        self.execute_global_service(self.rename, 1)  # error: call-overload
        self.execute_global_service(Chat.rename, 1)  # error: call-overload
        self.execute_global_service(self.rename_async)  # error: call-overload
        client.send(1)  # error: arg-type
        client.send(message, key=1)  # error: arg-type
        client.send(message, "a")  # error: call-arg
        Limits(slow_client="closed")  # error: arg-type
        client.disconnect("away")  # error: arg-type
        client.address = "nowhere"  # error: misc
        length: int = await client.execute(Chat.rename, "Ann")  # error: call-overload
        length = self.execute_global_service(self.rename, "Ann").wait()  # error: assignment
        await self.in_thread(self.rename, 1)  # error: arg-type
        self.rename(length)  # error: arg-type

    def on_connect(self, client: str) -> None: ...  # error: override

    async def on_disconnect(self) -> None: ...  # error: override

    async def authenticate(self) -> None: ...  # error: override

    async def global_service(self) -> int:  # error: override
        return 1

    interval = 0.5  # error: assignment

    def rename(self, nickname: str) -> str:
        return nickname

    async def rename_async(self, nickname: str) -> str:
        return nickname


class Salon(ProjetWebSocket):
    def ReceptionMessage(self, client: websocketClient, message: str | bytes) -> None:
        WebSocketEnvoie(client, 1)  # error: arg-type
        WebSocketEnvoie("Ann", message)  # error: arg-type
        client.Envoie(1)  # error: arg-type
        client.Execute(1)  # error: arg-type

    def Connexion(self, client: str) -> None: ...  # error: override

    intervalle = 0.5  # error: assignment
