# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A server that begins again, with the same command line and in the same process."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from wstwist.exceptions import ConfigurationError

if TYPE_CHECKING:
    from wstwist.signals import Signals

_LOGS = ("logfile", "logger", "syslog")
_RIGHTS = ("uid", "gid", "chroot")


class CommandLine(NamedTuple):
    """How this process was started.

    Attributes:
        words: The interpreter with its options, and what it runs.
        folder: Where.
        refusal: Why it cannot be started so again; empty: it can.
    """

    words: tuple[str, ...]
    folder: Path
    refusal: str = ""

    def check(self) -> None:
        """Refuse where it cannot begin again.

        Raises:
            ConfigurationError: It says why.
        """
        if self.refusal:
            raise ConfigurationError(f"{self.refusal}: restart it by what has started it")
        if not self.folder.is_dir():
            raise ConfigurationError(f"{self.folder}, where the server was started, is not there any more")

    def execute(self) -> NoReturn:
        """Begin again: what runs here ends in this moment, and the process id stays.

        Raises:
            OSError: It cannot be; this goes on.
        """
        os.chdir(self.folder)
        os.execv(sys.executable, self.words)  # noqa: S606 - it is what runs here already


def command_line(
    words: Sequence[str], folder: Path, twistd: Mapping[str, Any], *, daemon: bool
) -> CommandLine:
    """Tell how to start this process again.

    A daemon is one already: what is started again in its place stays in its process, and logs where it did.

    Args:
        words: `sys.orig_argv`.
        folder: Where it was started.
        twistd: twistd's own options.
        daemon: Whether it goes to the background.
    """
    if os.name != "posix":
        return CommandLine(tuple(words), folder, "a server on this system cannot begin again by itself")
    given = [name for name in _RIGHTS if twistd.get(name) is not None]
    if given:
        return CommandLine(
            tuple(words), folder, f"the server has given up rights at its start (--{given[0]})"
        )
    return CommandLine(tuple(_in_foreground(words, twistd) if daemon else words), folder)


def _in_foreground(words: Sequence[str], twistd: Mapping[str, Any]) -> Sequence[str]:
    if "wsproject" not in words:
        return words
    log = [] if any(twistd.get(name) for name in _LOGS) else ["--logfile=twistd.log"]
    place = words.index("wsproject")
    return [*words[:place], "--nodaemon", *log, *words[place:]]


def begin_again(
    command_line: CommandLine | None, reread: Callable[[], object] | None, signals: Signals
) -> None:
    """Stop, and begin again with the same command line, unless that is sure to fail.

    Args:
        command_line: How the process was started; None: in another way.
        reread: Reads the configuration.
        signals: What stops the server.

    Raises:
        ConfigurationError: It cannot be, or the configuration file has become wrong.
    """
    if command_line is None:
        raise ConfigurationError("the server was not started by a command line: restart its program")
    command_line.check()
    if reread is not None:
        reread()
    signals.begin_again(command_line.execute)
