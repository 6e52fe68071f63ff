# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The last lines of the server's log, for those who look at it from afar."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from twisted.logger import ILogObserver, LogEvent, LogLevel, eventAsText
from zope.interface import implementer

from wstwist import log_lines

MOST = 5000
"""Lines that are kept."""

MOST_TEXT = 4 * 1024 * 1024
"""Characters that they have together."""

LONGEST = 16 * 1024
"""Characters of one line; what is behind them is cut."""

LEVELS: Mapping[str, int] = {level.name: number for number, level in enumerate(LogLevel.iterconstants())}
"""How grave each level is."""


class Line(NamedTuple):
    """A line of the log.

    Attributes:
        number: Of the line, from 1 on.
        at: When it was written, in seconds since the epoch.
        level: ``debug``, ``info``, ``warn``, ``error`` or ``critical``.
        project: The project that it is about.
        context: The context that it is about.
        client: The id of the client that it is about.
        text: What it says, a traceback included.
    """

    number: int
    at: float
    level: str
    project: str | None
    context: str | None
    client: str | None
    text: str

    def as_dict(self) -> dict[str, Any]:
        """Give it as the API does."""
        return {**self._asdict(), "at": datetime.fromtimestamp(self.at, UTC).isoformat()}


class Filter(NamedTuple):
    """Which lines are wanted.

    Attributes:
        level: Those of this level, and graver ones; None: all.
        project: Those about this project; None: all.
        client: Those about this client; None: all.
        search: Those with this in their text, project or client, in whatever case; empty: all.
    """

    level: str | None = None
    project: str | None = None
    client: str | None = None
    search: str = ""

    def admits(self, line: Line) -> bool:
        """Whether a line is wanted."""
        return (
            (self.level is None or LEVELS[line.level] >= LEVELS[self.level])
            and self.project in (None, line.project)
            and self.client in (None, line.client)
            and (not self.search or self._is_found(line))
        )

    def _is_found(self, line: Line) -> bool:
        wanted = self.search.lower()
        return any(wanted in (text or "").lower() for text in (line.text, line.project, line.client))


@implementer(ILogObserver)
class LogRing:
    """Keeps the last lines, in memory; any thread may log."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lines: deque[Line] = deque()
        self._size = 0
        self._count = 0
        # Whoever logs may be interrupted by what logs: __del__.
        self._lock = threading.RLock()

    @property
    def last(self) -> int:
        """The number of the last line; 0: there was none."""
        return self._count

    def __call__(self, event: LogEvent) -> None:
        """Keep an event; whatever happens, this raises nothing."""
        try:
            text, fields = _text(event), _fields(event)
        except Exception as error:  # noqa: BLE001 - what an author's values raise
            text, fields = f"a line cannot be shown: {type(error).__name__}", {}
        if text:
            with self._lock:
                self._add(text, fields, event)

    def _add(self, text: str, fields: Mapping[str, str | None], event: LogEvent) -> None:
        self._count += 1
        level = event.get("log_level")
        line = Line(
            self._count,
            event.get("log_time", 0.0),
            "info" if level is None else level.name,
            fields.get("project"),
            fields.get("context"),
            fields.get("client"),
            text if len(text) <= LONGEST else f"{text[:LONGEST]}…",
        )
        self._lines.append(line)
        self._size += len(line.text)
        while len(self._lines) > MOST or self._size > MOST_TEXT:
            self._size -= len(self._lines.popleft().text)

    def lines(self, wanted: Filter, after: int = 0, limit: int = MOST) -> tuple[list[Line], int]:
        """Give lines that are wanted.

        Args:
            wanted: Which.
            after: The number behind which to begin; 0: the last ones are given, else the first behind it.
            limit: How many at most.

        Returns:
            The lines in order, and the number behind which to go on.
        """
        with self._lock:
            lines, last = list(self._lines), self._count
        if not after:
            found = list(_take((line for line in reversed(lines) if wanted.admits(line)), limit))
            return found[::-1], last
        behind = lines[max(0, len(lines) - (last - after)) :] if last > after else []
        found = list(_take((line for line in behind if wanted.admits(line)), limit + 1))
        if len(found) > limit:
            return found[:limit], found[limit - 1].number if limit else after
        return found, last


def _take(lines: Iterator[Line], limit: int) -> Iterator[Line]:
    for _, line in zip(range(limit), lines, strict=False):
        yield line


def _text(event: LogEvent) -> str:
    return eventAsText(event, includeTimestamp=False, includeSystem=False)


def _fields(event: LogEvent) -> dict[str, str | None]:
    """Say whom an event concerns: as it says itself, or by the event of the author's that logs it."""
    source: Mapping[str, Any] = event if "project" in event else log_lines.origin()
    found = {name: source.get(name) for name in ("project", "context", "client")}
    return {name: None if value is None else str(value) for name, value in found.items()}
