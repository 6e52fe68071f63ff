# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The administration that a configuration asks for."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.logger import Logger

from wstwist.admin import tokens
from wstwist.admin.exporting import Exports
from wstwist.admin.log_ring import LogRing
from wstwist.admin.panel import Panel
from wstwist.admin.serving import Administration
from wstwist.config import ADMIN
from wstwist.exceptions import ConfigurationError

if TYPE_CHECKING:
    from wstwist.config import Configuration
    from wstwist.service import ProjectService

OFF = "off"
"""What says that there is to be none."""

_log = Logger(namespace="wstwist")


def set_up(
    service: ProjectService,
    configuration: Configuration,
    urls: Callable[[str], Sequence[str]],
    facts: Mapping[str, str],
    reactor: Any,
    restart: Callable[[], object],
) -> Administration | None:
    """Make the administration, and bind its port; None where there is to be none.

    Args:
        service: The server.
        configuration: What it was made of.
        urls: Gives the URLs of a path, of which each of the server's endpoints has one.
        facts: What is known of the server and does not change.
        reactor: The reactor.
        restart: Has the server stop and begin again.

    Raises:
        ConfigurationError: It cannot be as it is asked for. One that nobody asked for is done without.
    """
    if configuration.admin == OFF and service.node is None:
        return None
    exports = Exports(service, configuration, reactor)
    panel: Any = Panel(service, LogRing(), urls, facts, reactor, restart, exports)
    if service.node is not None:
        from wstwist.admin.cluster import ClusterPanel  # noqa: PLC0415 - it is there for clusters only

        panel = ClusterPanel(panel, service.node)
    if configuration.admin == OFF:
        return None
    try:
        administration = Administration(
            panel,
            tokens.Tokens(_folder(configuration) / tokens.NAME),
            configuration.admin or ADMIN,
            configuration.admin_hosts,
            reactor,
        )
        administration.listen()
    except ConfigurationError as error:
        if configuration.admin is not None:
            raise
        reactor.callWhenRunning(_log_none, error)
        return None
    return administration


def _log_none(error: ConfigurationError) -> None:
    """Say why there is none, among the first lines of the log."""
    _log.warn(
        "there is no administration: {error} (--admin names another endpoint, or says off)", error=error
    )


def _folder(configuration: Configuration) -> Path:
    """Give where the tokens are: beside the configuration file."""
    if configuration.file is not None:
        return configuration.file.folder
    return tokens.default_folder(os.environ)
