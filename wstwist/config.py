# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What is served where, as a file says it.

::

    version = 1
    port = 9000                      # WebSocket over TCP
    interface = "0.0.0.0"
    tls_port = 9443                  # WebSocket over TLS
    cert = "cert.pem"                # paths are relative to the file
    key = "key.pem"
    client_ca = "clients.pem"        # who signs clients' certificates: they are demanded, or
    client_certificates = "optional" # merely asked for
    listen = ["unix:/run/chat.sock"] # Twisted's endpoint language
    trusted_proxies = ["10.0.0.0/8"] # whose X-Forwarded-For is believed
    reactor = "epoll"
    log_format = "json"              # or "text"

    [projects.Chat]                  # the name of the class
    import = "chat:Chat"
    interval = "5 s"                 # any setting of a project

    [projects.Chat.limits]           # any field of Limits
    message_size = 65536
    idle_time = false                # a limit that is off
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple

from wstwist.exceptions import ConfigurationError
from wstwist.limits import OPTIONAL, Limits
from wstwist.nearest import nearest
from wstwist.settings import NAMES

Table = dict[str, Any]

DEFAULT_PORT = 9000
"""Where projects are served when nothing says where."""

_LAST_PORT = 65535


@dataclass(frozen=True)
class Configuration:
    """What is served where; the command line and the file fill it together.

    Attributes:
        port: The port of WebSocket over TCP, 0 for any free one.
        interface: The address of the interface of both ports.
        tls_port: The port of WebSocket over TLS, 0 for any free one.
        cert: The path of the certificate chain, PEM.
        key: The path of its private key, PEM.
        client_ca: The path of the certificates of those who sign clients' certificates, PEM.
        client_certificates: ``"required"`` or ``"optional"``.
        listen: Further endpoints, in Twisted's endpoint language.
        trusted_proxies: Proxies whose word is taken on where clients come from.
        reactor: The name of the reactor, as in ``twistd --reactor``.
        log_format: ``text`` or ``json``.
        projects: What to import, ``MODULE:CLASS``; none: the demonstration.
        settings: Settings of projects, by the project's name, that go before those of the class.
    """

    port: int | None = None
    interface: str | None = None
    tls_port: int | None = None
    cert: str | None = None
    key: str | None = None
    client_ca: str | None = None
    client_certificates: str | None = None
    listen: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    reactor: str | None = None
    log_format: str | None = None
    projects: tuple[str, ...] = ()
    settings: Mapping[str, Mapping[str, object]] = field(default_factory=dict)


class _Kind(NamedTuple):
    """What the value of a key must be."""

    phrase: str
    admits: Callable[[Any], bool]


def is_port(value: object) -> bool:
    """Whether this is the number of a TCP port, or 0 for any free one."""
    return type(value) is int and 0 <= value <= _LAST_PORT


def _are_texts(value: object) -> bool:
    return type(value) is list and all(type(item) is str for item in value)


def _are_tables(value: object) -> bool:
    return type(value) is dict and all(type(item) is dict for item in value.values())


_TEXT = _Kind("a text", lambda value: type(value) is str)
_TEXTS = _Kind("a list of texts", _are_texts)
_PORT = _Kind(f"a port, 0 to {_LAST_PORT}", is_port)

_KEYS = {
    "version": _Kind("1, the version of this format", lambda value: type(value) is int and value == 1),
    "port": _PORT,
    "interface": _TEXT,
    "tls_port": _PORT,
    "cert": _TEXT,
    "key": _TEXT,
    "client_ca": _TEXT,
    "client_certificates": _Kind("'required' or 'optional'", lambda value: value in ("required", "optional")),
    "listen": _TEXTS,
    "trusted_proxies": _TEXTS,
    "reactor": _TEXT,
    "log_format": _Kind('"text" or "json"', lambda value: value in ("text", "json")),
    "projects": _Kind("tables, [projects.NAME]", _are_tables),
}

_ANY = _Kind("anything", lambda _value: True)
# What the values of settings must be is `wstwist.settings`' business.
_PROJECT_KEYS = dict.fromkeys(NAMES, _ANY) | {
    "import": _TEXT,
    "web": _TEXT,
    "limits": _Kind("a table", lambda value: type(value) is dict),
}
_LIMITS = [limit.name for limit in fields(Limits)]


def read(path: Path, name: str = "") -> Configuration:
    """Read a configuration file.

    Args:
        path: Where it is; paths in it are relative to its folder.
        name: What the operator calls it; empty: the path.

    Returns:
        What it says, its paths absolute.

    Raises:
        ConfigurationError: It cannot be read, is not TOML, or says what means nothing; in one line that
            names the file.
    """
    name = name or str(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{name}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{name}: is not UTF-8: {error.reason} at byte {error.start}") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigurationError(f"{name}: is not TOML: {error}") from error
    try:
        return _configuration(table, path.absolute().parent)
    except ConfigurationError as error:
        raise ConfigurationError(f"{name}: {error}") from error


def _configuration(table: Table, folder: Path) -> Configuration:
    _check(table, _KEYS, "")
    projects = table.pop("projects", {})
    table.pop("version", None)
    lists = {name: tuple(value) for name, value in table.items() if type(value) is list}
    return Configuration(
        **_absolute(table | lists, folder, "cert", "key", "client_ca"),
        projects=tuple(_import_of(name, project) for name, project in projects.items()),
        settings={name: _settings(name, project, folder) for name, project in projects.items()},
    )


def _import_of(name: str, project: Table) -> str:
    where = f"[projects.{name}] "
    _check(project, _PROJECT_KEYS, where)
    spec: str = project.get("import", "")
    if spec.rpartition(":")[2] != name:
        raise ConfigurationError(f'{where}import must name this class, as "module:{name}", not {spec!r}')
    return spec


def _settings(name: str, project: Table, folder: Path) -> Mapping[str, object]:
    settings = _absolute(project, folder, "web")
    del settings["import"]
    if isinstance(settings.get("database"), str):
        settings["database"] = _absolute_database(settings["database"], folder)
    if settings.get("reply_timeout") is False:
        settings["reply_timeout"] = None
    if "limits" in settings:
        _check_names(settings["limits"], _LIMITS, f"[projects.{name}.limits] ")
        settings["limits"] = _switched_off(settings["limits"])
    return settings


def _switched_off(limits: Table) -> Table:
    """Write None, which TOML has not, for those that ``false`` switches off."""
    return {name: None if value is False and name in OPTIONAL else value for name, value in limits.items()}


def _absolute_database(url: str, folder: Path) -> str:
    """Make the path of an SQLite file absolute; other databases have none."""
    scheme, separator, path = url.partition(":///")
    is_file = scheme.startswith("sqlite") and path and not path.startswith((":memory:", "file:"))
    return f"{scheme}{separator}{folder / path}" if is_file else url


def _absolute(table: Table, folder: Path, *names: str) -> Table:
    """Make the paths of these names absolute."""
    return table | {name: str(folder / table[name]) for name in names if name in table}


def _check(table: Table, kinds: Mapping[str, _Kind], where: str) -> None:
    """Refuse keys that mean nothing, and values of a wrong kind."""
    _check_names(table, kinds, where)
    for name, value in table.items():
        if not kinds[name].admits(value):
            raise ConfigurationError(f"{where}{name} must be {kinds[name].phrase}, not {value!r}")


def _check_names(table: Table, known: Collection[str], where: str) -> None:
    for name in table:
        if name not in known:
            meant = nearest(name, known)
            advice = f"did you mean {meant}?" if meant else f"there are {', '.join(known)}"
            raise ConfigurationError(f"{where}{name} is no setting; {advice}")
