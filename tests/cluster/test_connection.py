# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The link to a real NATS, on a way that can be cut."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import TestCase

from benchmarks.cluster.proxy import Ways
from tests.cluster.kit import Nats
from wstwist.cluster.link import Link
from wstwist.cluster.settings import Cluster


class LinkTests(TestCase):
    """Links on asyncio's own loop."""

    def setUp(self) -> None:
        """Start NATS, and a way to it."""
        folder = TemporaryDirectory(prefix="wstwist-test-")
        self.addCleanup(folder.cleanup)
        self.nats = Nats(Path(folder.name))
        self.nats.start()
        self.addCleanup(self.nats.kill)
        ways = Ways()
        ways.__enter__()
        self.addCleanup(ways.__exit__)
        self.way = ways.to(int(self.nats.url.rpartition(":")[2]))
        self.changes: list[bool] = []
        self.heard: list[bytes] = []

    def run_with(self, test: Callable[[Link, Link], Awaitable[None]]) -> None:
        """Run a test with a link on the way, and another one that is not."""

        async def run() -> None:
            loop = asyncio.get_running_loop()
            link = Link(loop, Cluster([self.way.url]), "one", lambda: self.changes.append(link.is_up))
            other = Link(loop, Cluster([self.nats.url]), "other", lambda: None)
            other.start()
            await self.until(lambda: other.is_up)
            try:
                await test(link, other)
            finally:
                await link.stop()
                await other.stop()

        asyncio.run(run())

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(10):
            while not is_so():  # noqa: ASYNC110 - it is not told
                await asyncio.sleep(0.01)

    async def hear(self, other: Link) -> None:
        """Have the other one publish until it is heard."""
        self.heard.clear()

        def is_heard() -> bool:
            other.publish("subject", b"message")
            return bool(self.heard)

        await self.until(is_heard)

    def test_first_attempts_fail(self) -> None:
        """What was listened to before NATS could be reached is heard once it can."""
        self.way.cut()

        async def test(link: Link, other: Link) -> None:
            link.listen("subject", self.heard.append)
            link.start()
            await asyncio.sleep(0.6)
            self.assertEqual((self.changes.count(True), link.is_up), (0, False))
            self.way.heal()
            await self.until(lambda: True in self.changes)
            await self.hear(other)

        self.run_with(test)

    def test_cut(self) -> None:
        """It comes back by itself, and hears what it heard before; what is listened to meanwhile, too."""

        async def test(link: Link, other: Link) -> None:
            number = link.listen("other", self.heard.append)
            link.start()
            await self.until(lambda: link.is_up)
            self.way.cut()
            await self.until(lambda: self.changes[-1:] == [False])
            link.unlisten(number)
            link.listen("subject", self.heard.append)
            link.publish("subject", b"lost")
            self.way.heal()
            await self.until(lambda: link.is_up)
            other.publish("other", b"unwanted")
            await self.hear(other)
            self.assertEqual(self.heard[0], b"message")

        self.run_with(test)

    def test_broken(self) -> None:
        """A transport that is closed, before nats-py knows of it, is no connection, and takes nothing."""

        async def test(link: Link, other: Link) -> None:
            link.listen("subject", self.heard.append)
            link.start()
            await self.until(lambda: link.is_up)
            link.connection._writer.abort()
            self.assertTrue(link.connection.is_connected)
            self.assertEqual((link.is_up, link.has_room), (False, False))
            link.publish("subject", b"lost")
            await self.until(lambda: self.changes[-2:] == [False, True])
            await self.hear(other)

        self.run_with(test)
