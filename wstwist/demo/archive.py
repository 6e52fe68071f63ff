# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The table in which the demonstration keeps its messages."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Table, delete, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, Session, mapped_column
from sqlalchemy.schema import CreateTable


class _Base(MappedAsDataclass, DeclarativeBase):
    """What SQLAlchemy derives tables from."""


class Message(_Base):
    """What somebody has said.

    Attributes:
        id: Counts up.
        client: The id of the client's connection.
        nickname: The nickname at that time.
        text: What was said.
        at: When: seconds since 1970, UTC.
    """

    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    client: Mapped[str]
    nickname: Mapped[str]
    text: Mapped[str]
    at: Mapped[float]


def last(db: Session, number: int) -> Sequence[Message]:
    """Give the last messages, the oldest of them first."""
    _make_table(db)
    newest = select(Message).order_by(Message.id.desc()).limit(number)
    return db.scalars(newest).all()[::-1]


def count(db: Session) -> int:
    """Count the messages."""
    _make_table(db)
    return db.scalar(select(func.count()).select_from(Message)) or 0


def forget(db: Session, kept: int) -> None:
    """Delete all but the newest messages."""
    _make_table(db)
    newest = select(func.max(Message.id)).scalar_subquery()
    db.execute(delete(Message).where(Message.id <= newest - kept))


def _make_table(db: Session) -> None:
    """Make the table where it is missing; any number of threads and processes may do so at once."""
    table = Message.__table__
    assert isinstance(table, Table)  # noqa: S101 - for mypy, to whom it might be a join
    db.execute(CreateTable(table, if_not_exists=True))
