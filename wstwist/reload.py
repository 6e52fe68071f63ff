# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Settings and certificates that change while clients stay connected.

All that is new is checked before anything changes. What a project's settings can change holds for whoever
connects from then on; times and `interval`, for all at once. Which projects there are is the business of
`wstwist.reconciling`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from twisted.logger import Logger

from wstwist.exceptions import ConfigurationError

if TYPE_CHECKING:
    from wstwist.config import Configuration
    from wstwist.host import Host
    from wstwist.service import ProjectService
    from wstwist.settings import Settings
    from wstwist.wire.served_tls import Fresh, ServedTls

FIXED = ("path", "database", "threads")
"""Settings of a project that stay until it is started again."""

LIVE = ("projects", "cert", "key", "client_ca", "client_certificates")
"""What of a configuration can change while it is served; of projects' settings all but `FIXED`."""

_log = Logger(namespace="wstwist")


class Changes(NamedTuple):
    """What a reload has done.

    Attributes:
        changed: The names of what is different now.
        restart: The names of what would be different after a restart.
    """

    changed: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()

    def log(self, what: str = "reloaded", project: str | None = None) -> None:
        """Tell the operator, what it was, and of which project, where it was one."""
        about = {} if project is None else {"project": project, "context": None, "client": None}
        changed = ", ".join(self.changed) or "nothing has changed"
        _log.info("{what}: {changed}", what=what, changed=changed, **about)
        if self.restart:
            _log.warn("needs a restart: {names}", names=", ".join(self.restart), **about)


class Reload:
    """New settings and certificates: checked when it is made, and carried out by `carry_out`.

    Args:
        wanted: The projects, with the settings that they are to have.
        tls: The ports' TLS, each with new settings of it; None: its files are read again.

    Raises:
        ConfigurationError: Says in one line what is wrong.
    """

    def __init__(self, wanted: Mapping[Host, Settings], tls: Mapping[ServedTls, Any]) -> None:
        """Check all that is new."""
        self._wanted = wanted
        self._tls = {served: served.prepare(settings) for served, settings in tls.items()}

    def carry_out(self) -> Changes:
        """Change what can be changed."""
        changed = [*self._names(fixed=False), *self._exchange()]
        restart = tuple(self._names(fixed=True))
        for host, wanted in self._wanted.items():
            host.change(_possible(host, wanted))
        return Changes(tuple(changed), restart)

    def _names(self, *, fixed: bool) -> Iterator[str]:
        """Name the settings that are to be different."""
        for host, wanted in self._wanted.items():
            for name in _different(host.definition.settings, wanted):
                if (name in FIXED and not host.is_closed) is fixed:
                    yield f"{host.definition.name}.{name}"

    def _exchange(self) -> Iterator[str]:
        """Exchange the TLS of ports, and name what is different; two ports may share a file."""
        names: dict[str, None] = {}
        for served, fresh in self._tls.items():
            names |= dict.fromkeys(_different_tls(served, fresh))
            served.exchange(fresh)
        yield from names


class FromConfiguration:
    """Reloads what ``twistd wsproject`` serves, when it is called.

    Args:
        service: The service.
        running: What it was made of.
        reread: Reads the configuration again: command line and file.
        tls: Gives the new settings of the TLS of ports that a configuration names.
        reloaded: Called after a reload.
    """

    def __init__(
        self,
        service: ProjectService,
        running: Configuration,
        reread: Callable[[], Configuration],
        tls: Callable[[Configuration], Mapping[ServedTls, Any]],
        reloaded: Callable[[], object],
    ) -> None:
        """Remember what runs."""
        self._service = service
        self._running = running
        self._reread = reread
        self._tls = tls
        self._reloaded = reloaded

    def __call__(self) -> None:
        """Reload; if anything is wrong, say so in one line, and leave all as it is."""
        try:
            wanted = self._reread()
            with wanted.located():
                changes = self._service.follow(wanted, self._tls(wanted)).carry_out()
        except ConfigurationError as error:
            _log.error("not reloaded, everything stays as it was: {error}", error=error)
            return
        fixed = tuple(name for name in _different(self._running, wanted) if name not in LIVE)
        Changes(changes.changed, (*fixed, *changes.restart)).log()
        lasting = self._service.lasting_certificates
        if lasting:
            _log.info(
                "not read again: certificates of {endpoints}, which need a restart; those of fast: do not",
                endpoints=", ".join(lasting),
            )
        self._reloaded()


def _possible(host: Host, wanted: Settings) -> Settings:
    """Give the settings that a project can have now: one that has stopped, all."""
    if host.is_closed:
        return wanted
    return replace(wanted, **{name: getattr(host.definition.settings, name) for name in FIXED})


def _different(before: Any, after: Any) -> Iterator[str]:
    """Name the fields in which two dataclasses differ, those of limits by their own names."""
    for item in fields(before):
        old, new = getattr(before, item.name), getattr(after, item.name)
        if item.name == "limits":
            yield from (f"limits.{name}" for name in _different(old, new))
        elif item.compare and old != new:
            yield item.name


def _different_tls(served: ServedTls, fresh: Fresh) -> Iterator[str]:
    """Name what is different in a port's TLS."""
    old, new = served.settings, fresh.settings
    if old.chain != new.chain:
        until = new.chain[0].not_valid_after_utc
        yield f"certificate {new.certificate} (valid until {until:%Y-%m-%d})"
    if old.authorities != new.authorities or old.client_certificates != new.client_certificates:
        yield f"client CA {new.client_ca} ({new.client_certificates})" if new.client_ca else "no client CA"
