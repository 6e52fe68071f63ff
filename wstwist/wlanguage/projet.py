# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""`ProjetWebSocket`: a project whose five events have French names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import ClassVar

from wstwist.client import Client
from wstwist.project import Done, Project


class ProjetWebSocket(Project):
    """A project of the type "Serveur de WebSocket", as WEBDEV calls it, with French names for its events.

    In events that are ``def`` the functions of `wstwist.wlanguage.fr` work; events may be ``async def`` as
    well. Accents may be written or left out. The global variables of the WLanguage code are attributes here,
    its procedures are methods. All that a `Project` has is here, too, under its own name.
    """

    _spellings: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "ServiceGlobal": "global_service",
            "Connexion": "on_connect",
            "ReceptionMessage": "on_message",
            "RéceptionMessage": "on_message",
            "Deconnexion": "on_disconnect",
            "Déconnexion": "on_disconnect",
            "ArretServiceGlobal": "on_service_stop",
            "ArrêtServiceGlobal": "on_service_stop",
            "intervalle": "interval",
        }
    )

    intervalle: ClassVar[int | str | timedelta] = Project.interval
    """The period of `ServiceGlobal`: what `interval` takes, such as ``"20 s"`` or ``"10 ms"``.

    A bare number is milliseconds, and not hundredths of a second as in some of WLanguage's functions.
    """

    def ServiceGlobal(self) -> Done:
        """Run in a loop, in the global service's context: every `intervalle`. It is `global_service`."""

    def Connexion(self, client: Client) -> Done:
        """A client asks to connect; raise `Refuse` to turn it away. It is `on_connect`."""

    def ReceptionMessage(self, client: Client, message: str | bytes) -> Done:
        """A message has come: text as ``str``, binary as ``bytes``. It is `on_message`."""

    def Deconnexion(self, client: Client) -> Done:
        """An accepted client has gone; called once. It is `on_disconnect`."""

    def ArretServiceGlobal(self) -> Done:
        """The service ends: called once, after its last run. It is `on_service_stop`."""
