# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What `wstwist` gives on demand."""

from wstwist.client import Client
from wstwist.connection.awaited.connecting import connect
from wstwist.connection.awaited.connection import Connection
from wstwist.connection.awaited.retrying import Reconnect
from wstwist.exceptions import (
    BusUnavailable,
    CannotCross,
    CertificateRefused,
    CircularExecution,
    ClientGone,
    ConfigurationError,
    ConnectError,
    ConnectionClosed,
    ConnectionFailed,
    ConnectTimeout,
    HandshakeRefused,
    HostNotFound,
    InvalidURL,
    MailboxFull,
    NoSuchProcedure,
    NotWebSocket,
    ProcedureError,
    ProxyRefused,
    QueueFull,
    Refuse,
    ReplyTimeout,
    ServiceUnavailable,
    WstwistError,
)
from wstwist.limits import Limits
from wstwist.project import HandshakeRequest, Project
from wstwist.reply import Reply

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
    "connect",
]
