# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""How the contexts of a project go over to new code of it, each between two of its events.

A work item in front of all that waits in a context's mailbox has it do that, so that the way of a message
knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from twisted.logger import Logger

from wstwist.crossing import make_user_values, make_values
from wstwist.definition import Definition
from wstwist.exceptions import ConfigurationError
from wstwist.reload import FIXED, Changes, _different
from wstwist.renewal import Renewal

if TYPE_CHECKING:
    from wstwist.context import ExecutionContext
    from wstwist.host import Host
    from wstwist.project import Project
    from wstwist.values.successors import Pair

_log = Logger(namespace="wstwist")


class Adoption:
    """Has a context adopt its project's code of that moment."""

    size = -1

    def begin(self, context: ExecutionContext) -> None:
        """Go over."""
        context.adopt()


def define(host: Host, project: type[Project]) -> Definition:
    """Take a project's new class apart, and see whether its contexts can go over to it.

    Raises:
        ConfigurationError: They cannot, or it cannot be served.
    """
    old = host.definition
    if project.__name__ != old.name:
        raise ConfigurationError(
            f"{project.__module__}:{project.__name__} was {old.name} before, and a project keeps its name"
        )
    definition = Definition(project, old.settings.overrides)
    try:
        project.__new__(project)
        object.__setattr__(old.project.__new__(old.project), "__class__", project)
    except Exception as error:
        raise ConfigurationError(f"{old.name}: contexts cannot go over to its new class: {error}") from error
    return definition


def adopt(host: Host, definition: Definition, pairs: Iterable[Pair]) -> Changes:
    """Have a project go on with other code: new contexts at once, the others between two events.

    Args:
        host: The project.
        definition: The new code, from `define`.
        pairs: The classes and functions that were replaced, each with what took its place.

    Returns:
        The names of the settings that are others now, and of those that would be after a restart.
    """
    before, wanted = host.definition.settings, definition.settings
    different = tuple(_different(before, wanted))
    definition.successors = host.definition.successors.after(pairs)
    definition.settings = before
    host.definition = definition
    host.values = make_values(definition.namespace, host.bus, definition.successors)
    host.user_values = make_user_values(definition.namespace, definition.successors)
    host.change(replace(wanted, **{name: getattr(before, name) for name in FIXED}))
    if host.is_started:
        for context in (host.service, *host.contexts.values()):
            context.mailbox.put_first(Adoption())
            context.go_on()
        host.scheduler.run()
    else:
        host.service.adopt()
    return Changes(
        tuple(f"{definition.name}.{name}" for name in different if name not in FIXED),
        tuple(f"{definition.name}.{name}" for name in different if name in FIXED),
    )


def hand_over(instance: Project, old: Definition, new: Definition) -> None:
    """Make an instance one of the new class, with all its globals, and those that are new there.

    What the context read from its class it keeps, where the new class has another value.

    Raises:
        Exception: What copying a value of the new class raises; nothing has changed then.
    """
    own = vars(instance)
    held = _held_by_class(old, own)
    gained = new.copies(without=own.keys() | held.keys())
    object.__setattr__(instance, "__class__", new.project)
    for name in new.others - old.others:
        own.pop(name, None)
        held.pop(name, None)
    for values in (own, held):
        _renew(values, new)
    own.update((name, value) for name, value in held.items() if not _is_default(new, name, value))
    own.update(gained)


def _held_by_class(definition: Definition, own: dict[str, Any]) -> dict[str, Any]:
    """Give the globals that a context has only read so far, with the values that its class has by now."""
    return {
        name: getattr(definition.project, name)
        for name in definition.globals
        if name not in own and name not in definition.mutable and hasattr(definition.project, name)
    }


def _is_default(definition: Definition, name: str, value: Any) -> bool:
    """Tell whether a value is what the class has for a global."""
    if name not in definition.globals or name in definition.mutable:
        return False
    default = definition.globals[name]
    try:
        return type(value) is type(default) and bool(value == default)
    except Exception:  # noqa: BLE001 - an author's __eq__ may raise anything
        return False


def _renew(values: dict[str, Any], definition: Definition) -> None:
    """Renew what a context holds; what cannot be stays of the class that it has."""
    try:
        Renewal(definition.successors).run(values)
    except Exception:  # noqa: BLE001 - an author's __hash__, or a nesting without end
        _log.failure("{project}: some globals stay what they were before the reload", project=definition.name)
