# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The functions of a WebSocket server, and of its clients, under their French WLanguage names.

    from wstwist.wlanguage.fr import ProjetWebSocket, WebSocketEnvoie, websocketClient

They work in ``def`` events and procedures, and find the context that they are called in. Elsewhere they raise
a RuntimeError that says what to write there. Accents may be left out. What they do not offer, the methods of
`wstwist.Client` and `wstwist.Project` do; both may be mixed.
"""

from __future__ import annotations

from typing import Any

from wstwist.client import Client
from wstwist.wlanguage import arguments, server, sockets, telling
from wstwist.wlanguage.arguments import Protocols, Wait
from wstwist.wlanguage.projet import ProjetWebSocket
from wstwist.wlanguage.server import Procedure
from wstwist.wlanguage.telling import Callback

__all__ = [
    "ErreurInfo",
    "ProjetWebSocket",
    "ProtocoleTLS1_2",
    "ProtocoleTLS1_3",
    "SocketConnecte",
    "SocketEcrit",
    "SocketErreur",
    "SocketExiste",
    "SocketFerme",
    "SocketFermeture",
    "SocketLit",
    "SocketMessage",
    "SocketOuverture",
    "WebSocketClientConnecte",
    "WebSocketClientConnecteSSL",
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


SocketOuverture = telling.OPENING
"""A callback's event: the socket is connected."""

SocketMessage = telling.MESSAGE
"""A callback's event: a message has come."""

SocketFermeture = telling.CLOSING
"""A callback's event: the connection is over; the message is the reason."""

SocketErreur = telling.ERROR
"""A callback's event: the connection could not be made; the message says why."""

ProtocoleTLS1_2 = arguments.TLS1_2
ProtocoleTLS1_3 = arguments.TLS1_3


def WebSocketClientConnecte(nom: str, *args: str | int | Callback | Protocols | Wait) -> bool:
    """Connect to a WebSocket server, and tell whether that worked.

    ``<Résultat> = WebSocketClientConnecte(<Nom du socket>, <Adresse du serveur> [, <Numéro de port> [,
    <Chemin> [, <Protocoles> [, <Attente maximale>]]]])``

    ``WebSocketClientConnecte(<Nom du socket>, <Procédure callback>, <Adresse du serveur> [, ...])``

    The port is 80 unless it is given, the path may begin with a / or not, sub-protocols are a list of
    names or a text with commas. The longest wait is hundredths of a second or a text such as ``"5 s"``;
    10 s where there is none, or 0. What went wrong, `ErreurInfo` says. The address is a host's name, or an IP
    address; for a URL there is `SocketConnecte`.

    With a callback it begins to connect, gives True, and the callback is called as ``callback(event,
    message)`` with `SocketOuverture`, then `SocketMessage` for each message, then `SocketFermeture`; or
    with `SocketErreur`. In a project's event it runs in the order of events of the context that
    connected, in a script in a thread of the socket's own. In a project it may also be a procedure's name;
    in a script it is no ``async def``. When it is told of the end, `ErreurInfo` has the close code.

    Sockets belong to the context that connects: others do not see them, and they are closed when it ends.
    A name that is in use is given to the new connection, and the old one is closed; of several that are
    being made under one name the one that was asked for last gets it. Capitals count.

    Raises:
        TypeError: An argument is not what it should be.
        ValueError: Likewise.
        RuntimeError: This is an ``async def``, which awaits `wstwist.connect`.
    """
    return sockets.connect("WebSocketClientConnecte", False, nom, args)


def WebSocketClientConnecteSSL(nom: str, *args: str | int | Callback | Protocols | Wait) -> bool:
    """Connect to a WebSocket server by TLS, and tell whether that worked.

    ``<Résultat> = WebSocketClientConnecteSSL(<Nom du socket>, <Adresse du serveur> [, <Numéro de port>
    [, <Chemin> [, <Protocoles> [, <Option SSL> [, <Attente maximale>]]]]])``

    ``WebSocketClientConnecteSSL(<Nom du socket>, <Procédure callback>, <Adresse du serveur> [, ...])``

    As `WebSocketClientConnecte`; the port is 443 unless it is given. The SSL option is `ProtocoleTLS1_2`,
    `ProtocoleTLS1_3` or their sum, and no other version is spoken; where there is none the best that both
    sides know is, from TLS 1.2 on: those before are not safe. The server's certificate is checked, its name
    too.
    """
    return sockets.connect("WebSocketClientConnecteSSL", True, nom, args)


def SocketConnecte(nom: str, url: str, callback: Callback | str | None = None) -> bool:
    """Connect to a WebSocket server by its URL, ``ws://...`` or ``wss://...``.

    The rest is as with `WebSocketClientConnecte`.
    """
    return sockets.connect_url("SocketConnecte", nom, url, callback)


def SocketEcrit(nom: str, message: str | bytes) -> bool:
    """Send a message, and tell whether it left.

    ``<Résultat> = SocketEcrit(<Nom du socket>, <Message>)``

    ``str`` goes as text, ``bytes`` as binary. It waits while 1 MiB waits for a server that does not read, as
    long as that takes. A socket that is still being opened takes nothing. Why it is False, `ErreurInfo` says.

    Raises:
        TypeError: The message is neither.
        ValueError: It is a text that has no UTF-8 form.
    """
    return sockets.write("SocketEcrit", nom, message)


def SocketLit(
    nom: str,
    attente: bool = True,
    attente_maximale: Wait | None = None,
    octets_maximum: int | None = None,
) -> str | bytes:
    """Give the next message; ``""`` if none comes.

    ``<Résultat> = SocketLit(<Nom du socket> [, <Attente indéfinie> [, <Attente maximale> [, <Nombre
    maximum d'octets>]]])``

    True waits until there is a message or the connection is over; the longest wait does not matter then.
    False waits for the longest wait: in hundredths of a second, or a text such as ``"5 s"``; 1 s where there
    is none; 0 does not wait. Why nothing came, `ErreurInfo` says. A message that has more than the maximum of
    bytes comes in parts, a text in whole characters; without a maximum it is whole.

    In a project's event it ends when the client has gone, or the server stops; what begins after that waits
    for 1 s, unless it has a longest wait of its own.

    Raises:
        RuntimeError: The messages of this socket go to a callback.
        TypeError: An argument is not what it should be.
        ValueError: Likewise.
    """
    return sockets.read("SocketLit", nom, attente, attente_maximale, octets_maximum)


def SocketFerme(nom: str) -> bool:
    """Close a socket, or give it up that is being opened, and tell whether there was one.

    ``SocketFerme(<Nom du socket>)``.
    """
    return sockets.close("SocketFerme", nom)


def SocketExiste(nom: str) -> bool:
    """Tell whether a socket is open or opens, or has messages that are not read.

    ``<Résultat> = SocketExiste(<Nom du socket>)``.
    """
    return sockets.exists("SocketExiste", nom)


def ErreurInfo() -> str:
    """Say what went wrong last with a socket of this context, or script, in whichever of its threads.

    ``<Résultat> = ErreurInfo()``.
    """
    return sockets.last_error("ErreurInfo")
