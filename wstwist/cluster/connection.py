# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The connection to NATS: nats-py, with what the way between contexts asks of it beside.

nats-py hands each message to a task of its subscription: messages on two subjects may overtake each other,
and each costs two turns of the loop. Here a subscription can have a function instead, which is called at
once, in the order in which messages have come. What is published is written at once, too, and never waits
while there is no connection. This stands on names of nats-py that begin with an underscore, so setup.cfg
names the versions that are known to have them, and tests/cluster/test_connection.py holds them together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from nats.aio.client import Client
from nats.aio.subscription import Subscription
from nats.protocol import command

Handler = Callable[[bytes], None]

_LARGEST_WAITING = 32 * 1024 * 1024
"""Bytes that may wait to be written."""


class Connection(Client):
    """A client of NATS."""

    def __init__(self) -> None:
        """Begin unconnected."""
        super().__init__()
        self._handlers: dict[int, Handler] = {}
        self._listened: dict[int, Subscription] = {}
        self._unsent: set[int] = set()

    # What is ours.

    @property
    def is_usable(self) -> bool:
        """Whether something can be written: nats-py learns of a broken connection only later."""
        return self.is_connected and not self._writer.is_closing()

    @property
    def has_room(self) -> bool:
        """Whether more may be published: NATS reads what is written."""
        return self.is_usable and self._writer.get_write_buffer_size() < _LARGEST_WAITING

    def listen(self, subject: str, handler: Handler) -> int:
        """Subscribe; the handler is called with each message, at once and in order. It must not raise.

        Returns:
            A number, for `unlisten`.
        """
        self._sid += 1
        self._subs[self._sid] = self._listened[self._sid] = Subscription(self, self._sid, subject)
        self._handlers[self._sid] = handler
        if not self._write(command.sub_cmd(subject, "", self._sid)):
            self._unsent.add(self._sid)
        return self._sid

    def unlisten(self, number: int) -> None:
        """End a subscription."""
        self._subs.pop(number, None)
        del self._listened[number]
        del self._handlers[number]
        self._unsent.discard(number)
        self._write(command.unsub_cmd(number, 0))

    def subscribe_late(self) -> None:
        """Subscribe to what was listened to while there was no connection.

        nats-py may have overlooked it, and forgets everything after a first attempt to connect that fails.
        """
        unsent = self._unsent | (self._listened.keys() - self._subs.keys())
        self._unsent = set()
        for number in sorted(unsent):
            self._subs[number] = self._listened[number]
            self._write(command.sub_cmd(self._subs[number]._subject, "", number))

    def take_over(self, failed: Connection) -> None:
        """Listen to what a connection was to listen to that could not be made."""
        self._sid = failed._sid
        self._handlers = failed._handlers
        self._unsent = set(failed._handlers)
        self._listened = {
            number: Subscription(self, number, sub._subject) for number, sub in failed._listened.items()
        }
        self._subs = dict(self._listened)

    def publish_now(self, subject: str, data: bytes) -> None:
        """Publish; where there is no connection nothing is."""
        self.stats["out_msgs"] += 1
        self.stats["out_bytes"] += len(data)
        self._write(command.pub_cmd(subject, "", data))

    def _write(self, line: bytes) -> bool:
        """Write a command behind those that wait, and tell whether there is a connection."""
        if self._transport is None or not self.is_usable:
            return False
        if self._pending:
            self._transport.writelines(self._pending)
            self._pending = []
            self._pending_data_size = 0
        self._transport.write(line)
        return True

    @property
    def _writer(self) -> Any:
        return self._transport._io_writer.transport  # type: ignore[union-attr]

    # What nats-py calls.

    async def _process_msg(self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes) -> None:
        handler = self._handlers.get(sid)
        if handler is None:
            await super()._process_msg(sid, subject, reply, data, headers)
        else:
            self.stats["in_msgs"] += 1
            self.stats["in_bytes"] += len(data)
            handler(data)

    async def _process_pong(self) -> None:
        with suppress(asyncio.InvalidStateError):  # whoever waited for it has given up
            await super()._process_pong()

    async def _attempt_reconnect(self) -> None:
        self._abort()
        await super()._attempt_reconnect()

    def abort(self) -> None:
        """Drop the connection, so that `close` need not wait for bytes that nobody takes."""
        self._abort()

    def _abort(self) -> None:
        self._pending = []
        self._pending_data_size = 0
        if self._transport is not None:
            with suppress(AttributeError):  # not connected yet
                self._writer.abort()
