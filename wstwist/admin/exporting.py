# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A whole server as a zip file, made in a thread while the server goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from wstwist.admin.problems import Problem
from wstwist.archive.packing import pack
from wstwist.archive.snapshot import Served, Snapshot
from wstwist.config_edits import LOOPBACK
from wstwist.exceptions import ConfigurationError

if TYPE_CHECKING:
    from wstwist.config import Configuration
    from wstwist.deployment import Deployment
    from wstwist.service import ProjectService

_OPTIONS = (
    *("port", "interface", "tls_port", "cert", "key", "client_ca", "client_certificates", "listen"),
    *("trusted_proxies", "reactor", "log_format", "metrics", "admin", "admin_hosts", "workers"),
)
"""What a configuration says beside its projects."""


class Download(NamedTuple):
    """An answer that is a file.

    Attributes:
        file: It, at its beginning; whoever sends it closes it.
        size: Its bytes.
        name: What it may be called.
        kind: Its media type.
    """

    file: IO[bytes]
    size: int
    name: str
    kind: str


class Exports:
    """Makes archives, one at a time.

    Args:
        service: The server.
        configuration: What it was made of.
        reactor: The reactor.
    """

    def __init__(self, service: ProjectService, configuration: Configuration, reactor: Any) -> None:
        """Make nothing yet."""
        self._service = service
        self._configuration = configuration
        self._reactor = reactor
        self._working = Path.cwd()
        self._is_busy = False

    async def make(self, *, data: bool) -> Download:
        """Pack the server.

        Args:
            data: Whether databases are to be in it.

        Raises:
            Problem: It cannot be, or not now.
        """
        if self._is_busy:
            raise Problem(409, "the server is being exported already: try again when that is done")
        snapshot = self._snapshot()
        self._is_busy = True
        try:
            return await self._pack(snapshot, data=data)
        except ConfigurationError as error:
            raise Problem(422, " ".join(str(error).split()), title="This cannot be exported") from None
        except OSError as error:
            raise Problem(503, f"the archive cannot be written: {error.strerror}") from None

    def _pack(self, snapshot: Snapshot, *, data: bool) -> Deferred[Download]:
        """Pack in a thread of its own, which holds up no process that ends."""
        stop = threading.Event()
        result: Deferred[Download] = Deferred(lambda _: stop.set())

        def work() -> None:
            try:
                outcome: Any = _packed(snapshot, data=data, is_wanted=lambda: not stop.is_set())
            except BaseException:  # noqa: BLE001 - whatever it is, who waits is told
                outcome = Failure()
            self._reactor.callFromThread(self._packed, result, outcome)

        try:
            threading.Thread(target=work, name="wstwist-export", daemon=True).start()
        except RuntimeError:
            self._is_busy = False
            raise Problem(503, "the system gives no more threads") from None
        return result

    def _packed(self, result: Deferred[Download], outcome: Any) -> None:
        self._is_busy = False
        if not result.called:
            result.callback(outcome)
        elif isinstance(outcome, Download):  # nobody waits for it any more
            outcome.file.close()

    def _snapshot(self) -> Snapshot:
        configuration = self._configuration
        source = configuration.file
        return Snapshot(
            self._working if source is None else source.folder,
            "" if source is None else _text_of(source),
            _options(configuration),
            configuration.is_kept,
            [_served(each) for each in self._service.deployments],
            self._working,
        )


def _packed(snapshot: Snapshot, *, data: bool, is_wanted: Callable[[], bool]) -> Download:
    file = TemporaryFile(prefix="wstwist-export-")  # noqa: SIM115 - whoever sends it closes it
    try:
        pack(snapshot, file, data=data, is_wanted=is_wanted)
        size = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return Download(file, size, "wstwist-export.zip", "application/zip")


def _text_of(source: Any) -> str:
    try:
        return str(source.load())
    except ConfigurationError as error:
        raise Problem(422, str(error), title="This cannot be exported") from None


def _options(configuration: Configuration) -> Mapping[str, Any]:
    """Give what the command line says, as a file would have it."""
    given = {name: getattr(configuration, name) for name in _OPTIONS}
    options = {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}
    if configuration.projects is None:
        options["interface"] = configuration.interface or LOOPBACK
    return {name: value for name, value in options.items() if value not in (None, [])}


def _served(deployment: Deployment) -> Served:
    plan, host = deployment.plan, deployment.host
    if host is None:
        web = plan.settings.get("web")
        return Served(plan, None if web is None else Path(web), plan.settings.get("database"))
    settings = host.definition.settings
    own = getattr(host.definition.project, host.definition.written("web"), None)
    is_fixed = own is not None and Path(own).is_absolute()
    return Served(plan, settings.web, settings.database, is_fixed)
