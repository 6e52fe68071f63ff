# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Settings and certificates that change while clients stay connected.

All that is new is checked before anything changes. What a project's settings can change holds for whoever
connects from then on; times and `interval`, for all at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from twisted.logger import Logger

from wstwist.exceptions import ConfigurationError

if TYPE_CHECKING:
    from twisted.web.resource import IResource

    from wstwist.config import Configuration
    from wstwist.host import Host
    from wstwist.service import ProjectService
    from wstwist.settings import Settings
    from wstwist.wire.served_tls import Fresh, ServedTls
    from wstwist.wire.site import Site

FIXED = ("path", "database", "threads")
"""Settings of a project that stay until it is started again."""

LIVE = ("settings", "cert", "key", "client_ca", "client_certificates")
"""What of a configuration can change while it is served; of the settings all but `FIXED`."""

_log = Logger(namespace="wstwist")


class Changes(NamedTuple):
    """What a reload has done.

    Attributes:
        changed: The names of what is different now.
        restart: The names of what would be different after a restart.
    """

    changed: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()

    def log(self) -> None:
        """Tell the operator."""
        _log.info("reloaded: {changed}", changed=", ".join(self.changed) or "nothing has changed")
        if self.restart:
            _log.warn("needs a restart: {names}", names=", ".join(self.restart))


class Reload:
    """One reload: checked when it is made, and carried out by `carry_out`.

    Args:
        hosts: The projects.
        site: Where they are served.
        web: Makes the resource for the web folder that these settings have, by project name.
        overrides: The new settings that go before the class's, by project name; None: they stay.
        tls: The ports' TLS, each with new settings of it; None: its files are read again.

    Raises:
        ConfigurationError: Says in one line what is wrong.
    """

    def __init__(
        self,
        hosts: Sequence[Host],
        site: Site,
        web: Callable[[Mapping[str, Settings]], IResource],
        overrides: Mapping[str, Mapping[str, Any]] | None,
        tls: Mapping[ServedTls, Any],
    ) -> None:
        """Check all that is new."""
        self._hosts = hosts
        self._site = site
        self._wanted = {host: _wanted(host, overrides) for host in hosts}
        self._tls = {served: served.prepare(settings) for served, settings in tls.items()}
        self._web = web({host.definition.name: wanted for host, wanted in self._wanted.items()})

    def carry_out(self) -> Changes:
        """Change what can be changed."""
        before = {host: host.definition.settings for host in self._hosts}
        changed = [*self._names(fixed=False), *self._exchange()]
        restart = tuple(self._names(fixed=True))
        for host, wanted in self._wanted.items():
            host.change(replace(wanted, **{name: getattr(before[host], name) for name in FIXED}))
        same_web = all(host.definition.settings.web == before[host].web for host in self._hosts)
        self._site.refresh(None if same_web else self._web)
        return Changes(tuple(changed), restart)

    def _names(self, *, fixed: bool) -> Iterator[str]:
        """Name the settings that are to be different."""
        for host, wanted in self._wanted.items():
            for name in _different(host.definition.settings, wanted):
                if (name in FIXED) is fixed:
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
        settings: Keeps of a configuration the settings of what is served.
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
            changes = self._service.check_reload(self._settings(wanted), self._tls(wanted)).carry_out()
        except ConfigurationError as error:
            _log.error("not reloaded, everything stays as it was: {error}", error=error)
            return
        wanted = replace(wanted, projects=wanted.projects or self._running.projects)
        fixed = tuple(name for name in _different(self._running, wanted) if name not in LIVE)
        self._running = replace(self._running, settings=wanted.settings)
        Changes(changes.changed, (*fixed, *changes.restart)).log()
        self._reloaded()

    def _settings(self, wanted: Configuration) -> dict[str, Mapping[str, Any]]:
        """Give the settings of what is served; where the file no longer names a project, those it had."""
        settings = {}
        for spec, host in zip(self._running.projects, self._service.hosts, strict=True):
            name = host.definition.name
            source = wanted if spec in (wanted.projects or self._running.projects) else self._running
            settings[name] = source.settings.get(name, {})
        return settings


def _wanted(host: Host, overrides: Mapping[str, Mapping[str, Any]] | None) -> Settings:
    """Resolve the settings that a project is to have."""
    if overrides is None:
        return host.definition.settings
    return host.definition.resolve(overrides.get(host.definition.name))


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
