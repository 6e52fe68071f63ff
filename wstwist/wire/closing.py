# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Close codes and reasons (RFC 6455, section 7.4)."""

from __future__ import annotations

NORMAL = 1000
GOING_AWAY = 1001
NO_STATUS = 1005
ABNORMAL = 1006
MANDATORY_EXTENSION = 1010
INTERNAL_ERROR = 1011
TRY_AGAIN_LATER = 1013

# A frame of control holds 125 bytes; the code takes two of them.
_REASON_SIZE = 123
# 1010 is for clients only; 1004, 1005, 1006 and 1015 are never sent.
_SENT_BY_SERVERS = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 1014})
_OF_LIBRARIES_AND_APPLICATIONS = range(3000, 5000)


def check_close_code(code: int) -> int:
    """Give back a close code that a server may send.

    Raises:
        ValueError: for any other, and for what is no ``int``.
    """
    if type(code) is int and (code in _SENT_BY_SERVERS or code in _OF_LIBRARIES_AND_APPLICATIONS):
        return code
    raise ValueError(
        f"a close code is 1000 to 1003, 1007 to 1009, 1011 to 1014 or 3000 to 4999, not {code!r}"
    )


def check_end(code: int, reason: str) -> None:
    """Check with what a client ends a connection.

    Raises:
        ValueError: for a code that no client may send.
        TypeError: for a reason that is no text.
    """
    if code != MANDATORY_EXTENSION:
        check_close_code(code)
    check_reason(reason)


def check_reason(reason: str) -> None:
    """Check a close frame's reason.

    Raises:
        TypeError: for what is no text.
    """
    if not isinstance(reason, str):
        raise TypeError(f"the reason of a close is a text, not {reason!r}")


def encode_close(code: int, reason: str) -> bytes:
    """Encode a close frame's payload; a reason that is too long is cut between two characters."""
    cut = reason.encode("utf-8", "replace")[:_REASON_SIZE].decode("utf-8", "ignore")
    return code.to_bytes(2, "big") + cut.encode("utf-8")


def decode_close(payload: bytes) -> tuple[int, str]:
    """Decode a close frame's payload, which is checked already; without a code it is 1005."""
    return (int.from_bytes(payload[:2], "big"), payload[2:].decode("utf-8")) if payload else (NO_STATUS, "")
