# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The functions of a WebSocket server under their French WLanguage names.

    from wstwist.wlanguage.fr import ProjetWebSocket, WebSocketEnvoie, websocketClient

They work in ``def`` events and procedures, and find the context that they are called in. Elsewhere they raise
a RuntimeError that says what to write there. Accents may be left out. What they do not offer, the methods of
`wstwist.Client` and `wstwist.Project` do; both may be mixed.
"""

from __future__ import annotations

from typing import Any

from wstwist.client import Client
from wstwist.wlanguage import server
from wstwist.wlanguage.projet import ProjetWebSocket
from wstwist.wlanguage.server import Procedure

__all__ = [
    "ProjetWebSocket",
    "WebSocketDeconnecte",
    "WebSocketDéconnecte",
    "WebSocketEnvoie",
    "WebSocketExecute",
    "WebSocketExecuteServiceGlobal",
    "WebSocketExécute",
    "WebSocketExécuteServiceGlobal",
    "WebSocketListeClientConnecte",
    "WebSocketListeClientConnecté",
    "websocketClient",
]

websocketClient = Client
"""The type of a connected client."""


def WebSocketEnvoie(client: websocketClient, message: str | bytes) -> None:
    """Send a message to a client.

    ``WebSocketEnvoie(<Client WebSocket> est un websocketClient, <Message> est une chaîne ou un buffer)``

    A chaîne is a ``str`` here and goes as text, a buffer is ``bytes`` and goes as binary. As in WEBDEV it
    only queues, and never fails because the client has gone.

    Raises:
        TypeError: The client is none, or the message neither ``str`` nor ``bytes``.
    """
    server.send("WebSocketEnvoie", client, message)


def WebSocketDéconnecte(client: websocketClient) -> None:
    """Close a client's connection.

    ``WebSocketDéconnecte(<Client WebSocket> est un websocketClient)``

    What was sent before leaves first. The close code is 1000; for another one, or a reason, there is
    ``client.disconnect(code, reason)``.

    Raises:
        TypeError: The client is none.
    """
    server.disconnect("WebSocketDéconnecte", client)


def WebSocketExécute(client: websocketClient, procedure: Procedure, *parameters: Any) -> None:
    """Execute a procedure in a client's context.

    ``WebSocketExécute(<Client WebSocket> est un websocketClient, <Procédure WLangage> [, <Paramètres>])``

    The procedure is a method of the project's class, or its name. Parameters follow it one by one, without
    brackets around them. They cross by value, and may be all that can cross: lists, dictionaries, dates,
    dataclasses, clients. It does not wait; what the procedure raises is logged. For its result there is
    ``client.execute(procedure, ...).wait()``.

    Raises:
        CannotCross: A parameter cannot go to another context.
        TypeError: The client is none.
    """
    server.execute("WebSocketExécute", client, procedure, parameters)


def WebSocketExécuteServiceGlobal(procedure: Procedure, *parameters: Any) -> None:
    """Execute a procedure in the global service's context.

    ``WebSocketExécuteServiceGlobal(<Procédure WLangage> [, <Paramètres>])``

    As `WebSocketExécute`. The procedure gets its turn however short the interval is. For its result there is
    ``self.execute_global_service(procedure, ...).wait()``.

    Raises:
        CannotCross: A parameter cannot go to another context.
    """
    server.execute_global_service("WebSocketExécuteServiceGlobal", procedure, parameters)


def WebSocketListeClientConnecté() -> list[websocketClient]:
    """List the clients that are connected at this moment.

    ``<Résultat> = WebSocketListeClientConnecté()``, which is a tableau de websocketClient

    The array is a ``list`` here.
    """
    return server.connected_clients("WebSocketListeClientConnecté")


WebSocketDeconnecte = WebSocketDéconnecte
WebSocketExecute = WebSocketExécute
WebSocketExecuteServiceGlobal = WebSocketExécuteServiceGlobal
WebSocketListeClientConnecte = WebSocketListeClientConnecté
