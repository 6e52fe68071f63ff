# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The member forms of the WLanguage functions: ``client.Envoie(message)``, ``client.Send(message)``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from wstwist.wlanguage.place import current_context, renamed


class Handle(Protocol):
    """What the member forms are made of: a `Client`."""

    def send(self, message: str | bytes) -> None:
        """Send a message."""

    def disconnect(self) -> None:
        """Close the connection."""

    def execute(self, *args: Any, **kwargs: Any) -> object:
        """Execute a procedure."""


class Members:
    """What a `Client` has for those who come from WEBDEV; it has no state.

    As the functions of `wstwist.wlanguage.fr` and `wstwist.wlanguage.en` they work in ``def`` events and
    procedures.
    """

    __slots__ = ()

    def Envoie(self: Handle, message: str | bytes) -> None:
        """Send a message: ``<Variable websocketClient>.Envoie(<Message>)``; see `fr.WebSocketEnvoie`."""
        _send(self, "Envoie", message)

    def Send(self: Handle, message: str | bytes) -> None:
        """Send a message: ``<websocketClient variable>.Send(<Message>)``; see `en.WebSocketSend`."""
        _send(self, "Send", message)

    def Déconnecte(self: Handle) -> None:
        """Close the connection: ``<Variable websocketClient>.Déconnecte()``; see `fr.WebSocketDéconnecte`."""
        _disconnect(self, "Déconnecte")

    Deconnecte = Déconnecte

    def Disconnect(self: Handle) -> None:
        """Close the connection: ``<websocketClient variable>.Disconnect()``; see `en.WebSocketDisconnect`."""
        _disconnect(self, "Disconnect")

    def Exécute(self: Handle, procedure: Callable[..., object] | str, *parameters: Any) -> None:
        """Execute a procedure: ``<Variable websocketClient>.Exécute(<Procédure> [, <Paramètres>])``.

        See `fr.WebSocketExécute`.
        """
        _execute(self, "Exécute", procedure, parameters)

    def Execute(self: Handle, procedure: Callable[..., object] | str, *parameters: Any) -> None:
        """Execute a procedure: ``<websocketClient variable>.Execute(<Procedure> [, <Parameters>])``.

        It is the English form, and the French one without its accent. See `en.WebSocketExecute`.
        """
        _execute(self, "Execute", procedure, parameters)


def _send(client: Handle, form: str, message: str | bytes) -> None:
    current_context(f"client.{form}", "client.send(message)")
    try:
        client.send(message)
    except (TypeError, ValueError) as error:
        raise renamed(f"client.{form}", error) from None


def _disconnect(client: Handle, form: str) -> None:
    current_context(f"client.{form}", "client.disconnect()")
    client.disconnect()


def _execute(
    client: Handle, form: str, procedure: Callable[..., object] | str, parameters: tuple[Any, ...]
) -> None:
    current_context(f"client.{form}", "client.execute(procedure, ...)")
    client.execute(procedure, *parameters)
