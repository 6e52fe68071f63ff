# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of how far a peer has come, and of the time that it has to come to our close frame."""

import socket
import struct
import sys
from typing import Any
from unittest import SkipTest

from twisted.internet.testing import StringTransport
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.trial.unittest import SynchronousTestCase

from tests.wire.support import App, Link, small
from wstwist.wire.progress import taken


class Handle:
    """A transport that has a socket, and nothing else."""

    def __init__(self, handle: Any) -> None:
        self.handle = handle

    def getHandle(self) -> Any:
        return self.handle


class TakenTests(SynchronousTestCase):
    """What the system knows."""

    def setUp(self) -> None:
        """Begin with a connection of TCP."""
        listening = self.enterContext(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        self.client = self.enterContext(socket.socket())
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.client.connect(listening.getsockname())
        self.server = self.enterContext(listening.accept()[0])
        self.server.setblocking(False)

    def fill(self) -> int:
        """Write until the system takes no more."""
        written = 0
        try:
            while True:
                written += self.server.send(bytes(65536))
        except BlockingIOError:
            return written

    def test_tcp(self) -> None:
        """On Linux it is a number that grows while the peer reads; and none when the peer has all."""
        if sys.platform != "linux":
            raise SkipTest("only Linux tells")
        self.assertIsNone(taken(Handle(self.server)))
        self.client.settimeout(5)
        written = self.fill()
        wrapper = ProtocolWrapper(WrappingFactory(None), None)
        wrapper.transport = Handle(self.server)
        before = taken(wrapper)
        assert before is not None
        self.assertEqual(taken(wrapper), before)
        while written > 100_000:
            written -= len(self.client.recv(65536))
        self.assertGreater(taken(wrapper) or 0, before + 100_000)

    def test_others(self) -> None:
        """Of everything else nobody knows: no socket, a local one, one that is closed."""
        left, _right = (self.enterContext(each) for each in socket.socketpair())
        left.setblocking(False)
        self.fill()
        self.server.close()
        for transport in (StringTransport(), Handle(None), Handle(left), Handle(self.server)):
            self.assertIsNone(taken(transport))


class ProgressCase(SynchronousTestCase):
    """A test with a connection whose peer takes what the test says."""

    def setUp(self) -> None:
        """Begin with a connection that is open."""
        if sys.platform != "linux":
            raise SkipTest("only Linux tells")
        self.acknowledged: int | None = 0
        self.app = App(limits=small(close_time=1, stall_time=10, slow_client="latest"))
        self.link = Link(self.app)
        self.link.open()
        self.link.wire.getHandle = lambda: self

    def getsockopt(self, _level: int, _option: int, size: int) -> bytes:
        """Be the socket that tells."""
        if self.acknowledged is None:
            return bytes(size)
        return struct.pack("=24xI92xQ16xI", 1, self.acknowledged, 0)

    def let_pass(self, seconds: int, bytes_per_second: int) -> None:
        """Let time pass in which the peer takes something."""
        for _ in range(seconds):
            if self.acknowledged is not None:
                self.acknowledged += bytes_per_second
            self.link.clock.advance(1)


class PatienceTests(ProgressCase):
    """How long a peer has that is to answer our close frame."""

    def setUp(self) -> None:
        """Begin with a connection that is being closed."""
        super().setUp()
        self.app.peer.channel.close(1001, "")

    def test_as_long_as_it_reads(self) -> None:
        """A peer that goes on taking what was sent has more time, and none when it does not."""
        self.let_pass(5, 1000)
        self.assertFalse(self.link.wire.aborted)
        self.let_pass(1, 0)
        self.assertTrue(self.link.wire.aborted)
        self.assertEqual(self.app.peer.ends, [(1001, "", False)])

    def test_not_for_ever(self) -> None:
        """However slowly it goes on, the stall time is the end."""
        self.let_pass(9, 1)
        self.assertFalse(self.link.wire.aborted)
        self.let_pass(1, 1)
        self.assertTrue(self.link.wire.aborted)
        self.assertEqual(self.link.clock.getDelayedCalls(), [])

    def test_with_nothing_to_read(self) -> None:
        """A peer that has all has the usual time."""
        self.acknowledged = None
        self.let_pass(1, 0)
        self.assertTrue(self.link.wire.aborted)


class LifeTests(ProgressCase):
    """What counts as a sign of life of a peer that sends nothing."""

    def test_slow_reader(self) -> None:
        """A peer that goes on taking what waits before our ping lives, for as long as it does."""
        self.link.wire.producer.pauseProducing()
        self.let_pass(300, 1000)
        self.assertFalse(self.link.wire.aborted)
        self.let_pass(100, 0)
        self.assertTrue(self.link.wire.aborted)

    def test_behind_a_ping(self) -> None:
        """It lives, too, where our ping has left and is far behind."""
        self.let_pass(300, 1000)
        self.assertFalse(self.link.wire.aborted)

    def test_dead_peer(self) -> None:
        """A peer whose system takes nothing is dead after the usual time, a ping being on its way."""
        self.acknowledged = None
        self.let_pass(21, 0)
        self.assertEqual(self.link.wire.taken()[-2:], b"\x89\0")
        self.acknowledged = 100
        self.let_pass(20, 0)
        self.assertTrue(self.link.wire.aborted)
