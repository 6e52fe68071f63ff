# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""wstwist hosts WebSocket projects: classes with five events, in isolated contexts."""

from wstwist import _sources  # noqa: F401 - before all others: it says which of them are compiled
from wstwist._version import __version__
from wstwist.client import Client
from wstwist.exceptions import (
    BusUnavailable,
    CannotCross,
    CircularExecution,
    ClientGone,
    ConfigurationError,
    MailboxFull,
    NoSuchProcedure,
    ProcedureError,
    Refuse,
    ReplyTimeout,
    ServiceUnavailable,
    WstwistError,
)
from wstwist.limits import Limits
from wstwist.project import Project
from wstwist.reply import Reply

__all__ = [
    "BusUnavailable",
    "CannotCross",
    "CircularExecution",
    "Client",
    "ClientGone",
    "ConfigurationError",
    "Limits",
    "MailboxFull",
    "NoSuchProcedure",
    "ProcedureError",
    "Project",
    "Refuse",
    "Reply",
    "ReplyTimeout",
    "ServiceUnavailable",
    "WstwistError",
    "__version__",
]
