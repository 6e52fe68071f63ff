# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""An execution context: own globals, own database session, own order of events."""

from __future__ import annotations

import contextvars
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from twisted.python.reflect import safe_str

from wstwist import native
from wstwist.accounting import Account, Figures
from wstwist.adopting import hand_over
from wstwist.coroutines import TOO_LONG, explain
from wstwist.events import Event, Then, make_event, run_in_thread
from wstwist.exceptions import (
    CannotCross,
    NoSuchProcedure,
    ProcedureError,
    ServiceUnavailable,
    WstwistError,
)
from wstwist.mailbox import Mailbox, Work
from wstwist.pending import Pending
from wstwist.scheduler import TURN
from wstwist.stepping import current_event
from wstwist.threads import blocking, blocking_context
from wstwist.tracebacks import show
from wstwist.traffic import Traffic

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from wstwist.bus.local import LocalBus
    from wstwist.client import Client
    from wstwist.definition import Handler
    from wstwist.host import Host
    from wstwist.overtime import Watch
    from wstwist.project import HandshakeRequest, Project
    from wstwist.values import Values

BATCH = 256
"""Messages after which a context lets others go on."""

_TURN = TURN
_TOO_LONG = TOO_LONG


class ExecutionContext:
    """One instance of the project, with a mailbox whose contents it handles strictly one after another.

    Attributes:
        project: The project's host in this process.
        name: What people call this context.
        instance: The author's instance.
        event: The event in progress, or None.
        variables: The `contextvars.Context` of all its events.
        definition: The project's code, as this context runs it.
    """

    def __init__(self, project: Host, name: str) -> None:
        """Begin without an instance; `make_instance` makes it."""
        limits = project.definition.settings.limits
        self.definition = project.definition
        self.client: Client | None = None
        self.instance: Project
        self.project = project
        self.scheduler = project.scheduler
        self.name = name
        self.mailbox = Mailbox(limits.mailbox_messages, limits.mailbox_size)
        self.event: Event | None = None
        self.variables = contextvars.Context()
        self._on_message = self.definition.events.get("on_message")
        self._session: Session | None = None
        self._belongings: dict[type, Any] | None = None
        self._has_ended = False
        self._is_posted = False
        self._watch: Watch | None = None
        self.account = Account(project.account)
        self._of_messages = project.durations["on_message"]

    def figures(self) -> Figures:
        """Tell what this context has used so far."""
        return self._figures(Traffic(), 0)

    def _figures(self, traffic: Traffic, send_queue: int) -> Figures:
        account, mailbox = self.account, self.mailbox
        return Figures(
            traffic.messages_in,
            traffic.messages_out,
            traffic.bytes_in,
            traffic.bytes_out,
            account.errors,
            len(mailbox),
            mailbox.size,
            mailbox.high_water,
            send_queue,
            account.event_time,
            account.cpu,
            None if self.client is None else self.client.connected_at,
            self.scheduler.time_of(account.last),
        )

    @property
    def log_fields(self) -> dict[str, Any]:
        """What a line in the log says of where it comes from."""
        return {
            "project": self.project.definition.name,
            "context": self.name,
            "client": None if self.client is None else self.client.id,
        }

    def make_instance(self) -> None:
        """Make the author's instance, with copies of the globals; what ``__init__`` raises comes out."""
        cls = self.definition.project
        self.instance = instance = cls.__new__(cls)
        instance._context = self
        if self.client is not None:
            instance.client = self.client
        vars(instance).update(self.definition.copies())
        try:
            self.variables.run(instance.__init__)  # type: ignore[misc] # that is what __new__ leaves to do
        except RuntimeError as error:
            self._explain(error)
            raise

    @property
    def is_gone(self) -> bool:
        """Whether whom this context is for has gone; of the global service: whether the server stops."""
        return self.project.is_draining

    # What the author's instance asks for.

    @property
    def lease(self) -> int | None:
        """The lease with which the global service acts; None in every other context."""
        return None

    @property
    def bus(self) -> LocalBus:
        """The way to other contexts."""
        return self.project.bus

    @property
    def request(self) -> HandshakeRequest:
        """The request that this context's client came with."""
        raise RuntimeError("self.request: the global service has no client, and so no request")

    def db(self) -> Session:
        """Give the session of this context to blocking code."""
        database = self.project.database
        where = f"{self.project.definition.name}.db"
        if database is None:
            raise RuntimeError(f"{where}: the project has no database; set database = 'sqlite:///...'")
        if blocking_context() is not self:
            raise RuntimeError(
                f"{where}: a session may be used in blocking code of its own context only: "
                "in a def event or procedure, or in a function given to self.in_thread"
            )
        if self._session is None:
            self._session = database.session()
        return self._session

    def belonging(self, kind: type) -> Any:
        """Give what this context has of a kind, made when it is first asked for, and closed when it ends."""
        if self._belongings is None:
            self._belongings = {}
        if kind not in self._belongings:
            self._belongings[kind] = kind()
        return self._belongings[kind]

    def in_thread(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Awaitable[Any]:
        """Run blocking code of an async event."""
        if not self.project.scheduler.on_reactor_thread() or blocking_context() is not None:
            raise RuntimeError("self.in_thread: this is blocking code already; call the function")
        pending: Pending[Any] = Pending(self.project.scheduler, self)
        run_in_thread(self, partial(function, *args, **kwargs), pending.resolve)
        return pending

    # The order of events.

    def run_event(self, name: str, args: tuple[Any, ...], then: Then | None = None) -> None:
        """Run one of the author's events; it must be the context's turn."""
        handler = self.definition.events.get(name)
        if handler is not None:
            self.run_handler(name, handler, (self.instance, *args), None, then)
        elif then is not None:
            then(None, None)

    def run_handler(
        self,
        name: str,
        handler: Handler,
        args: tuple[Any, ...],
        kwargs: dict[str, Any] | None,
        then: Then | None,
    ) -> None:
        """Run an event or a procedure, the instance being its first argument; it must be our turn."""
        scheduler = self.scheduler
        began = scheduler.now
        self.event = event = make_event(self, name, handler, args, kwargs, then)
        has_ended = event.start()
        scheduler.now = native.now()
        if scheduler.now - began > _TOO_LONG:
            event.held(scheduler.now - began)
        if has_ended:
            self.end_event(event)
        else:
            overtime = self.project.overtime
            if overtime is not None:
                self._watch = overtime.watch(event)
            self.event_goes_on(event)

    def event_goes_on(self, event: Event) -> None:
        """Know that an event did not end at once."""

    def end_event(self, event: Event) -> None:
        """End the database session's transaction, if there is one, then the event."""
        if not event.may_end():
            return
        if event.error is not None:
            self._explain(event.error)
        if self._session is not None and self.has_transaction():
            self.project.threads.submit(partial(self._end_session_in_thread, event))
        else:
            self.event_over(event)

    def _explain(self, error: BaseException) -> None:
        """Add to an error of asyncio's why it may have come."""
        if self.scheduler.loop is None:
            explain(error)

    def _end_session_in_thread(self, event: Event) -> None:
        with blocking(self):
            event.error = self.end_session(event.error)
        self.scheduler.post_from_anywhere(partial(self.event_over, event))

    def event_over(self, event: Event) -> None:
        """Take the outcome of an event, and go on to what waits."""
        self.event = None
        name, now = event.name, self.scheduler.now
        durations = self._of_messages if name == "on_message" else self.project.durations[name]
        self.account.lasted(now - event.began, now, durations)
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        then = event.let_go()
        if then is not None:
            then(event.value, event.error)
        elif event.error is not None:
            self.report(event.name, event.error)
        event.value = event.error = None
        self.go_on()

    def report(self, event: str, error: BaseException) -> None:
        """Log and count what an event raised, and hand it to the author's `on_error`, which runs next."""
        self.project.log_error(self, event, error)
        if event != "on_error" and "on_error" in self.definition.events:
            self.mailbox.put_first(Occurrence("on_error", (event, error)))

    def go_on(self) -> None:
        """Handle what waits in the mailbox, later in this turn."""
        if self._has_turn():
            self.scheduler.post(self._handle)

    def _has_turn(self) -> bool:
        """Tell whether there is something to handle, and nobody has been told to; whoever asks has to."""
        if self._is_posted or self.event is not None or self.mailbox.is_empty():
            return False
        self._is_posted = True
        return True

    def _handle(self) -> None:
        self.handle()

    def handle(self) -> None:
        """Handle what waits, until an event does not end at once; it must be our turn."""
        self.scheduler.account = self.account
        end = self.scheduler.now + _TURN
        for _ in range(BATCH):
            item = self.mailbox.take()
            if item is None:
                break
            self._handle_safely(item)
            if self.event is not None or self.scheduler.now > end:
                break
        self._is_posted = False
        self.go_on()

    def _handle_safely(self, item: str | bytes | Work) -> None:
        """Handle one; a fault of ours ends the event, and not the context."""
        try:
            self.handle_one(item)
        except Exception as error:  # noqa: BLE001 - whatever it is, this context must live on
            self.project.log.failure(
                "{project}, {context}: a fault in wstwist",
                **self.log_fields,
            )
            if self.event is not None:
                self.event.fail(error)

    def handle_one(self, item: str | bytes | Work) -> None:
        """Handle what was taken from the mailbox."""
        if not isinstance(item, (str, bytes)):
            item.begin(self)
        elif self._on_message is not None:
            self.run_handler("on_message", self._on_message, (self.instance, self.client, item), None, None)

    def put(self, work: Work) -> None:
        """Add an event of the context's own, whatever waits."""
        self.mailbox.put_always(work)
        self.go_on()

    def put_while_it_lasts(self, work: Work) -> None:
        """Add an event of the context's own, unless it has ended."""
        if not self._has_ended:
            self.put(work)
            self.scheduler.run()

    def discard(self) -> int:
        """Begin none of the messages, calls and runs that wait, and count them; calls fail."""
        count = 0
        for _ in range(len(self.mailbox)):
            item = self.mailbox.take()
            if isinstance(item, (str, bytes)) or getattr(item, "name", "") == "global_service":
                count += 1
            elif isinstance(item, Call):
                count += 1
                item.fail(self.gone())
            elif item is not None:
                self.mailbox.put_always(item)
        return count + self._withdraw_event()

    def _withdraw_event(self) -> int:
        """Likewise with what waits for a thread; counts it."""
        event = self.event
        if event is None or not event.waits_for_thread:
            return 0
        if event.name in self.definition.procedures:
            return int(event.withdraw(self.gone()))
        return int(event.name in ("on_message", "global_service") and event.withdraw(None))

    def gone(self) -> WstwistError:
        """Say why this context takes no calls any more."""
        return ServiceUnavailable(f"{self.project.definition.name}: the service stops")

    def adopt(self) -> None:
        """Go over to the code that the project has now, and keep the globals; between two events.

        Where that cannot be, this context stays with what it has.
        """
        new = self.project.definition
        if self._has_ended or new is self.definition:
            return
        if self.project.is_started:
            try:
                hand_over(self.instance, self.definition, new)
            except Exception as error:  # noqa: BLE001 - what a global's own copying raises
                self.project.log_error(self, "reload", error)
                return
        self.definition = new
        self._on_message = new.events.get("on_message")
        self.variables.run(current_event.set, None)  # it held the last event, and that the code of before

    # The database session.

    def has_transaction(self) -> bool:
        """Tell whether the session holds a transaction that is to be ended."""
        return self._session is not None and self._session.in_transaction()

    def end_session(self, error: BaseException | None) -> BaseException | None:
        """Commit, or roll back where there is an error; blocking. Gives the error, or that of the commit."""
        if self._session is not None and self._session.in_transaction():
            try:
                self.project.require_database().end(self._session, commit=error is None)
            except Exception as raised:  # noqa: BLE001 - the event failed with it
                return error or raised
        return error

    def release_session(self) -> None:
        """End a transaction that has only read, in blocking code that is about to wait for another context.

        It would hold a connection, and on SQLite lock others out, for nothing.
        """
        if self.has_transaction() and blocking_context() is self and not self._has_uncommitted():
            self.end_session(None)

    def _has_uncommitted(self) -> bool:
        return self._session is not None and self.project.require_database().uncommitted(self._session)

    def warn_of_uncommitted(self, event: Event) -> None:
        """Log where an event waits for another context while it has changes that this one cannot see."""
        if self._has_uncommitted():
            self.project.log.warn(
                "{project}, {context}, {event}: it waits for a reply while it has uncommitted changes, which "
                "nobody else sees and which may lock them out; call self.db.commit() before",
                **self.log_fields,
                event=event.name,
            )

    def release(self) -> None:
        """Close for good what belongs to this context, the session first; in threads."""
        self._has_ended = True
        session, self._session = self._session, None
        if session is not None:
            self.project.threads.submit(partial(self.project.require_database().discard, session))
        belongings, self._belongings = self._belongings, None
        for belonging in (belongings or {}).values():
            self.project.threads.submit(belonging.close)


class Occurrence:
    """An event of a context's own in its mailbox.

    Args:
        name: The event.
        args: Its arguments.
        then: Called with its outcome; None: what it raises is reported.
    """

    __slots__ = ("args", "name", "size", "then")

    def __init__(self, name: str, args: tuple[Any, ...] = (), then: Then | None = None) -> None:
        """Wait to begin."""
        self.name = name
        self.args = args
        self.then = then
        self.size = -1

    def begin(self, context: ExecutionContext) -> None:
        """Begin."""
        context.run_event(self.name, self.args, self.then)


class Call:
    """A procedure that another context executes here.

    Args:
        name: The procedure.
        args: Its arguments, already this context's own.
        kwargs: Likewise.
        size: Their size, in bytes.
        values: What crossed when they did.

    Attributes:
        answer: To be set: called with the outcome.
    """

    __slots__ = ("_args", "_kwargs", "_name", "_values", "answer", "is_withdrawn", "size")

    answer: Then

    def __init__(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], size: int, values: Values
    ) -> None:
        """Wait to begin."""
        self._values = values
        self._name = name
        self._args = args
        self._kwargs = kwargs
        self.size = size
        self.is_withdrawn = False

    def begin(self, context: ExecutionContext) -> None:
        """Begin, unless whoever called has taken it back."""
        if self.is_withdrawn:
            return
        definition = context.definition
        handler = definition.procedures.get(self._name)
        if handler is None:
            gone = f"{definition.name} has no procedure {self._name} any more: its code was reloaded"
            self.fail(NoSuchProcedure(gone))
        elif self._values is context.project.values or self._is_renewed(context.project.values):
            context.run_handler(
                self._name,
                handler,
                (context.instance, *self._args),
                self._kwargs,
                partial(self._ended, context.project),
            )

    def _is_renewed(self, values: Values) -> bool:
        """Have the arguments be of the classes of today: the code was reloaded while this waited."""
        try:
            self._args = tuple(values.cross(arg, f"argument {at}")[0] for at, arg in enumerate(self._args, 1))
            self._kwargs = {
                name: values.cross(arg, f"argument {name}")[0] for name, arg in self._kwargs.items()
            }
        except CannotCross as error:
            self.fail(error)
            return False
        except Exception as error:  # noqa: BLE001 - what a value's own methods raise
            self.fail(procedure_error(error))
            return False
        return True

    def withdraw(self) -> None:
        """Do not begin any more; once begun it runs to its end."""
        self.is_withdrawn = True

    def fail(self, error: BaseException) -> None:
        """Answer with an error of wstwist's."""
        self.answer(None, error)

    def _ended(self, project: Host, value: Any, error: BaseException | None) -> None:
        """Answer with the result, by value, or with what the procedure raised."""
        if error is None:
            try:
                value, _ = project.values.cross(value, f"the result of {self._name}")
            except CannotCross as raised:
                error = raised
            except Exception as raised:  # noqa: BLE001 - what a value's own methods raise
                error = procedure_error(raised)
        else:
            error = procedure_error(error)
        self.answer(None if error else value, error)


def procedure_error(error: BaseException) -> ProcedureError:
    """Describe what a procedure raised, for another context."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    text = show(error)
    error.__traceback__ = None  # its frames hold the call, and so the Reply, in a circle
    return ProcedureError(name, safe_str(error), text)
