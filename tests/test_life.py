# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Life of a client, line by line."""

from collections import Counter
from typing import Any, ClassVar

from twisted.internet import defer
from twisted.trial.unittest import TestCase

from wstwist import Client, ClientGone, Limits, Project, Refuse
from wstwist.testing import MemoryServer


class Door(Project):
    """What it does with a client is in the query."""

    log: list[str] = []

    async def on_connect(self, client: Client) -> None:
        how = client.query.get("how")
        client.send("in on_connect")
        self.request.response_headers["x-seen"] = self.request.headers.get("x-here", "-")
        if how == "refuse":
            raise Refuse(403, "not you")
        if how == "fail":
            raise KeyError("oops")
        if how == "wait":
            await self.wait()

    async def on_message(self, client: Client, message: str | bytes) -> None:
        self.log.append(f"message {message!s}")
        if message == "wait":
            await self.wait()

    async def on_disconnect(self, client: Client) -> None:
        self.log.append(f"gone {client.close_code}")
        await self.execute_global_service(self.note, client.id, client.close_code)

    async def on_error(self, event: str, error: Exception) -> None:
        self.execute_global_service(self.note, event, type(error).__name__)

    async def wait(self) -> None:
        self.waiting: defer.Deferred[None] = defer.Deferred()
        await self.waiting

    async def note(self, *what: Any) -> None:
        self.log.append(repr(what))

    async def name(self) -> str:
        self.log.append("asked")
        return "name"


class Life(TestCase):
    """From the request to the end of on_disconnect."""

    def setUp(self):
        self.server = MemoryServer(Door)
        self.addCleanup(self.server.stop)

    def nothing_left(self) -> None:
        self.assertEqual((self.server.clients, self.server._host.contexts), ([], {}))

    def test_accepted(self):
        """What on_connect sends arrives, its header fields are in the answer, the client is in lists."""
        ann = self.server.connect(headers={"X-Here": "yes"})
        self.assertTrue(ann.is_open)
        self.assertEqual((ann.received, ann.response_headers), (["in on_connect"], {"x-seen": "yes"}))
        self.assertEqual(self.server.clients, [ann.instance.client.id])

    def test_not_in_lists_before_acceptance(self):
        """While on_connect waits the client is in no list, and calls to it are queued."""
        ann = self.server.connect("?how=wait")
        self.assertEqual((ann.is_open, self.server.clients), (False, []))
        reply = ann.instance.client.execute(Door.name)
        self.server.advance(1)
        self.assertEqual(ann.instance.log, [])
        self.server._do(lambda: ann.instance.waiting.callback(None))
        self.assertTrue(ann.is_open)
        self.assertEqual(self.server.run(reply), "name")

    def test_refused(self):
        """Refuse is the answer; the context is dropped, and there is no on_disconnect."""
        with self.assertRaises(Refuse) as caught:
            self.server.connect("?how=refuse")
        self.assertEqual((caught.exception.status, caught.exception.reason), (403, "not you"))
        self.nothing_left()
        self.assertEqual((self.server.service.log, self.server.errors), ([], []))

    def test_failed(self):
        """Another error is 500, logged and handed to on_error; there is no on_disconnect."""
        with self.assertRaises(Refuse) as caught:
            self.server.connect("?how=fail")
        self.assertEqual(caught.exception.status, 500)
        self.nothing_left()
        self.assertEqual(self.server.service.log, ["('on_connect', 'KeyError')"])
        self.assertEqual(self.server.errors.pop()[1], "on_connect")

    def test_calls_to_a_refused_client(self):
        """What was queued for a client that is refused is dropped: ClientGone."""
        ann = self.server.connect("?how=wait")
        reply = ann.instance.client.execute(Door.name)
        self.server._do(lambda: ann.instance.waiting.errback(Refuse(401)))
        with self.assertRaises(ClientGone):
            self.server.run(reply)
        self.assertEqual(ann.refused.status, 401)
        self.nothing_left()

    def test_on_connect_takes_too_long(self):
        """After connect_time the answer is 503, and an async on_connect is cancelled."""
        ann = self.server.connect("?how=wait")
        self.server.advance(9.9)
        self.assertIsNone(ann.refused)
        self.server.advance(0.2)
        self.assertEqual(ann.refused.status, 503)
        self.assertTrue(ann.instance.waiting.called)
        self.nothing_left()
        self.assertEqual(self.server.service.log, [])

    def test_dropped_while_on_connect_waits(self):
        """A lost connection does not cancel on_connect; if it accepts, on_disconnect follows with 1006."""
        ann = self.server.connect("?how=wait")
        ann.drop()
        self.assertEqual(ann.instance.log, [])
        self.server._do(lambda: ann.instance.waiting.callback(None))
        self.assertEqual(ann.instance.log, ["gone 1006"])
        self.nothing_left()

    def test_dropped_and_then_refused(self):
        """A client that dropped and is refused then gets no on_disconnect."""
        ann = self.server.connect("?how=wait")
        ann.drop()
        self.server._do(lambda: ann.instance.waiting.errback(Refuse(403)))
        self.assertEqual(ann.instance.log, [])
        self.nothing_left()

    def test_what_waits_is_handled_before_on_disconnect(self):
        """Messages and calls in the mailbox come before on_disconnect; later calls get ClientGone."""
        ann = self.server.connect()
        ann.send("wait")
        ann.send("last")
        early = ann.instance.client.execute(Door.name)
        self.server.advance(0)
        ann.close(1001, "away")
        late = ann.instance.client.execute(Door.name)
        self.server._do(lambda: ann.instance.waiting.callback(None))
        self.assertEqual(ann.instance.log, ["message wait", "message last", "asked", "gone 1001"])
        self.assertEqual(self.server.run(early), "name")
        with self.assertRaises(ClientGone):
            self.server.run(late)
        self.nothing_left()

    def test_on_disconnect_runs_once(self):
        """on_disconnect runs exactly once for each accepted client, whatever the cause."""
        ann, bob, eve = (self.server.connect() for _ in range(3))
        ann.close()
        bob.drop()
        eve.instance.client.disconnect(4001, "out")
        eve.instance.client.disconnect(4002, "again")
        self.server.advance(1)
        self.assertEqual((eve.close_code, eve.close_reason), (4001, "out"))
        codes = [line.split(", ")[1] for line in self.server.service.log]
        self.assertEqual(codes, ["1000)", "1006)", "4001)"])
        self.nothing_left()

    def test_an_event_that_does_not_end(self):
        """30 s after the disconnection an async event is cancelled, and on_disconnect follows."""
        ann = self.server.connect()
        ann.send("wait")
        ann.drop()
        self.server.advance(29.9)
        self.assertEqual(ann.instance.log, ["message wait"])
        self.server.advance(0.2)
        self.assertEqual(ann.instance.log, ["message wait", "gone 1006"])
        self.assertEqual(self.server.errors.pop()[1], "on_message")
        self.nothing_left()

    def test_the_request_is_kept_until_the_handshake_is_done(self):
        """self.request is there in on_connect only, unless keep_headers says otherwise."""
        ann = self.server.connect(headers={"Cookie": "a=1; b=2"})
        with self.assertRaisesRegex(RuntimeError, "keep_headers"):
            _ = ann.instance.request

        class Keeping(Door):
            keep_headers = True

        with MemoryServer(Keeping) as server:
            ann = server.connect(headers={"Cookie": "a=1; b=2"})
            self.assertEqual(dict(ann.instance.request.cookies), {"a": "1", "b": "2"})

    def test_sending_never_fails(self):
        """Sends to a client that has gone are dropped and counted; other types are a TypeError."""
        ann = self.server.connect()
        client = ann.instance.client
        ann.drop()
        client.send("lost")
        self.assertEqual(self.server._host.counters["sends_dropped"], 1)
        with self.assertRaisesRegex(TypeError, "str .text. or bytes"):
            client.send(7)  # type: ignore[arg-type]
        with self.assertRaises(ValueError):
            client.disconnect(1005)

    def test_handles(self):
        """A handle tells who the client is, is immutable and compares by its id."""
        ann = self.server.connect(
            "/Door?a=1&a=2&b=", headers={"User-Agent": "x", "Origin": "http://localhost"}
        )
        client = ann.instance.client
        self.assertEqual(
            (client.query, dict(client.query_all)), ({"a": "2", "b": ""}, {"a": ("1", "2"), "b": ("",)})
        )
        self.assertEqual(
            (client.user_agent, client.origin, client.project), ("x", "http://localhost", "Door")
        )
        self.assertIsNone(client.close_code)
        with self.assertRaises(AttributeError):
            client.id = "x"  # type: ignore[misc]
        self.assertEqual(len({client, ann.instance.client}), 1)

    def test_stopping_closes_with_1001(self):
        """When the server stops, clients see 1001, and on_disconnect runs before on_service_stop."""
        ann = self.server.connect()
        self.server.stop()
        self.assertEqual(ann.close_code, 1001)
        self.assertEqual(ann.instance.log, ["gone 1001"])

    def test_stopping_closes_in_batches(self):
        """Many clients are closed a hundred at a time, and not in the order in which they came."""

        class Leaving(Project):
            ended: ClassVar[list[tuple[float, str]]] = []

            async def on_disconnect(self, client: Client) -> None:
                self.ended.append((server.clock.seconds(), client.id))

        server = MemoryServer(Leaving)
        came = [server.connect().instance.client.id for _ in range(250)]
        server.stop()
        moments = Counter(moment for moment, _ in Leaving.ended)
        self.assertEqual([*moments.values()], [100, 100, 50])
        left = [client for _, client in Leaving.ended]
        self.assertEqual(set(left), set(came))
        self.assertNotEqual(left, came)


class Backpressure(TestCase):
    """A client that sends more than its context handles is read no further."""

    def test_reading_pauses_at_the_bound_and_goes_on_at_half(self):
        """At the mailbox's bound delivery stops; it goes on at half, and nothing is lost."""

        class Small(Door):
            limits = Limits(mailbox_messages=10, stall_time=60)

        with MemoryServer(Small) as server:
            ann = server.connect()
            ann.send("wait")
            for number in range(30):
                ann.send(str(number))
            self.assertEqual((len(ann._context.mailbox), ann._is_paused), (10, True))
            server._do(lambda: ann.instance.waiting.callback(None))
            self.assertEqual(ann.instance.log, ["message wait", *(f"message {n}" for n in range(30))])

    def test_a_client_that_stalls_is_closed(self):
        """A client that is not read for stall_time is closed with 1013."""

        class Small(Door):
            limits = Limits(mailbox_messages=1, stall_time=5)

        with MemoryServer(Small) as server:
            ann = server.connect()
            for message in ("wait", "1", "2"):
                ann.send(message)
            server.advance(5.1)
            self.assertEqual(ann.close_code, 1013)
            server._do(lambda: ann.instance.waiting.callback(None))
            self.assertEqual(ann.instance.log[:2], ["message wait", "message 1"])
