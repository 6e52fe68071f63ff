# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Events may be def, async def, or decorated with inlineCallbacks."""

from collections.abc import Generator
from datetime import timedelta
from typing import Any, ClassVar, assert_type

from sqlalchemy.orm import Session
from twisted.internet.defer import Deferred, inlineCallbacks, succeed

from wstwist import Client, HandshakeRequest, Limits, Project, Refuse, Reply
from wstwist.auth import basic, bearer


class Blocking(Project):
    """All events are def, and all settings are set."""

    interval = "5 s"
    path = "/blocking"
    protocols = ("chat.v1",)
    web = "web"
    compress = True
    database = "sqlite:///chat.db"
    threads = 8
    reply_timeout = None
    keep_headers = True
    limits = Limits(message_size=1024, slow_client="latest")

    nickname: str = "guest"
    shared: ClassVar[dict[str, int]] = {}

    def __init__(self) -> None:
        self.made = True

    def global_service(self) -> None: ...

    def on_connect(self, client: Client) -> None:
        assert_type(self.request.headers.get("x-token"), str | None)
        assert_type(self.request.cookies.get("session"), str | None)
        self.request.response_headers["x-seen"] = "yes"
        if client.query.get("token") != "s3cret":
            raise Refuse(403, "bad token")

    def authenticate(self, request: HandshakeRequest) -> str | None:
        assert_type(request.query, dict[str, str])
        assert_type(request.secure, bool)
        return request.query.get("user")

    def on_message(self, client: Client, message: str | bytes) -> None:
        assert_type(self.db, Session)
        assert_type(client.close_code, int | None)
        client.send(message)
        client.send(message, key="a")
        assert_type(client.drained(), Reply[None])
        assert_type(client.drained().wait("5 s"), None)

    def on_disconnect(self, client: Client) -> None: ...

    def on_service_start(self) -> None: ...

    def on_service_stop(self) -> None: ...

    def on_error(self, event: str, error: Exception) -> None: ...


class Waiting(Project):
    """All events are async def."""

    interval = 500
    protocols = ["chat.v1"]
    reply_timeout = timedelta(seconds=5)

    async def global_service(self) -> None: ...

    async def authenticate(self, request: HandshakeRequest) -> dict[str, str]:
        return {"name": request.address}

    async def on_connect(self, client: Client) -> None: ...

    async def on_message(self, client: Client, message: str | bytes) -> None:
        await succeed(None)

    async def on_disconnect(self, client: Client) -> None: ...

    async def on_service_start(self) -> None: ...

    async def on_service_stop(self) -> None: ...

    async def on_error(self, event: str, error: Exception) -> None: ...


class Twisted(Project):
    """All events are decorated with inlineCallbacks."""

    interval = timedelta(seconds=5)

    @inlineCallbacks
    def global_service(self) -> Generator[Deferred[Any], Any, None]:
        yield self.connected_clients().as_deferred()

    @inlineCallbacks
    def authenticate(self, request: HandshakeRequest) -> Generator[Deferred[Any], Any, str]:
        yield succeed(request)
        return "ann"

    @inlineCallbacks
    def on_connect(self, client: Client) -> Generator[Deferred[Any], Any, None]:
        yield succeed(client)

    @inlineCallbacks
    def on_message(self, client: Client, message: str | bytes) -> Generator[Deferred[Any], Any, None]:
        yield succeed(client)

    @inlineCallbacks
    def on_disconnect(self, client: Client) -> Generator[Deferred[Any], Any, None]:
        yield succeed(client)

    @inlineCallbacks
    def on_service_start(self) -> Generator[Deferred[Any], Any, None]:
        yield succeed(None)

    @inlineCallbacks
    def on_service_stop(self) -> Generator[Deferred[Any], Any, None]:
        yield succeed(None)

    @inlineCallbacks
    def on_error(self, event: str, error: Exception) -> Generator[Deferred[Any], Any, None]:
        yield succeed(None)


async def check(user: str, password: str) -> str | None:
    return user if password else None


class WithTokens(Project):
    """A token is wanted."""

    authenticate = bearer(key="k" * 32, algorithms=["HS256"], audience="chat")

    async def on_connect(self, client: Client) -> None:
        client.send(client.user["sub"])


class WithPasswords(Project):
    """A password is wanted."""

    authenticate = basic(check)
