# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Everything that is bounded, and how far."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args

from wstwist.exceptions import ConfigurationError

_KIB = 1024
_MIB = 1024 * 1024

SlowClient = Literal["close", "drop_oldest", "latest"]
"""What becomes of messages for a client that does not read; `Limits` says what each means."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a project: sizes in bytes, times in seconds.

    Attributes:
        message_size: A message from a client, after decompression. Beyond: close code 1009.
        header_size: The head of a request, request line included. Beyond: 431.
        header_count: Header fields of a request. Beyond: 431.
        handshake_time: For a client to send the head of its request. Beyond: 408.
        connect_time: For ``on_connect``. Beyond: 503, and an async one is cancelled.
        close_time: For a client to answer our close frame. Beyond: the connection is dropped, unless the
            client goes on taking what was sent before (which is seen on Linux, over TCP); then it has up to
            `stall_time`.
        mailbox_messages: Messages and calls that wait in a context. Beyond: reading pauses, calls fail
            with `MailboxFull`.
        mailbox_size: Their bytes, likewise.
        send_queue_size: Bytes that wait for a client that does not read; each message counts 128 more than
            it has, and one message of any size always finds room. At the bound: `slow_client`. In the turn of
            the reactor in which messages begin to wait nobody could read yet: 16 times as much may come.
        slow_client: What happens when a message is sent to a client whose queue is at that bound: "close"
            closes with 1013, without what waits; "drop_oldest" drops the oldest messages that wait, until
            there is room; "latest" does so too, and keeps of the messages without a key the newest only (what
            `on_connect` sends all comes). Whatever it is, a message with a key replaces the one with the same
            key that still waits (`Client.send`). What is dropped and replaced is counted.
        stall_time: How long reading from a client may pause because its mailbox is full. Beyond: close
            code 1013. Also how long a send queue may be at its bound without anything leaving. Beyond:
            1013, or the oldest messages beyond the bound are dropped, as `slow_client` says.
        end_time: For an event that is in progress when its client disconnects. Beyond: an async one is
            cancelled, a blocking one is logged as stuck.
        drain_time: For mailboxes to empty when the server stops.
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
    slow_client: SlowClient = "close"
    stall_time: float = 60.0
    end_time: float = 30.0
    drain_time: float = 10.0

    def __post_init__(self) -> None:
        """Refuse what is no positive number, and a policy that there is not."""
        if self.slow_client not in get_args(SlowClient):
            raise ConfigurationError(
                f'limits: slow_client must be "close", "drop_oldest" or "latest", not {self.slow_client!r}'
            )
        for item in fields(self):
            if item.name == "slow_client":
                continue
            value = getattr(self, item.name)
            kinds = (int,) if item.type == "int" else (int, float)
            if type(value) not in kinds or value <= 0:
                wanted = "a whole number above 0" if item.type == "int" else "a number of seconds above 0"
                raise ConfigurationError(f"limits: {item.name} must be {wanted}, not {value!r}")
