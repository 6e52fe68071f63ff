# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The five functions of a server, behind their names in `fr` and `en`; ``called`` is the name, for errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wstwist.client import Client
from wstwist.wlanguage.place import current_context, renamed

Procedure = Callable[..., object] | str
"""A procedure of the project: its function, a method, or its name."""


def send(called: str, client: Client, message: str | bytes) -> None:
    """Send a message to a client."""
    current_context(called, "client.send(message)")
    _check(called, client)
    try:
        client.send(message)
    except (TypeError, ValueError) as error:
        raise renamed(called, error) from None


def disconnect(called: str, client: Client) -> None:
    """Close a client's connection."""
    current_context(called, "client.disconnect()")
    _check(called, client)
    client.disconnect()


def execute(called: str, client: Client, procedure: Procedure, parameters: tuple[Any, ...]) -> None:
    """Execute a procedure in a client's context, and do not wait for it."""
    current_context(called, "client.execute(procedure, ...)")
    _check(called, client)
    client.execute(procedure, *parameters)


def execute_global_service(called: str, procedure: Procedure, parameters: tuple[Any, ...]) -> None:
    """Execute a procedure in the global service's context, and do not wait for it."""
    context = current_context(called, "self.execute_global_service(procedure, ...)")
    context.bus.call(None, procedure, parameters, {})


def connected_clients(called: str) -> list[Client]:
    """List the clients that are connected."""
    return current_context(called, "await self.connected_clients()").bus.clients().wait()


def _check(called: str, client: object) -> None:
    if not isinstance(client, Client):
        raise TypeError(f"{called}: the client is a websocketClient, not {type(client).__name__}")
