# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of the blocking client's open connections."""

from __future__ import annotations

import socket
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import TestCase, mock

from tests.connection.servers import (
    BINARY,
    CLOSE,
    PATIENCE,
    PING,
    PONG,
    TEXT,
    LeftoverCase,
    Peer,
    Server,
    clients_threads,
    echo_server,
    link_local,
    reset,
    until,
)
from wstwist import blocking
from wstwist.connection.blocking.pulse import Pulse
from wstwist.exceptions import ConnectionClosed, ReceiveTimeout

KIB = 1024
MIB = 1024 * KIB


class Case(LeftoverCase):
    """A test with a server that a function plays."""

    def connect(self, talk: Callable[[Peer], object], more: bytes = b"\r\n", **options: Any) -> Any:
        """Serve until the end of the test, and connect."""
        server = self.enterContext(Server(lambda connection: talk(Peer(connection, more))))
        connection = blocking.connect(server.url(), **options)
        self.addCleanup(connection.close)
        return connection

    def assertEnds(self, connection: Any, code: int, reason: str = "", *, was_clean: bool) -> None:
        """See how a connection ends."""
        with self.assertRaises(ConnectionClosed) as caught:
            connection.receive(timeout=PATIENCE)
        error = caught.exception
        self.assertEqual((error.code, error.reason, error.was_clean), (code, reason, was_clean))
        self.assertEqual((connection.close_code, connection.close_reason), (code, reason))
        self.assertFalse(connection.is_open)


class EchoTests(LeftoverCase):
    """Messages to and from a server that others have made."""

    def test_echo(self) -> None:
        """Messages of all kinds and sizes come back in their order, compressed or not."""
        messages: list[str | bytes] = ["", "ü☃" * 100, "x" * 70_000, b"", bytes(range(256)) * 4096]
        for compression in (None, "deflate"):
            with (
                echo_server(compression=compression) as port,
                blocking.connect(f"ws://127.0.0.1:{port}/", compress=True) as connection,
            ):
                for message in messages:
                    connection.send(message)
                self.assertEqual([connection.receive(timeout=PATIENCE) for _ in messages], messages)
            self.assertEqual((connection.close_code, connection.close_reason), (1000, ""))

    def test_knows(self) -> None:
        """A connection knows its state, its other end and the sub-protocol."""
        with echo_server(subprotocols=["b"]) as port:
            with blocking.connect(f"ws://user:secret@127.0.0.1:{port}/", protocols=["a", "b"]) as connection:
                self.assertEqual(connection.protocol, "b")
                self.assertEqual(connection.peer, ("127.0.0.1", port))
                self.assertTrue(connection.is_open)
                self.assertIsNone(connection.close_code)
                self.assertIsNone(connection.close_reason)
                self.assertEqual(repr(connection), f"<connection to ws://127.0.0.1:{port}/, open>")
            self.assertFalse(connection.is_open)
            self.assertIn("closed", repr(connection))

    def test_zone(self) -> None:
        """An IPv6 address of one network is reached in its zone, of which the server hears nothing."""
        host = link_local()
        heads: list[bytes] = []

        def talk(connection: Any) -> None:
            peer = Peer(connection)
            heads.append(peer.head)
            peer.answer_close()

        with Server(talk, host=host) as server:
            blocking.connect(server.url(host=f"[{host}]")).close()
        self.assertIn(f"Host: [{host.partition('%')[0]}]:{server.port}\r\n".encode(), heads[0])

    def test_many_threads(self) -> None:
        """Threads may send and receive at the same time; every message stays whole."""
        with echo_server() as port, blocking.connect(f"ws://127.0.0.1:{port}/") as connection:
            messages = [bytes([number]) * (number * 300) for number in range(200)]
            with ThreadPoolExecutor(3) as receivers, ThreadPoolExecutor(4) as senders:
                received = [receivers.submit(connection.receive, PATIENCE) for _ in messages]
                for sent in [senders.submit(connection.send, message) for message in messages]:
                    sent.result(PATIENCE)
                got = [each.result(PATIENCE) for each in received]
            self.assertEqual(sorted(got), messages)


class ReceiveTests(Case):
    """Receiving."""

    def test_timeout(self) -> None:
        """Where nothing comes in time that is a TimeoutError, and what has come in part is not lost."""
        goes_on = threading.Event()

        def talk(peer: Peer) -> None:
            peer.send(TEXT, b"first ", final=False)
            peer.socket.sendall(b"\x00\x06sec")
            goes_on.wait(PATIENCE)
            peer.socket.sendall(b"ond")
            peer.send(0, b" third")
            peer.answer_close()

        connection = self.connect(talk)
        for timeout in (0, 0.05, "50 ms"):
            self.assertRaises(TimeoutError, connection.receive, timeout)
            self.assertRaises(ReceiveTimeout, connection.receive, timeout=timeout)
        self.assertRaises(ValueError, connection.receive, timeout=-1)
        goes_on.set()
        self.assertEqual(connection.receive(timeout=PATIENCE), "first second third")

    def test_at_once(self) -> None:
        """What comes together with the handshake's answer is received."""
        connection = self.connect(Peer.answer_close, b"\r\n\x81\x02hi")
        self.assertEqual(connection.receive(timeout=0), "hi")

    def test_all_before_the_end(self) -> None:
        """What came before the end is received, then the end is told, again and again."""

        def talk(peer: Peer) -> None:
            peer.send(TEXT, b"1")
            peer.send(BINARY, b"2")
            self.assertEqual(peer.close(4000, "bye"), (CLOSE, b"\x0f\xa0"))

        connection = self.connect(talk)
        until(lambda: not connection.is_open, "the end")
        self.assertEqual([connection.receive(), connection.receive()], ["1", b"2"])
        for _ in range(2):
            self.assertEnds(connection, 4000, "bye", was_clean=True)
        self.assertRaises(ConnectionClosed, connection.send, "x")

    def test_iteration(self) -> None:
        """A loop ends where the server has nothing more to say; any other end is an error."""
        for end, is_error in ((1000, False), (1001, False), (1011, True), (None, True)):

            def talk(peer: Peer, end: int | None = end) -> None:
                peer.send(TEXT, b"1")
                peer.send(TEXT, b"2")
                if end is not None:
                    peer.close(end)

            connection = self.connect(talk)
            messages = iter(connection)
            self.assertEqual([next(messages), next(messages)], ["1", "2"])
            self.assertRaises(ConnectionClosed if is_error else StopIteration, next, messages)
            self.assertEqual(connection.close_code, end or 1006)

    def test_own_end_of_a_loop(self) -> None:
        """A loop ends, too, when another thread closes the connection."""
        connection = self.connect(Peer.answer_close)
        with ThreadPoolExecutor(1) as threads:
            messages = threads.submit(list, connection)
            connection.close(3000, "enough")
            self.assertEqual(messages.result(PATIENCE), [])

    def test_flood(self) -> None:
        """A server that sends more than is received is read no further, and nothing is lost."""
        size, count = 10 * KIB, 2000

        def talk(peer: Peer) -> None:
            for number in range(count):
                peer.send(BINARY, number.to_bytes(4, "big") * (size // 4))
            peer.close()

        connection = self.connect(talk, queue_size=100 * KIB)
        link = connection._link
        until(lambda: link.session.is_held, "flow control")
        self.assertLess(link._size, 150 * KIB)
        received = [int.from_bytes(message[:4], "big") for message in connection]
        self.assertEqual(received, list(range(count)))

    def test_flood_of_nothing(self) -> None:
        """Empty messages are not without bound."""

        def talk(peer: Peer) -> None:
            peer.socket.sendall(b"\x81\x00" * 100_000)
            peer.close()

        connection = self.connect(talk, queue_size=10 * KIB)
        link = connection._link
        until(lambda: link.session.is_held, "flow control")
        self.assertLess(len(link._messages), 1000)
        self.assertEqual(sum(1 for _ in connection), 100_000)

    def test_broken_while_held(self) -> None:
        """A connection that breaks while it is not read gives what came, and costs nothing meanwhile."""
        sent = threading.Event()

        def talk(peer: Peer) -> None:
            peer.socket.sendall(b"\x81\x01x" * 1000)
            peer.socket.shutdown(socket.SHUT_RDWR)
            sent.set()

        connection = self.connect(talk, queue_size=KIB)
        link = connection._link
        sent.wait(PATIENCE)
        until(lambda: link.session.is_held, "flow control")
        for _ in range(1000):
            connection.send(b"x" * KIB)
            if link._stream.is_deaf:
                break
        self.assertTrue(link._stream.is_deaf)
        with mock.patch.object(link, "_step", wraps=link._step) as step:
            link._wake()
            time.sleep(0.05)  # for steps that are not taken
        self.assertLess(step.call_count, 5)
        received = 0
        with self.assertRaises(ConnectionClosed):
            while connection.receive(PATIENCE):
                received += 1
        self.assertGreater(received, 10)
        self.assertEqual(connection.close_code, 1006)

    def test_too_big(self) -> None:
        """A message beyond the limit ends the connection, and the server learns why."""
        seen: list[Any] = []

        def talk(peer: Peer) -> None:
            peer.send(BINARY, b"x" * 1001)
            seen.extend(peer.rest())

        connection = self.connect(talk, message_size=1000)
        until(lambda: not connection.is_open, "the end")
        connection.close()
        self.assertEqual(connection.close_code, 1009)
        self.assertEqual([(opcode, payload[:2]) for opcode, payload in seen], [(CLOSE, b"\x03\xf1")])


class SendTests(Case):
    """Sending to servers that do not read."""

    def test_waits(self) -> None:
        """It waits while a server does not read, and goes on when it does; all arrives before the end."""
        reads = threading.Event()
        sizes: list[int] = []

        def talk(peer: Peer) -> None:
            reads.wait(PATIENCE)
            while (frame := peer.receive())[0] != CLOSE:
                sizes.append(len(frame[1]))
            peer.send(*frame)

        connection = self.connect(talk, queue_size=64 * KIB, message_size=MIB)
        with ThreadPoolExecutor(1) as threads:
            sending = threads.submit(lambda: [connection.send(b"x" * MIB) for _ in range(30)])
            until(lambda: connection._link._stream.waiting > 64 * KIB, "a full socket")
            self.assertFalse(sending.done())
            reads.set()
            sending.result(PATIENCE)
        connection.close()
        self.assertEqual(sizes, [MIB] * 30)
        self.assertEqual(connection.close_code, 1000)

    def test_woken(self) -> None:
        """A close from another thread wakes one that waits to send, and one that waits to receive."""
        ends = threading.Event()
        connection = self.connect(lambda _: ends.wait(PATIENCE), close_timeout=0.1)
        self.addCleanup(ends.set)
        with ThreadPoolExecutor(2) as threads:
            sending = threads.submit(lambda: [connection.send(b"x" * MIB) for _ in range(100)])
            receiving = threads.submit(connection.receive)
            until(lambda: connection._link._stream.waiting > MIB, "a full socket")
            began = time.monotonic()
            connection.close(3000)
            self.assertRaises(ConnectionClosed, sending.result, PATIENCE)
            self.assertRaises(ConnectionClosed, receiving.result, PATIENCE)
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(connection.close_code, 3000)

    def test_long_message(self) -> None:
        """A message that takes longer than a ping may is no reason to think a server dead."""

        def talk(peer: Peer) -> None:
            peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * KIB)
            for _ in range(30):
                peer.socket.recv(32 * KIB)
                time.sleep(0.06)  # a slow line
            while peer.socket.recv(MIB):
                pass

        connection = self.connect(talk, ping_interval=0.5, ping_timeout=0.5, queue_size=1, close_timeout=0.1)
        connection.send(b"x" * 20 * MIB)

    def test_wrong(self) -> None:
        """What is no message is an error, and the connection goes on."""
        connection = self.connect(Peer.answer_close)
        for wrong in (1, None, ["x"]):
            self.assertRaises(TypeError, connection.send, wrong)
        self.assertRaises(ValueError, connection.send, "\ud800")
        self.assertTrue(connection.is_open)


class EndTests(Case):
    """How it ends."""

    def test_close(self) -> None:
        """It may be closed twice; the code and the reason arrive."""
        seen: list[Any] = []

        def talk(peer: Peer) -> None:
            seen.append(frame := peer.receive())
            peer.send(*frame)

        connection = self.connect(talk)
        for wrong in (0, 1005, 1006, 5000):
            self.assertRaises(ValueError, connection.close, wrong)
        connection.close(3001, "enough")
        connection.close()
        self.assertEqual(seen, [(CLOSE, b"\x0b\xb9enough")])
        self.assertEnds(connection, 3001, "enough", was_clean=True)
        self.assertEqual(clients_threads(), [])

    def test_own_end_without_answer(self) -> None:
        """The own end ends a loop, answered or not; a reason that is no text is an error before."""
        ends = threading.Event()
        connection = self.connect(lambda _: ends.wait(PATIENCE), close_timeout=0.1)
        self.addCleanup(ends.set)
        self.assertRaises(TypeError, connection.close, 1000, None)
        self.assertTrue(connection.is_open)
        with ThreadPoolExecutor(1) as others:
            looping = others.submit(list, connection)
            connection.close()
            self.assertEqual(looping.result(PATIENCE), [])

    def test_long_times(self) -> None:
        """Times and sizes that no system knows are as good as the longest that it does."""
        month = 30 * 86400
        connection = self.connect(
            Peer.answer_close,
            ping_interval=month,
            ping_timeout=10**12,
            connect_timeout=10**12,
            close_timeout=month,
            message_size=2**70,
            queue_size=2**70,
            fragments=2**70,
        )
        with ThreadPoolExecutor(1) as others:
            receiving = others.submit(connection.receive, 10**12)
            connection.close()
            self.assertIsInstance(receiving.exception(PATIENCE), ConnectionClosed)

    def test_broken(self) -> None:
        """A connection that ends without a close frame, or is reset, has ended with 1006."""
        for end in (lambda peer: None, lambda peer: reset(peer.socket)):
            self.assertEnds(self.connect(end), 1006, was_clean=False)

    def test_broken_while_sending(self) -> None:
        """One who sends to a server that has gone gets ConnectionClosed."""

        def talk(peer: Peer) -> None:
            reset(peer.socket)

        connection = self.connect(talk)
        with self.assertRaises(ConnectionClosed):
            while True:
                connection.send(b"x" * KIB)
        self.assertEqual(connection.close_code, 1006)

    def test_rules(self) -> None:
        """A server that breaks a rule is told which; what it goes on sending does not hold us up."""
        seen: list[Any] = []

        def talk(peer: Peer) -> None:
            peer.socket.sendall(b"\x81\x81\0\0\0\0x")
            seen.extend(peer.rest())

        connection = self.connect(talk)
        until(lambda: not connection.is_open, "the end")
        connection.close()
        self.assertEqual((connection.close_code, seen[0][1][:2]), (1002, b"\x03\xea"))

    def test_no_answer(self) -> None:
        """A server that does not answer a close frame, or does not close, has its time and no more."""
        for answers in (False, True):
            ends = threading.Event()

            def talk(peer: Peer, answers: bool = answers, ends: threading.Event = ends) -> None:
                if answers:
                    peer.answer_close()
                ends.wait(PATIENCE)

            connection = self.connect(talk, close_timeout=0.1)
            began = time.monotonic()
            connection.close()
            self.assertLess(time.monotonic() - began, 5)
            ends.set()
            self.assertEnds(connection, 1000, was_clean=answers)

    def test_flood_at_the_end(self) -> None:
        """A server that floods, and answers nothing, does not hold up the end."""
        stops = threading.Event()

        def talk(peer: Peer) -> None:
            try:
                while not stops.is_set():
                    peer.send(BINARY, b"x" * 10_000)
                    peer.send(PING, b"?")
            except OSError:
                pass

        connection = self.connect(talk, queue_size=1000, close_timeout=0.2)
        self.addCleanup(stops.set)
        until(lambda: connection._link.session.is_held, "flow control")
        began = time.monotonic()
        connection.close()
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(connection.close_code, 1000)

    def test_forgotten(self) -> None:
        """A connection that nobody has any more is dropped, with a warning."""
        gone = threading.Event()

        def talk(peer: Peer) -> None:
            self.assertEqual(peer.rest(), [])
            gone.set()

        with self.enterContext(Server(lambda connection: talk(Peer(connection)))) as server:
            connection = blocking.connect(server.url())
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                del connection
            self.assertEqual([each.category for each in caught], [ResourceWarning])
            self.assertIn("unclosed <connection to ws://", str(caught[0].message))
            self.assertTrue(gone.wait(PATIENCE))


class AliveTests(Case):
    """Signs of life."""

    def test_pings_are_answered(self) -> None:
        """A server's pings are answered, whatever the program does."""
        answers: list[Any] = []
        done = threading.Event()

        def talk(peer: Peer) -> None:
            for payload in (b"", b"1", b"x" * 125):
                peer.send(PING, payload)
                answers.append(peer.receive() == (PONG, payload))
            done.set()
            peer.answer_close()

        self.connect(talk)
        self.assertTrue(done.wait(PATIENCE))
        self.assertEqual(answers, [True] * 3)

    def test_dead(self) -> None:
        """A server that is silent is asked, and dropped when it does not answer."""
        ends = threading.Event()
        asked: list[Any] = []

        def talk(peer: Peer) -> None:
            asked.append(peer.receive())
            ends.wait(PATIENCE)

        connection = self.connect(talk, ping_interval=0.05, ping_timeout=0.05)
        self.addCleanup(ends.set)
        self.assertEnds(connection, 1006, was_clean=False)
        self.assertEqual(asked, [(PING, b"")])

    def test_silent(self) -> None:
        """A server that answers stays, and so does one to which we do not listen."""

        def talk(peer: Peer) -> None:
            for _ in range(5):
                self.assertEqual(peer.receive(), (PING, b""))
                peer.send(PONG, b"")
            peer.send(TEXT, b"x" * 2000)
            for _ in range(3):
                peer.send(TEXT, b"still here")
            peer.answer_close()

        connection = self.connect(talk, ping_interval=0.05, ping_timeout=PATIENCE, queue_size=1000)
        until(lambda: connection._link.session.is_held, "flow control")
        time.sleep(0.2)  # for pings that are not sent
        self.assertEqual(len(connection.receive()), 2000)
        self.assertEqual([connection.receive(PATIENCE) for _ in range(3)], ["still here"] * 3)

    def test_pulse(self) -> None:
        """Time goes by: asked after an interval, given up after a time-out, anything heard begins anew."""
        asked: list[int] = []
        pulse = Pulse(20, 10, now=100)
        ask = lambda: asked.append(1)  # noqa: E731
        self.assertEqual((pulse.beat(119, ask), pulse.due, asked), (True, 120, []))
        self.assertEqual((pulse.beat(120, ask), pulse.due, asked), (True, 130, [1]))
        pulse.heard(129)
        self.assertEqual((pulse.beat(131, ask), pulse.due), (True, 149))
        self.assertEqual(
            (pulse.beat(149, ask), pulse.beat(158, ask), pulse.beat(159, ask)), (True, True, False)
        )
        self.assertIsNone(Pulse(None, 10, now=0).due)


class KeywordTests(TestCase):
    """What editors and type checkers know."""

    def test_same(self) -> None:
        """The keywords are the options."""
        from dataclasses import fields

        from wstwist.connection.keywords import Keywords
        from wstwist.connection.options import Options

        self.assertEqual(list(Keywords.__annotations__), [field.name for field in fields(Options)])
