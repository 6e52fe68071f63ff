# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A guest book, in a database.

Beside this file::

    twistd -n wsproject database:GuestBook

What a client sends is written into ``guests.db``; who comes in is shown the last ten entries.
"""

from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from wstwist import Client, Project


class Base(DeclarativeBase):
    """What SQLAlchemy derives tables from."""


class Entry(Base):
    """One line of the book."""

    __tablename__ = "entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


class GuestBook(Project):
    """Events that are `def`, not `async def`, run in a thread: they may wait for a database.

    ``self.db`` is this client's own session. When an event ends it is committed; when it raises, rolled back.
    """

    database = "sqlite:///guests.db"

    def on_connect(self, client: Client) -> None:
        self.execute_global_service(self.make_tables).wait()
        last = select(Entry).order_by(Entry.id.desc()).limit(10)
        for entry in reversed(self.db.scalars(last).all()):
            client.send(entry.text)

    def on_message(self, client: Client, message: str | bytes) -> None:
        if not isinstance(message, str):
            raise TypeError("an entry is text")
        entry = Entry(text=message)
        self.db.add(entry)
        self.db.commit()  # first it is kept, then the client is told
        client.send(f"thank you, this is entry {entry.id}")

    def make_tables(self) -> None:
        """Make the tables that are missing; the global service does so for one client after the other."""
        Base.metadata.create_all(self.db.connection())
