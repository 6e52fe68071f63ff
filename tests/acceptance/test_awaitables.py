# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What events may await, on the reactor of this run."""

from __future__ import annotations

import asyncio

import anyio
import anyio.to_thread
import httpx
from twisted.internet import reactor
from twisted.internet.defer import Deferred, succeed
from twisted.internet.utils import getProcessOutput
from twisted.logger import LogEvent, capturedLogs, eventAsText
from twisted.web.resource import Resource
from twisted.web.server import Site

from tests.support import Client, Closed, ServedCase, sleep
from wstwist import Project
from wstwist.client import Client as Handle

ON_ASYNCIO = hasattr(reactor, "_asyncioEventloop")


class Awaits(Project):
    """Awaits what the message says, and tells what came of it, or how it failed."""

    interval = "1 h"

    async def on_message(self, client: Handle, message: str | bytes) -> None:
        what, *words = str(message).split()
        client.send(await getattr(self, f"_{what}")(*words))

    async def on_error(self, event: str, error: Exception) -> None:
        self.client.send(f"{type(error).__name__}: {error} {' '.join(getattr(error, '__notes__', ()))}")

    async def _deferred(self) -> str:
        await sleep(0.01)
        return await succeed("a Deferred's")

    async def _all(self, url: str) -> str:
        found = []
        async with asyncio.timeout(5):
            found.append(await self._deferred())
            async with asyncio.TaskGroup() as group:
                task = group.create_task(self._later())
            found.append(task.result())
        with anyio.move_on_after(0.01) as scope:
            await anyio.sleep(5)
        found.append(f"moved on: {scope.cancelled_caught}")
        async with anyio.create_task_group() as anyios:
            anyios.start_soon(self._note, found)
        found.append(await anyio.to_thread.run_sync(lambda: "a thread's"))
        async with httpx.AsyncClient(trust_env=False) as http:
            found.append((await http.get(url)).text)
        found.append(str(await self.execute_global_service(Awaits.count, 3)))
        found.append(await self._deferred())
        return "; ".join(found)

    async def _timeout(self) -> str:
        """Let a Deferred, a future and a Reply each take too long."""
        found = []
        for waited in (sleep, asyncio.sleep, self._nap):
            try:
                async with asyncio.timeout(0.02):
                    await waited(0.5)
            except TimeoutError:
                found.append(f"timed out, {asyncio.current_task().cancelling()} cancellations left")
        await sleep(0.01)
        return "; ".join(found)

    async def _group(self) -> str:
        """Let a task of a group fail while the event awaits a Deferred in it."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._fail())
                await sleep(5)
        except ExceptionGroup as errors:
            return repr(errors.exceptions)

    async def _gather(self) -> str:
        replies = [self.execute_global_service(Awaits.count, number) for number in range(3)]
        return str(await asyncio.gather(*replies, asyncio.wait_for(self._later(), 5)))

    async def _future(self) -> str:
        return await asyncio.sleep(0.01, "slept")

    async def _asyncio_timeout(self) -> str:
        async with asyncio.timeout(1):  # noqa: ASYNC100 - it is what raises
            return "not here"

    async def _anyio(self) -> str:
        await anyio.sleep(0.01)
        return "not here"

    async def _httpx(self, url: str) -> str:
        async with httpx.AsyncClient(trust_env=False) as http:
            return (await http.get(url)).text

    async def _nap(self, seconds: float) -> None:
        await self.execute_global_service(Awaits.nap, seconds)

    async def _process(self) -> str:
        return (await getProcessOutput("/bin/echo", ["a process's"])).decode().strip()

    async def _later(self) -> str:
        await asyncio.sleep(0.01)
        return "a task's"

    async def _note(self, found: list[str]) -> None:
        await anyio.sleep(0.01)
        found.append("a task group's")

    async def _fail(self) -> None:
        await asyncio.sleep(0.01)
        raise KeyError("oops")

    def count(self, number: int) -> int:
        return number * number

    async def nap(self, seconds: float) -> None:
        await sleep(seconds)


class Page(Resource):
    """A page of another server."""

    isLeaf = True

    def render_GET(self, request):
        return b"a page"


class AwaitablesCase(ServedCase):
    """A client of the project that awaits."""

    async def begin(self) -> Client:
        await self.serve(Awaits)
        site = Site(Page())
        self.addCleanup(site.stopFactory)
        port = reactor.listenTCP(0, site, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        self.url = f"http://127.0.0.1:{port.getHost().port}/"
        return await self.connect()


class EverywhereTests(AwaitablesCase):
    """On every reactor."""

    async def test_deferred(self):
        """An event may await Deferreds."""
        client = await self.begin()
        self.assertEqual(await client.ask("deferred"), "a Deferred's")

    async def test_process(self):
        """An event may await the end of a process that Twisted started, time after time."""
        client = await self.begin()
        for _ in range(30):
            self.assertEqual(await client.ask("process"), "a process's")


if ON_ASYNCIO:

    class AsyncioTests(AwaitablesCase):
        """On a reactor that runs on asyncio."""

        async def test_all(self):
            """One event awaits asyncio.timeout, TaskGroup, anyio, httpx and a Reply beside Deferreds."""
            client = await self.begin()
            self.assertEqual(
                await client.ask(f"all {self.url}"),
                "a Deferred's; a task's; moved on: True; a task group's; a thread's; a page; 9; a Deferred's",
            )

        async def test_timeout(self):
            """asyncio.timeout ends the wait for a Deferred, a future and a Reply; nothing of it is left."""
            client = await self.begin()
            answer = await client.ask("timeout")
            self.assertEqual(answer, "; ".join(["timed out, 0 cancellations left"] * 3))
            self.assertEqual(await client.ask("future"), "slept")

        async def test_group(self):
            """A task that fails cancels the wait of the event that made its group."""
            client = await self.begin()
            self.assertEqual(await client.ask("group"), "(KeyError('oops'),)")

        async def test_gather(self):
            """asyncio.gather takes Replies and coroutines."""
            client = await self.begin()
            self.assertEqual(await client.ask("gather"), """[0, 1, 4, "a task's"]""")

else:

    class ElsewhereTests(AwaitablesCase):
        """On a reactor that does not run on asyncio."""

        async def check(self, message: str) -> None:
            client = await self.begin()
            with capturedLogs() as events:
                answer = await client.ask(message.format(url=self.url))
            self.assertIn("--reactor=asyncio", answer)
            self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)
            self.check_logged(events)
            self.assertEqual(await client.ask("deferred"), "a Deferred's")

        def check_logged(self, events: list[LogEvent]) -> None:
            """The hint is in the first line of what is logged, and in the last one."""
            first, *_, last = eventAsText(
                next(event for event in events if "log_failure" in event), includeTimestamp=False
            ).splitlines()
            for line in (first, last):
                self.assertIn("twistd --reactor=asyncio", line)

        async def test_init(self):
            """The error of an __init__ that wants asyncio's loop says so in the log."""

            class Eager(Project):
                interval = "1 h"

                def __init__(self) -> None:
                    if self.client is not None:
                        asyncio.get_running_loop()

            await self.serve(Eager)
            with capturedLogs() as events:
                await self.assertFailure(Deferred.fromCoroutine(self.connect()), Closed)
            self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)
            self.check_logged(events)

        async def test_future(self):
            """The error of an event that awaits asyncio.sleep names --reactor=asyncio, told and logged."""
            await self.check("future")

        async def test_timeout(self):
            """The error of an event that uses asyncio.timeout names --reactor=asyncio, told and logged."""
            await self.check("asyncio_timeout")

        async def test_anyio(self):
            """The error of an event that uses anyio names --reactor=asyncio, told and logged."""
            await self.check("anyio")

        async def test_httpx(self):
            """The error of an event that uses httpx names --reactor=asyncio, told and logged."""
            await self.check("httpx {url}")
