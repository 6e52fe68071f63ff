# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What crosses between the contexts of a project: values, and handles of its clients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from wstwist.client import Bus, Client
from wstwist.exceptions import CannotCross
from wstwist.values import Values
from wstwist.values.successors import Successors


def make_values(namespace: Mapping[str, object], bus: Bus, successors: Successors | None = None) -> Values:
    """Tell what crosses.

    Args:
        namespace: The names of the project's module.
        bus: The way to the clients' contexts, for handles that come from elsewhere.
        successors: What became of the classes that were in it before.
    """
    fields = make_user_values(namespace, successors)
    return Values(
        namespace,
        handle=Client,
        pack_handle=lambda client: pack_handle(fields, client),
        unpack_handle=lambda packed: unpack_handle(fields, bus, packed),
        successors=successors,
    )


def make_user_values(namespace: Mapping[str, object], successors: Successors | None = None) -> Values:
    """Tell what may stand within a client's handle: all that crosses, except another handle.

    Args:
        namespace: The names of the project's module.
        successors: What became of the classes that were in it before.
    """
    return Values(namespace, handle=Client, pack_handle=_nested, unpack_handle=_nested, successors=successors)


def pack_handle(values: Values, client: Client) -> bytes:
    """Encode a handle, and keep that with it, because it is immutable.

    Args:
        values: What may stand within a handle.
        client: The handle.
    """
    if client._packed is not None:
        return client._packed
    fields = {name: getattr(client, name) for name in Client.FIELDS}
    fields["query_all"] = dict(client.query_all)
    packed = values.dumps(list(fields.values()), "")
    object.__setattr__(client, "_packed", packed)
    return packed


def unpack_handle(values: Values, bus: Bus, packed: bytes) -> Client:
    """Make a handle again.

    Raises:
        CannotCross: It is none.
    """
    fields = values.loads(packed, "")
    if type(fields) is not list or len(fields) != len(Client.FIELDS):
        raise CannotCross("", f"a client has {len(Client.FIELDS)} fields: {', '.join(Client.FIELDS)}")
    for (name, kinds), value in zip(Client.FIELDS.items(), fields, strict=True):
        if kinds and type(value) not in kinds:
            raise CannotCross("", f"the {name} of a client is no {type(value).__name__}")
    query = fields[list(Client.FIELDS).index("query_all")]
    if not all(_is_query_field(name, value) for name, value in query.items()):
        raise CannotCross("", "the query_all of a client has str for each name")
    client = Client(bus, *fields)
    object.__setattr__(client, "_packed", packed)
    return client


def _is_query_field(name: object, values: Any) -> bool:
    return type(name) is str and type(values) in (list, tuple) and {*map(type, values)} == {str}


def _nested(_handle: object) -> NoReturn:
    raise CannotCross("", "a client cannot stand within a client: give its id")
