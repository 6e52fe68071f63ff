# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What is said in a conversation with a server: lines become messages, messages become lines."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from wstwist.nearest import nearest
from wstwist.printable import printable

NORMAL_ENDS = (1000, 1001, 1005)
"""Close codes with which nothing went wrong."""

_MEANINGS: Mapping[int, str] = {
    1000: "normal",
    1001: "going away",
    1002: "a protocol error",
    1003: "such data are not accepted",
    1005: "no code was given",
    1006: "the connection broke",
    1007: "the data were not what they were said to be",
    1008: "against the server's policy",
    1009: "a message was too large",
    1010: "an extension is missing",
    1011: "an error in the server",
    1012: "the server restarts",
    1013: "try again later",
    1014: "a bad gateway",
    1015: "TLS failed",
}
_REGISTERED, _OWN = range(3000, 4000), range(4000, 5000)

COMMANDS: Mapping[str, str] = {
    "/binary HEX": "send bytes, such as 00ff",
    "/ping": "measure the round trip",
    "/close [CODE [REASON]]": "close the connection",
    "/help": "list this",
    "//TEXT": "send /TEXT",
}
"""What can be typed beside messages; Ctrl-D ends, too."""


class Style(NamedTuple):
    """How messages are written.

    Attributes:
        is_binary: Whether what is typed is sent as bytes.
        is_raw: Whether bytes are written as they are, not in hexadecimal digits.
        has_times: Whether it is written when messages came.
    """

    is_binary: bool = False
    is_raw: bool = False
    has_times: bool = False

    def message(self, line: bytes) -> str | bytes:
        """Give the message that a line is.

        Raises:
            ValueError: It is none; why.
        """
        if self.is_binary and self.is_raw:
            return line
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            raise ValueError("is no UTF-8; --binary --raw sends lines as the bytes that they are") from None
        return of_digits(text) if self.is_binary else text

    def line(self, message: str | bytes, times: Times) -> bytes:
        """Write a message for what reads a pipe: all of it, and a newline unless it is raw bytes."""
        if isinstance(message, bytes) and self.is_raw:
            return message
        text = message.hex() if isinstance(message, bytes) else message
        return (self.prefix(times) + text + "\n").encode("utf-8", "backslashreplace")

    def shown(self, message: str | bytes, times: Times) -> str:
        """Write a message for a terminal, to which nobody else may write."""
        if isinstance(message, str):
            text = message
        elif self.is_raw:
            text = message.decode("utf-8", "backslashreplace")
        else:
            text = f"{message.hex()} ({len(message)} bytes)"
        marked = printable(text).replace("\n", "\n  ")  # what the server says is no line of ours
        return f"{self.prefix(times)}< {marked}"

    def prefix(self, times: Times) -> str:
        """Say when a message came, where that is wanted."""
        return f"[{times.moment:%H:%M:%S.%f} +{milliseconds(times.after)}] " if self.has_times else ""


class Times(NamedTuple):
    """When a message came.

    Attributes:
        moment: When.
        after: How many seconds after the last one that was sent, or after the connection was open.
    """

    moment: datetime
    after: float


def document(message: str | bytes, times: Times) -> dict[str, Any]:
    """Give a message as an object of JSON."""
    content = {"text": message} if isinstance(message, str) else {"base64": b64encode(message).decode()}
    return {
        "event": "message",
        **content,
        "time": times.moment.isoformat(timespec="microseconds"),
        "after": round(times.after, 6),
    }


class Typed(NamedTuple):
    """What somebody has typed.

    Attributes:
        command: ``"send"``, ``"ping"``, ``"close"`` or ``"help"``.
        message: What is to be sent.
        code: The close code.
        reason: The reason that goes with it.
    """

    command: str
    message: str | bytes = ""
    code: int = 1000
    reason: str = ""


def typed(line: str, style: Style) -> Typed:
    """Understand a line that somebody has typed.

    Raises:
        ValueError: It means nothing; why, and what would.
    """
    if line.startswith("//"):
        return Typed("send", line[1:])
    if not line.startswith("/"):
        return Typed("send", style.message(line.encode()))
    name, _, rest = line.partition(" ")
    if name == "/binary":
        return Typed("send", of_digits(rest))
    if name == "/close":
        return _close(rest)
    if name in ("/ping", "/help") and not rest.strip():
        return Typed(name[1:])
    meant = nearest(name, [each.split()[0] for each in COMMANDS])
    advice = f"did you mean {meant}?" if meant and meant != name else "/help lists them;"
    raise ValueError(f"{name} is no command so; {advice} /{name} sends it as a message")


def _close(rest: str) -> Typed:
    code, _, reason = rest.strip().partition(" ")
    if code and not (code.isascii() and code.isdecimal()):
        raise ValueError(f"a close code is a number such as 4000, not {code}: /close CODE REASON")
    return Typed("close", code=int(code or 1000), reason=reason.strip())


def of_digits(text: str) -> bytes:
    """Give the bytes that hexadecimal digits mean."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ValueError(f"{text!r} is not hexadecimal, as 00ff is") from None


def meaning(code: int, reason: str) -> str:
    """Say what a close code means, and the reason that came with it."""
    kind = _MEANINGS.get(code, "")
    if code in _REGISTERED:
        kind = "of a library"
    elif code in _OWN:
        kind = "of the application"
    return f"{code}" + (f" ({kind})" if kind else "") + (f": {reason}" if reason else "")


def milliseconds(seconds: float) -> str:
    """Write a short time."""
    return f"{seconds * 1000:.1f} ms"
