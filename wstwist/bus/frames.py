# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What nodes tell each other: frames, several of which travel in one message of NATS.

A frame is an array: a number that says what it is, and its fields. A message of NATS is CBOR (RFC 8949): an
array of the sender's id and its frames, in order; what is larger than NATS takes travels in `PART`s. Values
of projects are byte strings in frames, encoded as `wstwist.values` says.
"""

from __future__ import annotations

from typing import Any

from cbor2 import CBORDecodeError, dumps, loads

from wstwist import exceptions
from wstwist.exceptions import CannotCross, CircularExecution, ProcedureError, WstwistError

Frame = tuple[Any, ...] | list[Any]

SEND = 1  # client, message
SEND_KEYED = 2  # client, message, key
DISCONNECT = 3  # client, code, reason
JOIN = 4  # client, group
LEAVE = 5  # client, group
BROADCAST = 6  # message, group or None, excluded clients
BROADCAST_TO = 7  # message, clients
CALL = 8  # request, client or None, procedure, arguments, named arguments
WITHDRAW = 9  # request
ASK = 10  # request, what (ASKED), its arguments
ANSWER = 11  # request, value
FAILURE = 12  # request, error
FENCED = 13  # lease, frame
PROBE = 14  # see circles
CIRCLE = 15  # see circles
PRESENCE = 16  # lease, changes
PART = 17  # number, index, count, piece

CALLS = frozenset({CALL, ASK})
"""Those that somebody waits for, and that are not to arrive late."""

_UNSEEN = {
    name: error
    for name, error in vars(exceptions).items()
    if isinstance(error, type) and issubclass(error, WstwistError)
}


class NoFrames(ValueError):  # noqa: N818 - what came
    """What has come is no message of ours."""


def encode(node: str, frames: list[Frame]) -> bytes:
    """Make a message of NATS."""
    return dumps([node, frames])


def decode(data: bytes) -> tuple[str, list[Frame]]:
    """Take one apart: the sender's id, and its frames.

    Raises:
        NoFrames: It is none.
    """
    try:
        node, frames = loads(data)
    except (CBORDecodeError, ValueError, TypeError) as error:
        raise NoFrames(f"no message of wstwist's: {error}") from None
    if not isinstance(node, str) or not isinstance(frames, list):
        raise NoFrames("no message of wstwist's")
    return node, frames


def encode_error(error: BaseException) -> list[str]:
    """Describe an error of wstwist's for another node."""
    if isinstance(error, ProcedureError):
        return ["ProcedureError", error.message, error.type, error.traceback]
    if isinstance(error, CannotCross):
        return ["CannotCross", error.where, error.why]
    if isinstance(error, CircularExecution):
        return ["CircularExecution", *error.contexts]
    return [type(error).__name__, str(error)]


def decode_error(described: list[str]) -> BaseException:
    """Make the error again."""
    name, *fields = described
    if name == "ProcedureError":
        message, kind, traceback = fields
        return ProcedureError(kind, message, traceback)
    if name == "CannotCross":
        return CannotCross(*fields)
    if name == "CircularExecution":
        return CircularExecution(fields)
    return _UNSEEN.get(name, WstwistError)(*fields)
