# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of the transports that endpoints give: aiofastnet's where they can be had, Twisted's elsewhere.

Both have to behave in the same way, so nearly all of them run on both; ``FAST`` says which ones these are.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import logging
import os
import random
import socket
import ssl
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from OpenSSL.crypto import X509
from twisted.internet import reactor
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import (
    IConsumer,
    IHalfCloseableProtocol,
    IPushProducer,
    ISSLTransport,
    ITCPTransport,
)
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

import wstwist
from tests.support import until
from tests.wire.certificates import Files
from wstwist.wire.endpoints import is_fast, listen, parse, tcp, tls
from wstwist.wire.fast_port import fast_loop

FAST = fast_loop(reactor) is not None

RESET = struct.pack("ii", 1, 0)
NOISE = random.Random(1).randbytes(3_000_000)


class Recorder(Protocol):
    """The server's side of a connection: records, and does what its factory has been told."""

    def __init__(self) -> None:
        self.received = b""
        self.reasons: list[Any] = []
        self.lost: Deferred[None] = Deferred()
        self.react: Callable[[Recorder, bytes], object] | None = None

    def connectionMade(self) -> None:
        self.react = self.factory.on_data
        self.factory.peers.append(self)
        self.factory.on_made(self)

    def dataReceived(self, data: bytes) -> None:
        self.received += data
        if self.react is not None:
            self.react(self, data)

    def connectionLost(self, reason: Any) -> None:
        self.reasons.append(reason.value)
        if not self.lost.called:
            self.lost.callback(None)


class BufferedRecorder(Recorder):
    """One that is given the buffer, where the transport has one."""

    def bufferReceived(self, buffer: bytearray, size: int) -> None:
        data = memoryview(buffer)[:size]
        self.factory.views.append(data)
        self.dataReceived(bytes(data))


@implementer(IHalfCloseableProtocol)
class HalfRecorder(Recorder):
    """One that wants to know of each half's end."""

    def __init__(self) -> None:
        super().__init__()
        self.halves: list[str] = []

    def readConnectionLost(self) -> None:
        self.halves.append("read")

    def writeConnectionLost(self) -> None:
        self.halves.append("write")


class Recorders(Factory):
    """Makes recorders."""

    noisy = False
    handshake_time = 5.0

    def __init__(self) -> None:
        self.protocol = BufferedRecorder
        self.peers: list[Recorder] = []
        self.views: list[memoryview] = []
        self.on_data: Any = None
        self.on_made: Callable[[Recorder], object] = lambda peer: None


@implementer(IPushProducer)
class Producer:
    """Writes pieces until it is paused."""

    def __init__(self, transport: Any, piece: bytes = b"", count: int = 0) -> None:
        self.transport = transport
        self.piece = piece
        self.left = count
        self.told: list[str] = []
        self.on_end: Callable[[], object] = lambda: None

    def pauseProducing(self) -> None:
        self.told.append("pause")

    def resumeProducing(self) -> None:
        self.told.append("resume")
        paused = self.told.count("pause")
        while self.left and self.told.count("pause") == paused:
            self.left -= 1
            self.transport.write(self.piece)
        if not self.left:
            self.on_end()

    def stopProducing(self) -> None:
        self.told.append("stop")


class Case(TestCase):
    """A test with a server on a free port, and clients in threads."""

    timeout = 30
    secure = False

    def setUp(self) -> None:
        """Listen."""
        self.files = Files(self.mktemp())
        self.factory = Recorders()
        self.sockets: list[socket.socket] = []
        self.addCleanup(self._settle)
        self.host = self.listen("127.0.0.1")

    def endpoint(self, interface: str) -> Any:
        """Give the endpoint to listen on."""
        if self.secure:
            return tls(reactor, 0, self.files.chain, self.files.private, interface)
        return tcp(reactor, 0, interface)

    def listen(self, interface: str) -> Any:
        """Listen until the end of the test, and give the address."""
        self.port = port = listen(self.endpoint(interface), self.factory, "the test's port")
        self.addCleanup(port.stopListening)
        self.assertEqual(is_fast(port), FAST)
        return port.getHost()

    async def _settle(self) -> None:
        for peer in self.factory.peers:
            if not peer.reasons:
                peer.transport.abortConnection()
        for each in self.sockets:
            each.close()
        await until(lambda: all(peer.reasons for peer in self.factory.peers), "the end of all connections")
        await deferLater(reactor, 0.01)

    def dial(self) -> socket.socket:
        """Connect; for use in a thread."""
        plain = self.dial_plain()
        if not self.secure:
            return plain
        context = ssl.create_default_context(cafile=self.files.root)
        client = context.wrap_socket(plain, server_hostname="127.0.0.1")
        self.sockets.append(client)
        return client

    def dial_plain(self) -> socket.socket:
        """Connect without TLS; for use in a thread."""
        plain = socket.create_connection((self.host.host, self.host.port), timeout=10)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sockets.append(plain)
        return plain

    async def connect(self, data: bytes = b"") -> tuple[socket.socket, Recorder]:
        """Connect, and give both sides."""
        count = len(self.factory.peers)
        client = await deferToThread(self.dial)
        if data:
            client.sendall(data)
        await until(lambda: len(self.factory.peers) > count, "a connection")
        peer = self.factory.peers[-1]
        await until(lambda: len(peer.received) >= len(data), "the first data")
        return client, peer

    async def received(self, peer: Recorder, data: bytes) -> None:
        """Wait for data."""
        await until(lambda: len(peer.received) >= len(data), "data")
        self.assertEqual(peer.received, data)

    def reset(self, client: socket.socket) -> None:
        """Reset a connection from the client's side."""
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        if isinstance(client, ssl.SSLSocket):
            socket.socket(fileno=client.detach()).close()
        else:
            client.close()

    def drop(self, client: socket.socket) -> None:
        """Close a connection from the client's side, without a word."""
        self.sockets.remove(client)
        if isinstance(client, ssl.SSLSocket):
            socket.socket(fileno=client.detach()).close()
        else:
            client.close()

    def assertEnded(self, peer: Recorder, reason: type[Exception]) -> None:
        """See that the end was told once, and how; over TLS Twisted makes a `ConnectionLost` of many."""
        told = [type(each) for each in peer.reasons]
        if self.secure and not FAST and told == [ConnectionLost]:
            return
        self.assertEqual(told, [reason])

    async def fill(self, peer: Recorder) -> Producer:
        """Write until the client, which does not read, makes the transport pause a producer."""
        producer = Producer(peer.transport, b"x" * 50_000, 1000)
        peer.transport.registerProducer(producer, True)
        producer.resumeProducing()
        await until(lambda: "pause" in producer.told, "the pause")
        return producer


def read_all(client: socket.socket) -> bytes:
    """Read to the end; for use in a thread."""
    received = b""
    while piece := client.recv(65536):
        received += piece
    return received


def read_some(client: socket.socket, size: int) -> bytes:
    """Read so much; for use in a thread."""
    received = bytearray()
    while len(received) < size and (piece := client.recv(1 << 20)):
        received += piece
    return bytes(received)


class ReadingTests(Case):
    """What comes in."""

    async def test_order(self) -> None:
        """Everything is delivered, in order, in pieces of all sizes."""
        client, peer = await self.connect()

        def talk() -> None:
            at = 0
            for size in (1, 2, 100, 16_383, 16_384, 16_385, 65_536, 262_144, 262_145, 1_000_000):
                client.sendall(NOISE[at : at + size])
                at += size
            client.sendall(NOISE[at:])

        await deferToThread(talk)
        await self.received(peer, NOISE)
        if FAST:
            self.assertEqual({type(view) for view in self.factory.views}, {memoryview})
            self.assertEqual(sum(len(view) for view in self.factory.views), len(NOISE))

    async def test_bytes(self) -> None:
        """A protocol that does not ask for the buffer is given bytes of its own."""
        self.factory.protocol = Recorder
        pieces = []
        self.factory.on_data = lambda peer, data: pieces.append(data)
        client, peer = await self.connect(b"one")
        client.sendall(b"two")
        await self.received(peer, b"onetwo")
        self.assertEqual(pieces, [b"one", b"two"])

    async def test_pause(self) -> None:
        """A paused connection delivers nothing, and a resumed one all, in order; both may be said twice."""
        client, peer = await self.connect(b"0")
        for _ in range(2):
            peer.transport.pauseProducing()
            peer.transport.pauseProducing()
            before = peer.received
            await deferToThread(client.sendall, b"x" * 100_000)
            await deferLater(reactor, 0.1)
            self.assertEqual(peer.received, before)
            peer.transport.resumeProducing()
            peer.transport.resumeProducing()
            await self.received(peer, before + b"x" * 100_000)

    async def test_pause_at_once(self) -> None:
        """A connection may be paused from its beginning, and delivers later what came meanwhile."""
        if self.secure and not FAST:
            return  # Twisted's transport could not even shake hands
        self.factory.on_made = lambda peer: peer.transport.pauseProducing()
        client, peer = await self.connect()
        client.sendall(b"early")
        used = time.process_time()
        await deferLater(reactor, 0.3)
        self.assertEqual(peer.received, b"")
        self.assertLess(time.process_time() - used, 0.15)
        peer.transport.resumeProducing()
        await self.received(peer, b"early")

    async def test_pause_while_delivering(self) -> None:
        """A protocol may pause in the middle of a delivery."""

        def pause(peer: Recorder, data: bytes) -> None:
            peer.transport.pauseProducing()
            reactor.callLater(0, peer.transport.resumeProducing)

        self.factory.on_data = pause
        client, peer = await self.connect()
        await deferToThread(client.sendall, NOISE)
        await self.received(peer, NOISE)

    async def test_take_over(self) -> None:
        """Another protocol may take over in the middle of a delivery, of the other kind or the same."""
        client, peer = await self.connect()
        others = [Recorder(), BufferedRecorder(), Recorder()]
        for other in others:
            other.factory = self.factory
        handlers = iter([*others, None])

        def hand_over(peer: Recorder, data: bytes) -> None:
            successor = next(handlers)
            if successor is not None:
                successor.react = hand_over
                successor.transport = peer.transport
                target = peer.transport.protocol if self.secure and not FAST else peer.transport
                if self.secure and not FAST:
                    peer.transport.wrappedProtocol = successor
                else:
                    target.protocol = successor

        peer.react = hand_over
        chain = [peer, *others]
        for number, each in enumerate(chain):
            client.sendall(b"%d" % number)
            await self.received(each, b"%d" % number)
        self.drop(client)
        await chain[-1].lost
        self.assertEqual([len(each.reasons) for each in chain], [0, 0, 0, 1])
        self.factory.peers.remove(peer)

    async def test_loss_while_delivering(self) -> None:
        """A protocol may end the connection in the middle of a delivery, and is given nothing more."""
        for method in ("loseConnection", "abortConnection"):
            self.factory.on_data = lambda peer, data, method=method: getattr(peer.transport, method)()
            client, peer = await self.connect(b"x")

            def flood(client: socket.socket = client) -> None:
                try:
                    for _ in range(20):
                        client.sendall(NOISE[:100_000])
                    read_all(client)
                except OSError:
                    pass
                client.close()

            flooding = deferToThread(flood)
            await peer.lost
            self.assertEqual(len(peer.reasons), 1)
            if FAST or not self.secure:  # Twisted's TLS goes on delivering
                self.assertEqual(peer.received, b"x")
            await flooding

    async def test_end(self) -> None:
        """A client that goes is a clean end."""
        client, peer = await self.connect(b"x")
        if isinstance(client, ssl.SSLSocket):
            await deferToThread(client.unwrap)
        client.close()
        await peer.lost
        self.assertEnded(peer, ConnectionDone)
        self.assertFalse(peer.transport.connected)


class WritingTests(Case):
    """What goes out."""

    async def test_order(self) -> None:
        """Everything leaves in order, by itself or in sequences, however slowly it is read."""
        client, peer = await self.connect()
        at = 0
        for size in (0, 1, 100, 20_000, 300_000):
            peer.transport.write(NOISE[at : at + size])
            at += size
            peer.transport.writeSequence([NOISE[at + n * size : at + (n + 1) * size] for n in range(2)])
            at += 2 * size
        pieces = [NOISE[n : n + 1000] for n in range(at, len(NOISE), 1000)]
        peer.transport.writeSequence(map(memoryview, pieces) if FAST else pieces)
        peer.transport.writeSequence([])

        def talk() -> bytes:
            received = client.recv(10)
            time.sleep(0.1)
            return received + read_some(client, len(NOISE) - len(received))

        self.assertEqual(await deferToThread(talk), NOISE)

    async def test_bytes_only(self) -> None:
        """Only bytes may be written: nothing that could change before it leaves."""
        _, peer = await self.connect(b"x")
        for wrong in ("text", None):
            self.assertRaises(TypeError, peer.transport.write, wrong)
            self.assertRaises(TypeError, peer.transport.writeSequence, [wrong])
        if FAST:
            self.assertRaises(TypeError, peer.transport.write, bytearray(b"x"))

    async def test_producer(self) -> None:
        """A producer is paused while the client does not read, and resumed when it does."""
        client, peer = await self.connect()
        producer = Producer(peer.transport, NOISE[:10_000], 1000)
        peer.transport.registerProducer(producer, True)
        self.assertRaises(RuntimeError, peer.transport.registerProducer, producer, True)
        producer.resumeProducing()
        await until(lambda: "pause" in producer.told, "the pause")
        await deferLater(reactor, 0.2)
        self.assertGreater(producer.left, 0)
        self.assertEqual(producer.told[-1], "pause")
        received = await deferToThread(read_some, client, 10_000_000)
        self.assertEqual(received, NOISE[:10_000] * 1000)
        await until(lambda: producer.told[-1] == "resume", "the last resumption")
        if FAST:  # Twisted's say some of it twice
            told = producer.told[1:]
            self.assertEqual(told, ["pause", "resume"] * (len(told) // 2))
        peer.transport.unregisterProducer()

    async def test_late_producer(self) -> None:
        """A producer that is registered while the buffer is full already is paused, and resumed later."""
        client, peer = await self.connect()
        peer.transport.write(b"x" * 10_000_000)
        producer = Producer(peer.transport)
        peer.transport.registerProducer(producer, True)
        if FAST:  # Twisted's look at the next write
            self.assertEqual(producer.told, ["pause"])
        peer.transport.write(b"y" * 100_000)
        self.assertEqual(producer.told[:1], ["pause"])
        await deferToThread(read_some, client, 10_100_000)
        await until(lambda: producer.told[-1] == "resume", "the resumption")

    async def test_pull_producer(self) -> None:
        """A pull producer is asked for more until it unregisters, and the connection ends thereafter."""
        client, peer = await self.connect(b"x")
        producer = Producer(peer.transport, b"", 0)
        pieces = [NOISE[n : n + 50_000] for n in range(0, len(NOISE), 50_000)]

        def produce() -> None:
            peer.transport.write(pieces.pop(0))
            if not pieces:
                peer.transport.unregisterProducer()

        producer.resumeProducing = produce
        peer.transport.registerProducer(producer, False)
        peer.transport.loseConnection()
        self.assertEqual(await deferToThread(read_all, client), NOISE)
        client.close()
        await peer.lost
        self.assertEnded(peer, ConnectionDone)

    async def test_registered_at_the_end(self) -> None:
        """A producer is told to stop when the connection is lost, and at once if it comes too late."""
        client, peer = await self.connect(b"x")
        producer = Producer(peer.transport)
        peer.transport.registerProducer(producer, True)
        self.reset(client)
        await peer.lost
        self.assertEqual(producer.told, ["stop"])
        peer.transport.registerProducer(producer, True)
        self.assertEqual(producer.told, ["stop", "stop"])

    async def test_after_the_end(self) -> None:
        """Whatever is asked of a transport after the end, nothing happens."""
        client, peer = await self.connect(b"x")
        transport = peer.transport
        self.reset(client)
        await peer.lost
        with self.assertNoLogs():
            for _ in range(10):
                transport.write(b"x")
                transport.writeSequence([b"x"])
            transport.pauseProducing()
            if FAST or not self.secure:
                transport.resumeProducing()
            transport.unregisterProducer()
            transport.loseConnection()
            if FAST:
                transport.abortConnection()
                transport.loseWriteConnection()
                self.assertEqual(transport.getPeer().host, "127.0.0.1")
        await deferLater(reactor, 0.01)
        self.assertEqual(len(peer.reasons), 1)

    async def test_reset_behind_its_back(self) -> None:
        """What is written in the turn in which a reset is noticed is dropped, without a word to the log."""
        client, peer = await self.connect(b"x")
        self.reset(client)
        with self.assertNoLogs():
            for _ in range(10):
                peer.transport.write(b"x")
                peer.transport.writeSequence([b"x"])
        await peer.lost
        self.assertEqual(len(peer.reasons), 1)


class EndTests(Case):
    """Ends of ours, and of the client's."""

    async def test_lose(self) -> None:
        """What was written before the end leaves first."""
        client, peer = await self.connect(b"x")
        peer.transport.write(NOISE)
        peer.transport.loseConnection()
        peer.transport.loseConnection()
        self.assertTrue(peer.transport.disconnecting)
        self.assertEqual(await deferToThread(read_all, client), NOISE)
        client.close()
        await peer.lost
        self.assertEnded(peer, ConnectionDone)

    async def test_lose_while_paused(self) -> None:
        """A connection that is paused for reading ends all the same."""
        client, peer = await self.connect(b"x")
        peer.transport.pauseProducing()
        peer.transport.loseConnection()
        if self.secure and not FAST:
            peer.transport.resumeProducing()
        self.assertEqual(await deferToThread(read_all, client), b"")
        if isinstance(client, ssl.SSLSocket):
            await deferToThread(client.unwrap)
        client.close()
        await peer.lost
        self.assertEnded(peer, ConnectionDone)

    async def test_lose_with_producer(self) -> None:
        """A connection whose producer is paused ends when that has written all it wanted to."""
        client, peer = await self.connect(b"x")
        producer = Producer(peer.transport, NOISE[:50_000], 200)
        producer.on_end = peer.transport.unregisterProducer
        peer.transport.registerProducer(producer, True)
        producer.resumeProducing()
        self.assertGreater(producer.left, 0)
        peer.transport.loseConnection()
        self.assertEqual(await deferToThread(read_all, client), NOISE[:50_000] * 200)
        client.close()
        await peer.lost
        self.assertEnded(peer, ConnectionDone)

    async def test_abort(self) -> None:
        """An aborted connection is reset, whatever was written; the protocol is told once, and later."""
        client, peer = await self.connect(b"x")
        peer.transport.write(NOISE)
        peer.transport.abortConnection()
        peer.transport.abortConnection()
        self.assertEqual(peer.reasons, [])
        await peer.lost
        self.assertEnded(peer, ConnectionAborted)
        self.assertEqual(await deferToThread(self.error_of, client), errno.ECONNRESET)

    async def test_abort_after_lose(self) -> None:
        """A connection that takes too long to end can still be aborted."""
        client, peer = await self.connect(b"x")
        peer.transport.write(NOISE * 4)
        peer.transport.loseConnection()
        await deferLater(reactor, 0.05)
        self.assertEqual(peer.reasons, [])
        peer.transport.abortConnection()
        await peer.lost
        self.assertEnded(peer, ConnectionAborted)
        self.assertEqual(await deferToThread(self.error_of, client), errno.ECONNRESET)

    async def test_stop_producing(self) -> None:
        """As a producer the transport can be stopped, which ends the connection."""
        client, peer = await self.connect(b"x")
        peer.transport.stopProducing()
        self.assertEqual(await deferToThread(read_all, client), b"")
        client.close()
        await peer.lost

    async def test_reset(self) -> None:
        """A reset of an idle connection is noticed."""
        client, peer = await self.connect(b"x")
        self.reset(client)
        await peer.lost
        self.assertEnded(peer, ConnectionLost)

    async def test_reset_behind_data(self) -> None:
        """A reset is noticed that comes together with data, which are delivered."""
        for _ in range(5):
            client, peer = await self.connect(b"x")
            client.sendall(b"y")
            self.reset(client)
            await peer.lost
            self.assertIn(peer.received, (b"x", b"xy"))
            self.assertEqual(len(peer.reasons), 1)

    async def test_reset_while_paused(self) -> None:
        """A reset of a paused connection is noticed when it is resumed."""
        for data in (b"", b"y"):
            client, peer = await self.connect(b"x")
            peer.transport.pauseProducing()
            if data:
                client.sendall(data)
            self.reset(client)
            await deferLater(reactor, 0.05)
            peer.transport.resumeProducing()
            await peer.lost
            self.assertEqual(len(peer.reasons), 1)

    async def test_reset_while_writing(self) -> None:
        """A reset by a client that did not read is noticed, reading or paused."""
        for paused in (False, True):
            client, peer = await self.connect(b"x")
            if paused:
                peer.transport.pauseProducing()
            producer = await self.fill(peer)
            self.reset(client)
            await peer.lost
            self.assertEqual((producer.told[-1], len(peer.reasons)), ("stop", 1))

    async def test_gone_while_writing(self) -> None:
        """A client that goes without reading what was written for it is gone."""
        client, peer = await self.connect(b"x")
        await self.fill(peer)
        self.drop(client)
        await peer.lost
        self.assertEqual(len(peer.reasons), 1)

    def error_of(self, client: socket.socket) -> int | None:
        """Give the number of the error that reading ends with; for use in a thread."""
        with socket.socket(fileno=client.detach()) as plain:
            plain.settimeout(5)
            try:
                read_all(plain)
            except OSError as error:
                return error.errno
        return None


class ErrorTests(Case):
    """Protocols with errors."""

    async def dropped(self, peer: Recorder) -> None:
        """See that a connection ends with the error that was logged, and that others are served."""
        await peer.lost
        self.assertEnded(peer, ZeroDivisionError)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.factory.on_data = None
        await self.connect(b"still served")

    async def test_delivery(self) -> None:
        """An error in a delivery ends that connection, and no other."""
        _, bystander = await self.connect(b"x")
        self.factory.on_data = lambda peer, data: 1 / 0
        _, peer = await self.connect(b"x")
        await self.dropped(peer)
        self.assertEqual(bystander.reasons, [])

    async def test_end(self) -> None:
        """An error in the telling of an end is logged."""
        client, peer = await self.connect(b"x")
        told = Deferred()

        def fail(reason: Any) -> None:
            Recorder.connectionLost(peer, reason)
            told.callback(None)
            raise ZeroDivisionError

        peer.connectionLost = fail
        self.drop(client)
        await told
        await deferLater(reactor, 0.01)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    async def test_producer(self) -> None:
        """An error of a producer that is resumed ends its connection, and no other."""
        if not FAST:
            return  # Twisted's transports end it in other ways
        client, peer = await self.connect(b"x")
        producer = await self.fill(peer)
        producer.resumeProducing = lambda: 1 / 0
        await deferToThread(self.read_until_reset, client)
        await self.dropped(peer)

    async def test_beginning(self) -> None:
        """An error at the beginning ends that connection."""
        if not FAST:
            return  # Twisted's stays, without a protocol that knows of it
        self.factory.on_made = lambda peer: 1 / 0
        _, peer = await self.connect()
        self.factory.on_made = lambda peer: None
        await self.dropped(peer)

    def read_until_reset(self, client: socket.socket) -> None:
        """Read to the end, which may be a bad one."""
        with contextlib.suppress(OSError):  # a global of the name "suppress" means something to trial
            read_all(client)


class AddressTests(Case):
    """What a transport knows."""

    async def test_interfaces(self) -> None:
        """A transport is what Twisted's are; TLS can be told from TCP."""
        _, peer = await self.connect(b"x")
        for interface in (ITCPTransport, IConsumer, IPushProducer):
            self.assertTrue(interface.providedBy(peer.transport))
            if FAST:
                verifyObject(interface, peer.transport)
        self.assertEqual(ISSLTransport.providedBy(peer.transport), self.secure)
        if self.secure and FAST:
            verifyObject(ISSLTransport, peer.transport)

    async def test_addresses(self) -> None:
        """Both addresses are told, on IPv4 and IPv6."""
        for interface, kind in (("127.0.0.1", IPv4Address), ("::1", IPv6Address)):
            self.host = self.listen(interface)
            client, peer = await self.connect(b"x")
            host, port, *_ = client.getsockname()
            self.assertEqual(peer.transport.getPeer(), kind("TCP", host, port))
            self.assertEqual(peer.transport.getHost(), kind("TCP", interface, self.host.port))

    async def test_options(self) -> None:
        """The socket's options can be asked and changed."""
        _, peer = await self.connect(b"x")
        transport = peer.transport
        for wanted in (True, False):
            transport.setTcpNoDelay(wanted)
            transport.setTcpKeepAlive(wanted)
            self.assertEqual((transport.getTcpNoDelay(), transport.getTcpKeepAlive()), (wanted, wanted))
        if FAST or not self.secure:
            self.assertEqual(transport.getHandle().getpeername()[1], transport.getPeer().port)
        self.assertTrue(transport.connected)
        self.assertFalse(transport.disconnecting)


class PlainHalfTests(Case):
    """The two halves of a TCP connection."""

    async def test_clients_half(self) -> None:
        """A client that shuts its half ends the connection."""
        client, peer = await self.connect(b"x")
        client.shutdown(socket.SHUT_WR)
        await peer.lost
        self.assertEnded(peer, ConnectionDone)

    async def test_clients_half_is_told(self) -> None:
        """A protocol that wants to know of it can still write."""
        self.factory.protocol = HalfRecorder
        client, peer = await self.connect(b"x")
        client.shutdown(socket.SHUT_WR)
        await until(lambda: peer.halves, "the end of the client's half")
        await deferLater(reactor, 0.01)
        self.assertEqual((peer.halves, peer.reasons), (["read"], []))
        peer.transport.write(NOISE)
        peer.transport.loseConnection()
        self.assertEqual(await deferToThread(read_all, client), NOISE)
        await peer.lost
        self.assertEnded(peer, ConnectionDone)

    async def test_our_half(self) -> None:
        """When our half is shut, after what was written, the client's can still be read."""
        for data in (b"", NOISE):
            self.factory.protocol = HalfRecorder
            client, peer = await self.connect(b"x")
            peer.transport.write(data)
            peer.transport.loseWriteConnection()
            self.assertEqual(peer.halves, [])
            self.assertEqual(await deferToThread(read_all, client), data)
            await until(lambda peer=peer: peer.halves, "the end of our half")
            peer.transport.write(b"too late")
            client.sendall(b"y")
            await self.received(peer, b"xy")
            self.assertEqual((peer.halves, peer.reasons), (["write"], []))
            client.shutdown(socket.SHUT_WR)
            await until(lambda peer=peer: len(peer.halves) == 2, "the end of the client's half")
            peer.transport.loseConnection()
            await peer.lost

    async def test_our_half_then_the_clients(self) -> None:
        """When both halves are shut the connection is over."""
        client, peer = await self.connect(b"x")
        peer.transport.write(b"bye")
        peer.transport.loseWriteConnection()
        self.assertEqual(await deferToThread(read_all, client), b"bye")
        client.close()
        await peer.lost
        self.assertEnded(peer, ConnectionDone)

    async def test_our_half_of_a_reset_connection(self) -> None:
        """Our half may be shut where there is no other any more."""
        client, peer = await self.connect(b"x")
        self.reset(client)
        peer.transport.loseWriteConnection()
        await peer.lost
        self.assertEqual(len(peer.reasons), 1)


class TlsReadingTests(ReadingTests):
    """What comes in over TLS."""

    secure = True

    async def test_pause_before_the_first_data(self) -> None:
        """Data that come together with the end of the handshake wait for a connection that is paused."""
        if not FAST:
            return  # Twisted's transport could not even shake hands
        self.factory.on_made = lambda peer: peer.transport.pauseProducing()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context(cafile=self.files.root)
        client = context.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
        plain = await deferToThread(self.dial_plain)

        def talk() -> None:
            while True:
                try:
                    client.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    plain.sendall(outgoing.read())
                    incoming.write(plain.recv(65536))
            client.write(b"early")
            plain.sendall(outgoing.read())

        await deferToThread(talk)
        await until(lambda: self.factory.peers, "the connection")
        (peer,) = self.factory.peers
        await deferLater(reactor, 0.05)
        self.assertEqual(peer.received, b"")
        peer.transport.resumeProducing()
        await self.received(peer, b"early")


class TlsWritingTests(WritingTests):
    """What goes out over TLS."""

    secure = True


class TlsEndTests(EndTests):
    """Ends over TLS."""

    secure = True

    async def test_memory(self) -> None:
        """What TLS needs is given back at once, also where the client does not answer to the end of TLS."""
        await deferLater(reactor, 1.2)  # an end of an earlier test may be held for a second
        before = self.count_transports()
        for drop in (False, True):
            client, peer = await self.connect(b"x")
            peer.transport.loseConnection()
            await deferLater(reactor, 0.05)
            if drop:
                self.drop(client)
            else:
                peer.transport.abortConnection()
            await peer.lost
        del peer
        self.factory.peers.clear()
        await until(lambda: self.count_transports() == before, "the release", 3)

    def count_transports(self) -> int:
        """Count aiofastnet's transports for TLS."""
        gc.collect()
        return sum(type(each).__name__.startswith("SSLTransport") for each in gc.get_objects())

    async def test_cut(self) -> None:
        """An end without TLS's own is no clean one."""
        client, peer = await self.connect(b"x")
        self.drop(client)
        await peer.lost
        self.assertEnded(peer, ConnectionLost)


class TlsErrorTests(ErrorTests):
    """Protocols with errors, over TLS."""

    secure = True


class TlsAddressTests(AddressTests):
    """What a TLS transport knows."""

    secure = True

    async def test_no_certificate(self) -> None:
        """A client that was not asked for a certificate has none, and nothing was negotiated."""
        _, peer = await self.connect(b"x")
        self.assertIsNone(peer.transport.getPeerCertificate())
        self.assertIsNone(peer.transport.negotiatedProtocol)


class ClientCertificateTests(Case):
    """Clients that show a certificate."""

    secure = True

    def endpoint(self, interface: str) -> Any:
        """Give an endpoint that asks for one."""
        files = self.files
        return tls(reactor, 0, files.chain, files.private, interface, client_ca=files.root)

    def dial(self) -> socket.socket:
        """Connect with the server's own certificate; for use in a thread."""
        context = ssl.create_default_context(cafile=self.files.root)
        context.load_cert_chain(self.files.chain, self.files.private)
        return context.wrap_socket(self.dial_plain(), server_hostname="127.0.0.1")

    async def test_certificate(self) -> None:
        """The client's certificate can be asked for, as pyOpenSSL's."""
        client, peer = await self.connect(b"x")
        certificate = peer.transport.getPeerCertificate()
        self.assertIsInstance(certificate, X509)
        self.assertEqual(certificate.to_cryptography().subject.rfc4514_string(), "CN=server")
        client.close()


class TlsHandshakeTests(Case):
    """Handshakes that fail."""

    secure = True

    def setUp(self) -> None:
        """See that nothing is logged."""
        super().setUp()
        self.log: list[logging.LogRecord] = []
        handler = logging.Handler()
        handler.emit = self.log.append
        logging.getLogger().addHandler(handler)
        self.addCleanup(logging.getLogger().removeHandler, handler)

    async def rejected(self, *pieces: bytes) -> None:
        """See that what is no handshake ends a connection, that nobody logs it, and others are served."""

        def talk() -> None:
            client = self.dial_plain()
            try:
                for piece in pieces:
                    client.sendall(piece)
                read_all(client)
            except ConnectionResetError:
                pass

        await deferToThread(talk)
        self.assertEqual((self.flushLoggedErrors(), self.log), ([], []))
        if FAST:
            self.assertEqual(self.factory.peers, [])
        await self.connect(b"still served")

    async def test_no_tls(self) -> None:
        """What is no TLS is dropped."""
        for noise in (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\0" * 100, NOISE[:100_000]):
            self.factory.peers.clear()
            await self.rejected(noise)

    async def test_old(self) -> None:
        """A hello of SSL 3 is dropped."""
        hello = b"\x03\x00" + bytes(32) + b"\x00" + b"\x00\x02\x00\x05" + b"\x01\x00"
        body = b"\x01" + len(hello).to_bytes(3, "big") + hello
        await self.rejected(b"\x16\x03\x00" + len(body).to_bytes(2, "big") + body)

    async def test_untrusted(self) -> None:
        """A client that does not trust the certificate leaves no trace."""

        def talk() -> None:
            client = self.dial_plain()
            with self.assertRaises(ssl.SSLCertVerificationError):
                ssl.create_default_context().wrap_socket(client, server_hostname="127.0.0.1")

        await deferToThread(talk)
        await deferLater(reactor, 0.05)
        self.assertEqual((self.flushLoggedErrors(), self.log), ([], []))

    async def test_gone(self) -> None:
        """A client that goes, or resets the connection, before it has shaken hands leaves no trace."""
        for data in (b"", b"\x16\x03\x01"):
            for leave in (socket.socket.close, self.reset):
                client = await deferToThread(self.dial_plain)
                client.sendall(data)
                await deferLater(reactor, 0.02)
                leave(client)
                await deferLater(reactor, 0.05)
        self.assertEqual((self.flushLoggedErrors(), self.log), ([], []))

    async def test_too_slow(self) -> None:
        """A client that does not shake hands is dropped in time."""
        if not FAST:
            return  # there the time is the protocol's business
        self.factory.handshake_time = 0.2
        self.host = self.listen("127.0.0.1")
        began = time.monotonic()
        await self.rejected(b"\x16\x03\x01")
        self.assertLess(time.monotonic() - began, 2)

    async def test_stop(self) -> None:
        """When the port stops, handshakes that go on are dropped."""
        client = await deferToThread(self.dial_plain)
        client.sendall(b"\x16\x03\x01")
        await deferLater(reactor, 0.05)
        await self.port.stopListening()
        if FAST:
            self.assertEqual(await deferToThread(read_all, client), b"")
        self.assertEqual((self.flushLoggedErrors(), self.log), ([], []))


class PortTests(Case):
    """The port itself."""

    async def test_refused(self) -> None:
        """A factory may refuse a connection."""
        with mock.patch.object(self.factory, "buildProtocol", return_value=None):
            self.host = self.listen("127.0.0.1")
            client = await deferToThread(self.dial_plain)
            self.assertEqual(await deferToThread(read_all, client), b"")

    async def test_factory_fails(self) -> None:
        """An error of a factory ends that connection, and is logged."""
        client = await deferToThread(self.dial)
        await until(lambda: self.factory.peers, "a connection")
        if not FAST:
            return  # Twisted forgets to close the socket
        with mock.patch.object(self.factory, "buildProtocol", side_effect=ZeroDivisionError):
            self.host = self.listen("127.0.0.1")
            client = await deferToThread(self.dial_plain)
            self.assertEqual(await deferToThread(read_all, client), b"")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    async def test_start_and_stop(self) -> None:
        """The factory is told of the beginning and the end; the port can be used again thereafter."""
        self.assertEqual(self.factory.numPorts, 1)
        client, peer = await self.connect(b"x")
        await self.port.stopListening()
        self.assertEqual(self.factory.numPorts, 0)
        with self.assertRaises(ConnectionRefusedError):
            await deferToThread(self.dial_plain)
        client.sendall(b"y")
        await self.received(peer, b"xy")

    async def test_before_it_runs(self) -> None:
        """Who connects before the reactor has accepted anything is served when it does."""
        clients = [self.dial_plain() for _ in range(200)]
        for client in clients:
            client.sendall(b"x")
        await until(lambda: [peer.received for peer in self.factory.peers] == [b"x"] * 200, "all of them")

    async def test_description(self) -> None:
        """A string describes it, too."""
        endpoint = parse(reactor, "fast:0:interface=127.0.0.1:backlog=7")
        port = listen(endpoint, self.factory, "the test's port")
        self.addCleanup(port.stopListening)
        self.assertEqual((port.backlog, is_fast(port)), (7, FAST))
        self.host = port.getHost()
        await self.connect(b"x")


class Limited(TestCase):
    """A server that is short of file descriptors, in a process of its own."""

    timeout = 30
    script = """
import os, resource, sys, time
import tests.acceptance
from twisted.internet import reactor
from twisted.internet.protocol import Factory, Protocol
from twisted.python import log
from wstwist.wire.endpoints import listen, tcp

class Echo(Protocol):
    def dataReceived(self, data):
        self.transport.write(b"%.3f" % time.process_time())

log.startLogging(sys.stderr, setStdout=False)
factory = Factory.forProtocol(Echo)
port = listen(tcp(reactor, 0, "127.0.0.1"), factory, "the port")
def limit():
    used = len(os.listdir("/dev/fd")) - 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + 10, used + 10))
    print(port.getHost().port, flush=True)
reactor.callWhenRunning(limit)
reactor.run()
"""

    def setUp(self) -> None:
        """Start it."""
        environment = {**os.environ, "PYTHONPATH": str(Path(wstwist.__file__).parents[1])}
        command = [sys.executable, "-c", self.script]
        output = subprocess.PIPE
        self.process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.DEVNULL)
        self.addCleanup(self.process.stdout.close)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        self.port = int(self.process.stdout.readline())

    def ask(self, client: socket.socket) -> float | None:
        """Ask a server for the seconds of CPU time that it has used; None: it has closed the connection."""
        try:
            client.sendall(b"?")
            answer = client.recv(100)
        except (ConnectionResetError, BrokenPipeError):
            answer = b""
        return float(answer) if answer else None

    def test_no_descriptors(self) -> None:
        """Connections for which there is no descriptor are closed, at no cost, and later ones served."""
        clients = [socket.create_connection(("127.0.0.1", self.port), timeout=5) for _ in range(20)]
        answers = [self.ask(client) for client in clients]
        served = [client for client, answer in zip(clients, answers, strict=True) if answer is not None]
        self.assertTrue(0 < len(served) < 20, answers)
        before = self.ask(served[0])
        time.sleep(0.5)
        self.assertLess(self.ask(served[0]) - before, 0.2)
        for client in clients:
            client.close()
        time.sleep(0.2)
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as client:
            self.assertIsNotNone(self.ask(client))


class ManyTests(Case):
    """Many connections."""

    async def test_churn(self) -> None:
        """Many connections come and go in all ways, and each is told of its end once."""
        self.factory.on_data = lambda peer, data: peer.transport.write(data)

        def talk(number: int) -> None:
            for turn in range(30):
                client = self.dial_plain()
                client.sendall(b"x" * (1 + turn * 1000))
                if turn % 3:
                    read_some(client, 1 + turn * 1000)
                if turn % 2:
                    self.reset(client)
                else:
                    client.close()

        await DeferredList([deferToThread(talk, number) for number in range(5)], fireOnOneErrback=True)
        await until(
            lambda: len(self.factory.peers) == 150 and all(peer.reasons for peer in self.factory.peers),
            "all ends",
        )
        self.assertEqual({len(peer.reasons) for peer in self.factory.peers}, {1})
