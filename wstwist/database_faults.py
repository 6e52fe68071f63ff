# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A database that is away: what tells so, and a SQLite file that was removed or replaced under its server."""

from __future__ import annotations

import os
import sqlite3
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as DatabaseBusy
from sqlalchemy.pool import ConnectionPoolEntry

_OF_SQLITE = frozenset(
    (
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    )
)
"""Errors of SQLite's that no statement is to blame for."""

_OF_SQLSTATE = ("08", "53", "57P", "58")
"""Beginnings of the states that say so: no connection, no room, shut down, an error of the system."""

_FILE = "wstwist.file"
"""In a SQLite connection's `info`: which file it has opened."""


def fault_of(error: BaseException) -> str | None:
    """Say in one line what is wrong with the database; None where an author's statement is to blame."""
    if isinstance(error, DatabaseBusy):
        return _in_one_line(error)
    if isinstance(error, DBAPIError) and (error.connection_invalidated or _is_fault(error)):
        return _in_one_line(error.orig or error)
    return None


def _is_fault(error: DBAPIError) -> bool:
    cause: Any = error.orig
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        return (code & 0xFF) in _OF_SQLITE
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_OF_SQLSTATE)
    return isinstance(error, (OperationalError, InterfaceError)) and error.statement is None


def _in_one_line(error: BaseException) -> str:
    return " ".join(str(error).split())


class SQLiteFile:
    """Sees to it that connections are to the file that has the name.

    SQLite goes on with a file that was removed, and what is written is lost; it opens another one when it is
    asked to connect, and makes an empty one where there is none.

    Args:
        path: Where it is.
    """

    def __init__(self, path: str) -> None:
        """Know nothing of it; it may be made by the first connection."""
        self._path = path
        self._was_there = False

    def attach(self, engine: Engine) -> None:
        """Look at the file whenever a connection is made, or taken from the pool."""
        event.listen(engine, "do_connect", self._connecting)
        event.listen(engine, "connect", self._connected)
        event.listen(engine, "checkout", self._taken)

    def _connecting(self, *_: Any) -> None:
        if self._was_there and self._identity() is None:
            error = sqlite3.OperationalError(f"the database file {self._path} is not there any more")
            error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
            raise error

    def _connected(self, _connection: object, entry: ConnectionPoolEntry) -> None:
        self._was_there = True
        entry.info[_FILE] = self._identity()

    def _taken(self, _connection: object, entry: ConnectionPoolEntry, _taken: object) -> None:
        if entry.info.get(_FILE) != self._identity():
            raise InvalidatePoolError("the database file is another one")

    def _identity(self) -> tuple[int, int] | None:
        try:
            status = os.stat(self._path)  # noqa: PTH116 - a quarter of the time
        except OSError:
            return None
        return status.st_dev, status.st_ino
