# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The functions of a WebSocket server, and of its clients, under their English WLanguage names.

    from wstwist import Project
    from wstwist.wlanguage.en import WebSocketSend, websocketClient

They work in ``def`` events and procedures, and find the context that they are called in. Elsewhere they raise
a RuntimeError that says what to write there. What they do not offer, the methods of `wstwist.Client`
and `wstwist.Project` do; both may be mixed.
"""

from __future__ import annotations

from typing import Any

from wstwist.client import Client
from wstwist.wlanguage import arguments, server, sockets, telling
from wstwist.wlanguage.arguments import Protocols, Wait
from wstwist.wlanguage.server import Procedure
from wstwist.wlanguage.telling import Callback

__all__ = [
    "ErrorInfo",
    "ProtocolTLS1_2",
    "ProtocolTLS1_3",
    "SocketClose",
    "SocketClosing",
    "SocketConnect",
    "SocketError",
    "SocketExist",
    "SocketMessage",
    "SocketOpening",
    "SocketRead",
    "SocketWrite",
    "WebSocketClientConnect",
    "WebSocketClientConnectSSL",
    "WebSocketDisconnect",
    "WebSocketExecute",
    "WebSocketExecuteGlobalService",
    "WebSocketListConnectedClient",
    "WebSocketSend",
    "websocketClient",
]

websocketClient = Client
"""The type of a connected client."""


def WebSocketSend(client: websocketClient, message: str | bytes) -> None:
    """Send a message to a client.

    ``WebSocketSend(<Client> is websocketClient, <Message> is string or buffer)``

    A string is a ``str`` here and goes as text, a buffer is ``bytes`` and goes as binary. As in WEBDEV it
    only queues, and never fails because the client has gone.

    Raises:
        TypeError: The client is none, or the message neither ``str`` nor ``bytes``.
    """
    server.send("WebSocketSend", client, message)


def WebSocketDisconnect(client: websocketClient) -> None:
    """Close a client's connection.

    ``WebSocketDisconnect(<Client> is websocketClient)``

    What was sent before leaves first. The close code is 1000; for another one, or a reason, there is
    ``client.disconnect(code, reason)``.

    Raises:
        TypeError: The client is none.
    """
    server.disconnect("WebSocketDisconnect", client)


def WebSocketExecute(client: websocketClient, procedure: Procedure, *parameters: Any) -> None:
    """Execute a procedure in a client's context.

    ``WebSocketExecute(<Client> is websocketClient, <WLanguage procedure> [, <Parameters>])``

    The procedure is a method of the project's class, or its name. Parameters follow it one by one, without
    brackets around them. They cross by value, and may be all that can cross: lists, dictionaries, dates,
    dataclasses, clients. It does not wait; what the procedure raises is logged. For its result there is
    ``client.execute(procedure, ...).wait()``.

    Raises:
        CannotCross: A parameter cannot go to another context.
        TypeError: The client is none.
    """
    server.execute("WebSocketExecute", client, procedure, parameters)


def WebSocketExecuteGlobalService(procedure: Procedure, *parameters: Any) -> None:
    """Execute a procedure in the global service's context.

    ``WebSocketExecuteGlobalService(<WLanguage procedure> [, <Parameters>])``

    As `WebSocketExecute`. The procedure gets its turn however short the interval is. For its result there is
    ``self.execute_global_service(procedure, ...).wait()``.

    Raises:
        CannotCross: A parameter cannot go to another context.
    """
    server.execute_global_service("WebSocketExecuteGlobalService", procedure, parameters)


def WebSocketListConnectedClient() -> list[websocketClient]:
    """List the clients that are connected at this moment.

    ``<Result> = WebSocketListConnectedClient()``, which is an array of websocketClient

    The array is a ``list`` here.
    """
    return server.connected_clients("WebSocketListConnectedClient")


SocketOpening = telling.OPENING
"""A callback's event: the socket is connected."""

SocketMessage = telling.MESSAGE
"""A callback's event: a message has come."""

SocketClosing = telling.CLOSING
"""A callback's event: the connection is over; the message is the reason."""

SocketError = telling.ERROR
"""A callback's event: the connection could not be made; the message says why."""

ProtocolTLS1_2 = arguments.TLS1_2
ProtocolTLS1_3 = arguments.TLS1_3


def WebSocketClientConnect(name: str, *args: str | int | Callback | Protocols | Wait) -> bool:
    """Connect to a WebSocket server, and tell whether that worked.

    ``<Result> = WebSocketClientConnect(<Socket name>, <Server address> [, <Port number> [, <Path> [,
    <Protocols> [, <Maximum timeout>]]]])``

    ``WebSocketClientConnect(<Socket name>, <Callback procedure>, <Server address> [, ...])``

    The port is 80 unless it is given, the path may begin with a / or not, sub-protocols are a list of
    names or a text with commas. The longest wait is hundredths of a second or a text such as ``"5 s"``;
    10 s where there is none, or 0. What went wrong, `ErrorInfo` says. The address is a host's name, or an IP
    address; for a URL there is `SocketConnect`.

    With a callback it begins to connect, gives True, and the callback is called as ``callback(event,
    message)`` with `SocketOpening`, then `SocketMessage` for each message, then `SocketClosing`; or
    with `SocketError`. In a project's event it runs in the order of events of the context that
    connected, in a script in a thread of the socket's own. In a project it may also be a procedure's name;
    in a script it is no ``async def``. When it is told of the end, `ErrorInfo` has the close code.

    Sockets belong to the context that connects: others do not see them, and they are closed when it ends.
    A name that is in use is given to the new connection, and the old one is closed; of several that are
    being made under one name the one that was asked for last gets it. Capitals count.

    Raises:
        TypeError: An argument is not what it should be.
        ValueError: Likewise.
        RuntimeError: This is an ``async def``, which awaits `wstwist.connect`.
    """
    return sockets.connect("WebSocketClientConnect", False, name, args)


def WebSocketClientConnectSSL(name: str, *args: str | int | Callback | Protocols | Wait) -> bool:
    """Connect to a WebSocket server by TLS, and tell whether that worked.

    ``<Result> = WebSocketClientConnectSSL(<Socket name>, <Server address> [, <Port number> [, <Path>
    [, <Protocols> [, <SSL option> [, <Maximum timeout>]]]]])``

    ``WebSocketClientConnectSSL(<Socket name>, <Callback procedure>, <Server address> [, ...])``

    As `WebSocketClientConnect`; the port is 443 unless it is given. The SSL option is `ProtocolTLS1_2`,
    `ProtocolTLS1_3` or their sum, and no other version is spoken; where there is none the best that both
    sides know is, from TLS 1.2 on: those before are not safe. The server's certificate is checked, its name
    too.
    """
    return sockets.connect("WebSocketClientConnectSSL", True, name, args)


def SocketConnect(name: str, url: str, callback: Callback | str | None = None) -> bool:
    """Connect to a WebSocket server by its URL, ``ws://...`` or ``wss://...``.

    The rest is as with `WebSocketClientConnect`.
    """
    return sockets.connect_url("SocketConnect", name, url, callback)


def SocketWrite(name: str, message: str | bytes) -> bool:
    """Send a message, and tell whether it left.

    ``<Result> = SocketWrite(<Socket name>, <Message>)``

    ``str`` goes as text, ``bytes`` as binary. It waits while 1 MiB waits for a server that does not read, as
    long as that takes. A socket that is still being opened takes nothing. Why it is False, `ErrorInfo` says.

    Raises:
        TypeError: The message is neither.
        ValueError: It is a text that has no UTF-8 form.
    """
    return sockets.write("SocketWrite", name, message)


def SocketRead(
    name: str,
    wait: bool = True,
    maximum_timeout: Wait | None = None,
    maximum_bytes: int | None = None,
) -> str | bytes:
    """Give the next message; ``""`` if none comes.

    ``<Result> = SocketRead(<Socket name> [, <Undefined wait> [, <Maximum timeout> [, <Maximum number
    of bytes>]]])``

    True waits until there is a message or the connection is over; the longest wait does not matter then.
    False waits for the longest wait: in hundredths of a second, or a text such as ``"5 s"``; 1 s where there
    is none; 0 does not wait. Why nothing came, `ErrorInfo` says. A message that has more than the maximum of
    bytes comes in parts, a text in whole characters; without a maximum it is whole.

    In a project's event it ends when the client has gone, or the server stops; what begins after that waits
    for 1 s, unless it has a longest wait of its own.

    Raises:
        RuntimeError: The messages of this socket go to a callback.
        TypeError: An argument is not what it should be.
        ValueError: Likewise.
    """
    return sockets.read("SocketRead", name, wait, maximum_timeout, maximum_bytes)


def SocketClose(name: str) -> bool:
    """Close a socket, or give it up that is being opened, and tell whether there was one.

    ``SocketClose(<Socket name>)``.
    """
    return sockets.close("SocketClose", name)


def SocketExist(name: str) -> bool:
    """Tell whether a socket is open or opens, or has messages that are not read.

    ``<Result> = SocketExist(<Socket name>)``.
    """
    return sockets.exists("SocketExist", name)


def ErrorInfo() -> str:
    """Say what went wrong last with a socket of this context, or script, in whichever of its threads.

    ``<Result> = ErrorInfo()``.
    """
    return sockets.last_error("ErrorInfo")
