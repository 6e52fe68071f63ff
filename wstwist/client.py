# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A connected client, as every context sees it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from types import MappingProxyType, NoneType
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Final,
    Never,
    ParamSpec,
    Protocol,
    TypeVar,
    overload,
)

from wstwist.messages import check_key, check_message, no_text
from wstwist.wlanguage.members import Members

if TYPE_CHECKING:
    from wstwist.project import Project
    from wstwist.reply import Reply

P = ParamSpec("P")
R = TypeVar("R")
AnyProject = TypeVar("AnyProject", bound="Project")


class Bus(Protocol):
    """The way to other contexts, as a handle uses it."""

    def send(self, client: str, message: str | bytes) -> None:
        """Send a message to a client."""

    def send_keyed(self, client: str, message: str | bytes, key: str) -> None:
        """Send a message that replaces one with the same key, as long as that waits."""

    def drained(self, client: str) -> Reply[None]:
        """Tell when nothing waits for a client any more."""

    def join(self, client: str, group: str) -> None:
        """Put a client into a group."""

    def leave(self, client: str, group: str) -> None:
        """Take a client out of a group."""

    def disconnect(self, client: str, code: int, reason: str) -> None:
        """Close a client's connection."""

    def call(
        self, client: str | None, procedure: object, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Reply[Any]:
        """Execute a procedure in a client's context, or in the global service's (None)."""

    def is_connected(self, client: str) -> Reply[bool]:
        """Tell whether a client is connected."""


class Client(Members):
    """A handle of a connected client: light, immutable, hashable; it may be sent to other contexts.

    Its capitalised methods are `send`, `disconnect` and `execute` for those who come from WEBDEV.

    Attributes:
        id: Unique over all servers and restarts.
        project: The project's name.
        address: Its IP address, or the path of a Unix socket; behind a proxy see ``trusted_proxies``.
        port: Its port; None on a Unix socket, and where a proxy does not tell it.
        path: The path of the request.
        query: The fields of the request's query; of a repeated one the last value.
        query_all: Every field of the query, with all its values.
        origin: The Origin header of a browser, else None.
        protocol: The sub-protocol that was agreed on, else None.
        user_agent: The User-Agent header, else None.
        secure: Whether it came over TLS.
        connected_at: When it came, in UTC.
    """

    __slots__ = (
        "__weakref__",
        "_bus",
        "_end",
        "_packed",
        "_user",
        "address",
        "connected_at",
        "id",
        "origin",
        "path",
        "port",
        "project",
        "protocol",
        "query_all",
        "secure",
        "user_agent",
    )

    id: Final[str]  # type: ignore[misc] # the initialiser sets it, by a way mypy does not follow
    project: Final[str]  # type: ignore[misc]
    address: Final[str]  # type: ignore[misc]
    port: Final[int | None]  # type: ignore[misc]
    path: Final[str]  # type: ignore[misc]
    query_all: Final[Mapping[str, Sequence[str]]]  # type: ignore[misc]
    origin: Final[str | None]  # type: ignore[misc]
    protocol: Final[str | None]  # type: ignore[misc]
    user_agent: Final[str | None]  # type: ignore[misc]
    secure: Final[bool]  # type: ignore[misc]
    connected_at: Final[datetime]  # type: ignore[misc]
    _bus: Final[Bus]  # type: ignore[misc]
    _end: tuple[int, str, bool] | None
    _packed: bytes | None
    _user: Any

    FIELDS: Final[Mapping[str, tuple[type, ...]]] = {
        "id": (str,),
        "project": (str,),
        "address": (str,),
        "port": (int, NoneType),
        "path": (str,),
        "query_all": (dict,),
        "origin": (str, NoneType),
        "protocol": (str, NoneType),
        "user_agent": (str, NoneType),
        "secure": (bool,),
        "connected_at": (datetime,),
        "user": (),
    }
    """What makes a handle, in the order in which it crosses, and its types; none: any value."""

    def __init__(self, bus: Bus, *values: Any) -> None:
        """Make a handle; wstwist does.

        Args:
            bus: The way to the client's context.
            values: One for each name in `FIELDS`.
        """
        for set_field, value in zip(_SETTERS, (bus, None, None, *values), strict=True):
            set_field(self, value)
        query = self.query_all
        _set_query(self, _read_only(query) if query else _NO_QUERY)

    @property
    def query(self) -> dict[str, str]:
        """The fields of the request's query; of a repeated one the last value."""
        return {name: values[-1] for name, values in self.query_all.items()}

    @property
    def user(self) -> Any:
        """Who it is: what `authenticate` gave, and a copy where that can be changed; None without that."""
        return deepcopy(self._user)

    @property
    def close_code(self) -> int | None:
        """The close code (RFC 6455, section 7.4), None before the end."""
        return self._end and self._end[0]

    @property
    def close_reason(self) -> str | None:
        """The reason that came with the close code, None before the end."""
        return self._end and self._end[1]

    @property
    def was_clean(self) -> bool | None:
        """Whether the closing handshake was completed, None before the end."""
        return self._end and self._end[2]

    def send(self, message: str | bytes, *, key: str | None = None) -> None:
        """Send a message: ``str`` as text, ``bytes`` as binary.

        It only queues, from any context and any thread, and never fails because the client has gone. What
        happens when too much waits for a client that does not read, ``limits`` says (`Limits.slow_client`).

        Args:
            message: The message.
            key: What it is about, such as ``"price:EURUSD"``: a message with the same key that was sent
                before, and still waits because the client does not read, is not sent any more. The new one
                waits behind all others, so that the client gets what it gets in the order of sending.

        Raises:
            TypeError: The message is neither, or the key is no ``str``.
            ValueError: It is a text that has no UTF-8 form.
        """
        if not isinstance(message, (str, bytes)):
            check_message("send", message)
        try:
            if key is None:
                self._bus.send(self.id, message)
            else:
                check_key("send", key)
                self._bus.send_keyed(self.id, message, key)
        except UnicodeEncodeError as error:
            raise no_text("send", error) from None

    def drained(self) -> Reply[None]:
        """Wait until nothing waits any more for this client of what was sent to it.

        Then the connection has taken all of it, though the client need not have read it all. Who sends much
        to one client awaits this in between, and goes no faster than the client reads.

        Returns:
            A `Reply` of None. It raises `ClientGone` where the client has gone, or is closed because it does
            not read; `ReplyTimeout` where it reads too slowly (``.within(None)``: no end).
        """
        return self._bus.drained(self.id)

    def join(self, group: str) -> None:
        """Put this client into a group, which is there as long as somebody is in it.

        Like `send` it may be called from any context and any thread, and does nothing where the client has
        gone. What is sent to the group afterwards in the same context reaches it. A client leaves all groups
        when it goes.

        Args:
            group: The name, 1 to 200 characters.

        Raises:
            TypeError: The name is no ``str``.
            ValueError: It is empty, too long or no text.
        """
        self._bus.join(self.id, group)

    def leave(self, group: str) -> None:
        """Take this client out of a group; where it is not in it nothing happens. Otherwise as `join`."""
        self._bus.leave(self.id, group)

    def disconnect(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection, after what was sent before.

        Args:
            code: The close code (RFC 6455, section 7.4): 1000 to 1014 as defined there, or 3000 to 4999.
            reason: At most 123 bytes of UTF-8; what is longer is cut.

        Raises:
            ValueError: No server may send this code.
        """
        self._bus.disconnect(self.id, code, reason)

    def is_connected(self) -> Reply[bool]:
        """Tell whether the client is connected."""
        return self._bus.is_connected(self.id)

    @overload
    def execute(
        self,
        procedure: Callable[Concatenate[AnyProject, P], Awaitable[R]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Reply[R]: ...

    @overload
    def execute(
        self, procedure: Callable[Concatenate[AnyProject, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> Reply[R]: ...

    @overload
    def execute(
        self, procedure: Callable[P, Awaitable[R]], *args: P.args, **kwargs: P.kwargs
    ) -> Reply[R]: ...

    @overload
    def execute(self, procedure: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Reply[R]: ...

    @overload
    def execute(self, procedure: str, *args: Any, **kwargs: Any) -> Reply[Any]: ...

    def execute(self, procedure: Any, *args: Any, **kwargs: Any) -> Reply[Any]:
        """Execute a procedure of the project in this client's context.

        Args:
            procedure: The method (``Chat.rename`` or ``self.rename``), or its name.
            args: Its arguments; they cross by value.
            kwargs: Likewise.

        Returns:
            The `Reply` with what the procedure returns; it may be ignored.

        Raises:
            CannotCross: An argument cannot go to another context.
        """
        return self._bus.call(self.id, procedure, args, kwargs)

    def __setattr__(self, name: str, value: Never) -> None:
        """Refuse: a handle is immutable."""
        raise AttributeError(f"a Client is immutable: {name} cannot be set")

    def __delattr__(self, name: str) -> None:
        """Refuse: a handle is immutable."""
        raise AttributeError(f"a Client is immutable: {name} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        """Handles are equal when they are of the same client."""
        return self.id == other.id if isinstance(other, Client) else NotImplemented

    def __hash__(self) -> int:
        """Hash by the client's id."""
        return hash(self.id)

    def __copy__(self) -> Client:
        """Give itself: it is immutable."""
        return self

    def __deepcopy__(self, _memo: object) -> Client:
        """Give itself: it is immutable."""
        return self

    def __repr__(self) -> str:
        """Show project, id and address."""
        return f"<Client {self.project} {self.id} {self.address}>"


_SLOTS = ("_bus", "_end", "_packed", *("_user" if name == "user" else name for name in Client.FIELDS))
_SETTERS = tuple(vars(Client)[name].__set__ for name in _SLOTS)
# What the slots are set by, past the refusal in Client.__setattr__, and faster than by their names.
_set_query = vars(Client)["query_all"].__set__
_NO_QUERY: Mapping[str, Sequence[str]] = MappingProxyType({})


def _read_only(query: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    return MappingProxyType({name: tuple(values) for name, values in query.items()})


def identified(client: Client, user: Any) -> None:
    """Note on a handle who the client is."""
    object.__setattr__(client, "_user", user)
    object.__setattr__(client, "_packed", None)


def ended(client: Client, code: int, reason: str, was_clean: bool) -> None:
    """Note on a handle how its connection ended."""
    object.__setattr__(client, "_end", (code, reason, was_clean))
