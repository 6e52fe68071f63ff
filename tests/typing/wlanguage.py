# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Projects that are written with WLanguage's names."""

from typing import assert_type

from wstwist import Client, Project
from wstwist.wlanguage import en
from wstwist.wlanguage.fr import (
    ProjetWebSocket,
    WebSocketDéconnecte,
    WebSocketEnvoie,
    WebSocketExecute,
    WebSocketExécuteServiceGlobal,
    WebSocketListeClientConnecté,
    websocketClient,
)


class Salon(ProjetWebSocket):
    """In French, with def events."""

    intervalle = "20 s"
    pseudo: str = "invité"

    def ServiceGlobal(self) -> None:
        for client in WebSocketListeClientConnecté():
            assert_type(client, Client)
            WebSocketExecute(client, self.Renomme, "Ann")
            WebSocketExecute(client, "Renomme", "Ann")

    def Connexion(self, client: websocketClient) -> None:
        client.Envoie(b"bienvenue")

    def ReceptionMessage(self, client: websocketClient, message: str | bytes) -> None:
        assert_type(client.address, str)
        WebSocketEnvoie(client, message)
        WebSocketExécuteServiceGlobal(Salon.Renomme, "Ann")
        client.Exécute(self.Renomme, "Ann")
        client.send(self.client.id)

    def Deconnexion(self, client: websocketClient) -> None: ...

    def ArretServiceGlobal(self) -> None: ...

    def Renomme(self, pseudo: str) -> None:
        self.pseudo = pseudo
        WebSocketDéconnecte(self.client)


class Waiting(ProjetWebSocket):
    """In French, with async events."""

    intervalle = 20

    async def ServiceGlobal(self) -> None: ...

    async def Connexion(self, client: websocketClient) -> None: ...

    async def RéceptionMessage(self, client: websocketClient, message: str | bytes) -> None: ...


class Chat(Project):
    """In English."""

    def on_message(self, client: en.websocketClient, message: str | bytes) -> None:
        en.WebSocketSend(client, message)
        for other in en.WebSocketListConnectedClient():
            other.Send(message)
            other.Execute(self.leave)
        en.WebSocketExecuteGlobalService("leave")

    def leave(self) -> None:
        en.WebSocketDisconnect(self.client)
