# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Clients that do not read, or slowly: what they cost, whom they hold up, and what they get."""

from __future__ import annotations

import socket
import struct
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from time import monotonic, sleep
from typing import Any
from unittest import SkipTest

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from tests.support import ServedCase, handshake, until, within
from wstwist import Client, ClientGone, Limits, Project, Refuse, ReplyTimeout
from wstwist.exceptions import CircularExecution
from wstwist.testing import MemoryServer
from wstwist.wire.endpoints import parse
from wstwist.wire.fast_port import fast_loop

MIB = 1024 * 1024


def resident() -> int:
    """Give how much memory this process has at this moment, in bytes."""
    try:
        with open("/proc/self/statm") as statm:  # noqa: PTH123 - it is read very often
            return int(statm.read().split()[1]) * 4096
    except FileNotFoundError:
        raise SkipTest("only Linux tells how much memory is in use now") from None


class Told(Project):
    """Sends with keys, and waits until all has left."""

    told: list[str] = []

    async def on_message(self, client: Client, message: str | bytes) -> None:
        client.send("1", key="a")
        await client.drained()
        self.told.append(str(message))

    def blocking(self, client: Client) -> str:
        client.send("2", key="a")
        client.drained().wait()
        return "drained"

    async def service_waits(self, client: Client) -> str:
        await client.drained()
        return "drained"


class Impatient(Project):
    async def on_connect(self, client: Client) -> None:
        client.send("welcome")
        await client.drained()


class InMemory(SynchronousTestCase):
    """The functions, without network."""

    def setUp(self):
        self.server = self.enterContext(MemoryServer(Told))
        self.ann = self.server.connect()

    def test_everywhere(self):
        """Each context may wait, in async code and in blocking code."""
        client = self.ann.instance.client
        self.ann.send("x")
        self.assertEqual((self.ann.receive(), self.ann.instance.told), ("1", ["x"]))
        self.assertEqual(self.server.run(client.execute(Told.blocking, client)), "drained")
        service = self.ann.instance.execute_global_service
        self.assertEqual(self.server.run(service(Told.blocking, client)), "drained")
        self.assertEqual(self.server.run(service(Told.service_waits, client)), "drained")
        self.assertIsNone(self.server.run(client.drained()))

    def test_gone(self):
        """For a client that has gone nothing is sent any more: the wait raises ClientGone."""
        client = self.ann.instance.client
        self.ann.close()
        with self.assertRaisesRegex(ClientGone, "has disconnected"):
            self.server.run(client.drained())
        self.server._do(lambda: client.send("x", key="a"))
        self.assertEqual(self.server._host.counters["sends_dropped"], 1)

    def test_in_on_connect(self):
        """Nothing leaves before on_connect has returned: it cannot wait for that."""
        with MemoryServer(Impatient) as server:
            self.assertRaises(Refuse, server.connect)
            ((_context, event, error),) = server.errors
            self.assertEqual((event, type(error)), ("on_connect", CircularExecution))
            server.errors.clear()

    def test_wrong_keys(self):
        """A key is a str, and anything else is an error at once that says so."""
        client = self.ann.instance.client
        for key in (1, b"a", ("a", "b"), True):
            with self.assertRaisesRegex(
                TypeError, r'^send: a key is a str, such as key="price:EURUSD", not '
            ):
                client.send("x", key=key)
        self.assertRaises(TypeError, client.send, "x", "a")

    def test_wrong_messages(self):
        """What is wrong with a message is said with a key as it is without, in threads too."""
        client = self.ann.instance.client
        self.assertRaisesRegex(TypeError, "send: a message is str", client.send, 1, key="a")
        with self.assertRaisesRegex(ValueError, "send: the message is a str with the lone surrogate"):
            client.send("\ud800", key="a")
        with ThreadPoolExecutor(1) as thread:
            sent = thread.submit(client.send, "\ud800", key="a")
            self.assertRaisesRegex(ValueError, "send: the message is a str", sent.result)


class Pushed(Project):
    """Pushes a mebibyte as often as a message says: all at once, turn by turn, or as they are read."""

    limits = Limits(stall_time=20)
    used = 0
    outcome = ""

    async def on_message(self, client: Client, message: str | bytes) -> None:
        how, count = str(message).split()
        before = resident()
        for n in range(int(count)):
            client.send(bytes([n]) * MIB)
            if how == "turns":
                await self.in_thread(int)
            elif how == "drained":
                try:
                    await client.drained().within("1 s")
                except (ReplyTimeout, ClientGone) as error:
                    self.outcome = type(error).__name__
                    break
            self.used = max(self.used, resident() - before)
        self.outcome = self.outcome or "pushed"


class Dropping(Pushed):
    limits = Limits(slow_client="drop_oldest")


class Latest(Pushed):
    limits = Limits(slow_client="latest")


class Streaming(Project):
    """Sends for ever, as fast as it is read."""

    async def on_message(self, client: Client, message: str | bytes) -> None:
        while True:
            client.send(bytes(MIB))
            await client.drained()


class Flood(Project):
    """Broadcasts ten kibibytes as often as a message says, each time as soon as there is room."""

    sent = 0
    used = 0

    async def on_message(self, client: Client, message: str | bytes) -> None:
        before = resident()
        for n in range(int(message)):
            await self.broadcast(struct.pack("!I", n) * 2560)
            self.sent += 1
            self.used = max(self.used, resident() - before)


class DroppingFlood(Flood):
    limits = Limits(slow_client="drop_oldest")


class LatestFlood(Flood):
    limits = Limits(slow_client="latest")


class TwoMebibytes(Project):
    """Sends more than waits for a client."""

    limits = Limits(close_time=0.4)

    async def on_message(self, client: Client, message: str | bytes) -> None:
        while client.id in {each.id for each in await self.connected_clients()} and self.sent < 200:
            client.send(bytes(65536))
            self.sent += 1
            await self.in_thread(int)

    sent = 0


class Deaf(Project):
    """Takes one message, and no more."""

    limits = Limits(mailbox_messages=1, stall_time=0.2, end_time=0.2, close_time=0.2)

    async def on_message(self, client: Client, message: str | bytes) -> None:
        await Deferred()


def connect(port: int, path: str, *messages: str, buffer: int = 4096) -> socket.socket:
    """Connect a client that sends messages, and reads when it is told; its system takes little for it."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    client.settimeout(20)
    client.connect(("127.0.0.1", port))
    frames = [struct.pack("!BBI", 0x81, 0x80 | len(each), 0) + each.encode() for each in messages]
    client.sendall(handshake(path) + b"".join(frames))
    return client


def read_all(client: socket.socket, pause: float = 0) -> bytes:
    """Read to the end, or to a reset; and slowly, if that is wanted. Gives the last kibibyte."""
    received = b""
    try:
        while piece := client.recv(65536):
            received = (received + piece)[-1024:]
            sleep(pause)
    except ConnectionResetError:
        received += b"reset"
    return received


class SlowClients(ServedCase):
    """Real connections, on Twisted's transports."""

    description = "tcp:0:interface=127.0.0.1"
    timeout = 100

    async def serve_slow(self, project: type[Project]) -> int:
        """Serve a project on this endpoint, and give the port."""
        place = self.place
        self.place = type("Place", (), {"endpoint": parse(reactor, self.description), "way": place.way})()
        service = await self.serve(project)
        (port,) = service.ports
        return port.getHost().port

    async def silent(self, port: int, *messages: str, **settings: Any) -> Any:
        """Connect a client that does not read, and give its context."""
        before = set(self.host.clients)
        self.silent_one = connect(port, self.host.path, *messages, **settings)
        self.addCleanup(self.silent_one.close)
        await until(lambda: len(self.host.clients) > len(before), "a client")
        (new,) = set(self.host.clients) - before
        return self.host.contexts[new]

    async def test_pushed_at_once(self):
        """Of 250 MiB in one event sixteen wait and a little, the rest is dropped: the client gets 1013."""
        port = await self.serve_slow(Pushed)
        context = await self.silent(port, "once 250")
        await until(lambda: context.client.close_code, "the end", 20)
        self.assertEqual(context.client.close_code, 1013)
        self.assertLess(context.instance.used if context.instance else 0, 40 * MIB)
        self.assertEqual(self.host.counters["slow_clients_closed"], 1)
        self.assertGreaterEqual(self.host.counters["sends_dropped_slow"], 16)

    async def test_pushed_turn_by_turn(self):
        """Of 250 MiB in as many turns one waits and a little: the client gets 1013."""
        port = await self.serve_slow(Pushed)
        context = await self.silent(port, "turns 250")
        instance = context.instance
        await until(lambda: context.client.close_code and instance.outcome, "the end", 20)
        self.assertEqual(context.client.close_code, 1013)
        self.assertLess(instance.used, 16 * MIB)

    async def test_pushed_and_dropped(self):
        """Where messages are dropped the client stays, the queue has its bound, and the newest comes."""
        for project in (Dropping, Latest):
            port = await self.serve_slow(project)
            context = await self.silent(port, "turns 250")
            await until(lambda context=context: context.instance.outcome, "the end of the event", 20)
            self.assertLess(context.instance.used, 16 * MIB)
            self.assertIsNone(context.client.close_code)
            self.assertGreater(self.host.counters["sends_dropped_slow"], 230)
            self.silent_one.close()
            await within(self.service.stopService(), "stopService", 20)

    async def test_awaiting_drained(self):
        """Who awaits `drained` pushes 250 MiB to one that reads, and little to one that does not."""
        port = await self.serve_slow(Pushed)
        reader = connect(port, "/Pushed", "drained 250", buffer=MIB)
        self.addCleanup(reader.close)
        await until(lambda: self.host.clients, "a client")
        (context,) = self.host.clients.values()
        reading = deferToThread(read_all, reader)
        await until(lambda: context.instance.outcome, "the end of the event", 30)
        self.assertEqual(context.instance.outcome, "pushed")
        self.assertLess(context.instance.used, 16 * MIB)
        context = await self.silent(port, "drained 250")
        await until(lambda: context.instance.outcome, "the end of the event", 20)
        self.assertEqual(context.instance.outcome, "ReplyTimeout")
        self.assertLess(context.instance.used, 8 * MIB)
        self.assertIsNone(context.client.close_code)
        self.silent_one.close()
        await within(self.service.stopService(), "stopService", 20)
        self.assertIn(b"\x88\x13\x03\xe9the service stops", await reading)

    async def test_one_that_goes_ends_what_waits_for_it(self):
        """An event that waits for a client that goes ends with it: a line in the log, no traceback."""
        port = await self.serve_slow(Streaming)
        context = await self.silent(port, "go")
        await until(lambda: context.event is not None and context.event.name == "on_message", "the event")
        self.silent_one.close()
        await until(lambda: not self.host.contexts, "the end of the context")
        self.assertEqual((self.flushLoggedErrors(), self.host.counters["errors"]), ([], 1))

    async def flood(self, project: type[Flood], count: int = 600, readers: int = 4, silent: int = 32) -> Any:
        """Broadcast to some that read and to many that do not; gives the context of who asked for it."""
        port = await self.serve_slow(project)
        with ExitStack() as those:
            for _ in range(silent):
                those.enter_context(connect(port, self.host.path))
            clients = [await self.connect() for _ in range(readers)]
            await until(lambda: len(self.host.clients) == silent + readers, "all clients")
            began = monotonic()
            clients[0].send(f"{count}")
            for client in clients:
                for n in range(count):
                    self.assertEqual(await client.receive(), struct.pack("!I", n) * 2560)
            self.assertLess(monotonic() - began, 20)
            (asker,) = (each for each in self.host.clients.values() if each.instance.sent)
            await until(lambda: asker.instance.sent == count, "the last one")
            self.assertLess(asker.instance.used, silent * 1.5 * MIB)
            self.assertEqual([client.end for client in clients], [None] * readers)
            if project is Flood:
                await until(lambda: len(self.host.clients) == readers, "the end of the others")
                self.assertEqual(self.host.counters["slow_clients_closed"], silent)
            else:
                self.assertEqual(len(self.host.clients), silent + readers)

    async def test_those_that_read_get_all(self):
        """Those that do not read fill their own queues, and are closed; the others miss nothing."""
        await self.flood(Flood)

    async def test_those_that_read_get_all_where_messages_are_dropped(self):
        """Likewise where those that do not read stay connected for ever."""
        await self.flood(DroppingFlood)
        self.assertGreater(self.host.counters["sends_dropped_slow"], 0)

    async def test_those_that_read_get_all_where_the_latest_counts(self):
        """Likewise where of what they do not read only the newest waits."""
        await self.flood(LatestFlood)
        self.assertGreater(self.host.counters["sends_dropped_slow"], 0)

    async def test_slow_reader_sees_the_close_frame(self):
        """Who is closed with 1013 and goes on reading, slowly, comes to the close frame."""
        if sys.platform != "linux":
            raise SkipTest("only Linux tells how far a peer has come")
        port = await self.serve_slow(TwoMebibytes)
        client = connect(port, "/TwoMebibytes", "go", buffer=65536)
        self.addCleanup(client.close)
        await until(lambda: self.host.counters["slow_clients_closed"], "the end of patience")
        began = monotonic()
        received = await deferToThread(read_all, client, 0.03)
        self.assertGreater(monotonic() - began, 0.8)  # else it would have been in time anyway
        self.assertIn(b"\x88\x21\x03\xf5too much was waiting to be read", received)

    async def test_one_that_stops_reading_is_dropped(self):
        """Who is closed with 1013 and reads nothing is dropped when the time for closing is over."""
        port = await self.serve_slow(TwoMebibytes)
        await self.silent(port, "go")
        await until(lambda: self.host.counters["slow_clients_closed"], "the end of patience")
        began = monotonic()
        await until(lambda: not self.host.clients, "the end")
        self.assertLess(monotonic() - began, 2)

    async def test_one_that_is_not_read_is_logged(self):
        """A client whose messages the project leaves for stall_time is closed, and a line says so."""
        port = await self.serve_slow(Deaf)
        with capturedLogs() as events:
            await self.silent(port, "wait", "1", "2", "3")
            await until(lambda: self.host.counters["stalled"], "the end of patience")
            await until(lambda: not self.host.clients, "the end")
        (line,) = [formatEvent(event) for event in events if "is closed" in formatEvent(event)]
        self.assertEqual(line, "/Deaf: 127.0.0.1 is closed: 1013 not read for too long")


class SlowClientsFast(SlowClients):
    """Real connections, on aiofastnet's transports."""

    description = "fast:0:interface=127.0.0.1"

    def setUp(self) -> None:
        if fast_loop(reactor) is None:
            raise SkipTest("no aiofastnet on this reactor")
        super().setUp()
