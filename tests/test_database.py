# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A project's database: sessions, transactions, SQLite under threads."""

from __future__ import annotations

import gc
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import (
    URL,
    ForeignKey,
    bindparam,
    delete,
    event,
    func,
    insert,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.exc import (
    IntegrityError,
    OperationalError,
    ProgrammingError,
    StatementError,
    UnboundExecutionError,
)
from sqlalchemy.exc import TimeoutError as DatabaseBusy
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from twisted.trial.unittest import TestCase

from wstwist.database import Database
from wstwist.exceptions import ConfigurationError

IN_MEMORY = (
    "sqlite://",
    "sqlite:///:memory:",
    "sqlite+pysqlite://",
    "sqlite+pysqlite:///:memory:",
    "sqlite:///file::memory:?uri=true",
    "sqlite:///file::memory:?cache=shared&uri=true",
    "sqlite:///file:chat?mode=memory&cache=shared&uri=true",
    "sqlite:///file:/chat?vfs=memdb&uri=true",
)

INCREMENT_IN_PROCESS = """
import sys
from sqlalchemy import text
from wstwist.database import Database
database = Database(sys.argv[1], threads=2)
session = database.session()
session.execute(text("CREATE TABLE IF NOT EXISTS counts (number INTEGER)"))
database.end(session, commit=True)
for _ in range(25):
    number = session.scalar(text("SELECT max(number) FROM counts")) or 0
    session.execute(text("INSERT INTO counts VALUES (:number)"), {"number": number + 1})
    database.end(session, commit=True)
database.close()
"""


class Base(DeclarativeBase):
    pass


class Counter(Base):
    __tablename__ = "counters"
    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(default=0)


class Step(Base):
    __tablename__ = "steps"
    id: Mapped[int] = mapped_column(primary_key=True)
    counter: Mapped[int] = mapped_column(ForeignKey("counters.id"))
    later: Mapped[int | None] = mapped_column(
        ForeignKey("counters.id", deferrable=True, initially="DEFERRED")
    )


def in_threads(count: int, work: Callable[[int], object]) -> list[Exception]:
    """Run work in as many threads, begun at once, and give what they raised."""
    raised: list[Exception] = []
    ready = threading.Barrier(count)

    def run(number: int) -> None:
        ready.wait()
        try:
            work(number)
        except Exception as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


class DatabaseCase(TestCase):
    """Makes databases, and closes them."""

    def file_url(self) -> str:
        folder = Path(self.mktemp())
        folder.mkdir()
        return f"sqlite:///{folder.absolute()}/chat.db"

    def open(self, url: str | URL, *, threads: int = 8, wait: float = 30.0) -> Database:
        database = Database(url, threads=threads, wait=wait)
        self.addCleanup(database.close)
        return database

    def context(self, database: Database) -> Session:
        session = database.session()
        self.addCleanup(database.discard, session)
        return session

    def with_counter(self, database: Database) -> Session:
        """Make the tables and Counter 1, and give the session that has done so."""
        session = self.context(database)
        Base.metadata.create_all(session.connection())
        session.add(Counter(id=1, value=0))
        database.end(session, commit=True)
        return session

    def stored(self, database: Database) -> int | None:
        """Read Counter 1's value in a session of its own."""
        session = database.session()
        try:
            return session.scalar(select(Counter.value))
        finally:
            database.discard(session)

    def count_up(self, database: Database, times: int) -> None:
        """Read and write Counter 1 as many times, each in a transaction, in a session of its own."""
        session = database.session()
        for _ in range(times):
            counter = session.get_one(Counter, 1)
            counter.value += 1
            database.end(session, commit=True)
        database.discard(session)


class ConfigurationTests(DatabaseCase):
    """URLs that cannot be used are told at once, in one line."""

    def refused(self, url: str | URL) -> str:
        error = self.assertRaises(ConfigurationError, Database, url, threads=1)
        self.assertNotIn("\n", str(error))
        self.assertNotIn("s3cret", str(error))
        return str(error)

    def test_not_a_url(self) -> None:
        """What is no URL is answered with examples of one, and is not repeated."""
        for url in ("", "chat.db", "user:s3cret@host", "postgresql://me:p@ss:s3cret@host/chat"):
            self.assertIn("sqlite:///chat.db", self.refused(url))

    def test_unknown_dialect(self) -> None:
        """A dialect that nobody provides is named."""
        self.assertIn("'oracel'", self.refused("oracel://user:s3cret@host/chat"))

    def test_missing_driver(self) -> None:
        """A driver that is not installed is named, with the dialect that needs it."""
        line = self.refused("mysql+pymysql://user:s3cret@host/chat")
        self.assertEqual(line, "mysql+pymysql needs the Python module 'pymysql', which is not installed")

    def test_wrong_option(self) -> None:
        """An option of the wrong type is refused without its value."""
        self.assertIn("ValueError", self.refused("sqlite:///chat.db?timeout=s3cret"))

    def test_two_slashes(self) -> None:
        """A SQLite URL that has a host is answered with the number of slashes."""
        self.assertIn("three slashes", self.refused("sqlite://chat.db"))
        self.assertIn("three slashes", self.refused("sqlite://user:s3cret@chat.db/"))

    def test_missing_folder(self) -> None:
        """The folder of a SQLite file has to exist."""
        self.assertIn("/nowhere/at/all", self.refused("sqlite:////nowhere/at/all/chat.db"))

    def test_uri_without_option(self) -> None:
        """A SQLite URI needs the option that makes it one, and would otherwise become a strange file name."""
        self.assertIn("?uri=true", self.refused("sqlite:///file::memory:"))
        self.assertIn("?uri=true", self.refused("sqlite:///file::memory:?cache=shared"))

    def test_url_object(self) -> None:
        """A URL object is as good as a string."""
        database = self.open(URL.create("sqlite"))
        self.assertEqual(self.context(database).scalar(text("SELECT 1")), 1)

    def test_asynchronous_driver(self) -> None:
        """An asynchronous driver is refused, as sessions are used in blocking code."""
        for name in ("sqlite+aiosqlite:///chat.db", "postgresql+asyncpg://user:s3cret@host/chat"):
            self.assertIn("asynchronous", self.refused(name))


class SessionTests(DatabaseCase):
    """Sessions, transaction after transaction."""

    def test_connects_lazily(self) -> None:
        """Neither a database nor a session connects before its first use."""
        url = self.file_url()
        database = self.open(url)
        session = self.context(database)
        database.end(session, commit=True)
        database.end(session, commit=False)
        self.assertFalse(database.uncommitted(session))
        self.assertFalse(Path(url.removeprefix("sqlite:///")).exists())

    def test_commit(self) -> None:
        """A commit shows the changes to other sessions, and gives the connection back."""
        database = self.open(self.file_url(), threads=1, wait=0)
        session = self.with_counter(database)
        session.get_one(Counter, 1).value = 7
        database.end(session, commit=True)
        self.assertEqual(self.stored(database), 7)

    def test_roll_back(self) -> None:
        """A roll-back undoes the changes, also of objects, and gives the connection back."""
        database = self.open(self.file_url(), threads=1, wait=0)
        session = self.with_counter(database)
        counter = session.get_one(Counter, 1)
        counter.value = 7
        session.flush()
        database.end(session, commit=False)
        self.assertEqual(self.stored(database), 0)
        self.assertEqual(counter.value, 0)

    def test_schema_changes_roll_back(self) -> None:
        """A roll-back undoes CREATE TABLE too."""
        database = self.open(self.file_url())
        session = self.context(database)
        session.execute(text("CREATE TABLE lost (id INTEGER)"))
        database.end(session, commit=False)
        self.assertRaises(OperationalError, session.execute, text("SELECT * FROM lost"))

    def test_savepoint(self) -> None:
        """A savepoint that is rolled back undoes only what came after it."""
        database = self.open(self.file_url())
        session = self.with_counter(database)
        session.get_one(Counter, 1).value = 7
        with session.begin_nested() as savepoint:
            session.add(Counter(id=2))
            session.flush()
            savepoint.rollback()
        database.end(session, commit=True)
        self.assertEqual(session.scalars(select(Counter.value)).all(), [7])

    def test_failing_flush(self) -> None:
        """A commit whose flush fails has rolled back, and the session goes on."""
        database = self.open(self.file_url(), threads=1, wait=0)
        session = self.with_counter(database)
        session.execute(update(Counter).values(value=7))
        session.add(Counter(id=1))
        self.assertRaises(IntegrityError, database.end, session, commit=True)
        self.assertEqual(self.stored(database), 0)
        self.count_up(database, 1)
        self.assertEqual(session.get_one(Counter, 1).value, 1)

    def test_failing_commit(self) -> None:
        """A commit that the database itself refuses has rolled back, and the session goes on."""
        for url in (self.file_url(), "sqlite://"):
            database = self.open(url, threads=1, wait=0)
            session = self.with_counter(database)
            session.add(Step(counter=1, later=99))
            self.assertRaises(IntegrityError, database.end, session, commit=True)
            self.assertFalse(database.uncommitted(session))
            other = self.context(database)
            self.assertEqual(other.scalar(select(func.count()).select_from(Step)), 0)
            database.end(other, commit=True)
            session.add(Step(counter=1, later=1))
            database.end(session, commit=True)
            self.assertEqual(other.scalar(select(func.count()).select_from(Step)), 1)

    def test_foreign_keys(self) -> None:
        """SQLite's foreign keys are enforced on every connection."""
        for url in (self.file_url(), *IN_MEMORY):
            database = self.open(url)
            session = self.with_counter(database)
            session.add(Step(counter=99))
            self.assertRaises(IntegrityError, session.flush)
            database.discard(session)

    def test_never_stale(self) -> None:
        """An object kept from one event to the next shows what others have committed."""
        database = self.open(self.file_url())
        session = self.with_counter(database)
        kept = session.get_one(Counter, 1)
        for number, commit in enumerate((True, False), start=1):
            database.end(session, commit=commit)
            self.count_up(database, 1)
            self.assertEqual(kept.value, number)

    def test_does_not_grow(self) -> None:
        """A session forgets the objects that nobody holds."""
        database = self.open(self.file_url())
        session = self.with_counter(database)
        for number in range(2, 102):
            session.add(Counter(id=number, value=number))
            database.end(session, commit=True)
            session.scalars(select(Counter)).all()
            database.end(session, commit=True)
        gc.collect()
        self.assertEqual(len(session.identity_map), 0)

    def test_threads_in_turn(self) -> None:
        """A session is used by one thread after the other."""
        for url in (self.file_url(), "sqlite://"):
            database = self.open(url)
            session = self.with_counter(database)

            def count_up(_: int, database: Database = database, session: Session = session) -> None:
                session.get_one(Counter, 1).value += 1
                database.end(session, commit=True)

            for _ in range(3):
                self.assertEqual(in_threads(1, count_up), [])
            self.assertEqual(self.stored(database), 3)

    def test_author_closes(self) -> None:
        """An author who closes the session can use it again."""
        database = self.open(self.file_url())
        session = self.with_counter(database)
        with session:
            session.get_one(Counter, 1)
        database.end(session, commit=True)
        self.assertEqual(session.get_one(Counter, 1).value, 0)

    def test_discard(self) -> None:
        """A discarded session has rolled back, and cannot connect again."""
        database = self.open(self.file_url(), threads=1, wait=0)
        session = self.with_counter(database)
        session.get_one(Counter, 1).value = 7
        session.flush()
        database.discard(session)
        database.discard(session)
        self.assertEqual(self.stored(database), 0)
        self.assertRaises(UnboundExecutionError, session.execute, text("SELECT 1"))

    def test_close_twice(self) -> None:
        """A database can be closed twice."""
        database = self.open(self.file_url())
        self.with_counter(database)
        database.close()
        database.close()

    def test_all_connections_in_use(self) -> None:
        """A session that finds no free connection in time says so."""
        database = self.open(self.file_url(), threads=2, wait=0)
        sessions = [self.context(database) for _ in range(3)]
        for session in sessions[:2]:
            session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        error = self.assertRaises(DatabaseBusy, sessions[2].execute, text("SELECT 1"))
        self.assertEqual(
            str(error),
            "each of the 2 connections to the database is in use by another context's unfinished transaction "
            "(waited 0 s)",
        )


class HealingTests(DatabaseCase):
    """Connections that broke under the session."""

    def break_connections(self, database: Database) -> None:
        """Close every idle connection, behind the pool's back, as a database does that goes away."""
        broken = []

        def close(connection: sqlite3.Connection, *_: object) -> None:
            connection.close()
            broken.append(connection)

        event.listen(database._engine, "checkin", close)
        session = database.session()
        session.execute(text("SELECT 1"))
        database.end(session, commit=True)
        event.remove(database._engine, "checkin", close)
        self.assertEqual(len(broken), 1)

    def close_driver(self, session: Session) -> None:
        """Close the connection that a session uses, behind its back."""
        driver = session.connection().connection.dbapi_connection
        assert driver is not None
        driver.close()

    def test_heals_by_the_next_event(self) -> None:
        """A connection that broke fails one event at most; the next one gets a new connection."""
        database = self.open(self.file_url(), threads=1)
        session = self.with_counter(database)
        self.break_connections(database)
        self.assertRaises(ProgrammingError, session.execute, text("SELECT 1"))
        database.end(session, commit=False)
        session.get_one(Counter, 1).value = 7
        database.end(session, commit=True)
        self.assertEqual(self.stored(database), 7)

    def test_pre_ping(self) -> None:
        """Connections to database servers are tried before they are used, so that no event fails."""
        database = self.open(self.file_url(), threads=1)
        self.assertFalse(database._engine.pool._pre_ping)  # a file does not go away
        session = self.with_counter(database)
        database._engine.pool._pre_ping = True
        self.break_connections(database)
        self.assertEqual(session.get_one(Counter, 1).value, 0)

    def test_broken_inside_a_transaction(self) -> None:
        """A connection that breaks inside a transaction: commit raises, roll-back does not, both heal."""
        for commit in (True, False):
            database = self.open(self.file_url(), threads=1, wait=0)
            session = self.with_counter(database)
            session.execute(update(Counter).values(value=7))
            self.close_driver(session)
            if commit:
                self.assertRaises(ProgrammingError, database.end, session, commit=True)
            else:
                database.end(session, commit=False)
            self.assertFalse(database.uncommitted(session))
            session.get_one(Counter, 1).value += 1
            database.end(session, commit=True)
            self.assertEqual(self.stored(database), 1)

    def test_broken_when_discarded(self) -> None:
        """A session whose connection broke is discarded like any other."""
        database = self.open(self.file_url(), threads=1, wait=0)
        session = self.with_counter(database)
        self.close_driver(session)
        database.discard(session)
        self.assertEqual(self.stored(database), 0)


class UncommittedTests(DatabaseCase):
    """Whether a session has changes that others cannot see yet."""

    def setUp(self) -> None:
        self.database = self.open("sqlite://")
        self.session = self.with_counter(self.database)

    def changes(self) -> bool:
        return self.database.uncommitted(self.session)

    def test_nothing(self) -> None:
        """A session that was not used has none."""
        self.assertFalse(self.changes())

    def test_queries(self) -> None:
        """Queries are no changes."""
        self.session.get_one(Counter, 1)
        self.session.scalars(select(Counter)).all()
        for query in (
            "SELECT 'INSERT'",
            "  -- DELETE it\n SELECT 1",
            "/* UPDATE */ select 1",
            "VALUES (1), (2)",
            "WITH one AS (SELECT 1) SELECT * FROM one",
            "PRAGMA table_info(counters)",
            "EXPLAIN SELECT 1",
        ):
            self.session.execute(text(query))
            self.assertFalse(self.changes(), query)
        newest = select(Counter).order_by(Counter.id).cte("newest")
        self.session.execute(select(newest.c.id))
        self.assertFalse(self.changes())

    def test_objects(self) -> None:
        """New, changed and deleted objects are changes, before they are flushed and after."""
        for change in (
            lambda: self.session.add(Counter(id=2)),
            lambda: setattr(self.session.get_one(Counter, 1), "value", 7),
            lambda: self.session.delete(self.session.get_one(Counter, 1)),
        ):
            change()
            self.assertTrue(self.changes())
            self.session.flush()
            self.assertTrue(self.changes())
            self.database.end(self.session, commit=False)
            self.assertFalse(self.changes())

    def test_same_value(self) -> None:
        """An attribute that is set to the value that it has is no change."""
        counter = self.session.get_one(Counter, 1)
        counter.value = 0
        counter.value = counter.value
        self.assertFalse(self.changes())

    def test_statements(self) -> None:
        """Statements that change rows or tables are changes, until commit or roll-back."""
        number = bindparam("number")
        for commit, statement in enumerate(
            (
                insert(Counter).values(id=number),
                update(Counter).values(value=number),
                delete(Counter).where(Counter.value == number),
                text("INSERT INTO counters VALUES (:number, 0)"),
                text("\n  insert into counters values (:number, 0)"),
                text("-- a comment\nUPDATE counters SET value = :number"),
                text("/* another */ DELETE FROM counters WHERE value = :number"),
                text("REPLACE INTO counters VALUES (:number, 0)"),
                text("WITH n AS (SELECT :number AS n) INSERT INTO counters SELECT n, 0 FROM n"),
                text("CREATE TABLE other AS SELECT :number AS number"),
            )
        ):
            self.session.execute(statement, {"number": 9})
            self.assertTrue(self.changes(), str(statement))
            self.database.end(self.session, commit=bool(commit % 2))
            self.assertFalse(self.changes())
            self.session.execute(delete(Counter))
            self.database.end(self.session, commit=True)

    def test_on_the_connection(self) -> None:
        """Statements on the session's connection count."""
        self.session.connection().execute(insert(Counter), [{"id": 2}, {"id": 3}])
        self.assertTrue(self.changes())
        self.database.end(self.session, commit=False)
        self.session.connection().exec_driver_sql("DELETE FROM counters")
        self.assertTrue(self.changes())

    def test_author_commits(self) -> None:
        """The author's own commit, roll-back or close counts as well."""
        for finish in (self.session.commit, self.session.rollback, self.session.close):
            self.session.execute(update(Counter).values(value=7))
            self.assertTrue(self.changes())
            finish()
            self.assertFalse(self.changes())

    def test_savepoint(self) -> None:
        """The end of a savepoint is not the end of the transaction."""
        with self.session.begin_nested():
            self.session.add(Counter(id=2))
        self.assertTrue(self.changes())

    def test_autocommit(self) -> None:
        """What is committed at once is not uncommitted."""
        self.session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        self.session.execute(update(Counter).values(value=7))
        self.assertFalse(self.changes())

    def test_of_this_session(self) -> None:
        """Changes of whoever uses the connection later are not this session's."""
        self.session.execute(select(Counter))
        self.database.end(self.session, commit=True)
        other = self.context(self.database)
        other.execute(update(Counter).values(value=7))
        self.assertFalse(self.changes())
        self.assertTrue(self.database.uncommitted(other))
        self.database.end(other, commit=True)
        with self.database._engine.begin() as connection:
            connection.execute(update(Counter).values(value=8))
            self.assertFalse(self.changes())

    def test_never_connects(self) -> None:
        """Asking costs no connection, also with changes that are not flushed."""
        other = self.context(self.database)
        other.add(Counter(id=2))
        self.session.execute(select(Counter))
        self.assertTrue(self.database.uncommitted(other))


class SQLiteFileTests(DatabaseCase):
    """SQLite files under threads and processes."""

    def test_settings(self) -> None:
        """A file has a write-ahead log, a busy time-out of 30 s and foreign keys, on every connection."""
        database = self.open(self.file_url())
        sessions = [self.context(database) for _ in range(3)]
        for session in sessions:
            session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        for session in sessions:
            self.assertEqual(session.scalar(text("PRAGMA journal_mode")), "wal")
            self.assertEqual(session.scalar(text("PRAGMA busy_timeout")), 30_000)
            self.assertEqual(session.scalar(text("PRAGMA foreign_keys")), 1)

    def test_lock_time_of_the_url(self) -> None:
        """A time-out in the URL counts."""
        session = self.context(self.open(self.file_url() + "?timeout=5"))
        self.assertEqual(session.scalar(text("PRAGMA busy_timeout")), 5_000)

    def test_increments(self) -> None:
        """Eight threads that read and write one row, each in its session, lose nothing and meet no lock."""
        database = self.open(self.file_url())
        self.with_counter(database)
        self.assertEqual(in_threads(8, lambda _: self.count_up(database, 50)), [])
        self.assertEqual(self.stored(database), 400)

    def test_first_connections_at_once(self) -> None:
        """Eight threads may be the first to open a new file, at once."""
        for _ in range(10):
            database = self.open(self.file_url())

            def create(number: int, database: Database = database) -> None:
                session = database.session()
                session.execute(text(f"CREATE TABLE table{number} (id INTEGER)"))
                database.end(session, commit=True)
                database.discard(session)

            self.assertEqual(in_threads(8, create), [])

    def test_processes(self) -> None:
        """Two processes and their first connections lose nothing and meet no lock."""
        url = self.file_url()
        command = [sys.executable, "-c", INCREMENT_IN_PROCESS, url]
        folder = Path(__file__).parent.parent
        processes = [subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE) for _ in range(2)]
        for process in processes:
            self.assertEqual(process.communicate()[1].decode(), "")
        session = self.context(self.open(url))
        self.assertEqual(session.scalar(text("SELECT count(DISTINCT number) FROM counts")), 50)

    def test_one_transaction_at_a_time(self) -> None:
        """A transaction waits until the one before has ended, also when that has only read."""
        database = self.open(self.file_url())
        first = self.with_counter(database)
        counter = first.get_one(Counter, 1)
        others = threading.Thread(target=self.count_up, args=(database, 1))
        others.start()
        others.join(0.1)
        self.assertTrue(others.is_alive())
        counter.value = 7
        database.end(first, commit=True)
        others.join()
        self.assertEqual(self.stored(database), 8)

    def test_waits_no_longer(self) -> None:
        """A transaction that waits in vain says why."""
        database = self.open(self.file_url(), wait=0.05)
        first = self.with_counter(database)
        second = self.context(database)
        first.get_one(Counter, 1)
        error = self.assertRaises(DatabaseBusy, second.execute, text("SELECT 1"))
        self.assertEqual(
            str(error), "the database is locked by another context's unfinished transaction (waited 0.05 s)"
        )
        database.end(second, commit=False)
        database.end(first, commit=True)
        self.assertEqual(second.get_one(Counter, 1).value, 0)

    def test_locked_by_another_program(self) -> None:
        """A lock of another program that outlasts the wait fails the event, and no turn is lost."""
        url = self.file_url()
        database = self.open(url, wait=0)
        session = self.with_counter(database)
        program = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        self.addCleanup(program.close)
        program.execute("BEGIN IMMEDIATE")
        self.assertRaises(OperationalError, session.get_one, Counter, 1)
        database.end(session, commit=False)
        program.execute("ROLLBACK")
        self.count_up(database, 1)
        self.assertEqual(session.get_one(Counter, 1).value, 1)

    def test_reads_beside_writers(self) -> None:
        """In autocommit mode a session reads while another one writes, and later takes part again."""
        database = self.open(self.file_url(), threads=2, wait=0)
        writer = self.with_counter(database)
        reader = self.context(database)
        writer.execute(update(Counter).values(value=7))
        reader.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        self.assertEqual(reader.scalar(select(Counter.value)), 0)
        database.end(writer, commit=True)
        self.assertEqual(reader.scalar(select(Counter.value)), 7)
        database.end(reader, commit=True)
        reader.execute(update(Counter).values(value=8))
        database.end(reader, commit=False)
        self.assertEqual(self.stored(database), 7)

    def test_read_only(self) -> None:
        """A file opened for reading is read by several sessions at once, and not written."""
        url = self.file_url()
        self.with_counter(self.open(url))
        url = url.replace("sqlite:///", "sqlite:///file:") + "?mode=ro&uri=true"
        database = self.open(url, wait=0)
        first, second = self.context(database), self.context(database)
        self.assertEqual(first.get_one(Counter, 1).value, 0)
        self.assertEqual(second.get_one(Counter, 1).value, 0)
        self.assertRaises(OperationalError, first.execute, update(Counter).values(value=7))

    def test_engine_used_directly(self) -> None:
        """Several transactions on one connection of the engine take part in the turns."""
        database = self.open(self.file_url(), wait=0)
        session = self.with_counter(database)
        with database._engine.connect() as connection:
            for _ in range(2):
                connection.execute(update(Counter).values(value=Counter.value + 1))
                connection.commit()
        self.assertEqual(session.get_one(Counter, 1).value, 2)

    def test_detached(self) -> None:
        """A connection that an author takes out of the pool does not take the turn along."""
        database = self.open(self.file_url(), wait=0)
        session = self.with_counter(database)
        session.connection().detach()
        database.end(session, commit=True)
        self.assertEqual(self.stored(database), 0)


class SQLiteMemoryTests(DatabaseCase):
    """A database in memory: one connection for all."""

    def test_shared(self) -> None:
        """However it is spelt, all threads see one database."""
        for url in IN_MEMORY:
            database = self.open(url)
            self.with_counter(database)
            self.assertEqual(in_threads(8, lambda _, database=database: self.count_up(database, 5)), [], url)
            self.assertEqual(self.stored(database), 40, url)
            database.close()

    def test_separate(self) -> None:
        """Two projects in one process have two databases."""
        self.with_counter(self.open("sqlite://"))
        self.with_counter(self.open("sqlite://"))

    def test_one_transaction_at_a_time(self) -> None:
        """A session waits until the one before has ended its transaction."""
        database = self.open("sqlite://")
        first = self.with_counter(database)
        first.execute(update(Counter).values(value=7))
        seen: list[int | None] = []
        other = threading.Thread(target=lambda: seen.append(self.stored(database)))
        other.start()
        other.join(0.1)
        self.assertEqual(seen, [])
        database.end(first, commit=False)
        other.join()
        self.assertEqual(seen, [0])

    def test_no_wait(self) -> None:
        """Without a wait, a second session's use fails at once, says why, and succeeds afterwards."""
        database = self.open("sqlite://", wait=0)
        first = self.with_counter(database)
        second = self.context(database)
        first.get_one(Counter, 1)
        began = time.monotonic()
        error = self.assertRaises(DatabaseBusy, second.execute, text("SELECT 1"))
        self.assertLess(time.monotonic() - began, 0.5)
        self.assertEqual(
            str(error),
            "the only connection to the database is in use by another context's unfinished transaction "
            "(waited 0 s)",
        )
        database.end(second, commit=False)
        database.end(first, commit=True)
        self.assertEqual(second.get_one(Counter, 1).value, 0)

    def test_survives_errors(self) -> None:
        """Statements that fail do not cost the data."""
        database = self.open("sqlite://", wait=0)
        session = self.with_counter(database)
        self.assertRaises(OperationalError, session.execute, text("nonsense"))
        self.assertRaises(StatementError, session.execute, text("SELECT :missing"))
        self.assertRaises(OperationalError, session.execute, select(literal_column("nothing")))
        database.end(session, commit=False)
        self.assertEqual(self.stored(database), 0)
