# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Everything that is bounded, and how far."""

from __future__ import annotations

from dataclasses import dataclass, fields

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
        event_time: For an event or a procedure; None: any time. Beyond: a line in the log, again each time
            it has doubled, and the client sees nothing. Recommended: 10.
        free_descriptors: File descriptors kept free, by the server as a whole: the most that one of its
            projects wants. Beyond: new connections wait in the system's queue until others have ended.
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
    event_time: float | None = None
    free_descriptors: int = 64

    def __post_init__(self) -> None:
        """Refuse what is no positive number."""
        for item in fields(self):
            value = getattr(self, item.name)
            if value is None and item.type.endswith("| None"):
                continue
            is_whole = item.type.startswith("int")
            if type(value) not in ((int,) if is_whole else (int, float)) or value <= 0:
                wanted = "a whole number above 0" if is_whole else "a number of seconds above 0"
                raise ConfigurationError(f"limits: {item.name} must be {wanted}, not {value!r}")
