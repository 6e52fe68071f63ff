# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A reactor that an author's code blocks is noticed while it is blocked."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent

from twisted.trial.unittest import TestCase
from websockets.sync.client import connect

from tests.processes import Server, until

BLOCKS = """
    import time
    from wstwist import Project

    class Blocks(Project):
        async def on_message(self, client, message):
            if message == "sleep":
                await self.deeper()
            elif message == "hold":  # Python's lock, too
                began, bits = time.thread_time(), 1 << 22
                while time.thread_time() - began < 1.3:
                    began, bits = time.thread_time(), bits * 2
                    pow(3, bits // 2)
            elif message == "later":
                from twisted.internet import reactor
                reactor.callLater(0, late)
            client.send(str(self._context.project.counters["reactor_blocked"]))

        async def deeper(self):
            time.sleep(2.5)

    def late():
        time.sleep(1.7)
"""


class Blocked(TestCase):
    """The watchdog of a real server."""

    timeout = 200

    def setUp(self) -> None:
        folder = Path(self.enterContext(TemporaryDirectory(prefix="wstwist-")))
        (folder / "blocks.py").write_text(dedent(BLOCKS))
        self.log = folder / "log"
        self.server = Server(folder, projects=("blocks:Blocks",))
        self.addCleanup(self.server.kill)
        self.server.start()
        self.client = self.enterContext(connect(f"ws://127.0.0.1:{self.server.port}/Blocks"))

    def ask(self, message: str) -> str:
        self.client.send(message)
        return str(self.client.recv(timeout=60))

    def logged(self, pattern: str) -> re.Match[str]:
        """Wait for a line in the log."""
        return until(lambda: re.search(pattern, self.log.read_text()), pattern)  # type: ignore[no-any-return]

    def test_event(self):
        """An event that blocks is named, with its stack, before it has ended; then how long it was."""
        self.client.send("sleep")
        self.logged("the reactor has not turned for [1-9].[0-9] s")
        self.assertNotIn("turns again", self.log.read_text())
        self.client.recv(timeout=60)
        again = self.logged("Blocks, client .*, on_message: the reactor turns again, after (.*) s")
        self.assertTrue(1.4 < float(again[1]) < 10, again[0])
        text = self.log.read_text()
        self.assertRegex(
            text, "Blocks, client [^,]+, on_message: the reactor has not turned for [2-9].[0-9] s"
        )
        stack = text.partition("it is in")[2].partition("\n20")[0]
        self.assertRegex(stack, r"\A\s+File \S+blocks.py\", line \d+, in on_message\n")
        self.assertIn("time.sleep(2.5)", stack)
        self.assertEqual(stack.count("File "), 2, stack)
        until(lambda: self.ask("?") == "1", "the count, which the reactor is told of after the log")

    def test_no_event(self):
        """What an author has the reactor call is noticed, too."""
        self.ask("later")
        self.logged("Outside of events: the reactor has not turned for 1")
        self.assertIn("time.sleep(1.7)", self.log.read_text())
        self.logged("Outside of events: the reactor turns again")

    def test_lock(self):
        """Code that holds Python's lock is noticed, if not at once, afterwards."""

        def hold() -> object:
            self.ask("hold")
            return re.search("[Tt]he reactor turns again, after .* s", self.log.read_text())

        # A machine with so much else to do that it got a fifth of its time looks as if it had been stopped.
        until(hold, "the line")
        self.assertNotIn("Outside of events", self.log.read_text())

    def test_stopped(self):
        """A process that was stopped for a while says nothing."""
        for pause in (0.1, 0.35):
            time.sleep(pause)
            self.server.freeze()
            time.sleep(2.5)
            self.server.send(signal.SIGCONT)
            self.ask("?")
        time.sleep(1.2)
        self.assertNotIn("turn", self.log.read_text())
