# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What a start would refuse of where a configuration has the server listen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from twisted.internet.task import Clock

from wstwist import server
from wstwist.admin.setting_up import OFF
from wstwist.checks.finding import Finding, Kind
from wstwist.clockwork import ClockReactor
from wstwist.config import Configuration
from wstwist.config_checks import line_of
from wstwist.exceptions import ConfigurationError
from wstwist.wire import endpoints
from wstwist.wire.proxies import Proxies


def whereabouts(configuration: Configuration) -> Iterator[Finding]:
    """Find endpoints that mean nothing, certificates that cannot be used and proxies that are none.

    Nothing is bound: whether a port is free is known at the start alone.
    """
    for key, attempt in _attempts(configuration):
        try:
            attempt()
        except (ConfigurationError, ValueError) as error:
            message = str(error) if isinstance(error, ConfigurationError) else f"{key}: {error}"
            yield Finding(Kind.REFUSED, "", *_place(configuration, key), message)


def _attempts(configuration: Configuration) -> Iterator[tuple[str, Callable[[], object]]]:
    """Give what a start does with keys of the configuration."""
    reactor = ClockReactor(Clock())
    yield "tls_port", lambda: list(server._listening(configuration, reactor))
    for description in configuration.listen:
        yield "listen", partial(endpoints.parse, reactor, description)
    yield "trusted_proxies", partial(Proxies.of, configuration.trusted_proxies)
    if configuration.metrics is not None:
        yield "metrics", partial(endpoints.parse_setting, reactor, configuration.metrics, "metrics")
    if configuration.admin not in (None, OFF):
        yield "admin", partial(endpoints.parse_setting, reactor, str(configuration.admin), "admin")


def _place(configuration: Configuration, key: str) -> tuple[Path | None, int | None]:
    """Give the line in which a key stands."""
    file = configuration.file
    line = None if file is None else line_of(file.text, (key,))
    return (None, None) if file is None or line is None else (file.path, line)
