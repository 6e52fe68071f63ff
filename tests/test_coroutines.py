# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""How events that wait are driven: awaiting, cancelling, and what goes wrong with either."""

import asyncio
import gc
import sys
import weakref
from typing import Any, ClassVar

import anyio
from twisted.internet import defer
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.trial.unittest import TestCase

from wstwist import Client, Project, events
from wstwist.coroutines import AsyncioDriver
from wstwist.exceptions import ProcedureError
from wstwist.testing import MemoryServer
from wstwist.wire.codec import COMPILED


class Bad(Exception):
    """An error that cannot even be shown."""

    def __str__(self) -> str:
        return self.args[0]  # type: ignore[no-any-return] # no str: that is the point


class Garbage:
    """An awaitable that yields what nobody can wait for."""

    def __await__(self):
        while True:
            try:
                yield "garbage"
            except RuntimeError:
                yield "more garbage"


class Waiting(Project):
    """It does what the message says, and sends what came of it."""

    interval = "1 h"
    held: list[Any] = []

    async def on_message(self, client: Client, message: str | bytes) -> None:
        client.send(repr(await getattr(self, f"_{message}")()))

    def _hold(self, canceller: Any = None) -> Deferred[Any]:
        self.held.append(Deferred(canceller))
        return self.held[-1]

    async def _anyio_deferred(self) -> str:
        with anyio.move_on_after(1) as scope:
            await self._hold()
        return f"moved on {scope.cancelled_caught}"

    async def _anyio_reply(self) -> str:
        with anyio.move_on_after(1) as scope:
            await self.execute_global_service(Waiting.slow)
        return f"moved on {scope.cancelled_caught}"

    async def _anyio_at_once(self) -> str:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await self._hold()
        return f"moved on {scope.cancelled_caught}"

    async def _timeout_deferred(self) -> str:
        try:
            async with asyncio.timeout(1):
                await self._hold()
        except TimeoutError:
            return "timed out"
        return "not timed out"

    async def _bad_canceller(self) -> str:
        def canceller(_: Deferred[Any]) -> None:
            raise KeyError("a canceller's own")

        try:
            async with asyncio.timeout(1):
                await self._hold(canceller)
        except TimeoutError:
            return "timed out"
        return "not timed out"

    async def _message_of_cancel(self) -> str:
        task = asyncio.current_task()
        task.cancel("why")
        try:
            await asyncio.sleep(9)
        except asyncio.CancelledError as error:
            task.uncancel()
            return str(error.args)
        return "not cancelled"

    async def _sleep_0(self) -> str:
        await asyncio.sleep(0)
        return "went on"

    async def _fired(self) -> str:
        return str(await defer.succeed(1))

    async def _failed(self) -> str:
        try:
            await defer.fail(ValueError("as told"))
        except ValueError as error:
            return str(error)
        return "not failed"

    async def _itself(self) -> str:
        try:
            await asyncio.current_task()
        except RuntimeError as error:
            return "itself" if "itself" in str(error) else str(error)
        return "awaited"

    async def _other_loop(self) -> str:
        loop = asyncio.new_event_loop()
        try:
            await loop.create_future()
        except RuntimeError as error:
            return "other loop" if "another loop" in str(error) else str(error)
        finally:
            loop.close()
        return "awaited"

    async def _garbage(self) -> str:
        async with asyncio.timeout(1):
            await Garbage()
        return "awaited"

    async def _bad_error(self) -> str:
        raise Bad(404)

    async def _well(self) -> str:
        return "well"

    async def slow(self) -> None:
        await asyncio.sleep(60)

    async def fail_badly(self) -> None:
        raise Bad(404)

    def returns_coroutine(self, client: Client) -> Any:
        return self._ask(client)

    async def _ask(self, client: Client) -> Any:
        return await client.execute("slow")


class Driving(TestCase):
    """What an event awaits comes back to it; so does its cancellation."""

    def setUp(self):
        self.server = MemoryServer(Waiting)
        self.addCleanup(self.server.stop)
        self.ann = self.server.connect()

    def comes_of(self, message: str, answer: str, after: float = 0) -> None:
        self.ann.send(message)
        if after:
            self.assertEqual(self.ann.received, [])
            self.server.advance(after)
        self.assertEqual(self.ann.received, [repr(answer)])
        self.ann.received.clear()

    def test_anyio_moves_on(self):
        """anyio's cancel scopes catch their own cancellation of a Deferred and of a Reply."""
        self.comes_of("anyio_deferred", "moved on True", after=1)
        self.comes_of("anyio_reply", "moved on True", after=1)
        self.comes_of("anyio_at_once", "moved on True")

    def test_timeouts_of_deferreds(self):
        """asyncio.timeout ends the wait for a Deferred, even one whose canceller fails."""
        self.comes_of("timeout_deferred", "timed out", after=1)
        self.comes_of("bad_canceller", "timed out", after=1)
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
        self.server._do(lambda: self.ann.instance.held[-1].callback("too late"))
        self.comes_of("well", "well")

    def test_the_message_of_a_cancellation(self):
        """The message given to cancel() comes with the CancelledError."""
        self.comes_of("message_of_cancel", "('why',)")

    def test_what_is_there_already(self):
        """A Deferred that has fired or failed gives its result at once; sleep(0) goes on by itself."""
        self.comes_of("fired", "1")
        self.comes_of("failed", "as told")
        self.comes_of("sleep_0", "went on")

    def test_what_cannot_be_awaited(self):
        """Awaiting oneself, a future of another loop or garbage raises, and the context lives on."""
        self.comes_of("itself", "itself")
        self.comes_of("other_loop", "other loop")
        self.ann.send("garbage")
        self.assertIn("neither a future nor a Deferred", str(self.server.errors.pop()[2]))
        self.comes_of("well", "well")

    def test_an_error_that_cannot_be_shown(self):
        """An exception whose __str__ raises is an error like any other, in events and in procedures."""
        self.ann.send("bad_error")
        self.assertEqual(self.server.errors.pop()[1], "on_message")
        self.comes_of("well", "well")
        with self.assertRaisesRegex(Exception, "Bad"):
            self.server.run(self.ann.instance.client.execute(Waiting.fail_badly))

    def test_a_circle_through_a_def_that_returns_a_coroutine(self):
        """A circle is found at once also where a def returned the coroutine that waits."""
        client = self.ann.instance.client
        with self.assertRaisesRegex(Exception, "would wait for itself"):
            self.server.run(client.execute(Waiting.returns_coroutine, client))
        self.assertEqual(self.server.clock.seconds(), 0)

    def test_an_ended_event_holds_nothing(self):
        """A context does not keep the last message it was given."""
        text = "".join(["we", "ll"])  # noqa: FLY002 - a str of its own, whose references count
        before = sys.getrefcount(text)
        self.ann.send(text)
        self.assertEqual(sys.getrefcount(text), before)

    def test_closing_in_on_connect(self):
        """A client that on_connect disconnects is accepted, told what was sent before, and closed."""

        class Short(Project):
            gone: list[str] = []

            async def on_connect(self, client: Client) -> None:
                client.send("bye")
                client.disconnect(4000, "no time")

            async def on_disconnect(self, client: Client) -> None:
                self.gone.append(client.id)

        with MemoryServer(Short) as server:
            ann = server.connect()
            self.assertEqual((ann.received, ann.close_code), (["bye"], 4000))
            self.assertEqual(len(ann.instance.gone), 1)

    def test_a_swallowed_cancellation_is_listed(self):
        """An event that goes on after its cancellation is listed as stuck until it ends."""

        class Stubborn(Project):
            held: list[Any] = []

            async def on_message(self, client: Client, message: str | bytes) -> None:
                for _ in range(2):
                    self.held.append(Deferred())
                    try:
                        await self.held[-1]
                    except asyncio.CancelledError:
                        continue

        with MemoryServer(Stubborn) as server:
            ann = server.connect()
            ann.send("x")
            ann.drop()
            server.advance(32)
            self.assertEqual([event.name for event in server._host.stuck], ["on_message"])
            server._do(lambda: ann.instance.held[-1].callback(None))
            self.assertEqual((server._host.stuck, server._host.contexts), (set(), {}))

    def test_inline_callbacks_are_cancelled(self):
        """An inlineCallbacks on_connect that takes too long is cancelled, which is no error."""

        class Inline(Project):
            @inlineCallbacks
            def on_connect(self, client: Client):
                yield Deferred()

        with MemoryServer(Inline) as server:
            ann = server.connect()
            server.advance(11)
            self.assertEqual((ann.refused.status, server.errors, server._host.contexts), (503, [], {}))


class Keeping(Project):
    """Events that end in their first step, and look at the task that they are."""

    tasks: list[Any] = []
    seen: list[str] = []

    async def on_message(self, client: Client, message: str | bytes) -> None:
        task = asyncio.current_task()
        self.seen.append(task.get_coro().__name__)
        if message == "keep":
            self.tasks.append(task)
        elif message == "refer":
            self.tasks.append(weakref.ref(task))
        elif message == "cancel":
            task.cancel()
        elif message == "cancel and wait":
            task.cancel()
            await asyncio.sleep(0)


class Giving(Project):
    """A procedure whose result is watched."""

    class Result(list[int]):
        """A list to which there can be weak references."""

    given: ClassVar[list[Any]] = []

    async def give(self) -> None:
        result = Giving.Result()
        self.given.append(weakref.ref(result))
        raise KeyError(result)


class OneStep(TestCase):
    """An event that ends in its first step costs no task, and nobody can tell."""

    def setUp(self):
        self.server = self.enterContext(MemoryServer(Keeping))
        self.ann = self.server.connect()

    def test_a_task_that_is_kept_ends_with_its_event(self):
        """Who keeps the current task keeps one that is done, and gets another one in the next event."""
        self.ann.send("keep")
        self.ann.send("keep")
        first, second = self.ann.instance.tasks
        self.assertIsNot(first, second)
        self.assertTrue(first.done() and second.done())
        self.assertFalse(first.cancel())

    def test_a_task_that_is_referred_to_ends_with_its_event(self):
        """A weak reference, as anyio has one, is dead after the event."""
        self.ann.send("refer")
        gc.collect()
        self.assertIsNone(self.ann.instance.tasks[0]())

    def test_a_cancellation_does_not_reach_the_next_event(self):
        """What cancels itself and then returns has not been cancelled, and the next event is not either."""
        for message in ("cancel", "", "cancel and wait", "keep"):
            self.ann.send(message)
        self.assertEqual(self.ann.instance.seen, ["on_message"] * 4)
        self.assertEqual(self.ann.instance.tasks[0].cancelling(), 0)
        (error,) = (error for _, _, error in self.server.errors)
        self.assertIsInstance(error, asyncio.CancelledError)
        self.server.errors.clear()

    def test_the_outcome_is_let_go(self):
        """What an event returned or raised is not kept until the next one."""
        with MemoryServer(Giving) as server:
            ann = server.connect()
            self.assertRaises(ProcedureError, server.run, ann.instance.client.execute(Giving.give))
            gc.collect()
            self.assertIsNone(Giving.given[0]())

    def test_one_task_serves_many_events(self):
        """Nobody has kept it: the next event has the same."""
        if not COMPILED:
            return  # it cannot be known there whether somebody has kept it
        made = []
        self.patch(events, "AsyncioDriver", lambda scheduler: made.append(1) or AsyncioDriver(scheduler))
        for _ in range(100):
            self.ann.send("")
        self.assertLessEqual(len(made), 1)
