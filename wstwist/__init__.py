# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""wstwist hosts WebSocket projects: classes with five events, in isolated contexts."""

from typing import TYPE_CHECKING, Any

from wstwist import _sources  # noqa: F401 - before all others: it says which of them are compiled
from wstwist._version import __version__

if TYPE_CHECKING:
    from wstwist._exports import *  # noqa: F403 - checkers see all of it

__all__ = [
    "BusUnavailable",
    "CannotCross",
    "CertificateRefused",
    "CircularExecution",
    "Client",
    "ClientGone",
    "ConfigurationError",
    "ConnectError",
    "ConnectTimeout",
    "Connection",
    "ConnectionClosed",
    "ConnectionFailed",
    "HandshakeRefused",
    "HandshakeRequest",
    "HostNotFound",
    "InvalidURL",
    "Limits",
    "MailboxFull",
    "NoSuchProcedure",
    "NotWebSocket",
    "ProcedureError",
    "Project",
    "ProxyRefused",
    "QueueFull",
    "Reconnect",
    "Refuse",
    "Reply",
    "ReplyTimeout",
    "ServiceUnavailable",
    "WstwistError",
    "__version__",
    "connect",
]


def __getattr__(name: str) -> Any:
    """Import what there is when somebody uses it: the command line's help needs nothing of it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from wstwist import _exports  # noqa: PLC0415 - see above

    globals().update((each, getattr(_exports, each)) for each in _exports.__all__)
    return globals()[name]


def __dir__() -> list[str]:
    """Name what can be used, imported or not."""
    return sorted({*globals(), *__all__})
