# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``twistd wsproject``: its options, and the service that they ask for.

Nothing here imports the reactor before the options have said which one it is to be.
"""

from __future__ import annotations

import getopt
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from twisted.application.service import IService
from twisted.python.usage import Options as BaseOptions
from twisted.python.usage import UsageError

from wstwist import log_output, reactors, twistd_files
from wstwist._version import __version__
from wstwist.beginning_again import CommandLine, command_line
from wstwist.config import ADMIN, DEFAULT_PORT, Configuration, read
from wstwist.config_checks import WORKERS, is_port
from wstwist.config_projects import Plan
from wstwist.development import turn
from wstwist.exceptions import ConfigurationError
from wstwist.printable import printable
from wstwist.supervising.worker import this_worker


class Options(BaseOptions):
    """The options of ``twistd wsproject``.

    Attributes:
        configuration: What the command line and the configuration file say together, after parsing.
        command_line: How this process was started, for one that begins again.
    """

    synopsis = "[options] [MODULE:CLASS ...]"
    longdesc = (
        "Serve projects over WebSocket; MODULE:CLASS is a project's class, and its module is looked for in "
        f"this folder first. Without any, a demonstration at ws://localhost:{DEFAULT_PORT}/Demo."
    )
    optParameters = [  # noqa: N815, RUF012 - what usage.Options wants
        ["port", "p", None, f"port for WebSocket over TCP [default: {DEFAULT_PORT}, if no other is named]"],
        ["interface", None, None, "address of the interface [default: all; demonstration: 127.0.0.1]"],
        ["tls-port", None, None, "port for WebSocket over TLS; needs --cert and --key"],
        ["cert", None, None, "certificate chain, a PEM file"],
        ["key", None, None, "private key of the certificate, a PEM file"],
        ["client-ca", None, None, "CA of clients' certificates, a PEM file: then --tls-port demands them"],
        ["client-certificates", None, None, "what a client without one gets: required (refused) or optional"],
        ["log-format", None, None, "text, or json: one object a line, see docs/logging.md [default: text]"],
        [
            "metrics",
            None,
            None,
            "endpoint for /metrics, /healthz and /readyz, such as tcp:9100:interface=127.0.0.1",
        ],
        ["admin", None, None, f"endpoint of the administration, or off [default: {ADMIN}]"],
        ["workers", None, None, "how many processes share the ports, or auto: one for each processor"],
        ["state", None, None, "folder where the workers' own NATS keeps what is durable [default: none]"],
        ["nats", None, None, "reach other processes over NATS: nats://HOST:4222[,URL...]"],
        ["nats-credentials", None, None, "who this is for NATS: a credentials file"],
        ["nats-nkey", None, None, "likewise: a file with the seed of an NKey"],
        ["nats-ca", None, None, "CA of NATS's certificate, a PEM file"],
        ["cluster", None, None, "name of the cluster, which its processes share [default: wstwist]"],
        ["config", None, None, "configuration file, such as wstwist.toml; options go before it"],
    ]
    configuration: Configuration
    command_line: CommandLine

    def __init__(self) -> None:
        """Begin with nothing said."""
        BaseOptions.__init__(self)
        self._listen: list[str] = []
        self._trusted_proxies: list[str] = []
        self._admin_hosts: list[str] = []
        self._file: Path | None = None
        self._projects: tuple[str, ...] = ()
        self._words: list[str] = []
        self._folder = Path()

    def opt_listen(self, endpoint: str) -> None:
        """Listen here, too: an endpoint in Twisted's language, such as unix:/run/chat.sock (repeatable)."""
        self._listen.append(endpoint)

    def opt_trusted_proxy(self, network: str) -> None:
        """Believe what this proxy says of where clients come from: 10.0.0.0/8, or unix (repeatable)."""
        self._trusted_proxies.append(network)

    def opt_admin_host(self, name: str) -> None:
        """Let the administration be asked by this name, too, as in a URL (repeatable)."""
        self._admin_hosts.append(name)

    def opt_version(self) -> None:
        """Print the version and exit."""
        sys.stdout.write(f"wstwist {__version__}\n")
        raise SystemExit(0)

    def parseOptions(self, options: Sequence[str] | None = None) -> None:  # noqa: N802 - Twisted's name
        """Parse; options may also stand behind projects.

        Raises:
            SystemExit: With one line that says what is wrong. (A UsageError would have twistd print all of
                its help first.)
        """
        self._words = list(sys.argv[1:] if options is None else options)
        try:
            BaseOptions.parseOptions(self, self._options_first(self._words))
        except (UsageError, ConfigurationError) as error:
            raise SystemExit(one_line(error)) from None

    def _options_first(self, options: Sequence[str]) -> list[str]:
        try:
            found, projects = getopt.gnu_getopt(list(options), self.shortOpt, self.longOpt)
        except getopt.GetoptError as error:
            raise UsageError(self._explain(error)) from None
        given = [(name,) if name[2:] in self.longOpt else (name, value) for name, value in found]
        return [*chain.from_iterable(given), "--", *projects]

    def _explain(self, error: getopt.GetoptError) -> str:
        is_twistds = self.parent is not None and {error.opt, f"{error.opt}="} & set(self.parent.longOpt)
        where = f"; --{error.opt} is twistd's own: it goes before wsproject" if is_twistds else ""
        return f"{error.msg}{where}"

    def parseArgs(self, *projects: str) -> None:  # noqa: N802 - Twisted's name
        """Keep the projects."""
        self._projects = projects

    def postOptions(self) -> None:  # noqa: N802 - Twisted's name
        """Complete the options from the configuration file, and install the reactor."""
        self._folder = _current_folder()
        folders = [self._folder]
        if self["config"]:
            self._file = self._folder / self["config"]
            folders.append(self._file.parent)
        self.configuration = self.reread()
        search_first(folders)
        twistd = self._twistd()
        daemon = os.name == "posix" and not (twistd.get("nodaemon", True) or twistd.get("debug"))
        self.command_line = command_line(sys.orig_argv, self._folder, twistd, daemon=daemon)
        if not self.is_supervisor:  # which runs on whatever Twisted takes
            reactors.install(self.configuration.reactor, daemon=daemon)
        twistd_files.prepare(twistd, daemon=daemon)
        log_output.install(twistd, self.configuration.log_format, daemon=daemon)

    def reread(self) -> Configuration:
        """Read the configuration file, and put what the command line says before it.

        Raises:
            ConfigurationError: The file cannot be read, or says what means nothing.
        """
        configuration = Configuration() if self._file is None else read(self._file, self["config"])
        if self._projects:
            plans = tuple(plan_for(spec, configuration, self._folder) for spec in self._projects)
            configuration = replace(configuration, projects=plans, is_kept=False)
        return replace(configuration, **self._given())

    @property
    def is_supervisor(self) -> bool:
        """Whether this process is to look after workers, and serve nobody itself."""
        is_reloaded = not {turn.VARIABLE, turn.TAKEN}.isdisjoint(os.environ)  # one process is enough there
        return self.configuration.workers is not None and this_worker() is None and not is_reloaded

    @property
    def words(self) -> list[str]:
        """The command line of a worker, behind ``twistd``."""
        reactor = self._twistd().get("reactor")
        chosen = [f"--reactor={reactor}"] if reactor else []
        return ["--nodaemon", "--pidfile=", *chosen, "wsproject", *self._words]

    @property
    def pid_file(self) -> Path | None:
        """The file with twistd's process id, if there is one."""
        name = self._twistd().get("pidfile")
        return Path(name) if name else None

    def _twistd(self) -> dict[str, Any]:
        """Give twistd's own options; none where something else parses these."""
        return {} if self.parent is None else self.parent

    def _given(self) -> dict[str, Any]:
        """Collect what the command line says."""
        given = {
            "port": _port("port", self["port"]),
            "interface": self["interface"],
            "tls_port": _port("tls-port", self["tls-port"]),
            "cert": self["cert"],
            "key": self["key"],
            "client_ca": self["client-ca"],
            "client_certificates": self["client-certificates"],
            "log_format": self["log-format"],
            "metrics": self["metrics"],
            "admin": self["admin"],
            "admin_hosts": tuple(self._admin_hosts) or None,
            "listen": tuple(self._listen) or None,
            "trusted_proxies": tuple(self._trusted_proxies) or None,
            "workers": _workers(self["workers"]),
            "state": self["state"],
            "nats": None if self["nats"] is None else tuple(self["nats"].split(",")),
            "nats_credentials": self["nats-credentials"],
            "nats_nkey": self["nats-nkey"],
            "nats_ca": self["nats-ca"],
            "cluster": self["cluster"],
        }
        return {name: value for name, value in given.items() if value is not None}


def makeService(options: Options) -> IService:  # noqa: N802 - Twisted's name
    """Make the service, its ports bound already.

    Raises:
        SystemExit: With one line that says what is wrong.
    """
    from twisted.internet import reactor  # noqa: PLC0415 - installed by the options

    from wstwist import server  # noqa: PLC0415 - all of wstwist, needless for --help

    try:
        if options.is_supervisor:
            return _supervisor(options, reactor)
        return server.make(
            options.configuration, options.pid_file, reactor, options.reread, options.command_line
        )
    except ConfigurationError as error:
        raise SystemExit(one_line(error)) from None


def _supervisor(options: Options, reactor: Any) -> IService:
    from wstwist.signals import Signals  # noqa: PLC0415 - as above
    from wstwist.supervising import service  # noqa: PLC0415

    configuration = options.configuration
    count = configuration.workers if isinstance(configuration.workers, int) else _processors()
    signals = Signals(reactor, partial(twistd_files.remove_own, options.pid_file))
    state = None if configuration.state is None else Path(configuration.state).absolute()
    return service.make(configuration, count, options.words, signals, reactor, state)


def _processors() -> int:
    """Count the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def one_line(error: Exception) -> str:
    """Put into one line what is wrong."""
    return f"wstwist: {printable(' '.join(str(error).split()))}"


def _workers(text: str | None) -> int | str | None:
    if text is None or text == "auto":
        return text
    number = int(text) if text.isdecimal() and text.isascii() else 0
    if not WORKERS.admits(number):
        raise UsageError(f"--workers must be {WORKERS.phrase}, not {text!r}")
    return number


def _port(option: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or not is_port(int(text)):
        raise UsageError(f"--{option} must be a port, 0 to 65535, not {text!r}")
    return int(text)


def _current_folder() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise ConfigurationError("the current folder is not there any more") from None


def plan_for(spec: str, configuration: Configuration, folder: Path) -> Plan:
    """Plan to serve a project of the command line, with the settings that the file has for its name.

    Args:
        spec: ``MODULE:CLASS``.
        configuration: What the file says.
        folder: Where its modules are looked for first.
    """
    name = spec.rpartition(":")[2]
    plans = configuration.projects or ()
    settings = next((plan.settings for plan in plans if plan.name == name), {})
    return Plan(name, spec, folder, settings=settings)


def search_first(folders: Sequence[Path]) -> None:
    """Put folders first on ``sys.path``, while the current one is still that in which twistd was called."""
    entries = [str(folder) for folder in folders]
    sys.path[:] = [*entries, *(entry for entry in sys.path if entry not in entries)]
