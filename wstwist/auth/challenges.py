# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The 401 that tells a client how to say who it is (RFC 9110, section 11.6.1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from wstwist.exceptions import ConfigurationError, Refuse
from wstwist.project import HandshakeRequest

Authenticate: TypeAlias = Callable[[Any, HandshakeRequest], Awaitable[Any]]
"""What a project's `authenticate` is."""


def challenge(scheme: str, reason: str, **parameters: str) -> Refuse:
    """Make the refusal of a client that did not say who it is, or not convincingly.

    Args:
        scheme: The scheme that is spoken here, such as ``Bearer``.
        reason: What the client is told, and the log; nothing of what the client sent.
        parameters: Those of the challenge, ``realm`` first.
    """
    listed = ", ".join(f'{name}="{_quoted(value)}"' for name, value in parameters.items())
    return Refuse(401, reason, {"WWW-Authenticate": f"{scheme} {listed}"})


def check_realm(where: str, realm: str | None) -> None:
    """Refuse a realm that cannot stand in a header (RFC 9110, section 5.6.4).

    Args:
        where: Who is given it.
        realm: The realm; None is none.
    """
    if realm is not None and not (isinstance(realm, str) and realm.isprintable()):
        raise ConfigurationError(f"{where}: the realm is a text without line breaks, not {realm!r}")


def _quoted(value: str) -> str:
    """Write what stands in a quoted string; the names of projects may be any letters."""
    shown = value.encode("ascii", "replace").decode("ascii")
    return shown.replace("\\", "\\\\").replace('"', '\\"')
