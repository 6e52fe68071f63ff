# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A conversation at a terminal: a prompt that can be edited, and what comes above it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import click
from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.patch_stdout import patch_stdout

from wstwist.blocking import Connection
from wstwist.cli.conversation import COMMANDS, Style, Typed, meaning, milliseconds, typed
from wstwist.cli.talking import Talk, check_end
from wstwist.exceptions import ConnectionClosed, ReceiveTimeout
from wstwist.printable import one_line, printable

_PING_TIME = 20.0  # seconds


class _InterruptedError(Exception):
    """Ctrl-C was pressed."""


class Interactive:
    """A conversation with a person.

    Args:
        talk: The connection.
        style: How messages are written.
    """

    def __init__(self, talk: Talk, style: Style) -> None:
        """Begin with nothing said."""
        self._talk = talk
        self._style = style
        self._is_closing = False
        self._closed: ConnectionClosed | None = None
        names = [name.split()[0] for name in COMMANDS if not name.startswith("//")]
        self._prompt: PromptSession[str] = PromptSession(
            "> ",
            completer=WordCompleter(names, sentence=True),
            complete_while_typing=False,
            interrupt_exception=_InterruptedError,
        )

    @property
    def _connection(self) -> Connection:
        return self._talk.connection

    def run(self) -> None:
        """Talk until one of both ends it.

        Raises:
            Trouble: It has ended in another way than a good one.
            KeyboardInterrupt: Ctrl-C was pressed.
        """
        try:
            with patch_stdout():
                asyncio.run(self._talk_until_the_end())
        except _InterruptedError:
            raise KeyboardInterrupt from None
        if self._closed is not None:
            if not self._is_closing:
                check_end(self._connection.url, self._closed)
            click.echo(f"closed: {one_line(meaning(self._closed.code, self._closed.reason))}")

    async def _talk_until_the_end(self) -> None:
        listening = asyncio.create_task(self._listen())
        try:
            while (line := await self._ask(listening)) is not None:
                await self._do(line)
        finally:
            self._is_closing = self._is_closing or self._connection.is_open
            await asyncio.to_thread(self._connection.close)
            await listening

    async def _ask(self, listening: asyncio.Task[None]) -> str | None:
        """Give the next line; None: there is none."""
        asking = asyncio.create_task(self._prompt.prompt_async())
        await asyncio.wait((asking, listening), return_when=asyncio.FIRST_COMPLETED)
        if not asking.done():
            asking.cancel()
        try:
            return await asking
        except (EOFError, asyncio.CancelledError):
            return None

    async def _listen(self) -> None:
        try:
            while True:
                heard = await asyncio.to_thread(self._talk.receive)
                click.echo(self._style.shown(*heard))
        except ConnectionClosed as closed:
            self._closed = closed

    async def _do(self, line: str) -> None:
        """Do what a line says; what is wrong with it is said."""
        if not line:
            return
        try:
            said = typed(line, self._style)
            with suppress(ConnectionClosed):  # who listens tells it
                await asyncio.to_thread(self._carry_out, said)
        except ValueError as error:
            click.echo(printable(str(error)))

    def _carry_out(self, said: Typed) -> None:
        if said.command == "send":
            self._talk.send(said.message)
        elif said.command == "close":
            self._connection.close(said.code, said.reason)
            self._is_closing = True
        elif said.command == "help":
            for name, text in COMMANDS.items():
                click.echo(f"{name:<24}{text}")
        else:
            self._ping()

    def _ping(self) -> None:
        try:
            click.echo(f"pong: {milliseconds(self._connection.ping(_PING_TIME))}")
        except ReceiveTimeout as error:
            click.echo(str(error))
