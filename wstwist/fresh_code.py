# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A project's code, reloaded while its clients stay connected; see docs/reloading.md.

All that is new is imported and checked before anything changes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from wstwist import loading, pages
from wstwist.adopting import adopt, define
from wstwist.exceptions import ConfigurationError
from wstwist.fresh_modules import Folder, imported_afresh
from wstwist.nearest import nearest
from wstwist.reload import Changes
from wstwist.values.successors import pairs

if TYPE_CHECKING:
    from wstwist.definition import Definition
    from wstwist.host import Host
    from wstwist.service import ProjectService
    from wstwist.settings import Settings

_NOTHING: Mapping[str, str] = MappingProxyType({})


class Reloaded(tuple[str, ...]):  # noqa: SLOT001 - a tuple can have no slots
    """The names of the projects whose code was reloaded.

    Attributes:
        changes: The settings that are different by that, and those that would be after a restart.
    """

    changes: Changes

    def __new__(cls, names: Sequence[str], changes: Changes) -> Self:
        """Keep both."""
        reloaded = super().__new__(cls, names)
        reloaded.changes = changes
        return reloaded


def reload_code(service: ProjectService, name: str, specs: Mapping[str, str] = _NOTHING) -> Reloaded:
    """Import a project's module afresh, and those of its folder, and have all contexts go over to it.

    Args:
        service: What serves the project.
        name: The project. Others whose module is in the same folder are reloaded with it.
        specs: How projects are imported, ``MODULE:CLASS``, by their names; those that are missing, from where
            their classes say that they were made.

    Returns:
        The names of all projects that were reloaded.

    Raises:
        ConfigurationError: Says in one line why that cannot be; nothing has changed.
    """
    fresh = FreshCode(service.hosts, name, specs, lambda settings: pages.find_folder(settings.items()))
    changes = fresh.carry_out()
    service.refresh()
    names = [host.definition.name for host in fresh.hosts]
    changes._replace(changed=(*(f"the code of {each}" for each in names), *changes.changed)).log()
    return Reloaded(names, changes)


class FreshCode:
    """New code of the projects of one folder: imported and checked when it is made.

    Args:
        hosts: All projects.
        name: Which of them is to be reloaded.
        specs: As those of `reload_code`.
        check_settings: Called with the settings that all projects will have, by name; it may refuse them.

    Attributes:
        hosts: The projects that are reloaded.
        checked: What `check_settings` gave.

    Raises:
        ConfigurationError: Says in one line what is wrong; all modules are what they were.
    """

    def __init__(
        self,
        hosts: Sequence[Host],
        name: str,
        specs: Mapping[str, str] = _NOTHING,
        check_settings: Callable[[Mapping[str, Settings]], Any] = len,
    ) -> None:
        """Import and check."""
        found = {host.definition.name: _spec(host, specs) for host in hosts}
        if name not in found:
            meant = nearest(name, list(found)) or ", ".join(found) or "none"
            raise ConfigurationError(f"{name} is not served; there is {meant}")
        folder = Folder.of(_module(name, found[name]))
        self.hosts = [host for host in hosts if folder.holds(_module_of(found[host.definition.name]))]
        with imported_afresh(folder) as old:
            self._definitions = {
                host: _define(host, found[host.definition.name], folder) for host in self.hosts
            }
            definitions = [self._definitions.get(host, host.definition) for host in hosts]
            self.checked = check_settings({each.name: each.settings for each in definitions})
        self._pairs = list(pairs(old, {name: sys.modules[name] for name in old if name in sys.modules}))

    def carry_out(self) -> Changes:
        """Have the contexts go over to it; gives which settings are others, and would be after a restart."""
        done = [adopt(host, definition, self._pairs) for host, definition in self._definitions.items()]
        return Changes(
            tuple(chain.from_iterable(each.changed for each in done)),
            tuple(chain.from_iterable(each.restart for each in done)),
        )


def _spec(host: Host, specs: Mapping[str, str]) -> str:
    """Say how a project is imported; its class need not be one that can be."""
    project = host.definition.project
    return specs.get(host.definition.name) or f"{project.__module__}:{project.__qualname__}"


def _module_of(spec: str) -> str:
    module, _, name = spec.partition(":")
    return module if name.isidentifier() else ""


def _module(project: str, spec: str) -> str:
    module = _module_of(spec)
    if not module:
        raise ConfigurationError(
            f"{project} cannot be imported afresh: its class is not at the top of its module, but {spec}"
        )
    return module


def _define(host: Host, spec: str, folder: Folder) -> Definition:
    """Import a project's new class, and take it apart."""
    project = loading.load(spec)
    if not folder.holds(_module_of(spec)):
        found = getattr(sys.modules[_module_of(spec)], "__file__", None)
        raise ConfigurationError(f"{spec} is no longer found in {folder.path}, but in {found}")
    return define(host, project)
