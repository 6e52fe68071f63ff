# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What contexts and connections have used is counted."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from tests.support import ServedCase, until
from wstwist import Client, Project
from wstwist.exceptions import ServiceUnavailable
from wstwist.histogram import BOUNDS, Histogram
from wstwist.testing import MemoryServer


class Histograms(TestCase):
    """Durations in buckets."""

    def test_buckets(self) -> None:
        """A duration is counted in the first bucket whose bound it does not exceed, or in the last."""
        durations = Histogram()
        for seconds in (0.0, BOUNDS[0], 1.5e-6, 0.0021, 1e9):
            durations.observe(seconds)
        counts = dict(enumerate(durations.counts))
        self.assertEqual(
            {bucket: count for bucket, count in counts.items() if count},
            {0: 2, 1: 1, BOUNDS.index(0.005): 1, len(BOUNDS): 1},
        )
        self.assertEqual((durations.count, durations.total), (5, 1e9 + 0.0021 + 1.5e-6 + BOUNDS[0]))

    def test_percentiles(self) -> None:
        """They are right to within a bucket, and tell of a period, too."""
        durations = Histogram()
        self.assertIsNone(durations.percentile(50))
        for number in range(1, 1001):
            durations.observe(number / 1000)
        for percent in (1, 10, 50, 90, 99, 100):
            told = durations.percentile(percent)
            assert told is not None
            self.assertTrue(0.4 * percent / 100 <= told <= 2.5 * percent / 100, (percent, told))
        before = durations.counts
        self.assertIsNone(durations.percentile(50, before))
        durations.observe(30.0)
        told = durations.percentile(50, before)
        assert told is not None
        self.assertTrue(20 <= told <= 50)


class Counting(ServedCase):
    """What passes real connections, and what events took."""

    async def test_traffic(self) -> None:
        """Messages and bytes both ways, for a client and for the project, after it has gone, too."""

        class Echo(Project):
            async def on_message(self, client: Client, message: str | bytes) -> None:
                client.send(message)

        await self.serve(Echo)
        ann, bob = await self.connect(), await self.connect()
        for message in ("x" * 10, b"y" * 200, "ü" * 70_000):
            ann.send(message)
            self.assertEqual(await ann.receive(), message)
        bob.send("z")
        await bob.receive()
        masked = (2 + 4 + 10) + (4 + 4 + 200) + (10 + 4 + 140_000)
        plain = masked - 3 * 4
        figures = sorted(context.figures() for context in self.host.contexts.values())
        self.assertEqual(figures[1][:5], (3, 3, masked, plain, 0))
        self.assertEqual(figures[0][:5], (1, 1, 2 + 4 + 1, 2 + 1, 0))
        self.assertEqual((figures[1].mailbox, figures[1].mailbox_size, figures[1].send_queue), (0, 0, 0))
        self.assertEqual(figures[1].mailbox_high_water, 1)
        bob.reset()
        await until(lambda: len(self.host.clients) == 1, "the end")
        totals = self.host.figures()
        self.assertEqual(totals[:7], (1, 0, 4, 4, masked + 7, plain + 3, 0))
        self.assertEqual(self.host.durations["on_message"].count, 4)

    async def test_waiting(self) -> None:
        """What waits in a mailbox, and for a client that does not read, is told while it waits."""
        gate: Deferred[None] = Deferred()

        class Waits(Project):
            async def on_message(self, client: Client, message: str | bytes) -> None:
                client.send("x" * 1_000_000)
                await gate

        await self.serve(Waits)
        raw = await self.connect_raw(b"")
        del raw
        ann = await self.connect()
        for _ in range(5):
            ann.send("go")
        (context,) = self.host.contexts.values()
        await until(lambda: context.figures().mailbox == 4, "the messages")
        figures = context.figures()
        self.assertEqual((figures.mailbox_high_water, figures.mailbox_size), (5, 4 * (64 + 2)))
        gate.callback(None)
        await until(lambda: context.figures().mailbox == 0, "the end")
        self.assertEqual(context.figures().mailbox_high_water, 5)

    async def test_processor(self) -> None:
        """Time that events compute is given to their context, on the reactor's thread and in others."""

        class Computes(Project):
            async def on_message(self, client: Client, message: str | bytes) -> None:
                if message == "here":
                    burn()
                elif message == "there":
                    await self.in_thread(burn)
                client.send("done")

        class Blocks(Project):
            def on_message(self, client: Client, message: str | bytes) -> None:
                burn()
                client.send("done")

        def burn() -> None:
            end = time.thread_time() + 0.3
            while time.thread_time() < end:
                pass

        service = await self.serve(Computes, Blocks)
        computes, blocks = service.hosts
        idle = await self.connect("/Computes")
        idle.send("nothing")
        await idle.receive()
        for path, message, host in (
            ("/Computes", "here", computes),
            ("/Computes", "there", computes),
            ("/Blocks", "", blocks),
        ):
            ann = await self.connect(path)
            before = host.figures()
            ann.send(message)
            await ann.receive()
            context = list(host.contexts.values())[-1]
            await until(lambda: context.figures().event_time, "the end of the event")  # noqa: B023
            await until(lambda: context.figures().cpu > 0.2, f"the time of {path} {message}")  # noqa: B023
            self.assertLess(context.figures().cpu, 0.45)
            self.assertGreater(context.figures().event_time, 0.29)
            after = host.figures()
            self.assertGreater(after.event_time - before.event_time, 0.29)
            self.assertGreater(after.cpu - before.cpu, 0.2)
            ann.reset()
            await until(lambda: context.client.id not in host.contexts, "the end")  # noqa: B023
        (left,) = computes.contexts.values()
        self.assertLess(left.figures().cpu, 0.1)


class Moments(TestCase):
    """When something happened."""

    def test_moments(self) -> None:
        """The last activity is when the last event ended; errors are counted where they happened."""

        class Fails(Project):
            async def on_message(self, client: Client, message: str | bytes) -> None:
                raise ValueError(message)

        with MemoryServer(Fails) as server:
            ann, bob = server.connect(), server.connect()
            self.assertLess(datetime.now(UTC) - bob.instance.client.connected_at, timedelta(seconds=20))
            ann.send("x")
            of_ann, of_bob = ann.instance._context.figures(), bob.instance._context.figures()
            self.assertEqual((of_ann.errors, of_bob.errors, server._host.figures().errors), (1, 0, 1))
            assert of_ann.last_activity is not None
            self.assertLess(abs(datetime.now(UTC) - of_ann.last_activity), timedelta(seconds=20))
            self.assertIsNone(of_bob.last_activity)
            server.errors.clear()


class Service(TestCase):
    """What is told of the global service, and done with it."""

    class Runs(Project):
        interval = "10 s"
        runs: int = 0

        async def global_service(self) -> None:
            self.runs += 1

        def count(self) -> int:
            return self.runs

    def test_status(self) -> None:
        """Runs are counted, paused, and made at once."""
        with MemoryServer(self.Runs) as server:
            service = server._host.service
            self.assertEqual(service.status()[2:], (1, 0, 0, False, True, True))
            assert service.status().last_run is not None
            self.assertLess(service.status().last_duration or 1, 1)
            server.advance(10)
            self.assertEqual(server.service.runs, 2)
            service.pause()
            service.pause()
            server.advance(100)
            self.assertEqual((server.service.runs, service.status().is_paused), (2, True))
            service.run_now()
            server.advance(0)
            self.assertEqual((server.service.runs, service.status().runs), (3, 3))
            service.unpause()
            service.unpause()
            server.advance(0)
            self.assertEqual(server.service.runs, 4)
            server.advance(10)
            self.assertEqual((server.service.runs, service.status().is_paused), (5, False))

    def test_no_service(self) -> None:
        """Where there is nothing to run, that is said."""

        class Silent(Project):
            pass

        with MemoryServer(Silent) as server:
            service = server._host.service
            service.unpause()
            for ask in (service.run_now, service.pause):
                with self.assertRaisesRegex(
                    ServiceUnavailable, "Silent: there is no global_service that runs"
                ):
                    ask()
            self.assertFalse(service.status().has_runs)
            self.assertIsNone(service.status().last_run)
