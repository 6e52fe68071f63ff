# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Test a project's events without network, threads or real time, in trial and in pytest.

    from wstwist.testing import MemoryServer

    def test_nicknames_are_counted():
        with MemoryServer(Chat) as server:
            ann = server.connect("?token=s3cret")
            assert ann.receive() == "welcome"
            ann.send("Ann")
            assert ann.instance.nickname == "Ann"
            assert server.service.seen == {"Ann": 1}
            server.advance(5)                       # a run of the global service
            assert ann.receive() == "1 here"
            ann.close()

All happens in the calling thread, before each call returns: ``def`` events run in place, and ``.wait()`` in
them runs the other contexts until the reply is there, or advances the clock to the time-out. Time passes
only in `MemoryServer.advance`, for Deferreds and asyncio alike: ``asyncio.sleep(5)`` ends when the clock has
been advanced by 5 seconds. ``database = "sqlite:///:memory:"`` works; its one connection is free as soon as
an event has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, Self, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from twisted.internet.task import Clock
from twisted.python.failure import Failure

from wstwist.adopting import adopt, define
from wstwist.clockwork import ClockLoop, ClockReactor, InPlace
from wstwist.definition import Definition
from wstwist.exceptions import Refuse
from wstwist.host import Host
from wstwist.life import ClientContext, State
from wstwist.project import Project
from wstwist.reply import Reply
from wstwist.scheduler import Scheduler
from wstwist.stopping import stop
from wstwist.threads import blocking
from wstwist.traffic import Traffic
from wstwist.values.successors import pairs_within
from wstwist.wire.client_certificate import ClientCertificate
from wstwist.wire.closing import check_close_code
from wstwist.wire.interface import Request
from wstwist.wire.prepared import Prepared

AnyProject = TypeVar("AnyProject", bound=Project)
T = TypeVar("T")


class MemoryServer(Generic[AnyProject]):
    """Serves a project in memory.

    Args:
        project: The project's class.
        settings: Settings that go before the class's, such as ``{"database": "sqlite:///:memory:"}``.

    Attributes:
        clock: The time; `advance` lets it pass.
        errors: What events raised, as (context, event, error); take out what a test expects.

    Raises:
        ConfigurationError: The project could not be served.
    """

    def __init__(self, project: type[AnyProject], settings: Mapping[str, Any] | None = None) -> None:
        """Begin to serve: `on_service_start` and the first run of `global_service` have run."""
        self.clock = Clock()
        self.errors: list[tuple[str, str, BaseException]] = []
        self._loop = ClockLoop(self.clock)
        self._scheduler = Scheduler(ClockReactor(self.clock), self._loop)
        self._threads = InPlace(self._scheduler, self._wait_a_step)
        self._host = _Host(Definition(project, settings), self._scheduler, self._threads, 0.0)
        self._host.errors = self.errors
        self._is_stopped = False
        self._do(self._host.start)

    def __enter__(self) -> Self:
        """Serve for the length of a ``with`` block."""
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        """Stop; an error of an event that the test did not take out of `errors` is raised."""
        self.stop()
        if kind is None:
            self.raise_errors()

    @property
    def service(self) -> AnyProject:
        """The global service's instance of the project."""
        return self._host.service.instance  # type: ignore[return-value] # made from the class given

    @property
    def clients(self) -> list[str]:
        """The ids of the clients that are connected."""
        return list(self._host.clients)

    def connect(
        self,
        target: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        protocol: str | None = None,
        address: str = "192.0.2.1",
        secure: bool = False,
        certificate: ClientCertificate | None = None,
    ) -> MemoryClient[AnyProject]:
        """Connect a client.

        Args:
            target: The request's target: a path, a query (``"?token=s3cret"``), or both.
            headers: Header fields of the request; its Host is ``localhost`` unless they say otherwise.
            protocol: The sub-protocol that was agreed on.
            address: The client's IP address.
            secure: Whether it came over TLS.
            certificate: The certificate that it has shown there.

        Returns:
            The client; its `is_open` is false as long as `on_connect` waits.

        Raises:
            Refuse: `on_connect` refused the client.
        """
        fields = {"host": "localhost"} | {name.lower(): value for name, value in (headers or {}).items()}
        parts = urlsplit(target)
        request = Request(
            path=unquote(parts.path) or self._host.path,
            query_all=parse_qs(parts.query, keep_blank_values=True),
            headers=fields,
            address=address,
            port=50000,
            secure=secure,
            origin=fields.get("origin"),
            protocol=protocol,
            certificate=certificate,
        )
        client: MemoryClient[AnyProject] = MemoryClient(self)
        self._do(lambda: client._open(self._host, request))
        if client.refused is not None:
            raise client.refused from (self.errors[-1][2] if self.errors else None)
        return client

    def advance(self, seconds: float) -> None:
        """Let time pass; timers, runs of the global service and time-outs happen at their moments."""
        end = self.clock.seconds() + seconds
        while (step := self._next_moment()) is not None and step <= end:
            self._pass_to(step)
        self._pass_to(end)

    def run(self, reply: Reply[T]) -> T:
        """Give what a Reply brings, as blocking code would get it.

        ``server.run(server.service.execute_global_service(Chat.count, "Ann"))``
        """
        with blocking(None):
            outcome: list[Any] = []
            self._do(lambda: reply.as_deferred().addBoth(outcome.append))
            while not outcome:
                self._wait_a_step()
        if isinstance(outcome[0], Failure):
            outcome[0].raiseException()
        result: T = outcome[0]
        return result

    def reload(self, project: type[AnyProject]) -> None:
        """Have all contexts go over to another class of the same name, as when a server reloads its code.

        They keep their globals, and gain those that are new (docs/reloading.md).

        Raises:
            ConfigurationError: They cannot; nothing has changed.
        """
        definition = define(self._host, project)
        replaced = pairs_within(self._host.definition.project, project)
        self._do(lambda: adopt(self._host, definition, replaced))

    def stop(self) -> None:
        """Stop as a server does: clients are closed with 1001, then `on_service_stop` runs."""
        if not self._is_stopped:
            self._is_stopped = True
            stopped: list[object] = []
            self._do(lambda: stop(self._host, self.clock).addBoth(stopped.append))
            while not stopped:
                self._wait_a_step()
            self._do(self._loop.shut_down)
            self._loop.close()
            if isinstance(stopped[0], Failure):
                stopped[0].raiseException()

    def raise_errors(self) -> None:
        """Raise the first error of an event that is still in `errors`."""
        if self.errors:
            context, event, error = self.errors[0]
            error.add_note(f"raised by {event} in {context}, and not taken out of MemoryServer.errors")
            raise error

    # How time and steps go on.

    def _do(self, action: Callable[[], object]) -> None:
        """Do something from outside, and run whatever follows from it at this moment."""
        with self._loop.running():
            action()
            self._settle()

    def _settle(self) -> None:
        self._scheduler.run()
        while self._loop.run_ready():
            self._scheduler.run()

    def _next_moment(self) -> float | None:
        moments = [call.getTime() for call in self.clock.getDelayedCalls()]
        moments.extend(self._loop.moments())
        return min(moments, default=None)

    def _pass_to(self, moment: float) -> None:
        with self._loop.running():
            self.clock.rightNow = max(moment, self.clock.seconds())
            self.clock.advance(0)
            self._settle()

    def _wait_a_step(self) -> None:
        """Run one step for blocking code that waits; with nothing to run, go to the next moment."""
        with self._loop.running():
            if self._scheduler.run_nested() or self._loop.run_ready():
                return
        moment = self._next_moment()
        if moment is None:
            raise RuntimeError("a wait that nothing can end: no event is due, and no time-out is set")
        self._pass_to(moment)


class MemoryClient(Generic[AnyProject]):
    """A client of a `MemoryServer`.

    Attributes:
        received: The messages that the project sent and `receive` has not taken.
        refused: Why it may not come in, or None.
        close_code: The close code with which the connection ended, or None.
        close_reason: The reason that came with it, or None.
    """

    def __init__(self, server: MemoryServer[AnyProject]) -> None:
        """Prepare; `MemoryServer.connect` makes clients."""
        self.received: list[str | bytes] = []
        self.refused: Refuse | None = None
        self.close_code: int | None = None
        self.close_reason: str | None = None
        self.response_headers: Mapping[str, str] | None = None
        self._server = server
        self._context: ClientContext
        self._instance: AnyProject  # a context that has ended holds it no more
        self._kept: list[str | bytes] = []
        self._early_close: tuple[int, str] | None = None
        self._is_paused = False

    @property
    def instance(self) -> AnyProject:
        """This client's instance of the project: its attributes are the context's globals."""
        return self._instance

    @property
    def is_open(self) -> bool:
        """Whether the client was accepted, and the connection has not ended."""
        return self._context.state is State.OPEN and self.close_code is None

    def send(self, message: str | bytes) -> None:
        """Send a message to the project, and let it be handled."""
        if not self.is_open:
            raise AssertionError("the client is not connected")
        self._kept.append(message)
        self._server._do(self._deliver)

    def receive(self) -> str | bytes:
        """Take the oldest message that the project sent; it is an AssertionError if there is none."""
        if not self.received:
            raise AssertionError("the project sent nothing more")
        return self.received.pop(0)

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection as a client does, with the closing handshake."""
        self._server._do(lambda: self._end(code, reason, was_clean=True))

    def drop(self) -> None:
        """Lose the connection, without a closing handshake."""
        self._server._do(lambda: self._end(1006, "connection lost", was_clean=False))

    def _open(self, host: Host, request: Request) -> None:
        opening = host.open(request, _MemoryChannel(self, host))
        assert isinstance(opening.receiver, ClientContext)  # noqa: S101 - a Host's receivers are
        self._context = opening.receiver
        self._instance = opening.receiver.instance  # type: ignore[assignment] # made from the class given
        opening.accepted.addCallbacks(self._accepted, self._refused)

    def _accepted(self, headers: Mapping[str, str]) -> None:
        self.response_headers = dict(headers)
        if self._early_close is not None:
            self._end(*self._early_close, was_clean=True)

    def _close(self, code: int, reason: str) -> None:
        """Be closed by the project: not before the handshake is done."""
        if self.response_headers is None:
            self._early_close = self._early_close or (code, reason)
        else:
            self._end(code, reason, was_clean=True)

    def _refused(self, failure: Failure) -> None:
        self.refused = failure.value if isinstance(failure.value, Refuse) else Refuse(500)
        self._context.closed(1006, "refused", was_clean=False)

    def _deliver(self) -> None:
        while self._kept and not self._is_paused and self.close_code is None:
            self._is_paused = not self._context.deliver(self._kept.pop(0))
        self._context.delivered()

    def _end(self, code: int, reason: str, *, was_clean: bool) -> None:
        if self.close_code is None:
            self.close_code = code
            self.close_reason = reason
            self._context.closed(code, reason, was_clean)


class _MemoryChannel:
    """The connection of a `MemoryClient`, as the project's side uses it."""

    def __init__(self, client: MemoryClient[Any], host: Host) -> None:
        self._client = client
        self._scheduler = host.scheduler
        self.traffic = Traffic(host.traffic)
        self.send_queue = 0

    def send(self, message: str | bytes) -> None:
        if isinstance(message, str):
            message.encode()  # which fails where a server's would
        if self._client.close_code is None:
            self.traffic.message_out()
            self._client.received.append(message)

    def send_keyed(self, message: str | bytes, key: str) -> None:  # noqa: ARG002 - here nothing waits
        self.send(message)

    def send_prepared(self, prepared: Prepared) -> None:
        self.send(prepared.message)

    def when_room(self, tell: Callable[[], object]) -> None:
        tell()

    def when_drained(self, tell: Callable[[bool], object]) -> None:
        tell(self._client.close_code is None)

    def close(self, code: int, reason: str) -> None:
        check_close_code(code)
        self._scheduler.post(lambda: self._client._close(code, reason))

    give_up = close

    def pause(self) -> None:
        self._client._is_paused = True

    def resume(self) -> None:
        self._client._is_paused = False
        self._client._deliver()

    def abort(self) -> None:
        self._client._end(1006, "aborted", was_clean=False)


class _Host(Host):
    """Keeps errors for the test instead of logging them."""

    errors: list[tuple[str, str, BaseException]]

    def log_error(self, context: Any, event: str, error: BaseException) -> None:
        self.count("errors")
        context.account.failed()
        self.errors.append((context.name, event, error))
