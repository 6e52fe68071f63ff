# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""`Project`: what an author derives a WebSocket project from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Concatenate, ParamSpec, TypeVar, cast, overload

from wstwist.client import Client
from wstwist.limits import Limits

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from wstwist.context import ExecutionContext
    from wstwist.reply import Reply
    from wstwist.wire.client_certificate import ClientCertificate

P = ParamSpec("P")
R = TypeVar("R")
AnyProject = TypeVar("AnyProject", bound="Project")

Done = Awaitable[None] | None
"""What an event returns: nothing, at once or awaited."""


class HandshakeRequest:
    """The request with which a client came.

    Attributes:
        headers: The header fields, names in lower case, the values of a repeated one joined by ``", "``.
        cookies: The cookies.
        certificate: The certificate with which it came over TLS, verified; None where it has shown none, or
            the server asks for none (``--client-ca``).
        response_headers: Header fields to add to the answer that accepts the client.
    """

    __slots__ = ("_client", "certificate", "cookies", "headers", "response_headers")

    def __init__(
        self,
        client: Client,
        headers: Mapping[str, str],
        cookies: Mapping[str, str],
        certificate: ClientCertificate | None = None,
    ) -> None:
        """Keep what came."""
        self._client = client
        self.headers = headers
        self.cookies = cookies
        self.certificate = certificate
        self.response_headers: dict[str, str] = {}

    @property
    def path(self) -> str:
        """The path, decoded, without the query."""
        return self._client.path

    @property
    def query(self) -> dict[str, str]:
        """The fields of the query; of a repeated one the last value."""
        return self._client.query

    @property
    def query_all(self) -> Mapping[str, Sequence[str]]:
        """Every field of the query, with all its values."""
        return self._client.query_all

    @property
    def address(self) -> str:
        """The client's IP address, or the path of its Unix socket."""
        return self._client.address

    @property
    def port(self) -> int | None:
        """The client's port; None on a Unix socket, and where a proxy does not tell it."""
        return self._client.port

    @property
    def origin(self) -> str | None:
        """The Origin header of a browser, else None."""
        return self._client.origin

    @property
    def secure(self) -> bool:
        """Whether the client came over TLS."""
        return self._client.secure

    @property
    def protocols(self) -> tuple[str, ...]:
        """The sub-protocols that the client offers, in its order of preference."""
        offered = (item.strip() for item in self.headers.get("sec-websocket-protocol", "").split(","))
        return tuple(item for item in offered if item)


class Project:
    """A WebSocket project: five events, and functions to reach other contexts.

    wstwist makes one instance for each connected client and one for the global service: the instance is the
    context, its attributes are that context's globals.

    Events may be ``async def`` (on the reactor's thread, they must not block), ``def`` (in a thread, they may
    block) or decorated with ``inlineCallbacks``.
    """

    # Settings.

    interval: ClassVar[int | str | timedelta] = "10 s"
    """The period of `global_service`: milliseconds as an int, a string such as ``"5 s"``, or a timedelta."""

    path: ClassVar[str | None] = None
    """Where clients connect; None is ``/`` and the class's name."""

    protocols: ClassVar[Sequence[str]] = ()
    """Sub-protocols (RFC 6455, section 1.9), in order of preference."""

    origins: ClassVar[Sequence[str]] = ()
    """Whose pages may connect, beside those of the request's own host and port.

    Each is an origin such as ``"https://example.org"``; ``*.`` before a host means all those below it, ``*``
    in place of a host or a port any; ``"*"`` is everybody, ``"null"`` pages without an origin. This concerns
    browsers: clients that send no Origin pass.
    """

    web: ClassVar[str | None] = None
    """A folder that is served at ``/``; relative to the project's module."""

    compress: ClassVar[bool] = False
    """Whether permessage-deflate (RFC 7692) is used with clients that offer it."""

    database: ClassVar[str | None] = None
    """A database URL of SQLAlchemy; each context gets a session of its own, `db`."""

    threads: ClassVar[int] = 64
    """How many ``def`` events and procedures may run at once."""

    reply_timeout: ClassVar[float | str | timedelta | None] = "30 s"
    """How long a wait for a `Reply` lasts at most; None is without end."""

    keep_headers: ClassVar[bool] = False
    """Whether `request` is kept after the handshake."""

    limits: ClassVar[Limits] = Limits()
    """Everything that is bounded."""

    durable: ClassVar[Sequence[str]] = ()
    """Globals of the global service that the next one begins with, in a cluster, when its node is gone."""

    # The context.

    client: Client = cast("Client", None)
    """The client whose context this is; None in the global service. Set before ``__init__``."""

    _context: ExecutionContext | None = None

    # For bases of projects in another language: each of them has this, and authors' classes do not.

    _spellings: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Further names that events and settings may have, and their own."""

    @property
    def request(self) -> HandshakeRequest:
        """The request of this context's client, during `on_connect` (longer with `keep_headers`).

        Raises:
            RuntimeError: The handshake is done, or this is the global service.
        """
        return self._here("request").request

    @property
    def lease(self) -> int | None:
        """The number with which the global service acts; None in clients' contexts.

        It is larger than those of all services before it: what is stored outside of wstwist can keep it, and
        refuse smaller ones, for a service that was thought to be dead.
        """
        return self._here("lease").lease

    @property
    def db(self) -> Session:
        """This context's database session.

        It is for blocking code: ``def`` events and procedures, and `in_thread`. When the event, or the
        procedure that others execute, ends, it commits; when that raises, it rolls back.

        Raises:
            RuntimeError: This is the reactor's thread, or the project has no `database`.
        """
        return self._here("db").db()

    def _here(self, what: str) -> ExecutionContext:
        if self._context is None:
            raise RuntimeError(
                f"{type(self).__name__}.{what}: this instance is no context; wstwist makes those "
                "(in tests: wstwist.testing)"
            )
        return self._context

    # The five events, and those that may be added.

    def global_service(self) -> Done:
        """Run in a loop, in the global service's context: every `interval`."""

    def on_connect(self, client: Client) -> Done:
        """A client asks to connect; raise `Refuse` to turn it away."""

    def on_message(self, client: Client, message: str | bytes) -> Done:
        """A message has come: text as ``str``, binary as ``bytes``."""

    def on_disconnect(self, client: Client) -> Done:
        """An accepted client has gone, whatever the cause; called once."""

    def on_service_stop(self) -> Done:
        """The service ends: called once, in the global service's context, after its last run."""

    # Those that are ready-made have no names for their arguments: hence the slash.
    def authenticate(self, request: HandshakeRequest, /) -> Any:
        """Tell who a client is, before `on_connect`: what this gives becomes the client's `user`.

        `wstwist.auth` has ready-made ones. None turns the client away with 401; another status, or a reason,
        is a `Refuse` that is raised. Without this event everybody may come, and `user` is None.

        Args:
            request: What the client came with.

        Returns:
            Any value that may go to other contexts, at once or awaited.
        """

    def on_service_start(self) -> Done:
        """Called once, in the global service's context, before its first run."""

    def on_presence(self, group: str, joined: Sequence[Client], left: Sequence[Client]) -> Done:
        """Clients have come into a group or left it; called in the global service's context.

        What happens within a tenth of a second, or while this event is in progress, is told together; who
        comes and goes again in that time is not told of. Clients that still connect come when they are
        accepted.

        Args:
            group: The group.
            joined: Who has come in, in order.
            left: Who has left, or gone.
        """

    def on_error(self, event: str, error: Exception) -> Done:
        """An event of this context has raised; it is logged already.

        Args:
            event: The event's name.
            error: What it raised.
        """

    # The functions.

    @overload
    def execute_global_service(
        self,
        procedure: Callable[Concatenate[AnyProject, P], Awaitable[R]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Reply[R]: ...

    @overload
    def execute_global_service(
        self, procedure: Callable[Concatenate[AnyProject, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> Reply[R]: ...

    @overload
    def execute_global_service(
        self, procedure: Callable[P, Awaitable[R]], *args: P.args, **kwargs: P.kwargs
    ) -> Reply[R]: ...

    @overload
    def execute_global_service(
        self, procedure: Callable[P, R], *args: P.args, **kwargs: P.kwargs
    ) -> Reply[R]: ...

    @overload
    def execute_global_service(self, procedure: str, *args: Any, **kwargs: Any) -> Reply[Any]: ...

    def execute_global_service(self, procedure: Any, *args: Any, **kwargs: Any) -> Reply[Any]:
        """Execute a procedure of the project in the global service's context.

        Args:
            procedure: The method (``self.count`` or ``Chat.count``), or its name.
            args: Its arguments; they cross by value.
            kwargs: Likewise.

        Returns:
            The `Reply` with what the procedure returns; it may be ignored.

        Raises:
            CannotCross: An argument cannot go to another context.
        """
        return self._here("execute_global_service").bus.call(None, procedure, args, kwargs)

    def connected_clients(self, group: str | None = None) -> Reply[list[Client]]:
        """List the clients that are connected at this moment.

        Args:
            group: Those of this group only (`Client.join`).

        Returns:
            A `Reply` of the list: await it, or go through it with ``async for``.
        """
        return self._here("connected_clients").bus.clients(group)

    def count_clients(self, group: str | None = None) -> Reply[int]:
        """Count the clients that are connected at this moment, without listing them.

        Args:
            group: Those of this group only (`Client.join`).

        Returns:
            A `Reply` of the number.
        """
        return self._here("count_clients").bus.count_clients(group)

    def broadcast(
        self,
        message: str | bytes,
        *,
        to: Iterable[Client] | None = None,
        group: str | None = None,
        exclude: Client | Iterable[Client] = (),
    ) -> Reply[None]:
        """Send a message to many clients; it is encoded once.

        It only queues, from any context and any thread, as `Client.send` does. Awaited, it waits until each
        of these clients has read what was sent before, except those that have not read for a second (where
        `Limits.slow_client` drops messages: not all of it): who sends much in a loop goes no faster than its
        clients read.

        Args:
            message: ``str`` is sent as text, ``bytes`` as binary.
            to: The clients; None is all that are connected.
            group: The group whose clients get it (`Client.join`), in place of `to`.
            exclude: A client that does not get it, or several.

        Returns:
            A `Reply` of None; it may be ignored.

        Raises:
            TypeError: The message is neither, or what is given as clients are none.
            ValueError: It is a text that has no UTF-8 form; there are both `to` and `group`; or `group` is no
                name of a group.
        """
        return self._here("broadcast").bus.broadcast(message, to, group, exclude)

    def in_thread(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Awaitable[R]:
        """Run blocking code from an async event, in a thread; the event does not end before it.

        Several may run at once, but one at a time where they use `db`.

        Args:
            function: What to run; it may use `db`.
            args: Its arguments.
            kwargs: Likewise.
        """
        return self._here("in_thread").in_thread(function, args, kwargs)


def is_base(cls: type) -> bool:
    """Tell whether a class is one that authors derive their projects from."""
    return "_spellings" in vars(cls)
