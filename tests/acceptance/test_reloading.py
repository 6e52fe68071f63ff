# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The code is reloaded under a thousand clients that send: none is lost, no message, and no global."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from textwrap import dedent
from typing import Any

from tests.acceptance import reloading
from tests.acceptance.processes import ROOT
from tests.fresh import ModulesCase
from tests.support import ServedCase, sleep, until
from wstwist import ConfigurationError

CLIENTS = 1_000
MESSAGES = 40
SECONDS = 8.0
PAUSE = 0.5
"""Seconds between two reloads."""

CROWD = """
    from dataclasses import dataclass
    from enum import Enum
    from wstwist import Project

    VERSION = {version}

    class Colour(Enum):
        RED = {version}

    @dataclass
    class Note:
        colour: Colour
        number: int

    class Crowd(Project):
        interval = 20
        first = VERSION
        handled: int = 0
        notes: list[Note] = []
        counted: int = 0

        {kind} global_service(self):
            self.execute_global_service(self.touch)

        {kind} on_message(self, client, message):
            self.handled += 1
            self.notes.append(Note(Colour.RED, int(message)))
            counted = 0
            if int(message) % 10 == 0:
                counted = {wait_for}self.execute_global_service(self.count, Note(Colour.RED, 1)){wait}
            same = all(type(note) is Note and note.colour is Colour.RED for note in self.notes)
            client.send(f"{{VERSION}} {{message}} {{self.handled}} {{same or counted}}")

        {kind} count(self, note):
            self.counted += note.number
            return self.counted

        {kind} touch(self):
            pass
"""


class Crowd(ServedCase, ModulesCase):
    """On real connections."""

    timeout = 150

    def setUp(self) -> None:
        ServedCase.setUp(self)
        ModulesCase.setUp(self)
        self.version = 0

    async def test_async(self):
        """Events on the reactor's thread."""
        await self.check(kind="async def", wait_for="await ", wait="")

    async def test_blocking(self):
        """Events in threads."""
        await self.check(kind="def", wait_for="", wait=".wait()")

    async def check(self, **parts: str) -> None:
        self.write_version(**parts)
        await self.serve(self.load("crowd").Crowd)
        clients = self.start_clients()
        await until(lambda: len(self.host.clients) == CLIENTS, "all clients", 60)
        reloads = await self.reload_until_the_end(clients, parts)
        answers = json.loads((self.folder / "output").read_text().splitlines()[1])
        self.assertEqual(len(answers), CLIENTS)
        for each in answers:
            self.check_client(each)
        self.assertGreater(reloads, 5)
        lost = ("errors", "sends_dropped", "mailbox_full", "stalled", "reactor_blocked")
        self.assertEqual({name: self.host.counters[name] for name in lost}, dict.fromkeys(lost, 0))
        await until(lambda: not self.host.contexts, "the end of all contexts")
        service: Any = self.host.service.instance
        self.assertEqual(service.counted, CLIENTS * MESSAGES // 10)
        self.assertEqual((service.first, type(service)), (1, self.load("crowd").Crowd))

    def write_version(self, **parts: str) -> None:
        self.version += 1
        self.write(crowd=dedent(CROWD).format(version=self.version, **parts))

    async def reload_until_the_end(self, clients: subprocess.Popen[bytes], parts: dict[str, str]) -> int:
        """Reload until all clients have gone, now and then in vain; give how often while they sent."""
        reloads = 0
        while clients.poll() is None:
            self.write(crowd="class Crowd(")
            self.assertRaises(ConfigurationError, self.service.reload_code, "Crowd")
            self.write_version(**parts)
            self.assertEqual(list(self.service.reload_code("Crowd")), ["Crowd"])
            reloads += 1
            await sleep(PAUSE)
        self.assertEqual(clients.returncode, 0)
        return reloads

    def start_clients(self) -> subprocess.Popen[bytes]:
        (port,) = self.service.ports
        where = {
            "url": f"ws://127.0.0.1:{port.getHost().port}{self.host.path}",
            "clients": CLIENTS,
            "messages": MESSAGES,
            "seconds": SECONDS,
        }
        with (self.folder / "output").open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, reloading.__file__, json.dumps(where)],
                stdout=file,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
        self.addCleanup(self.end_clients, process)
        return process

    def end_clients(self, process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            process.kill()
            process.wait(5)

    def check_client(self, answers: list[str]) -> None:
        """See that all messages were answered in order, in one context, by ever newer code, and the end."""
        self.assertEqual(answers.pop(), "1000")
        versions, numbers, handled, same = zip(*(answer.split() for answer in answers), strict=True)
        self.assertEqual(numbers, tuple(map(str, range(MESSAGES))))
        self.assertEqual(handled, tuple(map(str, range(1, MESSAGES + 1))))
        self.assertEqual(sorted(versions, key=int), list(versions))
        self.assertGreater(len(set(versions)), 1, versions)
        self.assertEqual(set(same), {"True"}, answers)
