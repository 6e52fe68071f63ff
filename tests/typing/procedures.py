# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What the replies of procedures are, for a type checker."""

from collections.abc import Callable, Generator
from typing import Any, assert_type

from twisted.internet.defer import Deferred, inlineCallbacks

from wstwist import Client, Project, Reply


class Chat(Project):
    nickname: str = "guest"

    async def on_message(self, client: Client, message: str | bytes) -> None:
        # Of a client's context: the method may be that of the class or of self.
        assert_type(client.execute(Chat.rename, "Ann"), Reply[str])
        assert_type(client.execute(self.rename, "Ann"), Reply[str])
        assert_type(await client.execute(Chat.rename, "Ann"), str)
        assert_type(await client.execute(Chat.rename_async, "Ann"), str)
        assert_type(await client.execute(self.rename_async, "Ann"), str)
        assert_type(await client.execute(Chat.rename_twisted, "Ann"), str)
        assert_type(await client.execute(self.rename_twisted, "Ann"), str)
        assert_type(await client.execute(Chat.rename_deferred, "Ann"), str)
        assert_type(await client.execute(Chat.rename, nickname="Ann"), str)

        # Of the global service's.
        assert_type(self.execute_global_service(self.count, "Ann"), Reply[int])
        assert_type(self.execute_global_service(Chat.count, "Ann"), Reply[int])
        assert_type(await self.execute_global_service(self.count, "Ann", by=2), int)
        assert_type(await self.execute_global_service(self.count_async), int)
        assert_type(await self.execute_global_service(Chat.count_async), int)
        assert_type(await self.execute_global_service(self.forget), None)
        assert_type(await self.execute_global_service(Chat.forget_async), None)
        assert_type(await self.execute_global_service(self.names), list[str])
        assert_type(await self.execute_global_service(self.find, client), Client | None)

        # Of a name nothing is known.
        assert_type(client.execute("rename", "Ann"), Reply[Any])
        assert_type(self.execute_global_service("count", "Ann"), Reply[Any])

        # The other functions.
        assert_type(await self.connected_clients(), list[Client])
        async for other in self.connected_clients():
            assert_type(other, Client)
        assert_type(await client.is_connected(), bool)
        assert_type(await self.in_thread(self.count, "Ann"), int)
        assert_type(await client.execute(self.rename, "Ann").within("5 s"), str)

    def on_disconnect(self, client: Client) -> None:
        assert_type(self.execute_global_service(self.count, "Ann").wait(), int)
        assert_type(client.execute(Chat.rename_async, "Ann").wait("5 s"), str)

    def rename(self, nickname: str) -> str:
        before, self.nickname = self.nickname, nickname
        return before

    async def rename_async(self, nickname: str) -> str:
        return self.rename(nickname)

    @inlineCallbacks
    def rename_twisted(self, nickname: str) -> Generator[Deferred[Any], Any, str]:
        yield self.execute_global_service(self.count, nickname).as_deferred()
        return self.rename(nickname)

    def rename_deferred(self, nickname: str) -> Deferred[str]:
        return self.rename_twisted(nickname)

    def count(self, nickname: str, by: int = 1) -> int:
        return len(nickname) * by

    async def count_async(self) -> int:
        return 1

    def forget(self) -> None: ...

    async def forget_async(self) -> None: ...

    def names(self) -> list[str]:
        return []

    def find(self, client: Client) -> Client | None:
        return client


class Louder(Chat):
    """A project that is derived from another."""

    async def on_connect(self, client: Client) -> None:
        assert_type(await client.execute(self.rename, "Ann"), str)
        assert_type(await client.execute(Chat.rename, "Ann"), str)
        assert_type(await client.execute(Louder.shout, 3), float)

    def shout(self, loudness: int) -> float:
        return loudness * 1.5


def anything(client: Client, procedure: Callable[[Chat, int], str]) -> None:
    """What is handed on keeps its type."""
    assert_type(client.execute(procedure, 1), Reply[str])
