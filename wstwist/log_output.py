# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# Twisted's log file has no types.
# mypy: disable-error-code="no-untyped-call"
"""Where the log of ``twistd wsproject`` goes: standard output or a file, and what if that is full.

It takes the place of twistd's own, with the same options: a log that cannot be written stops nothing, and
keeps nothing in memory; how many lines were lost is said once it can be written again. What Python's own
``logging`` has no handler for is written, too.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, MutableMapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from twisted.logger import ILogObserver, LogEvent, Logger, LogLevel
from twisted.python.failure import Failure
from twisted.python.logfile import LogFile
from zope.interface import implementer

from wstwist.exceptions import ConfigurationError
from wstwist.log_lines import Line, json_line, marked, text_line
from wstwist.supervising.worker import this_worker
from wstwist.uncaught import log_uncaught

FORMATS: dict[str, Line] = {"text": text_line, "json": json_line}
"""What ``--log-format`` may be."""


class Output(Protocol):
    """Where lines go."""

    def write(self, data: bytes) -> None:
        """Write all of it, or raise."""


class StandardOutput:
    """What standard output was when the server started; prints go to the log from then on."""

    def __init__(self) -> None:
        """Let out what was printed before."""
        sys.stdout.flush()
        self._number = sys.stdout.fileno()

    def write(self, data: bytes) -> None:
        """Write all of it, or raise."""
        _write_all(self._number, data)


class File(LogFile):
    """twistd's log file, which rotates by itself and by SIGUSR1."""

    _file: Any = None

    def write(self, data: bytes) -> None:
        """Write all of it, or raise; a file that could not be opened after a rotation is tried again."""
        if self._file is None or self._file.closed:
            self._openFile()
        if self.shouldRotate():
            self.rotate()
        _write_all(self._file.fileno(), data)
        self.size += len(data)


class TornLineError(OSError):
    """Only the beginning of a line could be written."""


@implementer(ILogObserver)
class Observer:
    """Writes log events.

    Args:
        output: Where to.
        line: What makes lines of them.
    """

    def __init__(self, output: Output, line: Line) -> None:
        """Begin with nothing lost."""
        self._output = output
        self._line = line
        self._lost = 0
        self._is_torn = False
        self._why = ""
        # Whoever logs may be interrupted by what logs: __del__.
        self._lock = threading.RLock()

    def __call__(self, event: LogEvent) -> None:
        """Write an event; whatever happens, this raises nothing."""
        try:
            line = self._line(event)
        except Exception as error:  # noqa: BLE001 - what an author's values raise
            line = self._line(_note(LogLevel.error, f"a line cannot be shown: {type(error).__name__}"))
        if line is not None:
            with self._lock:
                self._write(line.encode("utf-8", "backslashreplace"))

    def write(self, data: bytes) -> None:
        """Write lines that are there already."""
        with self._lock:
            self._write(data)

    def _write(self, data: bytes) -> None:
        try:
            if self._lost:
                note = f"{self._lost} lines of the log are lost: {self._why}"
                end = "\n" if self._is_torn else ""
                self._output.write(f"{end}{self._line(_note(LogLevel.warn, note))}".encode())
                self._lost, self._is_torn = 0, False
            self._output.write(data)
        except Exception as error:  # noqa: BLE001 - the disk, or a file that could not be opened again
            self._lost += 1
            self._is_torn |= isinstance(error, TornLineError)
            self._why = getattr(error, "strerror", None) or str(error)


class StandardLogging(logging.Handler):
    """Takes what Python's ``logging`` has no handler for."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log it here."""
        try:
            fields = {"text": record.getMessage()}
        except Exception:  # noqa: BLE001 - arguments that do not fit the message
            fields = {"text": str(record.msg)}
        if record.exc_info and record.exc_info[1] is not None:
            kind, error, trace = record.exc_info
            fields["log_failure"] = Failure(error, kind, trace)  # type: ignore[assignment]
        Logger(namespace=record.name).emit(_level(record.levelno), "{text}", **fields)


def install(options: MutableMapping[str, Any], log_format: str | None, *, daemon: bool) -> None:
    """Have twistd log through here, unless its options name a log of another kind.

    Args:
        options: twistd's options.
        log_format: One of `FORMATS`; None: text.
        daemon: Whether it goes to the background.

    Raises:
        ConfigurationError: There is no such format, or it cannot be had with these options.
    """
    if log_format is not None and log_format not in FORMATS:
        raise ConfigurationError(f"the log's format must be {' or '.join(FORMATS)}, not {log_format!r}")
    for other in ("logger", "syslog"):
        if options.get(other):
            if log_format == "json":
                raise ConfigurationError(f"the log's format cannot be json with twistd's --{other}")
            return
    name = options.get("logfile") or ("twistd.log" if daemon else "-")
    if name == "-" and daemon:
        raise ConfigurationError(
            "a daemon has no standard output to log to; name a file with twistd's --logfile"
        )
    global _begin_chosen  # noqa: PLW0603 - twistd takes nothing but the name of something in a module
    line = FORMATS[log_format or "text"]
    worker = this_worker()
    if worker is not None:
        line = marked(line, worker.slot)
    _begin_chosen = partial(_begin, name, line)
    options["logger"] = f"{__name__}.begin"


def begin() -> Observer:
    """Begin to log as was chosen; twistd calls it."""
    global _observer  # noqa: PLW0603 - as above
    _observer = _begin_chosen()
    return _observer


def write(data: bytes) -> None:
    """Write lines of another process's log among ours."""
    if _observer is None:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
    else:
        _observer.write(data)


def _begin(name: str, line: Line) -> Observer:
    from twisted.internet import reactor  # noqa: PLC0415 - it is installed by now

    log_uncaught(getattr(reactor, "_asyncioEventloop", None))
    logging.lastResort = StandardLogging(logging.WARNING)
    if name == "-":
        return Observer(StandardOutput(), line)
    path = Path(name).absolute()
    file = File(path.name, str(path.parent))
    if hasattr(signal, "SIGUSR1") and not signal.getsignal(signal.SIGUSR1):
        signal.signal(signal.SIGUSR1, lambda *_: _rotate(file))
    return Observer(file, line)


_observer: Observer | None = None
_begin_chosen: Callable[[], Observer] = partial(_begin, "-", text_line)


def _rotate(file: File) -> None:
    from twisted.internet import reactor  # noqa: PLC0415 - it is installed by now

    reactor.callFromThread(file.rotate)  # type: ignore[attr-defined]


def _write_all(number: int, data: bytes) -> None:
    rest = data
    try:
        while rest:
            rest = rest[os.write(number, rest) :]
    except OSError as error:
        if rest is not data:
            raise TornLineError(error.errno, error.strerror) from error
        raise


def _note(level: Any, text: str) -> LogEvent:
    """Make an event of ours."""
    return {
        "log_format": "{text}",
        "log_level": level,
        "log_namespace": "wstwist",
        "log_time": time.time(),
        "text": text,
        "project": None,
    }


def _level(number: int) -> Any:
    for least, level in (
        (logging.CRITICAL, LogLevel.critical),
        (logging.ERROR, LogLevel.error),
        (logging.WARNING, LogLevel.warn),
        (logging.INFO, LogLevel.info),
    ):
        if number >= least:
            return level
    return LogLevel.debug
