# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A chat in which browser tabs talk: the demonstration, and a first project to read.

``twistd -n wsproject`` serves it at ``ws://localhost:9000/Demo?nickname=Ada``, and the page that uses it at
``http://localhost:9000/``. All messages are JSON objects. A page may say something, or change its name:

    {"text": "Hello!"}
    {"nickname": "Ada"}

and is told what happens, by whom (the id of the client's connection), and under which nickname:

    {"type": "welcome", "client": "...", "nickname": "Ada", "messages": [...]}    once: the last 20
    {"type": "said", "id": 7, "client": "...", "nickname": "Ada", "text": "Hello!", "at": 1793000000.5}
    {"type": "joined", "client": "...", "nickname": "Ada"}
    {"type": "renamed", "client": "...", "nickname": "Ada", "before": "guest"}
    {"type": "left", "client": "...", "nickname": "Ada"}
    {"type": "here", "count": 2}                                                  at changes, and every 5 s
    {"type": "error", "text": "..."}

A message said while somebody comes in may reach them before their welcome, which then has it too.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict

from twisted.logger import Logger

from wstwist import Client, Limits, Project, Refuse
from wstwist.demo import archive, place
from wstwist.demo.archive import Message

ROOM = 500
"""How many may be here at once."""

LAST = 20
"""How many messages a newcomer is shown."""

KEPT = 1000
"""How many messages are kept."""

TEXT_LENGTH = 1000
NICKNAME_LENGTH = 24


class Demo(Project):
    """A chat. Each tab has a context of its own, an instance of this class; so has the global service."""

    interval = "5 s"
    web = "web"
    database = place.database()
    limits = Limits(message_size=16 * 1024)

    nickname: str = "guest"  # a global: each context has its own

    _log = Logger()

    # The five events. Those that are `async def` must not block; a `def` may, it runs in a thread.

    async def global_service(self) -> None:
        """Tell everybody how many are here, and forget old messages."""
        await self.announce()
        await self.in_thread(self._forget)

    async def on_connect(self, client: Client) -> None:
        """Let a client in, under the nickname for which its URL asks."""
        if len(await self.connected_clients()) >= ROOM:
            raise Refuse(503, "the room is full")
        self.nickname = clean(client.query.get("nickname", ""), NICKNAME_LENGTH) or self.nickname
        client.execute(self.enter)  # queued: in this context, as soon as the client is in

    def on_message(self, client: Client, message: str | bytes) -> None:
        """Do what a page asks for; whatever else comes is answered with an error."""
        match parse(message):
            case {"text": str(text)}:
                self._say(clean(text, TEXT_LENGTH))
            case {"nickname": str(nickname)}:
                self._rename(clean(nickname, NICKNAME_LENGTH))
            case _:
                client.send(as_json("error", text='Send {"text": "..."} or {"nickname": "..."}.'))

    def on_disconnect(self, client: Client) -> None:
        """Tell the others who has left."""
        self._tell("left", client=client.id, nickname=self.nickname)
        self.execute_global_service(self.announce)

    def on_service_stop(self) -> None:
        """Say where the messages stay."""
        file = self.db.get_bind().engine.url.database
        self._log.info("{count} messages stay in {file}", count=archive.count(self.db), file=file)

    def on_error(self, event: str, error: Exception) -> None:
        """Tell whoever said it that it has failed; wstwist has logged the error already."""
        if self.client:
            self.client.send(as_json("error", text=f"{event} has failed: {type(error).__name__}"))

    # Procedures: public, so that they can be executed in any context.

    async def announce(self) -> None:
        """Tell everybody how many are here."""
        clients = await self.connected_clients()
        message = as_json("here", count=len(clients))
        for client in clients:
            client.send(message)

    def enter(self) -> None:
        """Show this context's client the last messages, and everybody this client."""
        last = [asdict(message) for message in archive.last(self.db, LAST)]
        self.db.commit()  # whoever waits for others should hold no transaction
        self.client.send(as_json("welcome", client=self.client.id, nickname=self.nickname, messages=last))
        self._tell("joined", client=self.client.id, nickname=self.nickname)
        self.execute_global_service(self.announce)

    # What only this context does.

    def _say(self, text: str) -> None:
        if text:
            message = Message(self.client.id, self.nickname, text, at=time.time())
            self.db.add(message)
            self.db.flush()  # gives it its id
            said = asdict(message)
            self.db.commit()  # first it is kept, then others are told
            self._tell("said", **said)

    def _rename(self, nickname: str) -> None:
        if nickname and nickname != self.nickname:
            before, self.nickname = self.nickname, nickname
            self._tell("renamed", client=self.client.id, nickname=nickname, before=before)

    def _forget(self) -> None:
        archive.forget(self.db, KEPT)

    def _tell(self, type_: str, **fields: object) -> None:
        message = as_json(type_, **fields)
        for client in self.connected_clients().wait():
            client.send(message)


def as_json(type_: str, **fields: object) -> str:
    """Write down, as JSON, what pages are told."""
    return json.dumps({"type": type_, **fields})


def parse(message: str | bytes) -> object:
    """Read JSON; None where it is none."""
    try:
        return json.loads(message)
    except (ValueError, RecursionError):
        return None


def clean(text: str, length: int) -> str:
    """Keep what can be shown, in one line: no control characters, no half characters, no endless text."""
    joiners = "\u200c\u200d"  # they hold together Persian words and emoji of several people
    shown = (char if char.isprintable() or char in joiners else " " for char in text[:length])
    return " ".join("".join(shown).split())
