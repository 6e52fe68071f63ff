# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Everything that is bounded, and how far."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import inf
from typing import Any

from wstwist.exceptions import ConfigurationError

_KIB = 1024
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a project: sizes in bytes, times in seconds.

    Attributes:
        message_size: A message from a client, after decompression. Beyond: close code 1009.
        header_size: The head of a request, request line included. Beyond: 431.
        header_count: Header fields of a request. Beyond: 431.
        handshake_time: For a client to send the head of its request. Beyond: 408.
        connect_time: For ``on_connect``. Beyond: 503, and an async one is cancelled.
        close_time: For a client to answer our close frame. Beyond: the connection is dropped.
        mailbox_messages: Messages and calls that wait in a context. Beyond: reading pauses, calls fail
            with `MailboxFull`.
        mailbox_size: Their bytes, likewise.
        send_queue_size: Bytes that wait for a client that does not read. A queue that was full before
            a new message: close code 1013.
        stall_time: How long reading from a client may pause because its mailbox is full. Beyond: close
            code 1013.
        end_time: For an event that is in progress when its client disconnects. Beyond: an async one is
            cancelled, a blocking one is logged as stuck.
        drain_time: For mailboxes to empty when the server stops.
        clients: Clients of the project, those included that connect or leave. Beyond: 503. None: any number;
            recommended: 10,000.
        clients_per_address: Likewise from one address, of IPv6 from one /64. Beyond: 429. None: any number;
            recommended: 100.
        connects_per_second: Clients that connect, from one address likewise, five seconds' worth of them at
            once. Beyond: 429. None: any number; recommended: 10.
    """

    message_size: int = 1 * _MIB
    header_size: int = 16 * _KIB
    header_count: int = 64
    handshake_time: float = 5.0
    connect_time: float = 10.0
    close_time: float = 1.0
    mailbox_messages: int = 1000
    mailbox_size: int = 4 * _MIB
    send_queue_size: int = 1 * _MIB
    stall_time: float = 60.0
    end_time: float = 30.0
    drain_time: float = 10.0
    clients: int | None = None
    clients_per_address: int | None = None
    connects_per_second: float | None = None

    def __post_init__(self) -> None:
        """Refuse what is no positive number."""
        for item in fields(self):
            _check(item.name, str(item.type), getattr(self, item.name))


def _check(name: str, kind: str, value: Any) -> None:
    """Refuse a value that a limit cannot have."""
    whole, optional = kind.startswith("int"), kind.endswith("None")
    is_number = type(value) is int or (type(value) is float and not whole)
    if (optional and value is None) or (is_number and 0 < value < inf):  # nan is neither
        return
    unit = "" if whole or name.endswith("per_second") else " of seconds"
    wanted = f"a {'whole ' if whole else ''}number{unit} above 0"
    off = ", or None (in a configuration file: false)" if optional else ""
    raise ConfigurationError(f"limits: {name} must be {wanted}{off}, not {value!r}")


OPTIONAL = frozenset(item.name for item in fields(Limits) if str(item.type).endswith("None"))
"""The limits that None switches off."""

RECOMMENDED = {
    "clients": 10_000,
    "clients_per_address": 100,
    "connects_per_second": 10,
    "messages_per_second": 50,
    "bytes_per_second": 1 * _MIB,
    "idle_time": 3600,
    "event_time": 10,
}
"""What those may be on a server that faces the internet."""


def switched_off(limits: Limits) -> dict[str, int]:
    """Give what is recommended for each of the limits that are off."""
    return {name: value for name, value in RECOMMENDED.items() if getattr(limits, name, value) is None}
