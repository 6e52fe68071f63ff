# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What is served where, as a file says it.

::

    version = 2                      # of this format; older ones are understood
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
    metrics = "tcp:9100"             # an endpoint for /metrics, /healthz and /readyz
    admin = "unix:/run/admin.sock"   # the administration's endpoint, or "off"
    workers = 4                      # processes that share the ports, or "auto": one for each processor
    state = "/var/lib/wstwist"       # where the workers' own NATS keeps what is durable
    nats = ["nats://a:4222"]         # other processes are reached over NATS: see docs/scaling.md
    nats_credentials = "chat.creds"  # who this is: a credentials file, or nats_nkey = "chat.nk"
    nats_ca = "ca.pem"               # who signed the servers' certificates
    cluster = "wstwist"              # all processes that share NATS and this name
    admin_hosts = ["ops.example.org"] # names by which it may be asked, beside localhost and IP addresses

    [projects.Chat]                  # the name of the class
    import = "chat:Chat"
    directory = "chat"               # where its modules are; without it: where this file is
    state = "blocked"                # or "served", which is the default, or "stopped"
    message = "Back at nine."        # what new clients are told while it is blocked
    interval = "5 s"                 # any setting of a project

    [projects.Chat.limits]           # any field of Limits
    message_size = 65536
    idle_time = false                # a limit that is off

A file without ``[projects]`` serves the demonstration, one whose ``[projects]`` is empty no project. What
changes while the server runs is written into the file by `wstwist.config_file`; docs/deployments.md tells
all of it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from wstwist.config_checks import (
    ANY,
    PORT,
    PROJECTS,
    TEXT,
    TEXTS,
    WORKERS,
    Kind,
    Table,
    WrongKeyError,
    check,
    line_of,
    one_of,
)
from wstwist.config_projects import Plan, plan_of
from wstwist.config_versions import upgrade
from wstwist.exceptions import ConfigurationError
from wstwist.settings import SettingError

DEFAULT_PORT = 9000
"""Where projects are served when nothing says where."""

_QUOTE = "'"

_TUPLE = re.compile(r"\(('[^()]*'),?\)")

ADMIN = "tcp:9001:interface=127.0.0.1"
"""Where the administration is when nothing says where."""


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
        metrics: The endpoint of the metrics; None: there are none.
        admin: The endpoint of the administration, or ``off``; None: the default one, if it is free.
        admin_hosts: Names by which the administration may be asked, beside ``localhost`` and IP addresses.
        workers: How many processes share the ports, or ``"auto"``; None: this one serves alone.
        state: Where the workers' own NATS keeps its files; None: in a temporary folder.
        nats: URLs of NATS, over which other processes are reached; none: this one is alone.
        nats_credentials: The path of a credentials file for NATS.
        nats_nkey: The path of a file with the seed of an NKey.
        nats_ca: The path of the certificates of those who sign the servers', PEM.
        cluster: The name that all processes of a cluster share.
        projects: The projects; None: the demonstration.
        file: The configuration file.
        is_kept: Whether changes to projects are written into the file: they are not where the command line
            says which projects are served.
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
    metrics: str | None = None
    admin: str | None = None
    admin_hosts: tuple[str, ...] = ()
    workers: int | str | None = None
    state: str | None = None
    nats: tuple[str, ...] = ()
    nats_credentials: str | None = None
    nats_nkey: str | None = None
    nats_ca: str | None = None
    cluster: str | None = None
    projects: tuple[Plan, ...] | None = None
    file: Source | None = field(default=None, compare=False)
    is_kept: bool = field(default=False, compare=False)

    @contextmanager
    def located(self) -> Iterator[None]:
        """Have errors of settings that stand in the file say in which line of it."""
        try:
            yield
        except SettingError as error:
            if self.file is None:
                raise
            raise self.file.blame(error) from None


_FILES = ("cert", "key", "client_ca", "nats_credentials", "nats_nkey", "nats_ca", "state")

_KEYS: Mapping[str, Kind] = {
    "version": ANY,  # `upgrade` has checked it
    "port": PORT,
    "interface": TEXT,
    "tls_port": PORT,
    "cert": TEXT,
    "key": TEXT,
    "client_ca": TEXT,
    "client_certificates": one_of("required", "optional"),
    "listen": TEXTS,
    "trusted_proxies": TEXTS,
    "reactor": TEXT,
    "log_format": one_of("text", "json"),
    "metrics": TEXT,
    "admin": TEXT,
    "admin_hosts": TEXTS,
    "workers": WORKERS,
    "state": TEXT,
    "nats": TEXTS,
    "nats_credentials": TEXT,
    "nats_nkey": TEXT,
    "nats_ca": TEXT,
    "cluster": TEXT,
    "projects": PROJECTS,
}


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
    return Source(path, name).read()


class Source:
    """A configuration file.

    Args:
        path: Where it is; paths in it are relative to its folder.
        name: What the operator calls it; empty: the path.
    """

    def __init__(self, path: Path, name: str = "") -> None:
        """Read nothing yet."""
        self.path = path.absolute()
        self.name = name or str(path)
        self.text = ""

    @property
    def folder(self) -> Path:
        """What paths in it are relative to."""
        return self.path.parent

    def read(self) -> Configuration:
        """Read it; see `read`."""
        self.text = self.load()
        return self.parse(self.text)

    def load(self) -> str:
        """Give what stands in it."""
        try:
            return self.path.read_bytes().decode("utf-8")
        except OSError as error:
            raise ConfigurationError(f"{self.name}: cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            why = f"{error.reason} at byte {error.start}"
            raise ConfigurationError(f"{self.name}: is not UTF-8: {why}") from error

    def parse(self, text: str) -> Configuration:
        """Give what a text means that stands in it, or is to."""
        try:
            table = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            # Of a table that stands there twice tomllib says the name as Python would write it.
            why = _TUPLE.sub(lambda found: f"[{found[1].replace(', ', '.').replace(_QUOTE, '')}]", str(error))
            raise ConfigurationError(f"{self.name}: is not TOML: {why}") from error
        try:
            return _configuration(table, self)
        except WrongKeyError as error:
            raise ConfigurationError(f"{self.locate(text, *error.keys)}: {error}") from error

    def blame(self, error: SettingError) -> ConfigurationError:
        """Say where a setting stands that is wrong, if it stands in the file, and not in the class."""
        keys = ("projects", error.project, *error.keys)
        is_here = error.setting in tomllib.loads(self.text).get("projects", {}).get(error.project, {})
        return ConfigurationError(f"{self.locate(self.text, *keys)}: {error}") if is_here else error

    def locate(self, text: str, *keys: str) -> str:
        """Name file and line of a key, or of the table that it belongs to."""
        line = line_of(text, keys)
        return self.name if line is None else f"{self.name}:{line}"


def _configuration(table: Table, source: Source) -> Configuration:
    upgrade(table)
    check(table, _KEYS)
    table.pop("version", None)
    projects = table.pop("projects", None)
    lists = {name: tuple(value) for name, value in table.items() if type(value) is list}
    return Configuration(
        **_absolute(table | lists, source.folder, *_FILES),
        projects=None
        if projects is None
        else tuple(plan_of(name, project, source.folder) for name, project in projects.items()),
        file=source,
        is_kept=True,
    )


def _absolute(table: Table, folder: Path, *names: str) -> Table:
    """Make the paths of these names absolute."""
    return table | {name: str(folder / table[name]) for name in names if name in table}
