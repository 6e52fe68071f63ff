# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Log events as lines: text as twistd writes it, or one JSON object each."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from twisted.logger import LogEvent, eventAsText, formatEvent, formatTime
from twisted.python.failure import Failure

from wstwist.stepping import current_event

Line = Callable[[LogEvent], str | None]
"""Makes a line, with its end, of an event; None: there is nothing to write."""

_ORIGIN = ("project", "context", "client", "event")
"""Fields that say where something happened."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
"""Characters that a terminal obeys or takes for the end of a line, beside tabs and the usual line end."""


def text_line(event: LogEvent) -> str | None:
    """Make a line of text; what an author's code logs is preceded by project, context and event."""
    text = eventAsText(event, includeTimestamp=False, includeSystem=False)
    if not text:
        return None
    line = f"{formatTime(event.get('log_time'))} [{_system(event)}] {_where(event)}{text}"
    return _CONTROLS.sub(_escaped, line).replace("\n", "\n\t") + "\n"


def json_line(event: LogEvent) -> str | None:
    """Make a line of JSON; docs/logging.md lists the fields."""
    failure = event.get("log_failure") or event.get("failure")
    if not isinstance(failure, Failure):
        failure = None
    message = _message(event, failure)
    if not message and failure is None:
        return None
    level = event.get("log_level")
    fields = {
        "time": datetime.fromtimestamp(event.get("log_time", 0.0), UTC).isoformat(timespec="microseconds"),
        "level": "info" if level is None else level.name,
        "namespace": event.get("log_namespace"),
        "message": message,
        **_origin_of(event),
        "error": _name(event.get("error_type") if failure is None else failure.type),
        "traceback": event.get("traceback") if failure is None else _traceback(failure),
    }
    return json.dumps({name: value for name, value in fields.items() if value}, default=str) + "\n"


def origin() -> dict[str, str | None]:
    """Say in which event the calling code runs, by project, context, client and event; {}: in none.

    Tasks and threads that an event has begun may outlive it: then the context is named, and no event.
    """
    event = current_event.get()
    if event is None:
        return {}
    return {**event.context.log_fields, "event": None if event.is_over else event.name}


def marked(line: Line, worker: int) -> Line:
    """Have each line say which worker has written it."""

    def with_mark(event: LogEvent) -> str | None:
        text = line(event)
        if text is None:
            return None
        if text.startswith("{"):
            return f'{{"worker": {worker}, {text[1:]}'
        return text.replace(" [", f" worker {worker} [", 1)

    return with_mark


def _escaped(found: re.Match[str]) -> str:
    """Write a character as Python does."""
    return repr(found[0])[1:-1]


def _where(event: LogEvent) -> str:
    """Say where a line is from that does not say it itself."""
    if "project" in event:
        return ""
    known = origin()
    names = [known[name] for name in ("project", "context", "event") if known.get(name)]
    return f"{', '.join(filter(None, names))}: " if names else ""


def _origin_of(event: LogEvent) -> dict[str, str]:
    known: Mapping[str, Any] = event if "project" in event else origin()
    return {name: str(known[name]) for name in _ORIGIN if known.get(name) is not None}


def _message(event: LogEvent, failure: Failure | None) -> str:
    """Give what was logged, without the traceback, which has a field of its own."""
    if failure is None:
        shown = {**event, "traceback": ""} if "traceback" in event else event
        return formatEvent(shown).rstrip()
    if "log_text" in event:  # log.err of twisted.python.log, which has the traceback in its text
        return str(event.get("why") or failure.getErrorMessage())
    return formatEvent(event) or failure.getErrorMessage()


def _traceback(failure: Failure) -> str:
    try:
        return str(failure.getTraceback())
    except Exception as error:  # noqa: BLE001 - an author's error may raise in whatever it is asked for
        return f"it cannot be shown: {type(error).__name__}"


def _name(kind: Any) -> str | None:
    if kind is None:
        return None
    module = getattr(kind, "__module__", "builtins")
    name = getattr(kind, "__qualname__", str(kind))
    return name if module == "builtins" else f"{module}.{name}"


def _system(event: LogEvent) -> str:
    """Name who logs, as twistd does."""
    system = event.get("log_system")
    if system is not None:
        return str(system)
    level = event.get("log_level")
    return f"{event.get('log_namespace', '-')}#{'-' if level is None else level.name}"
