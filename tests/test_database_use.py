# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""How much of a database is in use, and who waits for it."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.exc import TimeoutError as DatabaseBusy
from twisted.trial.unittest import SynchronousTestCase

from wstwist.database import Database
from wstwist.database_use import DatabaseUse


class UseTests(SynchronousTestCase):
    """By threads that do what contexts do."""

    def database(self, url, wait=10.0):
        database = Database(url, threads=3, wait=wait)
        self.addCleanup(database.close)
        return database

    def transaction(self, database):
        """Begin a transaction in a thread, and give what ends it."""
        end = threading.Event()

        def work():
            session = database.session()
            session.connection()
            end.wait(10)
            database.end(session, commit=True)

        thread = threading.Thread(target=work)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(end.set)
        return end

    def wait_for(self, database, *use):
        """Wait until this is its use, and stays so: on their way to a turn threads wait for connections."""
        end = time.monotonic() + 10
        looks = 0
        while looks < 5:
            looks = looks + 1 if database.use() == DatabaseUse(*use) else 0
            self.assertLess(time.monotonic(), end, database.use())
            time.sleep(0.005)

    def test_connections(self):
        """In memory there is one connection, and others wait for it."""
        database = self.database("sqlite://")
        self.assertEqual(database.use(), (1, 0, 0))
        first = self.transaction(database)
        self.wait_for(database, 1, 1, 0)
        second = self.transaction(database)
        self.wait_for(database, 1, 1, 1)
        first.set()
        self.wait_for(database, 1, 1, 0)
        second.set()
        self.wait_for(database, 1, 0, 0)

    def test_turns(self):
        """Transactions on a SQLite file have connections of their own, and wait for their turn."""
        folder = Path(self.enterContext(TemporaryDirectory()))
        database = self.database(f"sqlite:///{folder}/a.db")
        for connection in [database._engine.raw_connection() for _ in range(2)]:
            connection.close()  # from now on they are there: only for its turn somebody waits
        first = self.transaction(database)
        self.wait_for(database, 3, 1, 0)
        second = self.transaction(database)
        self.wait_for(database, 3, 2, 1)
        first.set()
        self.wait_for(database, 3, 1, 0)
        second.set()
        self.wait_for(database, 3, 0, 0)

    def test_giving_up(self):
        """Who gives up waits no more."""
        database = self.database("sqlite://", wait=0.05)
        end = self.transaction(database)
        self.wait_for(database, 1, 1, 0)
        self.assertRaises(DatabaseBusy, database.session().connection)
        self.assertEqual(database.use(), (1, 1, 0))
        end.set()
        self.wait_for(database, 1, 0, 0)

    def test_closed(self):
        """One that was closed has no use, and may be used again."""
        database = self.database("sqlite://")
        database.close()
        self.assertEqual(database.use(), (1, 0, 0))
        self.transaction(database).set()
        self.wait_for(database, 1, 0, 0)
