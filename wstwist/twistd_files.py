# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""twistd's pid file and log file, where its own care for them does not suffice.

twistd refuses to start when the process of the pid file exists. After SIGKILL the file stays, and its number
may meanwhile belong to another process: in a container, whose processes have small numbers, to this very one.
Where a file cannot be written twistd ends with a traceback, for a daemon out of anybody's sight.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from wstwist.exceptions import ConfigurationError

_TWISTD = (b"twistd", b"twist", b"wstwist")


def prepare(options: MutableMapping[str, Any], *, daemon: bool) -> None:
    """See that the files which twistd's options name can be written.

    A server in the foreground does without a pid file where none can be written.

    Args:
        options: twistd's options; "pidfile" is emptied where it must do without.
        daemon: Whether it goes to the background.

    Raises:
        ConfigurationError: A file cannot be written that cannot be done without.
    """
    pid_file = options.get("pidfile")  # there is none on Windows
    if pid_file:
        remove_stale(Path(pid_file))
        if not _can_write(Path(pid_file)):
            if daemon:
                raise ConfigurationError(_cannot_write("pid", pid_file))
            options["pidfile"] = ""
    log_file = _log_file(options, daemon=daemon)
    if log_file and not _can_write(Path(log_file)):
        raise ConfigurationError(_cannot_write("log", log_file))


def remove_stale(path: Path) -> None:
    """Remove a pid file that is empty, or whose process has gone; another may have its number now."""
    with suppress(OSError, ValueError):
        text = path.read_text().strip()
        if not text or _is_gone(int(text)):
            path.unlink()


def remove_own(path: Path | None) -> None:
    """Remove the pid file of this process, if it has one."""
    with suppress(OSError, ValueError):
        if path and int(path.read_text()) == os.getpid():
            path.unlink()


def _is_gone(number: int) -> bool:
    """Whether there is no process, or none that can be a twistd, as far as Linux's /proc tells."""
    if number == os.getpid():
        return True
    try:
        os.kill(number, 0)
        command = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
    except ProcessLookupError:
        return True
    except OSError:
        return False
    # By name, and not by path: a clone's folder is called wstwist, too.
    return not any(os.path.basename(word) in _TWISTD for word in command)  # noqa: PTH119 - they are bytes


def _log_file(options: MutableMapping[str, Any], *, daemon: bool) -> str | None:
    if options.get("logger") or options.get("syslog"):
        return None
    name: str | None = options.get("logfile") or ("twistd.log" if daemon else None)
    return None if name == "-" else name


def _can_write(path: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            return not path.exists() or os.access(path, os.W_OK)
    except OSError:
        return False


def _cannot_write(kind: str, name: str) -> str:
    return (
        f"the {kind} file {Path(name).absolute()} cannot be written; name another with twistd's --{kind}file"
    )
