# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Procedures executed in other contexts, and their Replies."""

import asyncio
import gc
from dataclasses import dataclass
from typing import Any

from twisted.internet import defer
from twisted.internet.defer import inlineCallbacks
from twisted.trial.unittest import TestCase

from wstwist import (
    CannotCross,
    CircularExecution,
    Client,
    ClientGone,
    Limits,
    MailboxFull,
    NoSuchProcedure,
    ProcedureError,
    Project,
    ReplyTimeout,
    ServiceUnavailable,
)
from wstwist.testing import MemoryServer


@dataclass
class Point:
    x: int
    y: list[int]


class Chat(Project):
    nickname = "guest"
    log: list[Any] = []

    def __init__(self) -> None:
        self.held: defer.Deferred[None] | None = None

    async def rename(self, nickname: str) -> str:
        before, self.nickname = self.nickname, nickname
        if self.client is not None:
            self.client.send(f"now {nickname}")
        return before

    def blocking(self, value: Any) -> Any:
        return value

    @inlineCallbacks
    def generator(self, value: Any):
        got = yield defer.succeed(value)
        return got

    async def keep(self, value: Any) -> None:
        self.log.append(value)

    async def fail(self) -> None:
        raise ValueError("no way")

    async def bad_result(self) -> object:
        return object()

    async def hold(self) -> str:
        self.held = defer.Deferred()
        await self.held
        return "held"

    async def ask(self, other: Client, question: str, *args: Any) -> Any:
        return await other.execute(question, *args)

    def ask_blocking(self, other: Client, question: str, *args: Any) -> Any:
        return other.execute(question, *args).wait()

    async def ask_service(self, question: str, *args: Any) -> Any:
        return await self.execute_global_service(question, *args)

    async def tell(self, other: Client, question: str, *args: Any) -> None:
        other.execute(question, *args)

    async def ask_both(self, one: Client, other: Client) -> list[str]:
        return list(await asyncio.gather(one.execute(Chat.rename, "1"), other.execute(Chat.rename, "2")))

    async def ask_within(self, other: Client) -> Any:
        return await asyncio.wait_for(other.execute(Chat.hold), 3)

    async def list_ids(self) -> list[str]:
        return [client.id async for client in self.connected_clients()]

    async def own_task(self) -> str:
        task = asyncio.create_task(self._rename_service())
        return await task

    async def _rename_service(self) -> str:
        return await self.execute_global_service(self.rename, "by a task")


class Case(TestCase):
    project: type[Any] = Chat

    def setUp(self):
        self.server = MemoryServer(self.project)
        self.addCleanup(self.server.stop)
        self.ann, self.bob = self.server.connect(), self.server.connect()
        self.a, self.b = self.ann.instance.client, self.bob.instance.client

    def ask(self, client: Client, procedure: Any, *args: Any) -> Any:
        return self.server.run(client.execute(procedure, *args))


class Executing(Case):
    """A procedure runs in the context it is executed in, and its result comes back."""

    def test_in_a_client(self):
        """client.execute answers its own client through self.client."""
        self.assertEqual(self.ask(self.a, Chat.rename, "Ann"), "guest")
        self.assertEqual(self.ann.received, ["now Ann"])
        self.assertEqual((self.ann.instance.nickname, self.bob.instance.nickname), ("Ann", "guest"))

    def test_in_the_global_service(self):
        """execute_global_service runs in the service's context."""
        self.assertEqual(self.ask(self.a, Chat.ask_service, "rename", "S"), "guest")
        self.assertEqual(self.server.service.nickname, "S")

    def test_each_kind_of_procedure(self):
        """async def, def and inlineCallbacks all give their results."""
        for procedure in ("blocking", "generator", Chat.blocking, Chat.generator):
            self.assertEqual(self.ask(self.a, procedure, 7), 7)

    def test_from_blocking_code(self):
        """A def procedure waits for another context's Reply."""
        self.assertEqual(self.ask(self.a, Chat.ask_blocking, self.b, "rename", "Bob"), "guest")

    def test_gather_and_tasks(self):
        """Replies can be gathered, and awaited in tasks that an event makes."""
        self.assertEqual(self.ask(self.server.service.client or self.a, Chat.own_task), "guest")
        other = self.server.connect()
        self.assertEqual(self.ask(other.instance.client, Chat.ask_both, self.a, self.b), ["guest", "guest"])

    def test_lists_are_gone_through(self):
        """connected_clients can be gone through with async for."""
        self.assertEqual(set(self.ask(self.a, Chat.list_ids)), {self.a.id, self.b.id})

    def test_arguments_cross_by_value(self):
        """What the caller changes afterwards, the other context does not see; types stay."""
        value = Point(1, [2])
        self.a.execute(Chat.keep, value)
        value.y.append(3)
        self.ask(self.a, Chat.keep, "end")
        self.assertEqual(self.ann.instance.log, [Point(1, [2]), "end"])

    def test_a_handle_crosses(self):
        """A Client crosses as an equal handle that works."""
        self.assertEqual(self.ask(self.a, Chat.blocking, self.b), self.b)

    def test_a_reply_can_be_awaited_twice(self):
        """Each await of a Reply gives its result."""
        reply = self.a.execute(Chat.rename, "Ann")
        self.assertEqual((self.server.run(reply), self.server.run(reply)), ("guest", "guest"))

    def test_is_connected(self):
        """is_connected tells whether the client is still there."""
        self.assertIs(self.server.run(self.a.is_connected()), True)
        self.ann.drop()
        self.assertIs(self.server.run(self.a.is_connected()), False)


class Failing(Case):
    """What can go wrong with a call comes to the caller."""

    def test_the_procedure_raises(self):
        """ProcedureError has type, message and the remote traceback."""
        with self.assertRaises(ProcedureError) as caught:
            self.ask(self.a, Chat.fail)
        self.assertEqual((caught.exception.type, caught.exception.message), ("ValueError", "no way"))
        self.assertIn("in fail", caught.exception.traceback)
        self.assertEqual(self.server.errors, [])

    def test_no_such_procedure(self):
        """Events, private functions and unknown names are no procedures."""
        for name in ("on_message", "_rename_service", "nothing", "__init__", "send"):
            with self.assertRaises(NoSuchProcedure):
                self.ask(self.a, name)

    def test_the_client_has_gone(self):
        """A call to a client that has gone fails; so does one that its end finds in the mailbox too late."""
        self.ann.close()
        with self.assertRaises(ClientGone):
            self.ask(self.a, Chat.rename, "x")

    def test_what_cannot_cross(self):
        """An argument that cannot cross raises at the call; a result that cannot is the caller's error."""
        with self.assertRaisesRegex(CannotCross, "argument 1"):
            self.a.execute(Chat.keep, object())
        with self.assertRaisesRegex(CannotCross, "the result of bad_result"):
            self.ask(self.a, Chat.bad_result)

    def test_a_reply_that_does_not_come(self):
        """A wait ends after reply_timeout, or what within and wait say; a call that began runs to its end."""
        start = self.server.clock.seconds()
        with self.assertRaises(ReplyTimeout):
            self.ask(self.a, Chat.hold)
        self.assertEqual(self.server.clock.seconds() - start, 30)
        with self.assertRaisesRegex(TimeoutError, "no reply within 2 s"):
            self.server.run(self.b.execute(Chat.hold).within("2 s"))

    def test_a_call_that_nobody_waits_for_any_more_is_withdrawn(self):
        """A call that has not begun when its wait ends is not executed."""
        holding = self.a.execute(Chat.hold)
        with self.assertRaises(ReplyTimeout):
            self.server.run(self.a.execute(Chat.rename, "late").within(1))
        ignored = self.a.execute(Chat.keep, "ignored")
        self.server._do(lambda: self.ann.instance.held.callback(None))
        self.assertEqual(self.server.run(holding), "held")
        self.server.run(ignored)
        self.assertEqual((self.ann.instance.nickname, self.ann.instance.log), ("guest", ["ignored"]))

    def test_wait_for_of_asyncio(self):
        """asyncio.wait_for around a Reply raises its TimeoutError."""
        with self.assertRaisesRegex(ProcedureError, "TimeoutError"):
            self.ask(self.a, Chat.ask_within, self.b)

    def test_waiting_on_the_reactor_thread(self):
        """.wait() on the reactor's thread raises at once and says to await."""
        with self.assertRaisesRegex(RuntimeError, "await it"):
            self.a.execute(Chat.rename, "x").wait()

    def test_a_full_mailbox_refuses_calls(self):
        """Calls beyond the bound fail with MailboxFull at once."""

        class Small(Chat):
            limits = Limits(mailbox_messages=2)

        with MemoryServer(Small) as server:
            ann = server.connect()
            holding = ann.instance.client.execute(Small.hold)
            server.advance(0)
            waiting = [ann.instance.client.execute(Small.rename, str(n)) for n in range(3)]
            with self.assertRaises(MailboxFull):
                server.run(waiting[2])
            server._do(lambda: ann.instance.held.callback(None))
            self.assertEqual([server.run(reply) for reply in (holding, *waiting[:2])], ["held", "guest", "0"])

    def test_no_service_any_more(self):
        """A call to the global service after its end fails with ServiceUnavailable."""
        service = self.server.service
        self.server.stop()
        with self.assertRaises(ServiceUnavailable):
            self.server.run(service.execute_global_service(Chat.rename, "x"))

    def test_an_ignored_error_is_logged_once(self):
        """The error of a procedure whose Reply is ignored is logged with the remote traceback."""
        from twisted.logger import globalLogPublisher

        gc.collect()  # what other tests left
        logged: list[Any] = []
        globalLogPublisher.addObserver(logged.append)
        self.addCleanup(globalLogPublisher.removeObserver, logged.append)
        self.a.execute(Chat.fail)
        self.ask(self.a, Chat.keep, 1)
        lines = [event for event in logged if "nobody waited" in event.get("log_format", "")]
        self.assertEqual(len(lines), 1)
        self.assertIn("in fail", lines[0]["traceback"])


class Circles(Case):
    """A wait that would never end raises CircularExecution; other waits go on."""

    def circular(self, client: Client, procedure: Any, *args: Any) -> str:
        with self.assertRaises(ProcedureError) as caught:
            self.ask(client, procedure, *args)
        self.assertIn("CircularExecution", caught.exception.traceback)
        return caught.exception.message

    def test_oneself(self):
        """Waiting for oneself is the shortest circle."""
        for procedure in (Chat.ask, Chat.ask_blocking):
            message = self.circular(self.a, procedure, self.a, "rename", "x")
            self.assertIn(f"client {self.a.id} -> client {self.a.id}", message)

    def test_client_service_client(self):
        """A client that waits for the service that waits for the client is a circle."""
        self.circular(self.a, Chat.ask_service, "ask", self.a, "rename", "x")
        self.circular(self.a, Chat.ask_service, "ask_blocking", self.a, "rename", "x")

    def test_exactly_one_of_two(self):
        """Of two clients that wait for each other exactly one gets CircularExecution."""
        replies = [
            self.a.execute(Chat.ask, self.b, "rename", "1"),
            self.b.execute(Chat.ask, self.a, "rename", "2"),
        ]
        outcomes = []
        for reply in replies:
            try:
                outcomes.append(self.server.run(reply))
            except ProcedureError as error:
                outcomes.append(error.type)
        self.assertEqual(sorted(outcomes), ["guest", f"{CircularExecution.__module__}.CircularExecution"])

    def test_without_waiting_there_is_no_circle(self):
        """Service to client to service without waiting never raises."""
        self.ask(self.a, Chat.ask_service, "tell", self.a, "ask_service", "rename", "x")
        self.server.advance(1)
        self.assertEqual(self.server.service.nickname, "x")

    def test_a_long_chain_is_no_circle(self):
        """A chain of waits through two thousand clients ends well."""
        handles = [self.server.connect().instance.client for _ in range(2000)]
        args: list[Any] = ["rename", "end"]
        for handle in handles[:20]:
            args = ["ask", handle, *args]
        self.assertEqual(self.ask(self.a, *args[:1], *args[1:]), "guest")
