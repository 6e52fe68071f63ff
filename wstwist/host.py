# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""One project in one process: its contexts, opened, listed and closed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import fail
from twisted.logger import Logger
from twisted.python.reflect import safe_str

from wstwist.accounting import Account, Totals
from wstwist.admission import Admission, NotAdmitted
from wstwist.bus.local import LocalBus
from wstwist.crossing import make_user_values, make_values
from wstwist.definition import Definition
from wstwist.events import is_cancellation
from wstwist.exceptions import ClientGone, ConfigurationError, Refuse
from wstwist.global_service import ServiceContext
from wstwist.groups import Groups
from wstwist.histogram import Histogram
from wstwist.life import ClientContext
from wstwist.overtime import Overtime
from wstwist.scheduler import Scheduler
from wstwist.settings import SettingError
from wstwist.threads import ThreadPool, Threads
from wstwist.tracebacks import EventFailure
from wstwist.traffic import Traffic
from wstwist.wire.interface import Channel, Opening, Request, WireSettings

if TYPE_CHECKING:
    from wstwist.cluster.node import Node
    from wstwist.database import Database
    from wstwist.events import Event
    from wstwist.settings import Settings


class Host:
    """The contexts of a project in this process; it is the wire's `Application`.

    Args:
        definition: The project, taken apart.
        scheduler: The order of steps on the reactor's thread.
        threads: Where blocking code runs; None makes a pool of threads.

    Attributes:
        contexts: All clients' contexts by the client's id, also those that open or leave.
        clients: Those of accepted clients that are connected.
        service: The global service's context.
        groups: Which clients are in which groups.
        counters: How often this and that happened.
        traffic: What has passed all clients' connections.
        account: What all contexts have used.
        durations: How long events and procedures lasted, by name.
        failures: How often events raised, by name.
        stuck: Blocking events that do not end although their client has gone.
        blocked: What new clients are told that are not to come in; None: they may.
    """

    log = Logger(namespace="wstwist")

    def __init__(
        self,
        definition: Definition,
        scheduler: Scheduler,
        threads: Threads | None = None,
        database_wait: float = 30.0,
        node: Node | None = None,
    ) -> None:
        """Begin without contexts; `start` makes the global service's.

        Raises:
            ConfigurationError: The database's URL cannot be used.
        """
        self.definition = definition
        self.scheduler = scheduler
        self.contexts: dict[str, ClientContext] = {}
        self.bus = self._make_bus(node)
        self.values = make_values(definition.namespace, self.bus)
        self.user_values = make_user_values(definition.namespace)
        self._given_threads = threads
        self._is_closed = False
        self._database_wait = database_wait
        self.overtime = _overtime(definition.settings, scheduler)
        self.account = Account()
        self.durations: defaultdict[str, Histogram] = defaultdict(Histogram)
        self._prepare()
        self.clients: dict[str, ClientContext] = {}
        self.admission = Admission(scheduler.reactor.seconds)
        self.counters: Counter[str] = Counter()
        self.traffic = Traffic()
        self.failures: Counter[str] = Counter()
        self.stuck: set[Event] = set()
        self.blocked: str | None = None
        self._settings = _wire_settings(definition, definition.settings)

    def _make_bus(self, node: Node | None) -> LocalBus:
        if node is None:
            return LocalBus(self)
        from wstwist.cluster.bus import ClusterBus  # noqa: PLC0415 - nats-py is there for clusters only

        return ClusterBus(self, node)

    # What the wire asks.

    @property
    def path(self) -> str:
        """The path that clients connect to."""
        return self.definition.settings.path

    @property
    def log_fields(self) -> dict[str, object]:
        """What a line in the log says of where it comes from."""
        return {"project": self.definition.name}

    @property
    def wire(self) -> WireSettings:
        """How clients' connections are treated."""
        return self._settings

    def open(self, request: Request, channel: Channel) -> Opening:
        """Make a context for a client that asks to connect."""
        if not self.is_accepting:
            raise Refuse(503, "the service is not running", {"Retry-After": "5"})
        self._check_admission(request)
        context = ClientContext(self, self.bus.new_id(), request, channel)
        try:
            context.make_instance()
        except Refuse:
            raise
        except BaseException as error:  # noqa: BLE001 - an author's __init__ ends no server
            self.log_error(context, "__init__", error)
            return Opening(context, fail(Refuse(500)))
        self.contexts[context.client.id] = context
        self.admission.enter(request.address, request.port)
        context.begin()
        return Opening(context, context.accepted)

    def block(self, message: str) -> None:
        """Let nobody in any more; those who are in stay, and all else goes on. `unblock` ends it."""
        self.blocked = message

    def unblock(self) -> None:
        """Let clients in again."""
        self.blocked = None

    def _check_admission(self, request: Request) -> None:
        try:
            self._admit(request)
        except NotAdmitted as error:
            self.count(f"refused_{error.kind}")
            raise

    def _admit(self, request: Request) -> None:
        if self.blocked is not None:
            raise NotAdmitted(503, self.blocked, "blocked", "the project is blocked")
        settings = self.definition.settings
        self.admission.check(request, len(self.contexts), settings.limits, settings.origins)

    def change(self, settings: Settings) -> None:
        """Have other settings from now on; see `wstwist.reload`."""
        before, self.definition.settings = self.definition.settings, settings
        self._settings = _wire_settings(self.definition, settings)
        if settings.limits.event_time != before.limits.event_time:
            self.overtime = _overtime(settings, self.scheduler)
        if settings.interval != before.interval:
            self.service.change_interval(settings.interval)

    # What contexts ask.

    @property
    def reply_timeout(self) -> float | None:
        """How long a wait for a Reply lasts at most, in seconds."""
        return self.definition.settings.reply_timeout

    def context(self, client: str | None) -> ClientContext | ServiceContext | None:
        """Give a client's context, or the global service's (None)."""
        return self.service if client is None else self.contexts.get(client)

    def forget(self, context: ClientContext) -> None:
        """Let a context that has ended go."""
        if self.contexts.pop(context.client.id, None) is not None:
            self.admission.leave(context.client.address, context.client.port)

    def require_database(self) -> Database:
        """Give the database of a project that has one."""
        assert self.database is not None  # noqa: S101 - only asked where there is a session
        return self.database

    def figures(self) -> Totals:
        """Tell what the project's contexts have used so far, those included that are no more."""
        return Totals(
            len(self.clients),
            sum(context.is_opening for context in self.contexts.values()),
            self.traffic.messages_in,
            self.traffic.messages_out,
            self.traffic.bytes_in,
            self.traffic.bytes_out,
            self.account.errors,
            self.account.event_time,
            self.account.cpu,
            self.scheduler.time_of(self.account.last),
        )

    def count(self, what: str, times: int = 1) -> None:
        """Count something that happened."""
        self.counters[what] += times

    def log_error(self, context: Any, event: str, error: BaseException) -> None:
        """Log and count what an event raised."""
        self.count("errors")
        context.account.failed()
        self.failures[event] += 1
        has_gone = isinstance(error, ClientGone) and getattr(context, "is_gone", False)
        if has_gone or is_cancellation(error):
            self.log.warn(
                "{project}, {context}, {event}: {why}",
                **context.log_fields,
                event=event,
                why="ended, for the client has gone" if has_gone else "cancelled",
            )
            return
        fault = None if self.database is None else self.database.fault(error)
        if fault is not None:
            self.count("database_errors")
            self.log.error(
                "{project}, {context}, {event}: the database: {fault}",
                **context.log_fields,
                event=event,
                fault=fault,
                error_type=type(error),
            )
            return
        self.log.failure(
            "{project}, {context}, {event}: {error}",
            failure=EventFailure(error),
            **context.log_fields,
            event=event,
            error="; ".join(_lines(error)),
        )

    # Beginning and ending; `service.py` says when.

    def start(self) -> None:
        """Make the global service's context and let clients in.

        Raises:
            Exception: What the author's ``__init__`` raises.
        """
        if self._is_closed:
            self._prepare()
        if not self.bus.is_clustered:
            self.service.start()
        self.is_started = True
        self.is_accepting = True
        self.bus.start()

    # In a cluster the global service begins and ends while the project goes on.

    def begin_service(self, lease: int, kept: Mapping[str, Any]) -> None:
        """Have the global service here.

        Args:
            lease: Its lease.
            kept: Globals that services before it have kept.

        Raises:
            Exception: What the author's ``__init__`` raises.
        """
        self.service = ServiceContext(self, lease, kept)
        self.service.start()

    def drop_service(self) -> None:
        """Have it here no more, without its end: another process has it."""
        self.service.abandon()
        self.renew_service()

    def renew_service(self) -> None:
        """Have a context in its place that does nothing; clients do not wait for it."""
        self.service = ServiceContext(self)
        self.service.let_in()

    def _prepare(self) -> None:
        """Make what lasts from a start to the end of a stop."""
        settings = self.definition.settings
        self.threads = self._given_threads or ThreadPool(
            settings.threads, self.definition.name, self.scheduler
        )
        self.database = _open_database(self.definition.name, settings, self._database_wait)
        self.service = ServiceContext(self)
        self.groups = Groups(self)
        self.is_started = False
        self.is_accepting = False
        self.is_draining = False
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        """Whether threads and the database have gone, until the next start."""
        return self._is_closed

    def log_left_behind(self) -> None:
        """Name the events that did not end before the service did."""
        for context in (self.service, *self.contexts.values()):
            if context.event is not None:
                self.log.warn(
                    "{project}, {context}, {event}: did not end before the service did; left behind",
                    **context.log_fields,
                    event=context.event.name,
                )

    def close(self) -> None:
        """Let threads and the database go; a second call does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        if self.is_started:
            self.bus.stop()
        self.is_started = False
        for context in tuple(self.contexts.values()):
            if context.event is None:
                context.end()
        if self.service.event is None:
            self.service.release()
        self.threads.stop()
        if self.database is not None:
            self.database.close()

    def check_database(self, settings: Settings) -> None:
        """Refuse settings with a database that could not be used.

        Raises:
            SettingError: Why that is so.
        """
        database = _open_database(self.definition.name, settings, self._database_wait)
        if database is not None:
            database.close()

    @property
    def is_idle(self) -> bool:
        """Whether no context has anything to do."""
        return all(
            context.event is None and not len(context.mailbox)
            for context in (self.service, *self.contexts.values())
        )


def _wire_settings(definition: Definition, settings: Settings) -> WireSettings:
    """Give the part of a project's settings that the wire keeps."""
    protocols = (*settings.protocols, *_protocols_of_tokens(definition))
    return WireSettings(protocols=protocols, compress=settings.compress, limits=settings.limits)


def _protocols_of_tokens(definition: Definition) -> Sequence[str]:
    """Give the sub-protocols that stand for a token which comes with them; see `wstwist.auth.bearer`."""
    authenticate = definition.events.get("authenticate")
    return () if authenticate is None else getattr(authenticate.function, "protocols", ())


def _open_database(name: str, settings: Settings, wait: float) -> Database | None:
    if settings.database is None:
        return None
    from wstwist.database import Database  # noqa: PLC0415 - a project without one need not load SQLAlchemy

    try:
        return Database(settings.database, threads=settings.threads, wait=wait)
    except ConfigurationError as error:
        raise SettingError(name, "database", error) from None


def _overtime(settings: Settings, scheduler: Scheduler) -> Overtime | None:
    """Give who watches events that last long, if anybody is to."""
    seconds = settings.limits.event_time
    return None if seconds is None else Overtime(scheduler.reactor, seconds)


def _lines(error: BaseException) -> Iterator[str]:
    """Describe an error whose own ``__str__`` may raise."""
    yield f"{type(error).__name__}: {safe_str(error)}"
    yield from map(safe_str, getattr(error, "__notes__", ()))


def define(project: object, overrides: Mapping[str, Any] | None = None) -> Definition:
    """Take a project's class apart; anything else is a ConfigurationError."""
    from wstwist.project import Project  # noqa: PLC0415

    if not (isinstance(project, type) and issubclass(project, Project)):
        raise ConfigurationError(
            f"{project!r} is no project: it must be a class derived from wstwist.Project"
        )
    return Definition(project, overrides)
