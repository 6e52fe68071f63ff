# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Contexts: own globals, own order of events, own context variables, own database session."""

import contextvars

from sqlalchemy import text
from twisted.internet import defer
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from wstwist import Client, Project
from wstwist.testing import MemoryServer

variable = contextvars.ContextVar("variable", default="unset")


class Chat(Project):
    interval = "5 s"
    nickname = "guest"
    seen: dict[str, int] = {}
    runs = 0

    def __init__(self) -> None:
        self.made = [self.client]

    async def global_service(self) -> None:
        self.runs += 1

    async def on_message(self, client: Client, message: str | bytes) -> None:
        self.nickname = str(message)
        self.seen[self.nickname] = 1
        variable.set(f"{variable.get()} {message}")
        client.send(variable.get())


class Isolation(TestCase):
    """No context sees what another one sets."""

    def test_globals(self):
        """Clients and the service never see each other's globals, mutable ones included."""
        with MemoryServer(Chat) as server:
            ann, bob = server.connect(), server.connect()
            ann.send("Ann")
            bob.send("Bob")
            self.assertEqual((ann.instance.nickname, bob.instance.nickname), ("Ann", "Bob"))
            self.assertEqual((ann.instance.seen, bob.instance.seen), ({"Ann": 1}, {"Bob": 1}))
            self.assertEqual((server.service.nickname, server.service.seen), ("guest", {}))
        self.assertEqual((Chat.nickname, Chat.seen), ("guest", {}))

    def test_client_is_there_before_init_and_stays(self):
        """self.client is set before __init__ and kept after the end; the service has none."""
        with MemoryServer(Chat) as server:
            ann = server.connect()
            self.assertEqual(ann.instance.made, [ann.instance.client])
            ann.close(4000, "bye")
            client = ann.instance.client
            self.assertEqual((client.close_code, client.close_reason, client.was_clean), (4000, "bye", True))
            self.assertEqual(server.service.made, [None])

    def test_context_variables(self):
        """What one event sets in a context variable the next one of the same context sees, no other."""
        with MemoryServer(Chat) as server:
            ann, bob = server.connect(), server.connect()
            ann.send("1")
            bob.send("2")
            ann.send("3")
            self.assertEqual(ann.received, ["unset 1", "unset 1 3"])
            self.assertEqual(bob.received, ["unset 2"])
        self.assertEqual(variable.get(), "unset")

    def test_an_instance_of_ones_own_is_no_context(self):
        """An instance that wstwist did not make says so."""
        with self.assertRaisesRegex(RuntimeError, "is no context"):
            Chat().connected_clients()


class Slow(Project):
    log: list[str] = []
    waits: dict[str, defer.Deferred[None]] = {}

    def __init__(self) -> None:
        self.log = []
        self.waits = {}

    async def on_message(self, client: Client, message: str | bytes) -> None:
        self.log.append(f"{message} begins")
        if message == "wait":
            self.waits["wait"] = defer.Deferred()
            await self.waits["wait"]
        if message == "fail":
            raise ValueError("as told")
        if message == "exit":
            raise SystemExit(3)
        self.log.append(f"{message} ends")

    def on_error(self, event: str, error: Exception) -> None:
        self.log.append(f"{event}: {error!r}")

    def note(self, what: str) -> None:
        self.log.append(what)


class Order(TestCase):
    """Within a context everything runs strictly one after another."""

    def test_a_waiting_event_holds_its_own_context_only(self):
        """While an event waits, the context's next ones wait in order, and other contexts go on."""
        with MemoryServer(Slow) as server:
            ann, bob = server.connect(), server.connect()
            ann.send("wait")
            ann.send("next")
            reply = ann.instance.client.execute(Slow.note, "called")
            bob.send("quick")
            self.assertEqual(bob.instance.log, ["quick begins", "quick ends"])
            self.assertEqual(ann.instance.log, ["wait begins"])
            server._do(lambda: ann.instance.waits["wait"].callback(None))
            server.run(reply)
            self.assertEqual(
                ann.instance.log, ["wait begins", "wait ends", "next begins", "next ends", "called"]
            )

    def test_an_error_is_handed_to_on_error_right_after_the_event(self):
        """What an event raises, SystemExit included, goes to on_error, and the connection stays."""
        with MemoryServer(Slow) as server:
            ann = server.connect()
            for message in ("fail", "exit", "go on"):
                ann.send(message)
            self.assertEqual(
                ann.instance.log,
                [
                    "fail begins",
                    "on_message: ValueError('as told')",
                    "exit begins",
                    "on_message: SystemExit(3)",
                    "go on begins",
                    "go on ends",
                ],
            )
            self.assertEqual([event for _, event, _ in server.errors], ["on_message", "on_message"])
            self.assertTrue(ann.is_open)
            server.errors.clear()

    def test_a_batch_of_messages_gives_others_their_turn(self):
        """A client with many messages waiting does not keep another one's from being handled."""
        order = []

        class Busy(Project):
            async def on_message(self, client: Client, message: str | bytes) -> None:
                order.append(message)
                if message == "hold":
                    self.held = defer.Deferred()
                    await self.held

        with MemoryServer(Busy) as server:
            ann, bob = server.connect(), server.connect()
            ann.send("hold")
            bob.send("hold")
            for number in range(600):
                ann.send(str(number))
            bob.send("bob")

            def release() -> None:
                ann.instance.held.callback(None)
                bob.instance.held.callback(None)

            server._do(release)
            self.assertEqual(len(order), 603)
            self.assertLess(order.index("bob"), 300)


class Service(TestCase):
    """The global service runs in a loop."""

    def test_the_first_run_comes_before_the_first_client(self):
        """The service has run when the server begins, and runs every interval from then on."""
        with MemoryServer(Chat) as server:
            self.assertEqual(server.service.runs, 1)
            server.advance(4.9)
            self.assertEqual(server.service.runs, 1)
            server.advance(5.2)
            self.assertEqual(server.service.runs, 3)

    def test_start_runs_once_and_stop_once(self):
        """on_service_start runs before the first run, on_service_stop after the last."""
        log = []

        class Logged(Project):
            interval = "1 s"

            async def on_service_start(self) -> None:
                log.append("start")

            async def global_service(self) -> None:
                log.append("run")

            async def on_service_stop(self) -> None:
                log.append("stop")

        with MemoryServer(Logged) as server:
            server.advance(1)
        self.assertEqual(log, ["start", "run", "run", "stop"])

    def test_clients_wait_for_on_service_start(self):
        """No client's on_connect runs before on_service_start has ended."""
        log = []

        class Preparing(Project):
            async def on_service_start(self) -> None:
                self.preparing = defer.Deferred()
                await self.preparing
                log.append("ready")

            async def on_connect(self, client: Client) -> None:
                log.append("connect")

        with MemoryServer(Preparing) as server:
            early, late = server.connect(), server.connect()
            self.assertFalse(early.is_open)
            early.drop()
            server._do(lambda: server.service.preparing.callback(None))
            self.assertTrue(late.is_open)
            self.assertEqual(log, ["ready", "connect", "connect"])
        with MemoryServer(Preparing) as server:
            impatient = server.connect()
            server.advance(10.1)
            self.assertEqual(impatient.refused.status, 503)
            self.assertEqual(server._host.contexts, {})
            server._do(lambda: server.service.preparing.callback(None))
        self.assertEqual(log[3:], ["ready"])

    def test_late_runs_are_skipped_and_calls_get_their_turn(self):
        """With runs longer than the interval, runs never overlap, and a call is handled between two."""

        clocks = [Clock()]  # the first run is before the server can be asked for its clock

        class Late(Project):
            interval = 1
            log: list[str] = []

            async def global_service(self) -> None:
                self.log.append("begins")
                waiting: defer.Deferred[None] = defer.Deferred()
                clocks[-1].callLater(0.05, waiting.callback, None)
                await waiting
                self.log.append("ends")

            def ask(self) -> str:
                self.log.append("asked")
                return "answer"

        with MemoryServer(Late) as server:
            clocks.append(server.clock)
            clocks[0].advance(1)
            server.advance(0.01)
            for _ in range(10):
                reply = server.service.execute_global_service(Late.ask)
                self.assertEqual(server.run(reply), "answer")
                self.assertEqual(server.service.log[-1], "asked")
                server.advance(0.01)
            self.assertGreater(server._host.counters["runs_late"], 100)
            for first, second in zip(server.service.log, server.service.log[1:], strict=False):
                self.assertNotEqual((first, second), ("begins", "begins"))

    def test_a_run_that_raises_does_not_end_the_loop(self):
        """After a run that raised the next one comes in its time."""

        class Failing(Project):
            interval = "1 s"
            runs = 0

            def global_service(self) -> None:
                self.runs += 1
                raise KeyError(self.runs)

        with MemoryServer(Failing) as server:
            server.advance(2)
            self.assertEqual(server.service.runs, 3)
            self.assertEqual(len(server.errors), 3)
            server.errors.clear()


class Stored(Project):
    database = "sqlite:///:memory:"

    def on_service_start(self) -> None:
        self.db.execute(text("create table line (words text)"))

    def on_message(self, client: Client, message: str | bytes) -> None:
        self.db.execute(text("insert into line values (:words)"), {"words": message})
        if message == "fail":
            raise ValueError(message)
        if message == "wait":
            self.execute_global_service(self.nothing).wait()

    def nothing(self) -> None: ...

    async def touch(self) -> int:
        return int(self.db.execute(text("select count(*) from line")).scalar_one())

    async def count(self) -> int:
        return await self.in_thread(self.counted)

    def counted(self) -> int:
        return int(self.db.execute(text("select count(*) from line")).scalar_one())

    async def add(self, words: str) -> None:
        await self.in_thread(
            lambda: self.db.execute(text("insert into line values (:words)"), {"words": words})
        )
        if words == "fail":
            raise ValueError(words)


class InThread(TestCase):
    """Blocking code of an async event runs in a thread, and the mailbox stays held."""

    def test_the_mailbox_stays_held(self):
        """An event that does not wait for its thread ends when the thread does, before the next event."""
        log = []

        class Careless(Project):
            async def on_message(self, client: Client, message: str | bytes) -> None:
                log.append(f"{message} begins")
                self.in_thread(log.append, f"{message} in its thread")

        with MemoryServer(Careless) as server:
            ann = server.connect()

            def send_both() -> None:
                ann._context.deliver("1")
                ann._context.deliver("2")
                ann._context.delivered()

            server._do(send_both)
        self.assertEqual(log, ["1 begins", "1 in its thread", "2 begins", "2 in its thread"])

    def test_result_and_error(self):
        """in_thread gives what the function returns, and raises what it raises."""

        class Asking(Project):
            async def ask(self, text: str) -> int:
                return await self.in_thread(int, text, base=16)

        with MemoryServer(Asking) as server:
            self.assertEqual(server.run(server.service.execute_global_service(Asking.ask, "ff")), 255)
            with self.assertRaisesRegex(Exception, "ValueError"):
                server.run(server.service.execute_global_service(Asking.ask, "x"))


class Database(TestCase):
    """Each context has a session; its transaction ends with the event."""

    def setUp(self):
        self.server = MemoryServer(Stored)
        self.addCleanup(self.server.stop)
        self.ann = self.server.connect()

    def count(self) -> int:
        return self.server.run(self.server.service.execute_global_service(Stored.count))

    def test_an_event_commits_at_its_end(self):
        """What an event wrote, another context sees afterwards."""
        self.ann.send("one")
        self.ann.send("two")
        self.assertEqual(self.count(), 2)

    def test_an_event_that_raises_rolls_back(self):
        """What an event wrote that raised, nobody sees."""
        self.ann.send("fail")
        self.assertEqual(self.count(), 0)
        self.assertEqual(len(self.server.errors), 1)

    def test_async_events_write_in_threads(self):
        """An async procedure writes through in_thread; it commits at its end, or rolls back."""
        client = self.ann.instance.client
        self.server.run(client.execute(Stored.add, "fine"))
        with self.assertRaisesRegex(Exception, "ValueError: fail"):
            self.server.run(client.execute(Stored.add, "fail"))
        self.assertEqual(self.count(), 1)

    def test_the_session_is_for_blocking_code(self):
        """An async event that touches the session is told what to do instead."""
        with self.assertRaisesRegex(Exception, "in_thread"):
            self.server.run(self.ann.instance.client.execute(Stored.touch))

    def test_a_project_without_database_says_so(self):
        """self.db without the setting says which setting is missing."""

        class Without(Project):
            def on_connect(self, client: Client) -> None:
                self.db.execute(text("select 1"))

        with MemoryServer(Without) as server:
            with self.assertRaisesRegex(Exception, "500"):
                server.connect()
            self.assertIn("set database", str(server.errors.pop()[2]))
