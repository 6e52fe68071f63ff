# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What the API answers where it does not do what it was asked for (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from wstwist.wire.answers import phrase

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):  # noqa: N818 - RFC 9457's name
    """A request is answered with this.

    Args:
        status: The HTTP status.
        detail: What is wrong, and what would be right, in one line.
        title: What kind of problem it is; empty: the status' phrase.
        headers: Header fields that this status asks for.
        more: Further members of the answer.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        title: str = "",
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        """Keep all of it."""
        super().__init__(status, detail)
        self.status = status
        self.detail = detail
        self.title = title or phrase(status)
        self.headers = dict(headers or {})
        self.more = more

    def as_dict(self) -> dict[str, Any]:
        """Give the members of the answer."""
        return {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.more,
        }

    def encode(self) -> bytes:
        """Give the answer's body."""
        return json.dumps(self.as_dict()).encode("ascii")
