# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""`wstwist.history` and `wstwist.lag`: what happened in the last hour."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from twisted.internet import reactor
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from tests.support import ServedCase, sleep, until
from wstwist import Client, Project, own_process
from wstwist.history import KEPT, STEP, History
from wstwist.lag import PERIOD, Lag
from wstwist.testing import MemoryServer

BEGINNING = datetime(2026, 3, 1, tzinfo=UTC)


class Echo(Project):
    async def on_message(self, client: Client, message: str | bytes) -> None:
        client.send(message)


class Slow(Project):
    def on_message(self, client: Client, message: str | bytes) -> None:
        time.sleep(0.03)


class LagTests(TestCase):
    """How late the reactor is."""

    def setUp(self):
        self.clock = Clock()
        self.lag = Lag(self.clock)
        self.lag.start()

    def test_late(self):
        """Each look is counted with what it came too late, and the worst of them is told once."""
        self.clock.pump([PERIOD, PERIOD + 0.7, PERIOD + 0.3])
        self.assertEqual(self.lag.durations.count, 3)
        self.assertAlmostEqual(self.lag.durations.total, 1.0)
        self.assertAlmostEqual(self.lag.take_worst(), 0.7)
        self.assertIsNone(self.lag.take_worst())

    def test_twice(self):
        """A second start or stop does nothing, and after a stop there are no looks."""
        self.lag.start()
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        for _ in range(2):
            self.lag.stop()
        self.clock.advance(1)
        self.assertEqual(self.lag.durations.count, 0)
        self.lag.start()
        self.clock.advance(PERIOD)
        self.assertEqual(self.lag.durations.count, 1)

    async def test_real(self):
        """What holds the real reactor is seen."""
        lag = Lag(reactor)
        lag.start()
        self.addCleanup(lag.stop)
        await sleep(0.01)
        time.sleep(PERIOD + 0.2)  # noqa: ASYNC251 - it is to hold the reactor
        await until(lambda: lag.durations.count, "a look")
        self.assertGreater(lag.take_worst(), 0.1)


class HistoryTests(TestCase):
    """Points, by a clock."""

    def setUp(self):
        self.clock = Clock()
        self.lag = Lag(self.clock)
        self.hosts = []
        self.history = History(
            self.clock,
            lambda: self.hosts,
            self.lag,
            lambda: BEGINNING + timedelta(seconds=self.clock.seconds()),
        )

    def serve(self, project=Echo):
        server = self.enterContext(MemoryServer(project))
        self.hosts.append(server._host)
        return server

    def test_flow(self):
        """A point has what happened in its step, and not what was before."""
        client = self.serve().connect()
        client.send("before")
        self.history.start()
        for number in (3, 0, 1):
            for _ in range(number):
                client.send("x")
            self.clock.advance(STEP)
        for project in (None, "Echo"):
            points = self.history.since(project=project)
            self.assertEqual([point.messages_in for point in points], [3, 0, 1])
            self.assertEqual([point.messages_out for point in points], [3, 0, 1])
            self.assertEqual([point.clients for point in points], [1, 1, 1])
            self.assertEqual([point.seconds for point in points], [STEP] * 3)
            self.assertEqual([point.p50 is None for point in points], [False, True, False])
            self.assertEqual(self.history.latest(project), points[-1])

    def test_server(self):
        """The server's point has all projects together, and what only the process has."""
        first, second = self.serve(), self.serve(type("Other", (Echo,), {}))
        self.history.start()
        for client in (first.connect(), second.connect()):
            client.send("x")
        used = own_process.cpu()
        while own_process.cpu() - used < 0.05:
            pass
        self.clock.advance(STEP)
        point = self.history.latest()
        self.assertEqual((point.clients, point.messages_in, point.messages_out), (2, 2, 2))
        self.assertGreaterEqual(point.cpu, 0.05 / STEP)
        self.assertGreater(point.memory, 10_000_000)
        self.assertEqual(
            (self.history.latest("Other").memory, self.history.latest("Other").lag), (None, None)
        )

    def test_percentiles(self):
        """They are those of the events of the step, of all projects together."""
        slow, fast = self.serve(Slow).connect(), self.serve().connect()
        self.history.start()
        for _ in range(20):
            fast.send("x")
        for _ in range(5):
            slow.send("x")
        self.clock.advance(STEP)
        together, of_slow, of_fast = map(self.history.latest, (None, "Slow", "Echo"))
        self.assertTrue(0.02 <= of_slow.p50 <= of_slow.p99 <= 0.5, of_slow)
        self.assertLess(of_fast.p99, 0.02)
        self.assertLess(together.p50, 0.02)
        self.assertGreaterEqual(together.p90, 0.02)

    def test_lag(self):
        """The server's point has the longest delay of its step, and says how long a late step was."""
        self.history.start()
        self.lag.start()
        self.clock.pump([PERIOD] * 30)
        self.clock.advance(STEP + 2)
        self.clock.pump([PERIOD] * 100)
        late, *_, last = self.history.since()
        self.assertAlmostEqual(late.seconds, 3 + STEP + 2)
        self.assertAlmostEqual(late.lag, STEP + 2 - PERIOD)
        self.assertAlmostEqual(last.lag, 0, 6)

    def test_lag_before(self):
        """A delay before it began is in no point."""
        self.lag.start()
        self.clock.advance(100)
        self.history.start()
        self.clock.pump([PERIOD] * 60)
        self.assertAlmostEqual(self.history.latest().lag, 0, 6)

    def test_since(self):
        """Only later points are given where a moment is; an unknown project has none."""
        self.serve()
        self.history.start()
        self.clock.pump([STEP] * 4)
        moments = [point.at for point in self.history.since()]
        self.assertEqual(moments, [BEGINNING + timedelta(seconds=STEP * number) for number in (1, 2, 3, 4)])
        self.assertEqual([point.at for point in self.history.since(moments[1], "Echo")], moments[2:])
        self.assertEqual(self.history.since(moments[-1]), [])
        self.assertEqual((self.history.since(project="Other"), self.history.latest("Other")), ([], None))

    def test_an_hour(self):
        """The points of an hour are kept, and no more."""
        self.serve()
        self.history.start()
        self.clock.pump([STEP] * (KEPT + 3))
        for project in (None, "Echo"):
            points = self.history.since(project=project)
            self.assertEqual(len(points), KEPT)
            self.assertEqual(points[-1].at - points[0].at, timedelta(hours=1, seconds=-STEP))

    def test_projects_come_and_go(self):
        """One that is added is in it with all it did; one that is removed is forgotten."""
        self.serve()
        self.history.start()
        self.clock.advance(STEP)
        self.serve(type("Other", (Echo,), {})).connect().send("x")
        self.clock.advance(STEP)
        self.assertEqual([point.messages_in for point in self.history.since(project="Other")], [1])
        del self.hosts[1]
        self.clock.advance(STEP)
        self.assertEqual(self.history.since(project="Other"), [])
        self.assertEqual([point.messages_in for point in self.history.since()], [0, 1, 0])

    def test_made_anew(self):
        """A project of the same name that was removed and added again goes on in it, from nothing."""
        self.serve().connect().send("x")
        self.history.start()
        self.hosts.clear()
        again = self.serve()
        client = again.connect()
        client.send("x")
        client.send("x")
        self.clock.advance(STEP)
        self.assertEqual(self.history.latest("Echo").messages_in, 2)

    def test_twice(self):
        """A second start or stop does nothing; after a stop the points stay, and no more come."""
        self.history.start()
        self.history.start()
        self.clock.advance(STEP)
        self.history.stop()
        self.history.stop()
        self.clock.advance(STEP)
        self.assertEqual(len(self.history.since()), 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.history.start()
        self.clock.advance(STEP)
        self.assertEqual([point.seconds for point in self.history.since()], [STEP, STEP])


class ServerTests(ServedCase):
    """The history of a real server."""

    async def test_begins_and_ends(self):
        """It begins with the service, sees real clients, and ends with it."""
        service = await self.serve(Echo)
        client = await self.connect()
        await client.ask("x" * 100)
        await until(lambda: service.lag.durations.count, "a look at the lag")
        service.history._take()
        for project in (None, "Echo"):
            point = service.history.latest(project)
            self.assertEqual((point.clients, point.messages_in, point.messages_out), (1, 1, 1))
            self.assertEqual((point.bytes_in, point.bytes_out), (2 + 4 + 100, 2 + 100))
        self.assertIsNotNone(service.history.latest().lag)
        self.assertTrue(service.history._loop.running)
        await service.stopService()
        self.assertFalse(service.history._loop.running)
        self.assertIsNone(service.lag._timer)
