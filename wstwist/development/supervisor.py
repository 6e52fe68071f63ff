# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Has a server restarted whenever its project changes.

The new server imports the project while the old one still serves. So the time without a server is short, and
code that cannot be served leaves the old one as it is.
"""

from __future__ import annotations

import signal
import time
import traceback
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from wstwist.development.process import Server
from wstwist.development.watching import INTERVAL, Watch

WAITING = "waiting for the next change"


class Reporter(Protocol):
    """Is told what happens."""

    def __call__(self, event: str, text: str, **fields: Any) -> object:
        """Say it: in one word for programs, in a text for people."""


class Supervisor:
    """Runs a server, and another one after each change.

    Args:
        arguments: twistd's.
        watch: Tells of changes.
        configuration: The configuration file; its changes alone need no restart.
        report: Is told what happens.
    """

    def __init__(
        self, arguments: Sequence[str], watch: Watch, configuration: Path | None, report: Reporter
    ) -> None:
        """Start nothing yet."""
        self._arguments = arguments
        self._watch = watch
        self._configuration = configuration
        self._report = report
        self._serving: Server | None = None
        self._next = Server(arguments)
        self._stops: list[int] = []
        self._unserved: set[Path] = set()  # what has changed since the code that is served

    def run(self) -> int:
        """Serve until SIGINT or SIGTERM comes, and give the exit status."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        changed = self._restart(set())
        while not self._stops:
            changed = changed or self._watch.wait(self._is_over)
            self._note_end()
            if changed and not self._stops:
                changed = self._change(changed)
        return self._end()

    def _stop(self, number: int, _frame: object) -> None:
        """Note a signal, and pass it on to the server, which ends at once when it gets a second one."""
        self._stops.append(number)
        if self._serving is not None and self._serving.status is None:
            self._serving.send(signal.SIGTERM)

    def _is_over(self) -> bool:
        """Whether there is something to do but to wait for changes."""
        return bool(self._stops) or (self._serving is not None and self._serving.status is not None)

    def _note_end(self) -> None:
        """Say that a server has ended by itself."""
        if self._serving is not None and self._serving.status is not None and not self._stops:
            status = self._serving.status
            self._serving.close()
            self._serving = None
            self._report("ended", f"the server has ended with status {status}; {WAITING}", status=status)

    # What a change has for a consequence.

    def _change(self, changed: set[Path]) -> set[Path]:
        """Do what is to be done after a change, and give what has changed meanwhile."""
        changed = changed | self._unserved
        if changed == {self._configuration} and self._serving is not None:
            self._serving.send(signal.SIGHUP)
            self._report("reread", f"{self._configuration} has changed: read again", files=_names(changed))
            return set()
        wrong = [text for path in sorted(changed) if (text := _syntax_error(path))]
        if wrong:
            self._unserved = changed
            self._report("failed", "\n".join([*wrong, self._consequence()]), errors=wrong)
            return set()
        return self._restart(changed)

    def _consequence(self) -> str:
        is_serving = self._serving is not None
        return f"{'the server before it still serves; ' if is_serving else ''}{WAITING}"

    def _restart(self, changed: set[Path]) -> set[Path]:
        """Have the next server import the project and take over; give what has changed before it could."""
        began = time.monotonic()
        server, self._next = self._next, Server(self._arguments)
        server.load()
        while not server.is_ready(INTERVAL):
            again = self._watch.changes()
            if self._stops or again:
                server.discard()
                return changed | again
            if server.status is not None:
                server.close()
                self._unserved = changed
                self._report("failed", self._consequence(), errors=[])
                return set()
        self._unserved = set()
        self._take_over(server)
        if changed:
            took, names = time.monotonic() - began, _names(changed)
            text = f"{', '.join(names)} changed: restarted in {took:.1f} s"
            self._report("restarted", text, files=names, seconds=round(took, 3))
        return set()

    def _take_over(self, server: Server) -> None:
        """Let a server serve in the place of the one that did so far."""
        if self._serving is not None:
            self._serving.stop()
        if self._stops:
            self._serving = None
            server.discard()
        else:
            self._serving = server
            server.go()

    def _end(self) -> int:
        self._next.discard()
        if self._serving is None:
            return 0
        status = self._serving.wait()
        self._serving.close()
        return status or 0


def _names(paths: Iterable[Path]) -> list[str]:
    folder = Path.cwd()
    return sorted(
        str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path) for path in paths
    )


def _syntax_error(path: Path) -> str:
    """Describe what is wrong with a module's syntax, with the line that is meant; empty where it is right."""
    if path.suffix == ".py":
        with suppress(OSError):
            try:
                compile(path.read_bytes(), _names([path])[0], "exec", dont_inherit=True)
            except (SyntaxError, ValueError) as error:
                return "".join(traceback.format_exception_only(error)).rstrip()
    return ""
