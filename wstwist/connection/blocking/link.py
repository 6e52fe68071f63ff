# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""An open connection, and the thread that reads it."""

from __future__ import annotations

import os
import socket
import threading
from collections import deque
from contextlib import suppress
from sys import getsizeof
from time import monotonic

from wstwist.connection.blocking.pulse import Pulse
from wstwist.connection.blocking.stream import Stream
from wstwist.connection.blocking.waiting import Poller
from wstwist.connection.handshake import Agreed
from wstwist.connection.options import Options
from wstwist.connection.session import CLOSED, OPEN, Session
from wstwist.durations import describe
from wstwist.exceptions import ReceiveTimeout


class Link:
    """A connection whose thread answers pings and keeps what is received, whatever the program does.

    One lock guards all of it, TLS included; nobody blocks while holding it. The thread ends with the
    connection, or when `abandon` is called.

    Args:
        stream: What the handshake was done on; it is the link's from now on.
        agreed: What the handshake agreed on.
        options: How the connection is made.

    Attributes:
        session: The session; to be read only.
        is_gone: Whether socket and thread are no more.
    """

    def __init__(self, stream: Stream, agreed: Agreed, options: Options) -> None:
        """Be open; `start` begins to read."""
        self.session = Session(agreed, self, options.message_size, options.fragments)
        self._stream = stream
        self._options = options
        self._changed = threading.Condition(threading.Lock())
        self._messages: deque[str | bytes] = deque()
        self._size = 0  # bytes of memory that they take
        self._pings: dict[bytes, float] = {}  # those that wait for an answer, in order: when they left
        self._answered: dict[bytes, float] = {}  # those that nobody has asked about yet: when
        self._pulse = Pulse(options.ping_interval, options.ping_timeout, monotonic())
        self._state = OPEN  # of the session, when it was last judged
        self._until = 0.0  # once it is not open: when the connection is dropped
        self._last = 0  # then: how many bytes the stream has sent when the close frame has left
        self.is_gone = False
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._run, name="wstwist-connection", daemon=True)
        self._waker, self._woken = socket.socketpair()
        self._waker.setblocking(False)
        self._woken.setblocking(False)

    def start(self) -> None:
        """Take what came behind the handshake, and begin to read.

        Raises:
            RuntimeError: The system gives no thread.
        """
        with self._changed:
            self.session.begin()
        try:
            self._thread.start()
        except RuntimeError:
            with self._changed:
                self._let_go()
            raise

    @property
    def is_copy(self) -> bool:
        """Whether this is a fork's copy, which has no thread, and locks that nobody may ever release."""
        return os.getpid() != self._process

    def forget(self) -> None:
        """Close a copy's descriptors, which the connection of the process that made it does not notice."""
        for each in (self._stream.socket, self._waker, self._woken):
            each.close()

    # For any thread but the link's own.

    def send(self, message: str | bytes) -> None:
        """Send a message; wait while more than ``queue_size`` bytes wait to be sent."""
        with self._changed:
            self._wait_for_room()
            self.session.send(message)
            if self._stream.waiting:
                self._wake()
                self._wait_for_room()

    def receive(self, seconds: float | None) -> str | bytes:
        """Take the next message; wait for it, None being no end."""
        with self._changed:
            if not self._changed.wait_for(self._has_news, seconds):
                raise ReceiveTimeout(f"no message within {describe(seconds or 0)}")
            if not self._messages:
                raise self.session.closed()
            message = self._messages.popleft()
            self._size -= getsizeof(message)
            if self._wants_more():
                self._wake()
            return message

    def ping(self, seconds: float | None) -> float:
        """Ask for an answer, wait for it, and give how long that took, in seconds."""
        payload, began = os.urandom(8), monotonic()
        with self._changed:
            if self.session.state is not OPEN:
                raise self.session.closed()
            self._pings[payload] = began
            self.session.ping(payload)
            self._wake()
            is_answered = self._changed.wait_for(lambda: self._is_over_for(payload), seconds)
            if self._pings.pop(payload, 0.0) > 0:
                if is_answered:
                    raise self.session.closed()
                raise ReceiveTimeout(f"no answer to a ping within {describe(seconds or 0)}")
        return self._answered.pop(payload) - began

    def _is_over_for(self, payload: bytes) -> bool:
        return payload not in self._pings or self.session.state is CLOSED

    def close(self, code: int, reason: str) -> None:
        """Ask for the end, and wait until socket and thread are gone."""
        with self._changed:
            self.session.close(code, reason)
            self._wake()
            self._changed.wait_for(lambda: self.is_gone)
        self._thread.join()

    def abandon(self) -> None:
        """Drop the connection, as nobody has it any more; this takes no lock, and waits for nothing."""
        self._waker.close()

    def _has_news(self) -> bool:
        return bool(self._messages) or self.session.state is CLOSED

    def _wait_for_room(self) -> None:
        most = self._options.queue_size
        self._changed.wait_for(lambda: self._stream.waiting <= most or self.session.state is not OPEN)
        is_lost = self._stream.is_deaf and self.session.state is not OPEN
        if self._stream.waiting > most or is_lost:
            raise self.session.closed()

    def _wake(self) -> None:
        with suppress(OSError):  # it is awake, or gone
            self._waker.send(b"\0")

    # What the session tells; the lock is held.

    def received(self, message: str | bytes) -> bool:
        """Keep a message; False: there are enough. After we have asked for the end, nobody wants any."""
        if self.session.state is OPEN:
            self._messages.append(message)
            self._size += getsizeof(message)
        return self._size < self._options.queue_size or self.session.state is not OPEN

    def write(self, data: bytes) -> None:
        """Send bytes, or keep what the system does not take."""
        self._stream.write(data)

    def pong(self, payload: bytes) -> None:
        """Note the answer to a ping, and to those before it: the last one is enough (section 5.5.3)."""
        if payload in self._pings:
            now, order = monotonic(), list(self._pings)
            for each in order[: order.index(payload) + 1]:
                del self._pings[each]
                self._answered[each] = now

    def ended(self) -> None:
        """Tell a server that has broken a rule that nothing more is sent; else it closes first (7.1.1)."""
        if self.session.end is not None and not self.session.end[2]:
            self._stream.finish()

    # The thread.

    def _run(self) -> None:
        poller = Poller(self._stream.socket, self._woken)
        goes_on = True
        try:
            while goes_on and self._wait(poller):
                with self._changed:
                    goes_on = self._step(monotonic())
                    self._changed.notify_all()
        finally:
            poller.close()
            with self._changed:
                self._let_go()

    def _wait(self, poller: Poller) -> bool:
        """Wait until there is something to do; False: the connection is abandoned."""
        with self._changed:
            to_read, to_write = self._reads(), self._stream.waiting > 0
            due = self._due()
        seconds = None if due is None else max(0.0, due - monotonic())
        poller.wait(seconds, to_read=to_read, to_write=to_write)
        try:
            return bool(self._woken.recv(4096))
        except BlockingIOError:
            return True

    def _step(self, now: float) -> bool:
        """Read and write what can be; False: that was all."""
        if self._wants_more():
            self.session.resume()
        data = self._stream.read() if self._reads() else b""
        if data:
            self.session.feed(data)
        took = self._stream.flush()
        return self._judge(now, heard=bool(data), took=took)

    def _judge(self, now: float, *, heard: bool, took: bool) -> bool:
        """Tell whether the connection goes on.

        Args:
            now: The time.
            heard: Whether anything came.
            took: Whether the server made room for what had to wait for it: that is a sign of life, too.
        """
        if not self._reads():  # whatever has happened to it shows when the program has taken messages
            self._pulse.heard(now)
            return True
        if self._stream.is_over:
            return False
        if self._is_ending:
            return self._may_linger(now, took=took)
        if heard or took:
            self._pulse.heard(now)
        return self._pulse.beat(now, self.session.ping)

    def _may_linger(self, now: float, *, took: bool) -> bool:
        """Give the server its time for each step of the end, and for taking what was sent before it."""
        if self._state is not self.session.state:
            self._state = self.session.state
            self._last = self._stream.sent + self._stream.waiting
            self._until = now + self._options.close_timeout
        elif self._until == 0 or (took and self._stream.sent <= self._last):
            self._until = now + self._options.close_timeout
        return now < self._until

    @property
    def _is_ending(self) -> bool:
        return self._stream.is_deaf or self.session.state is not OPEN

    def _due(self) -> float | None:
        """Give the time at which the next step is due, even if nothing happens."""
        if not self._reads():
            return None
        return self._until if self._is_ending else self._pulse.due

    def _reads(self) -> bool:
        return self.session.state is CLOSED or not self.session.is_held

    def _wants_more(self) -> bool:
        """Whether a session that is held may go on."""
        has_room = 2 * self._size <= self._options.queue_size
        return self.session.is_held and (has_room or self.session.state is not OPEN)

    def _let_go(self) -> None:
        self.session.lost()
        self._stream.close()
        self._waker.close()
        self._woken.close()
        self.is_gone = True
        self._changed.notify_all()
