# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Everything that is bounded, and how far."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import inf
from types import MappingProxyType
from typing import Any, Literal, Self, get_args

from wstwist.exceptions import ConfigurationError
from wstwist.nearest import nearest

_KIB = 1024
_MIB = 1024 * 1024
_FRAME_SIZE = 1 * _MIB
_MOST = 10**12  # whole numbers; what C counts with has room for more
_MOST_OF_OTHERS = 10**9  # seconds, thirty years, and what is counted each second
_LEAST = {"header_size": 256, "header_count": 5}  # of a handshake, RFC 6455, section 4.1

SlowClient = Literal["close", "drop_oldest", "latest"]
"""What becomes of messages for a client that does not read; `Limits` says what each means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a project: sizes in bytes, times in seconds.

    Attributes:
        message_size: A message from a client, after decompression. Beyond: close code 1009.
        frame_size: The payload of one frame as it comes, compressed or not. Beyond: close code 1009. Left
            at its default it gives way to a greater `message_size`, as most clients send one frame a
            message, and to what compression may add.
        fragments: Frames of one message, empty ones too. Beyond: close code 1008.
        header_size: The head of a request, request line included. Beyond: 431.
        header_count: Header fields of a request. Beyond: 431.
        handshake_time: For a client to send the head of its request. Beyond: 408.
        connect_time: For ``authenticate`` and ``on_connect``. Beyond: 503, and an async one is cancelled.
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
        groups: Groups that a client is in (`Client.join`). Beyond: it does not join; a line in the log.
        drain_time: For mailboxes to empty when the server stops.
        clients: Clients of the project, those included that connect or leave. Beyond: 503. None: any number;
            recommended: 10,000.
        clients_per_address: Likewise from one address, of IPv6 from one /64. Beyond: 429. None: any number;
            recommended: 100.
        connects_per_second: Clients that connect, from one address likewise, five seconds' worth of them at
            once. Beyond: 429. None: any number; recommended: 10.
        pings_per_second: Pings and pongs of a client together, a second's worth of them at once. Beyond:
            close code 1008.
        ping_interval: Between two pings to a client.
        ping_timeout: For anything to come from a client after a ping, time in which we do not read left out.
            Beyond: the connection is dropped, and its close code is 1006.
        messages_per_second: Messages of a client, a second's worth of them at once, at least one. Beyond:
            reading pauses. None: any number; recommended: 50.
        bytes_per_second: Their bytes after decompression, likewise; one message is always taken. None: any
            number; recommended: 1 MiB.
        idle_time: Without a message in either direction. Beyond, by up to a tenth: close code 1001, "idle".
            None: for ever; recommended: 3600.
        event_time: For an event or a procedure; None: any time. Beyond: a line in the log, again each time
            it has doubled, and the client sees nothing. Recommended: 10.
        free_descriptors: File descriptors kept free, by the server as a whole: the most that one of its
            projects wants. Beyond: new connections wait in the system's queue until others have ended.
    """

    message_size: int = 1 * _MIB
    frame_size: int = _FRAME_SIZE
    fragments: int = 1024
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
    groups: int = 1000
    drain_time: float = 10.0
    clients: int | None = None
    clients_per_address: int | None = None
    connects_per_second: float | None = None
    pings_per_second: float = 10.0
    ping_interval: float = 20.0
    ping_timeout: float = 20.0
    messages_per_second: float | None = None
    bytes_per_second: float | None = None
    idle_time: float | None = None
    event_time: float | None = None
    free_descriptors: int = 64

    def __new__(cls, **limits: Any) -> Self:
        """Refuse what is no limit."""
        known = [item.name for item in fields(cls)]
        for name in limits:
            if name not in known:
                meant = nearest(name, known)
                advice = f"did you mean {meant}?" if meant else f"there are {', '.join(known)}"
                raise ConfigurationError(f"limits: no such limit: {name}; {advice}")
        return object.__new__(cls)

    def __post_init__(self) -> None:
        """Refuse what is no positive number, less than a handshake has, and a policy that there is not."""
        if self.slow_client not in get_args(SlowClient):
            raise ConfigurationError(
                f'limits: slow_client must be "close", "drop_oldest" or "latest", not {self.slow_client!r}'
            )
        for item in fields(self):
            if item.name != "slow_client":
                _check(item.name, str(item.type), getattr(self, item.name))

    @property
    def largest_frame(self) -> int:
        """What `frame_size` comes to."""
        if self.frame_size != _FRAME_SIZE:
            return self.frame_size
        # What cannot be compressed grows a little by it.
        return max(self.frame_size, self.message_size * 9 // 8 + _KIB)


def _check(name: str, kind: str, value: Any) -> None:
    """Refuse a value that a limit cannot have."""
    whole, optional = kind.startswith("int"), kind.endswith("None")
    is_number = type(value) is int or (type(value) is float and not whole)
    most = _MOST if whole else _MOST_OF_OTHERS
    if is_number and most < value < inf:
        raise ConfigurationError(f"limits: {name} must be {most:,} at most")
    if (optional and value is None) or (is_number and 0 < value < inf):  # nan is neither
        least = _LEAST.get(name, 0)
        if value is not None and value < least:
            raise ConfigurationError(
                f"limits: {name} must be {least} at least, or nobody can connect, not {value}"
            )
        return
    unit = "" if whole or name.endswith("per_second") else " of seconds"
    wanted = f"a {'whole ' if whole else ''}number{unit} above 0"
    off = ", or None (in a configuration file: false)" if optional else ""
    raise ConfigurationError(f"limits: {name} must be {wanted}{off}, not {value!r}")


OPTIONAL = frozenset(item.name for item in fields(Limits) if str(item.type).endswith("None"))
"""The limits that None switches off."""

RECOMMENDED = MappingProxyType(
    {
        "clients": 10_000,
        "clients_per_address": 100,
        "connects_per_second": 10,
        "messages_per_second": 50,
        "bytes_per_second": 1 * _MIB,
        "idle_time": 3600,
        "event_time": 10,
    }
)
"""What these should be for clients that nobody knows."""
