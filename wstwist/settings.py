# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A project's settings: from its class and, before that, from the configuration; checked and resolved."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from wstwist import durations
from wstwist.exceptions import ConfigurationError
from wstwist.limits import Limits
from wstwist.nearest import nearest
from wstwist.objecting import Objector, raise_at_once
from wstwist.project import Project
from wstwist.wire.origin import Origins

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110, section 5.6.2


class SettingError(ConfigurationError):
    """A setting is unknown, or has a value that it cannot have.

    Args:
        project: The name of the project's class.
        setting: The setting.
        why: What is wrong, and what would be right.
        written: The name that the setting has in the class; empty: its own.

    Attributes:
        project: As given.
        setting: Likewise.
        keys: Where a configuration file would have it, below the project's table.
    """

    def __init__(self, project: str, setting: str, why: object, written: str = "") -> None:
        """Keep which one it is."""
        text = str(why)
        self.keys: tuple[str, ...] = (setting,)
        if text.startswith("limits: "):
            text = text.removeprefix("limits: ")
            self.keys = setting, text.partition(" ")[0]
        super().__init__(f"{project}.{written or setting}: {text}")
        self.project = project
        self.setting = setting
        self.attribute = written or setting


class PlanError(SettingError):
    """What a configuration says of a project, beside its settings, cannot be: ``import`` or ``directory``."""

    def __init__(self, project: str, key: str, why: object) -> None:
        """Keep which one it is."""
        ConfigurationError.__init__(self, str(why))
        self.project = project
        self.setting = key
        self.keys = (key,)
        self.attribute = key


@dataclass(frozen=True)
class Settings:
    """A project's settings, resolved: times in seconds, folders as paths."""

    interval: float
    path: str
    protocols: tuple[str, ...]
    origins: Origins
    web: Path | None
    compress: bool
    database: str | None
    threads: int
    reply_timeout: float | None
    keep_headers: bool
    limits: Limits
    durable: tuple[str, ...]
    overrides: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What the configuration says: it goes before the class, also before a new one."""


_MOST_THREADS = 10_000
_LONGEST = 10**9  # seconds

NAMES = tuple(item.name for item in fields(Settings) if item.compare)
"""The settings that a project or a configuration may have."""


def settings_of(
    project: type[Project],
    overrides: Mapping[str, Any] | None = None,
    written: Mapping[str, str] = MappingProxyType({}),
    refuse: Objector = raise_at_once,
) -> Settings:
    """Resolve a project's settings.

    Args:
        project: The project's class.
        overrides: What the configuration says; it goes before the class.
        written: The names that settings have in the class, where these are not their own.
        refuse: What is done with each error; where it returns, the setting has its default.

    Raises:
        ConfigurationError: A setting is unknown or has a value that it cannot have.
    """
    overrides = overrides or {}
    for name in overrides:
        if name not in NAMES:
            refuse(SettingError(project.__name__, name, f"no such setting; {_hint(name, NAMES)}"))
    values = {}
    for name, check in _CHECKS.items():
        attribute = written.get(name, name)
        try:
            values[name] = check(project, overrides.get(name, getattr(project, attribute)))
        except (ValueError, ConfigurationError) as error:
            why = error
        else:
            continue
        refuse(SettingError(project.__name__, name, why, attribute))
        values[name] = check(Project, getattr(Project, name))
    return Settings(**values, overrides=overrides)


def _hint(name: str, known: Sequence[str]) -> str:
    near = nearest(name, known)
    return f"did you mean {near}?" if near else f"there are {', '.join(known)}"


def _interval(_project: type[Project], value: Any) -> float:
    return _not_for_ever(durations.interval(value))


def path_of(project: type[Project], value: Any) -> str:
    """Give the path of a project for which this is said; None: that of its name."""
    if value is None:
        return "/" + project.__name__
    if not isinstance(value, str) or not value.startswith("/") or not _may_stand_in_path(value):
        raise ValueError(f"a path such as '/chat', beginning with a slash, not {value!r}")
    path = value.rstrip("/") or "/"
    if path != "/" and any(part in ("", ".", "..") for part in path[1:].split("/")):
        raise ValueError(f"a path such as '/chat', without the parts that browsers take out, not {value!r}")
    return path


def _may_stand_in_path(text: str) -> bool:
    return text.isprintable() and not set(text) & set("?#\\ ")


def _protocols(_project: type[Project], value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ValueError(f"a list of sub-protocols such as ['chat.v1'], not {value!r}")
    for item in value:
        if not isinstance(item, str) or not _TOKEN.fullmatch(item):
            raise ValueError(f"{item!r} is no sub-protocol: letters, digits and -._ without white space")
    if len(set(value)) < len(value):
        raise ValueError("a sub-protocol stands in the list twice")
    return tuple(value)


def _origins(_project: type[Project], value: Any) -> Origins:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ValueError(f"a list of origins such as ['https://example.org'], not {value!r}")
    return Origins.of(value)


def _web(project: type[Project], value: Any) -> Path | None:
    if value is None or value is False:
        return None
    if not isinstance(value, (str, Path)):
        raise ValueError(f"a folder's path, not {value!r}")
    module = Path(inspect.getsourcefile(project) or ".").resolve()
    folder = (module.parent / value).resolve()
    if not folder.is_dir():
        raise ValueError(f"no folder {str(folder)!r}")
    if module.is_relative_to(folder):
        raise ValueError(
            f"{str(folder)!r} holds {module.name}, which everybody could read; "
            "put the pages into a folder of their own"
        )
    return folder


def _flag(_project: type[Project], value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"True or False, not {value!r}")
    return value


def _database(_project: type[Project], value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError("a database URL such as 'sqlite:///chat.db', or None")
    return value


def _threads(_project: type[Project], value: Any) -> int:
    if type(value) is not int or not 0 < value <= _MOST_THREADS:
        shown = value if not isinstance(value, int) or abs(value) < _MOST_THREADS**2 else "that many"
        raise ValueError(f"a whole number from 1 to {_MOST_THREADS:,}, not {shown!r}")
    return value


def _reply_timeout(_project: type[Project], value: Any) -> float | None:
    return None if value is None else _not_for_ever(durations.seconds(value))


def _not_for_ever(seconds: float) -> float:
    if seconds > _LONGEST:  # no timer can count as far
        raise ValueError(f"at most {_LONGEST:,} s, thirty years")
    return seconds


def _limits(project: type[Project], value: Any) -> Limits:
    if isinstance(value, Limits):
        return value
    if not isinstance(value, Mapping):
        raise ValueError(f"Limits(...), not {value!r}")
    known = [item.name for item in fields(Limits)]
    for name in value:
        if name not in known:
            raise ValueError(f"no such limit: {name}; {_hint(str(name), known)}")
    own = project.limits
    return replace(own if isinstance(own, Limits) else Limits(), **value)


def _durable(project: type[Project], value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ValueError(f"a list of names of globals such as ['seen'], not {value!r}")
    for name in value:
        if not isinstance(name, str) or name in vars(Project) or callable(getattr(project, name, len)):
            raise ValueError(f"{name!r} is no attribute of {project.__name__} that has a value")
    return tuple(dict.fromkeys(value))


_CHECKS: dict[str, Callable[[type[Project], Any], Any]] = {
    "interval": _interval,
    "path": path_of,
    "protocols": _protocols,
    "origins": _origins,
    "web": _web,
    "compress": _flag,
    "database": _database,
    "threads": _threads,
    "reply_timeout": _reply_timeout,
    "keep_headers": _flag,
    "limits": _limits,
    "durable": _durable,
}
