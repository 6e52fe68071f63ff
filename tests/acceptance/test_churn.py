# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Five hundred clients that come and go: nobody is forgotten, and nothing is left."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

from sqlalchemy import text
from sqlalchemy.orm import Session
from twisted.internet import reactor
from twisted.logger import LogLevel, capturedLogs, formatEvent

from tests.acceptance import churn
from tests.acceptance.processes import ROOT
from tests.support import ServedCase, pair, until
from wstwist import Project, threads
from wstwist.client import Client as Handle
from wstwist.context import ExecutionContext

CLIENTS = 500
TIMERS = ("the global service's", "how late the reactor is", "the last hour's")
TIME = 60.0
"""Seconds in which they all have come and gone."""


def make_notes(folder: Path) -> type[Project]:
    """Make a project that notes for each client what happens, and writes into its database too."""

    class Notes(Project):
        interval = 20
        database = f"sqlite:///{folder}/notes.db"
        threads = 8
        happened: ClassVar[dict[str, list[str]]] = defaultdict(list)
        mutable: list[str] = []
        total: int = 0

        def on_service_start(self) -> None:
            self.db.execute(text("create table gone (number integer)"))

        async def global_service(self) -> None:
            self.total = len(await self.connected_clients())

        async def on_connect(self, client: Handle) -> None:
            self.number = client.query["number"]
            self.happened[self.number].append("on_connect")

        async def on_message(self, client: Handle, message: str | bytes) -> None:
            self.mutable.append(str(message))
            self.happened[self.number].append(str(message))
            client.send(message)
            if str(message).endswith("0"):
                await self.execute_global_service(Notes.note, message)

        def on_disconnect(self, client: Handle) -> None:
            self.happened[self.number].append("on_disconnect")
            self.db.execute(text("insert into gone values (:number)"), {"number": self.number})

        async def note(self, message: str) -> int:
            self.total += 1
            return self.total

        def count_gone(self) -> int:
            return self.db.execute(text("select count(distinct number) from gone")).scalar_one()

    return Notes


def make_blocking_notes(folder: Path) -> type[Project]:
    """Make the same project, with a blocking on_message."""
    notes = make_notes(folder)

    class Notes(notes):
        def on_message(self, client: Handle, message: str | bytes) -> None:
            self.happened[self.number].append(str(message))
            client.send(message)
            if str(message).endswith("0"):
                self.execute_global_service(Notes.note, message).wait()

    return Notes


def in_memory(kind: type) -> list[Any]:
    """Give the objects of a kind that Python has not let go."""
    gc.collect()
    return [item for item in gc.get_objects() if issubclass(type(item), kind)]


class Churn:
    """Many clients at random."""

    async def test_async(self):
        """Each has one on_connect and on_disconnect, each message is handled once, in order."""
        await self.check(make_notes(self.place.folder))

    async def test_blocking(self):
        """Where messages are handled in threads it is the same."""
        await self.check(make_blocking_notes(self.place.folder))

    async def check(self, project: type[Project]) -> None:
        self.enterContext(mock.patch.object(threads, "IDLE_TIME", 0.2))
        await self.serve(project)
        with capturedLogs() as logs:
            await until(lambda: not self.host.service.is_starting, "the end of on_service_start")
        self.assertEqual([formatEvent(line) for line in logs if line["log_level"] > LogLevel.info], [])
        self.sessions_before = len(in_memory(Session))
        before = {id(call) for call in reactor.getDelayedCalls()}
        done = await self.clients()
        await until(lambda: not self.host.contexts, "the end of all contexts", TIME)
        self.assertEqual(len(done), CLIENTS)
        for client in done:
            self.check_client(client, project.happened[str(client["number"])])
        await self.check_nothing_left(project, before)

    async def clients(self) -> list[dict[str, Any]]:
        """Run the clients, and give what each did."""
        process = self.start_clients()
        await until(lambda: process.poll() is not None, "the end of the clients", TIME)
        return json.loads(self.output.read_text())

    def start_clients(self) -> subprocess.Popen[bytes]:
        (port,) = self.service.ports
        where = {
            "transport": self.transport,
            "port": getattr(port.getHost(), "port", None),
            "socket": str(self.place.socket),
            "cert": str(pair().cert),
            "path": self.host.path,
            "clients": CLIENTS,
            "at_once": 100,
            "seed": 1,
        }
        self.output = self.place.folder / "output"
        with self.output.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, churn.__file__, json.dumps(where)],
                stdout=file,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
        self.addCleanup(self.end_clients, process)
        return process

    def end_clients(self, process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            process.kill()
            process.wait(5)

    def check_client(self, client: dict[str, Any], happened: list[str]) -> None:
        """See that a client had its life: all messages before a proper end, the first ones before a drop."""
        self.assertEqual((happened[0], happened[-1]), ("on_connect", "on_disconnect"), client)
        handled = happened[1:-1]
        sent = [str(number) for number in range(client["sent"])]
        self.assertEqual(handled, sent[: len(handled)], client)
        if client["end"] in ("close", "leave"):
            self.assertEqual(len(handled), len(sent), client)

    async def check_nothing_left(self, project: type[Project], before: set[int]) -> None:
        """See that all is as it was before the first client."""
        host = self.host
        gone = host.bus.call(None, "count_gone", (), {})
        self.assertEqual(await gone.as_deferred(), CLIENTS)
        self.assertEqual((host.clients, host.stuck, host.counters["errors"]), ({}, set(), 0))
        await until(lambda: not self.service._site.connections, "the end of all connections")
        await until(lambda: not self.pool_threads(), "the end of idle threads")
        await until(lambda: len(self.timers(before)) <= len(TIMERS), f"the end of all timers but {TIMERS}")
        self.assertEqual(host.require_database()._engine.pool.checkedout(), 0)
        self.assertEqual(
            [item for item in in_memory(ExecutionContext) if item.project is host], [host.service]
        )
        self.assertEqual(len([item for item in in_memory(project) if item.client is not None]), 0)
        self.assertLessEqual(len(in_memory(Session)), self.sessions_before + 1, "but the service's")

    def pool_threads(self) -> list[str]:
        return [
            thread.name
            for thread in threading.enumerate()
            if thread.name.startswith(self.host.definition.name)
        ]

    def timers(self, before: set[int]) -> list[Any]:
        """Give the timers that are new."""
        return [call for call in reactor.getDelayedCalls() if id(call) not in before]


class ChurnOverTcp(Churn, ServedCase):
    """Over TCP."""

    timeout = 150


class ChurnOverTls(Churn, ServedCase):
    """Over TLS."""

    timeout = 150
    transport = "tls"


class ChurnOverUnix(Churn, ServedCase):
    """Over a Unix socket."""

    timeout = 150
    transport = "unix"
