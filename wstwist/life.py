# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The life of a client's context, from the request to the end of `on_disconnect`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from enum import Enum, auto
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred

from wstwist import client as handles
from wstwist.accounting import Figures
from wstwist.context import Call, ExecutionContext, Occurrence
from wstwist.events import Event, is_cancellation
from wstwist.exceptions import CannotCross, ClientGone, MailboxFull, Refuse
from wstwist.mailbox import Work
from wstwist.project import HandshakeRequest
from wstwist.stepping import current_event

if TYPE_CHECKING:
    from wstwist.client import Client
    from wstwist.host import Host
    from wstwist.wire.interface import Channel, Request
    from wstwist.wire.prepared import Prepared


CANCEL_TIME = 1.0
"""Seconds in which an event that is cancelled is expected to end."""


class State(Enum):
    """Where a client's context stands."""

    OPENING = auto()
    """`authenticate` and `on_connect` have not returned yet."""
    REFUSED = auto()
    """It may not come in; nothing more happens here."""
    OPEN = auto()
    """Accepted, and in lists."""
    LEAVING = auto()
    """The connection is over; what is in the mailbox is handled, then `on_disconnect`."""
    ENDED = auto()
    """`on_disconnect` has run."""


OPENING, REFUSED, OPEN, LEAVING, ENDED = State


class ClientContext(ExecutionContext):
    """The context of one client; it is the wire's `Receiver`.

    Args:
        project: The project's host.
        identity: The client's id.
        request: The handshake's request.
        channel: The connection.
    """

    client: Client

    def __init__(self, project: Host, identity: str, request: Request, channel: Channel) -> None:
        """Begin in state OPENING; `begin` runs the author's code."""
        super().__init__(project, f"client {identity}")
        self.client = _handle(project, identity, request)
        self.state = OPENING
        self.channel = channel
        self.traffic = channel.traffic
        self.accepted: Deferred[Mapping[str, str]] = Deferred()
        self._request: HandshakeRequest | None = HandshakeRequest(
            self.client, request.headers, _cookies(request), request.certificate
        )
        self._is_full = False
        self._timer: Any = None
        self._is_lost = False

    @property
    def request(self) -> HandshakeRequest:
        """The request, until the handshake is done."""
        if self._request is None:
            raise RuntimeError(
                "self.request: it is kept until the handshake is done; set keep_headers = True to keep it"
            )
        return self._request

    def figures(self) -> Figures:
        """Tell what this context has used so far."""
        return self._figures(self.traffic, self.channel.send_queue)

    @property
    def is_gone(self) -> bool:
        """Whether calls come too late."""
        return self.state in (REFUSED, LEAVING, ENDED)

    @property
    def is_opening(self) -> bool:
        """Whether `on_connect` has not returned yet, and what is sent waits for that."""
        return self.state is OPENING

    # Coming in.

    def begin(self) -> None:
        """Let the client in, as soon as `on_service_start` has ended; `accepted` fires with the outcome."""
        if not self.project.service.is_starting:
            self.connect()
            self.scheduler.run()
        if self.state is OPENING:  # most have returned: no timer for them
            limit = self.project.definition.settings.limits.connect_time
            self._timer = self.scheduler.reactor.callLater(limit, self._connect_late)

    def connect(self) -> None:
        """Run `authenticate` and then `on_connect`, unless this took too long already."""
        if self.state is OPENING:
            if "authenticate" in self.definition.events:
                self.mailbox.put_first(Occurrence("authenticate", (self.request,), self._authenticated))
            else:
                self._put_on_connect()
            self.go_on()

    def _put_on_connect(self) -> None:
        self.mailbox.put_first(Occurrence("on_connect", (self.client,), self._connected))

    def refuse_late(self) -> None:
        """Answer 503 to a client that is not in yet; an async event of its is cancelled."""
        event = self.event
        self._refuse(Refuse(503, "try again later"))
        if event is None:  # it waited for on_service_start
            self._drop()
            self.go_on()
        else:
            self._fail_calls()
            event.cancel()

    def _connect_late(self) -> None:
        self._timer = None
        limit = self.project.definition.settings.limits.connect_time
        self.project.log.warn(
            "{project}, {context}: {event} took longer than {limit:g} s (limits: connect_time): 503",
            **self.log_fields,
            event="on_connect" if self.event is None else self.event.name,
            limit=limit,
        )
        self.project.count("connects_late")
        self.refuse_late()
        self.scheduler.run()

    def _authenticated(self, user: Any, error: BaseException | None) -> None:
        """Note who the client is, and go on to `on_connect`."""
        error = error or self._identify(user)
        if error is None and self.state is OPENING:
            self._put_on_connect()
        else:
            self._turn_away("authenticate", error)

    def _identify(self, user: Any) -> BaseException | None:
        """Keep who the client is, by value; gives why that cannot be."""
        if user is None:
            return Refuse(401, "who are you?")
        try:
            user, _ = self.project.user_values.cross(user, "what authenticate returned")
        except CannotCross as error:
            return error
        except Exception as error:  # noqa: BLE001 - what a value's own methods raise
            return error
        handles.identified(self.client, user)
        return None

    def _connected(self, _result: Any, error: BaseException | None) -> None:
        if error is None and self.state is OPENING:
            self._accept()
        else:
            self._turn_away("on_connect", error)

    def _turn_away(self, event: str, error: BaseException | None) -> None:
        """End the context of a client that may not come in: there is an error, or it took too long."""
        is_late = self.state is REFUSED
        is_answer = error is None or isinstance(error, Refuse) or (is_late and is_cancellation(error))
        if error is not None and not is_answer:
            self.report(event, error)
        if not is_late:
            self._refuse(error if isinstance(error, Refuse) else Refuse(500))
        self._drop()

    def _accept(self) -> None:
        self._cancel_timer()
        self.state = OPEN
        self.project.count("accepted")
        self.project.clients[self.client.id] = self
        self.project.groups.accepted(self)
        headers = self.request.response_headers
        if not self.project.definition.settings.keep_headers:
            self._request = None
        if self._is_lost:
            self._leave()
        else:
            self.accepted.callback(headers)

    def _refuse(self, error: BaseException) -> None:
        self._cancel_timer()
        self.state = REFUSED
        self.project.groups.gone(self, was_accepted=False)
        if not self._is_lost:
            self.accepted.errback(error)

    def _drop(self) -> None:
        """Forget what was queued; an `on_error` still runs."""
        self._fail_calls()
        self.mailbox.put_always(_Last())

    def _fail_calls(self) -> None:
        for _ in range(len(self.mailbox)):
            item = self.mailbox.take()
            if isinstance(item, Call):
                item.fail(self.gone())
            elif isinstance(item, Occurrence):
                self.mailbox.put_always(item)

    def adopt(self) -> None:
        """Go over to the code that the project has now; who the client is, too."""
        ExecutionContext.adopt(self)
        if self.client.user is not None:
            with suppress(Exception):  # its class is gone, or a method of its raises: it stays what it was
                user, _ = self.project.user_values.cross(self.client.user, "the user")
                handles.identified(self.client, user)

    # Messages and calls.

    def deliver(self, message: str | bytes) -> bool:
        """Take a message from the wire, and say whether there is room for another."""
        if self.state is not OPEN:
            return True
        self.traffic.message_in()
        if self.mailbox.put_message(message) and not self._is_full:
            self._is_full = True
            limit = self.project.definition.settings.limits.stall_time
            self._timer = self.scheduler.reactor.callLater(limit, self._stalled)
        return not self._is_full

    def delivered(self) -> None:
        """Handle what was delivered."""
        if not self._has_turn():
            return
        if self.scheduler.begin():
            try:
                self.handle()
            finally:
                self.scheduler.end()
        else:
            self.scheduler.post(self._handle)

    def send(self, message: str | bytes) -> None:
        """Send the client a message; dropped and counted where it has gone."""
        if self.state is OPEN or self.state is OPENING:
            self.channel.send(message)
        else:
            self.project.count("sends_dropped")

    def send_keyed(self, message: str | bytes, key: str) -> None:
        """Send the client a message that replaces one with the same key, as long as that waits; as `send`."""
        if self.state is OPEN or self.state is OPENING:
            self.channel.send_keyed(message, key)
        else:
            self.project.count("sends_dropped")

    def send_prepared(self, prepared: Prepared) -> None:
        """Send the client a message that is sent to others, too; as `send`."""
        if self.state is OPEN or self.state is OPENING:
            self.channel.send_prepared(prepared)
        else:
            self.project.count("sends_dropped")

    def call(self, call: Call) -> None:
        """Take a call from another context, or refuse it at once."""
        if self.is_gone:
            call.fail(self.gone())
        elif self.mailbox.is_full:
            self.project.count("mailbox_full")
            call.fail(MailboxFull(f"{self.name} has {len(self.mailbox)} messages and calls waiting"))
        else:
            self.mailbox.put_call(call)
            self.go_on()

    def gone(self) -> ClientGone:
        """Say that this client has gone."""
        return ClientGone(f"{self.name} has disconnected")

    def handle_one(self, item: str | bytes | Work) -> None:
        """Handle what was taken from the mailbox; once it is half empty there is room again."""
        ExecutionContext.handle_one(self, item)
        if self._is_full and self.mailbox.is_half_empty:
            self._is_full = False
            self._cancel_timer()
            self.scheduler.post(self._read_on)

    def _read_on(self) -> None:
        if self.state is OPEN and not self._is_full and not self.project.is_draining:
            self.channel.resume()

    def _stalled(self) -> None:
        self._timer = None
        self.project.count("stalled")
        self.channel.give_up(1013, "not read for too long")
        self.channel.resume()

    # Going.

    def closed(self, code: int, reason: str, was_clean: bool) -> None:
        """Learn from the wire that the connection is over."""
        handles.ended(self.client, code, reason, was_clean)
        self._is_lost = True
        if self.state is OPEN:
            self._leave()
            self.scheduler.run()

    def _leave(self) -> None:
        """Handle what is in the mailbox, then `on_disconnect`."""
        self._cancel_timer()
        self.state = LEAVING
        self._is_full = False
        self.project.clients.pop(self.client.id, None)
        self.project.groups.gone(self, was_accepted=True)
        self.put(Occurrence("on_disconnect", (self.client,), self._disconnected))
        if self.event is not None:
            self._limit_event(self.event)

    def event_goes_on(self, event: Event) -> None:
        """See to it that an event does not last long once the client has gone."""
        if self.state is LEAVING:
            self._limit_event(event)

    def _limit_event(self, event: Event) -> None:
        self._cancel_timer()
        limit = self.project.definition.settings.limits.end_time
        self._timer = self.scheduler.reactor.callLater(limit, self._event_late, event)

    def _event_late(self, event: Event) -> None:
        """Cancel an event that has lasted too long; list it where that cannot be, or does not help."""
        self._timer = None
        if event.waits_for_thread:
            self._limit_event(event)
        elif not event.is_over:
            if event.cancel():
                clock = self.scheduler.reactor
                self._timer = clock.callLater(CANCEL_TIME, self._event_stuck, event)
            else:
                self._event_stuck(event)
            self.scheduler.run()

    def _event_stuck(self, event: Event) -> None:
        self._timer = None
        if not event.is_over:
            self.project.stuck.add(event)
            self.project.count("stuck")
            self.project.log.warn(
                "{project}, {context}, {event}: the client has gone, and this event does not end; "
                "on_disconnect follows when it does",
                **self.log_fields,
                event=event.name,
            )

    def event_over(self, event: Event) -> None:
        """Take the outcome of an event, and go on to what waits."""
        if self.project.stuck:
            self.project.stuck.discard(event)
        ExecutionContext.event_over(self, event)

    def _disconnected(self, _result: Any, error: BaseException | None) -> None:
        if error is not None:
            self.report("on_disconnect", error)
        self.mailbox.put_always(_Last())

    def end(self) -> None:
        """Nothing more happens here."""
        self._cancel_timer()
        self.release()
        self.project.forget(self)
        if self.state is LEAVING:
            self.state = ENDED
            # They hold this context, and it held them: without circles nobody has to search for garbage.
            self.variables.run(current_event.set, None)
            self.instance = None  # type: ignore[assignment] # nobody asks for it any more

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _Last:
    """The last entry of a client's mailbox."""

    size = -1

    def begin(self, context: ClientContext) -> None:
        """End the context."""
        context.end()


def _handle(project: Host, identity: str, request: Request) -> Client:
    return handles.Client(
        project.bus,
        identity,
        project.definition.name,
        request.address,
        request.port,
        request.path,
        request.query_all,
        request.origin,
        request.protocol,
        request.headers.get("user-agent"),
        request.secure,
        datetime.now(UTC),
        None,
    )


def _cookies(request: Request) -> Mapping[str, str]:
    if "cookie" not in request.headers:
        return {}
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(request.headers["cookie"]).items()}
    except CookieError:
        return {}
