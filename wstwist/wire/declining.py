# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What a client that may not come in is told, and what the log is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from twisted.logger import Logger

from wstwist.exceptions import Refuse
from wstwist.wire.answers import Rejected, phrase
from wstwist.wire.handshake import check_response_headers
from wstwist.wire.interface import Application
from wstwist.wire.refusals import Refusals

_log = Logger(namespace="wstwist.wire")


def rejection(error: BaseException | None, fields: Mapping[str, Any]) -> Rejected:
    """Give the answer for what the application refused with; of any other error the peer learns nothing.

    Args:
        error: What it refused with.
        fields: What a line in the log says of where it comes from.
    """
    if isinstance(error, Rejected):
        return error
    if not isinstance(error, Refuse):
        return Rejected(500, "")
    try:
        return Rejected(error.status, error.reason, check_response_headers(error.headers))
    except ValueError as wrong:
        _log.error("{path}: Refuse: {wrong}", wrong=wrong, **fields)
        return Rejected(error.status, error.reason)


def note_refusal(
    refusals: Refusals,
    application: Application,
    address: str,
    error: BaseException | None,
    rejected: Rejected,
) -> None:
    """Log and count that a client was turned away.

    Args:
        refusals: Who keeps such lines few.
        application: Whose client it was to be.
        address: Where it came from.
        error: What the application refused with.
        rejected: The answer.
    """
    advice = getattr(error, "advice", "")
    if not (advice and isinstance(error, Refuse)):  # what is no author's refusal is counted already
        application.count(f"refused_{rejected.status}")
    refusals.note(
        getattr(error, "kind", f"{rejected.status}"),
        application.path,
        "{path}: {address} was turned away: {status} {reason}",
        warn=bool(advice),
        address=address,
        status=rejected.status,
        reason=advice or rejected.reason or phrase(rejected.status),
        **application.log_fields,
    )
