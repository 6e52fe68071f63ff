# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A project's database: one engine, and a SQLAlchemy session for each context.

A context lives long, its transactions do not: each event ends with `Database.end`, which gives the connection
back. Afterwards the session remembers objects only as long as the author holds them, and reads them anew at
their next use; so it neither grows nor shows what was true an event ago.

A SQLite transaction takes the write lock at its first statement (``BEGIN IMMEDIATE``), also when it only
reads. Were it taken at the first write, an event that has read before would fail at once with "database is
locked" whenever another context wrote in between, and only running the whole event again could heal that.
The price is that transactions on a SQLite file run one at a time. An event that reads for long can stay out
of the queue, and read beside the writers, when it begins with SQLAlchemy's own
``self.db.connection(execution_options={"isolation_level": "AUTOCOMMIT"})``.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as DatabaseBusy
from sqlalchemy.orm import Session, SessionTransaction, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection, QueuePool

from wstwist.database_faults import SQLiteFile, fault_of
from wstwist.database_use import DatabaseUse, Queue
from wstwist.exceptions import ConfigurationError

_CHANGED = "wstwist.changed"
"""In a session's `info`: its open transaction has executed a change."""

_SESSION_INFO = "wstwist_session_info"
"""The execution option by which a connection knows the `info` of the session that uses it."""

_TURN = "wstwist.turn"
"""In a SQLite connection's `info`: it holds its process's turn."""

_RETRY = 0.01
"""Seconds between two attempts to switch a SQLite file to write-ahead logging."""

_READS = re.compile(
    r"(?:\s|\(|--[^\n]*|/\*.*?\*/)*"
    r"(?:(?:SELECT|VALUES|TABLE|SHOW|EXPLAIN|DESC|DESCRIBE|PRAGMA|SET|BEGIN|SAVEPOINT|RELEASE|ROLLBACK)\b"
    r"|WITH\b(?!.*\b(?:INSERT|UPDATE|DELETE|MERGE)\b))",
    re.IGNORECASE | re.DOTALL,
)
"""Matches statements that change nothing; an unknown one counts as a change."""


class Database:
    """One project's database in one process: an engine, and a session for each context.

    Nothing connects before a session's first use.

    Args:
        url: A SQLAlchemy database URL with a blocking driver: ``sqlite:///chat.db``, ``postgresql+psycopg://...``.
            A SQLite database in memory is a single connection, which all contexts use in turns.
        threads: How many connections there are at most: one for each thread that may use one.
        wait: Seconds to wait for a free connection, and for a SQLite lock; then the statement that needed it
            raises (sqlalchemy's TimeoutError, or OperationalError where another process holds the lock).

    Raises:
        ConfigurationError: The URL cannot be used; the one line never shows its password.
    """

    def __init__(self, url: str | URL, *, threads: int, wait: float = 30.0) -> None:
        """Read the URL and load its driver."""
        parsed = _parse(url)
        self._queue = Queue()
        if parsed.get_backend_name() == "sqlite":
            sqlite = _SQLite(parsed, wait, self._queue)
            size = 1 if sqlite.in_memory else threads
            self._engine = _create_engine(parsed, size, wait, **sqlite.options())
            sqlite.attach(self._engine)
        else:
            self._engine = _create_engine(parsed, threads, wait, pool_pre_ping=True)
        self._sessions = sessionmaker(self._engine)
        event.listen(self._engine, "before_cursor_execute", _note_change)
        event.listen(self._sessions, "after_begin", _make_known)
        event.listen(self._sessions, "after_transaction_end", _forget_changes)

    def session(self) -> Session:
        """Make a session for a context; it connects when it is first used."""
        return self._sessions()

    def end(self, session: Session, *, commit: bool) -> None:
        """Commit or roll back what an event did, and give its connection back to the pool; blocks.

        Raises:
            Exception: The commit failed, and all has been rolled back. A failing roll-back raises nothing:
                its connection is closed, by which the database rolls back.
        """
        if not commit:
            _roll_back(session)
            return
        try:
            session.commit()
        except BaseException:
            _roll_back(session)
            raise

    def fault(self, error: BaseException) -> str | None:
        """Say in one line what is wrong with the database, where that is what an error comes from."""
        return fault_of(error)

    def uncommitted(self, session: Session) -> bool:
        """Tell whether a session has changes that are not committed; does not block.

        Changes of objects count, flushed or not, and executed statements other than queries: also one that
        failed, found no row, or was undone by a savepoint. What a function does that a SELECT calls does not.
        """
        return bool(
            session.info.get(_CHANGED)
            or session.new
            or session.deleted
            or any(session.is_modified(changed) for changed in session.dirty)
        )

    def discard(self, session: Session) -> None:
        """Roll back and close the session of a context that has ended: it can never connect again; blocks."""
        _roll_back(session)
        session.close()
        session.bind = None

    def use(self) -> DatabaseUse:
        """Tell how much of it is in use at this moment; does not block."""
        pool = self._engine.pool
        assert isinstance(pool, _Pool)  # noqa: S101 - the engine was made with one
        return DatabaseUse(pool.size(), pool.checkedout(), len(pool.queue) + len(self._queue))

    def close(self) -> None:
        """Close all connections that are not in use; sessions are discarded before."""
        self._engine.dispose()


class _Pool(QueuePool):
    """A pool that says in our words that all its connections are in use.

    Attributes:
        queue: The threads that wait for a connection.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        """Begin with nobody waiting."""
        super().__init__(*args, **options)
        self.queue = Queue()

    def connect(self) -> PoolProxiedConnection:
        """Give a connection, or raise after the pool's time-out."""
        try:
            with self.queue:
                return super().connect()
        except DatabaseBusy:
            which = "the only connection" if self.size() == 1 else f"each of the {self.size()} connections"
            raise DatabaseBusy(
                f"{which} to the database is in use by another context's unfinished transaction "
                f"(waited {self.timeout():g} s)"
            ) from None


class _SQLite:
    """How connections to one SQLite database behave.

    SQLite itself queues nobody: who finds the lock taken sleeps and tries again, up to 0.1 s at a time. With
    64 threads that costs six sevenths of the throughput and lets some wait for seconds. So transactions of
    one process first take turns among themselves, and only processes compete for SQLite's lock.

    Args:
        url: The database's URL.
        wait: Seconds to wait for a turn or a lock; a ``timeout`` in the URL counts more for the lock.
        queue: The threads that wait for a turn.
    """

    def __init__(self, url: URL, wait: float, queue: Queue) -> None:
        """Find out from the URL where the database lives, and whether it may be written."""
        self._queue = queue
        _check_sqlite(url)
        self.in_memory = _is_in_memory(url)
        self._read_only = url.query.get("mode") == "ro" or "immutable" in url.query
        self._lock_time = {} if "timeout" in url.query else {"timeout": wait}
        self._wait = wait
        self._turn = threading.Lock()
        is_plain = not self.in_memory and "uri" not in url.query
        self._path = str(Path(url.database or "").absolute()) if is_plain else None

    def options(self) -> dict[str, Any]:
        """Give what `create_engine` has to know: an event runs in whichever thread is free."""
        return {"connect_args": {"check_same_thread": False, **self._lock_time}}

    def attach(self, engine: Engine) -> None:
        """Take part in the life of an engine's connections."""
        event.listen(engine, "connect", self._prepare)
        event.listen(engine, "begin", self._begin)
        event.listen(engine, "checkin", self._end_turn)
        event.listen(engine, "detach", self._end_turn)
        if self._path is not None:
            SQLiteFile(self._path).attach(engine)

    def _prepare(self, connection: Any, _entry: ConnectionPoolEntry) -> None:
        # Otherwise the driver begins transactions by itself, and not before SELECT or CREATE TABLE.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        if not self.in_memory and not self._read_only:
            self._write_ahead(connection)

    def _write_ahead(self, connection: Any) -> None:
        """Switch the file to write-ahead logging.

        When several connections do this to a new file at once, SQLite raises in some of them without waiting.
        """
        give_up = monotonic() + self._wait
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() >= give_up:
                    raise
                sleep(_RETRY)
            else:
                return

    def _begin(self, connection: Connection) -> None:
        if _is_autocommit(connection):
            return
        if self._read_only:
            connection.exec_driver_sql("BEGIN")
        else:
            self._take_turn(connection)
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    def _take_turn(self, connection: Connection) -> None:
        """Wait until no other connection has the turn; it is ours until the pool has the connection again."""
        if _TURN in connection.info:
            return
        with self._queue:
            is_ours = self._turn.acquire(timeout=self._wait)
        if not is_ours:
            raise DatabaseBusy(
                "the database is locked by another context's unfinished transaction "
                f"(waited {self._wait:g} s)"
            )
        connection.info[_TURN] = True

    def _end_turn(self, _connection: object, entry: ConnectionPoolEntry) -> None:
        if entry.info.pop(_TURN, False):
            self._turn.release()


def _parse(url: str | URL) -> URL:
    """Parse a URL; the parser's own errors may quote a part of the password."""
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigurationError(
            "not a database URL, which looks like sqlite:///chat.db or "
            "postgresql+psycopg://user:password@host/name (in a password, @ is written %40)"
        ) from None


def _create_engine(url: URL, size: int, wait: float, **options: Any) -> Engine:
    """Create an engine with a pool of this size, or say in one line why that cannot be."""
    try:
        _check_driver(url)
        return create_engine(
            url,
            poolclass=_Pool,
            pool_size=size,
            max_overflow=0,
            pool_timeout=wait,
            hide_parameters=True,  # they are what clients have sent, and errors go to the log
            **options,
        )
    except NoSuchModuleError:
        raise ConfigurationError(f"no database dialect is called {url.drivername!r}") from None
    except ImportError as error:
        missing = f"the Python module {error.name!r}" if error.name else "a library"
        raise ConfigurationError(f"{url.drivername} needs {missing}, which is not installed") from error
    except (ArgumentError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"{url.drivername} cannot use this URL ({type(error).__name__}); check its host, port and options"
        ) from None


def _check_driver(url: URL) -> None:
    if url.get_dialect().is_async:
        raise ConfigurationError(
            f"{url.drivername} is an asynchronous driver; sessions are used in blocking code, "
            "with a driver such as psycopg, pymysql or pysqlite"
        )


def _check_sqlite(url: URL) -> None:
    """Refuse URLs that SQLAlchemy or SQLite would take for something else, or only the first event would."""
    if url.host or url.port or url.username or url.password:
        raise ConfigurationError(
            "a SQLite URL has three slashes before a relative path (sqlite:///chat.db) "
            "and four before an absolute one (sqlite:////srv/chat.db)"
        )
    file = url.database or ""
    if "uri" in url.query or _is_in_memory(url):
        return
    if file.startswith("file:"):
        raise ConfigurationError(f"sqlite:///{file} needs the option uri=true, as in ?uri=true")
    folder = Path(file).absolute().parent
    if not folder.is_dir():
        raise ConfigurationError(f"the folder of the SQLite file does not exist: {folder}")


def _is_in_memory(url: URL) -> bool:
    """Tell whether a SQLite database lives in memory, or otherwise only as long as its connection."""
    name = url.database or ""
    if "uri" in url.query:
        name = name.removeprefix("file:")
        if url.query.get("mode") == "memory" or url.query.get("vfs") == "memdb":
            return True
    return name in ("", ":memory:")


def _is_autocommit(connection: Connection) -> bool:
    return connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"


def _make_known(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    """Let a connection know which session it works for, until that gives it back."""
    connection.execution_options(**{_SESSION_INFO: session.info})


def _note_change(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
    """Note in its session that a statement changes something."""
    info = connection.get_execution_options().get(_SESSION_INFO)
    if info is not None and not _READS.match(statement) and not _is_autocommit(connection):
        info[_CHANGED] = True


def _forget_changes(session: Session, transaction: SessionTransaction) -> None:
    """Begin anew when a transaction has ended; savepoints end inside it."""
    if transaction.parent is None:
        session.info.pop(_CHANGED, None)


def _roll_back(session: Session) -> None:
    """Roll back; a connection on which that fails is closed instead, and the session starts afresh."""
    try:
        session.rollback()
    except Exception:  # noqa: BLE001 - whatever the driver raises, there is nothing left to undo
        session.invalidate()
