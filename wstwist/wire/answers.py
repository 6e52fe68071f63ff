# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The plain HTTP answers of the guard and the handshake, as bytes; nothing here touches a network."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus


class Rejected(Exception):  # noqa: N818 - it is an answer on its way, not a fault of ours
    """A request gets this answer instead of what it asked for.

    Args:
        status: The HTTP status (RFC 9110, section 15).
        reason: What the client is told, in the body.
        headers: Header fields that this status asks for (``Allow``, ``Retry-After``, ``Upgrade``).
        advice: What the log says instead of the reason.
    """

    def __init__(
        self, status: int, reason: str, headers: Mapping[str, str] | None = None, *, advice: str = ""
    ) -> None:
        """Keep all of it."""
        super().__init__(status, reason)
        self.status = status
        self.reason = reason
        self.headers = dict(headers or {})
        self.advice = advice

    def encode(self, *, body: bool = True) -> bytes:
        """Give the bytes of the whole answer; ``body=False`` is for HEAD."""
        return answer(self.status, self.reason, self.headers, body=body)


def phrase(status: int) -> str:
    """Give a status' standard reason phrase, empty for one that has none."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def answer(status: int, text: str, headers: Mapping[str, str] | None = None, *, body: bool = True) -> bytes:
    """Encode an answer after which the connection ends.

    Args:
        status: The HTTP status.
        text: The body; the status' phrase where it is empty.
        headers: Further header fields, already known to be clean.
        body: Whether the body follows its length.
    """
    payload = (text or phrase(status)).encode("utf-8", "replace")
    fields = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(payload)),
        "X-Content-Type-Options": "nosniff",
        "Connection": "close",
        **(headers or {}),
    }
    lines = [f"HTTP/1.1 {status} {phrase(status)}", *(f"{name}: {value}" for name, value in fields.items())]
    head = "\r\n".join((*lines, "", "")).encode("latin-1")
    return head + payload if body else head


def upgrade_required() -> Rejected:
    """Tell that this path speaks WebSocket only (RFC 9110, section 15.5.22)."""
    return Rejected(
        426,
        "This is a WebSocket server: connect with ws:// or wss://",
        {"Upgrade": "websocket", "Connection": "Upgrade, close"},
    )


def not_accepting() -> Rejected:
    """Tell that no client is let in at this moment."""
    return Rejected(503, "Not accepting clients at this moment", {"Retry-After": "5"})
