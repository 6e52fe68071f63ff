# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The context of the global service, and the loop that runs it."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall

from wstwist.accounting import ServiceStatus
from wstwist.context import Call, ExecutionContext, Occurrence
from wstwist.exceptions import MailboxFull, ServiceUnavailable

if TYPE_CHECKING:
    from wstwist.events import Event, Then
    from wstwist.host import Host
    from wstwist.mailbox import Work


class ServiceContext(ExecutionContext):
    """The context of a project's global service.

    Args:
        project: The project's host.
        lease: The lease with which it acts; None: it is the only one there can be, or does not act at all.
        kept: Globals that services before it have kept.

    Attributes:
        is_paused: Whether an administrator has it begin no runs.
        is_starting: Whether `on_service_start` has not ended; clients wait for it.
    """

    def __init__(
        self, project: Host, lease: int | None = None, kept: Mapping[str, Any] | None = None
    ) -> None:
        """Begin stopped."""
        super().__init__(project, "global service")
        self._lease = lease
        self._kept = kept
        self._loop = LoopingCall(self._tick)
        self._loop.clock = project.scheduler.reactor
        self._ticked_at = -math.inf
        self._is_run_due = False
        self._is_running = False
        self._last_run = 0.0
        self._last_duration: float | None = None
        self.is_paused = False
        self.is_starting = True

    def start(self) -> None:
        """Run `on_service_start`, then `global_service` for the first time, then every interval."""
        if self._lease is None:
            self._lease = time.time_ns() // 1_000_000
        self.make_instance()
        vars(self.instance).update(self._kept or {})
        self._is_running = True
        self.put(Occurrence("on_service_start", (), self._started))
        if "global_service" in self.project.definition.events:
            self._start_loop(self.project.definition.settings.interval, now=True)

    @property
    def lease(self) -> int | None:
        """The number with which it acts: larger than those of the services before it."""
        return self._lease

    @property
    def is_running(self) -> bool:
        """Whether it was started, and not stopped."""
        return self._is_running

    def let_in(self) -> None:
        """Have clients wait for it no more."""
        if self.is_starting:
            self.is_starting = False
            for context in tuple(self.project.contexts.values()):
                context.connect()
            self.project.scheduler.run()

    def abandon(self) -> None:
        """Do nothing any more: it has lost its right to."""
        self.stop_loop()
        self._is_running = False
        self.discard()
        if self.event is not None:
            self.event.cancel()
        else:
            self.release()

    def _start_loop(self, interval: float, *, now: bool) -> None:
        done = self._loop.start(interval, now=now)
        done.addErrback(
            lambda failure: self.project.log.failure(
                "{project}: the service loop failed", failure, **self.log_fields
            )
        )

    def change_interval(self, interval: float) -> None:
        """Run every so many seconds, beginning in so many."""
        if self._loop.running:
            self._loop.stop()
            self._start_loop(interval, now=False)

    def adopt(self) -> None:
        """Go over to the code that the project has now, which may have got or lost a `global_service`."""
        had_runs = "global_service" in self.definition.events
        ExecutionContext.adopt(self)
        has_runs = "global_service" in self.definition.events
        if had_runs and not has_runs:
            self.stop_loop()
        elif has_runs and not had_runs and self._may_loop():
            self._start_loop(self.project.definition.settings.interval, now=True)

    # What administrators ask for.

    def status(self) -> ServiceStatus:
        """Tell how the service is."""
        return ServiceStatus(
            self.scheduler.time_of(self._last_run),
            self._last_duration,
            self.project.durations["global_service"].count,
            self.project.counters["runs_late"],
            len(self.mailbox),
            self.is_paused,
            self._is_running,
            self._has_runs,
        )

    def pause(self) -> None:
        """Begin no more runs until `unpause`; calls are still taken, and a second call does nothing.

        Raises:
            ServiceUnavailable: As of `run_now`.
        """
        self._require_runs()
        self.is_paused = True
        self.stop_loop()

    def unpause(self) -> None:
        """Run at once, and every interval from then on; where it is not paused nothing happens."""
        if self.is_paused:
            self.is_paused = False
            self._ticked_at = -math.inf  # it is another loop, whatever the moment
            if self._may_loop() and "global_service" in self.definition.events:
                self._start_loop(self.project.definition.settings.interval, now=True)

    def run_now(self) -> None:
        """Run once, paused or not; where a run waits or goes on already, that is the one.

        Raises:
            ServiceUnavailable: The service is not running, or has no `global_service`.
        """
        self._require_runs()
        if not self._is_run_due:
            self._put_run()

    @property
    def _has_runs(self) -> bool:
        return "global_service" in self.definition.events

    def _require_runs(self) -> None:
        if not self._is_running or not self._has_runs:
            raise ServiceUnavailable(f"{self.project.definition.name}: there is no global_service that runs")

    def _may_loop(self) -> bool:
        return self._is_running and not self.is_paused and not self.project.is_draining

    def event_over(self, event: Event) -> None:
        """Take the outcome of an event, and go on to what waits."""
        if event.name == "global_service":
            self._last_run = event.began
            self._last_duration = self.scheduler.now - event.began
        name = event.name
        ExecutionContext.event_over(self, event)
        self.project.bus.service_event_over(name)

    def handle_one(self, item: str | bytes | Work) -> None:
        """Handle what was taken from the mailbox, as long as it has the right to."""
        if self._may_act():
            ExecutionContext.handle_one(self, item)
        elif isinstance(item, Call):
            item.fail(self._lost())

    def _may_act(self) -> bool:
        return self._lease is None or self.project.bus.may_act(self._lease)

    def _lost(self) -> ServiceUnavailable:
        return ServiceUnavailable(f"{self.project.definition.name}: this global service has lost its lease")

    def _answer(self, answer: Then, value: Any, error: BaseException | None) -> None:
        """Answer a call, unless the right to is lost."""
        if self._may_act():
            answer(value, error)
        else:
            answer(None, self._lost())

    def _started(self, _result: Any, error: BaseException | None) -> None:
        """Let the clients go on that came meanwhile."""
        if error is not None:
            self.report("on_service_start", error)
        self.let_in()

    def _tick(self) -> None:
        """Put a run into the mailbox, unless the one before has not ended; then it is late, and skipped."""
        now = self.project.scheduler.reactor.seconds()
        if now - self._ticked_at < self.project.definition.settings.interval / 1000:
            return  # the same moment again: the LoopingCall computes with fractions
        self._ticked_at = now
        if self._is_run_due:
            self.project.count("runs_late")
        else:
            self._put_run()

    def _put_run(self) -> None:
        self._is_run_due = True
        self.put(Occurrence("global_service", (), self._ran))
        self.project.scheduler.run()

    def _ran(self, _result: Any, error: BaseException | None) -> None:
        self._is_run_due = False
        if error is not None:
            self.report("global_service", error)

    def call(self, call: Call) -> None:
        """Take a call from another context, or refuse it at once."""
        if not self._is_running:
            call.fail(
                ServiceUnavailable(f"{self.project.definition.name}: the global service is not running")
            )
        elif self.mailbox.is_full:
            self.project.count("mailbox_full")
            call.fail(MailboxFull(f"the global service has {len(self.mailbox)} calls waiting"))
        else:
            if self.project.bus.is_clustered:
                call.answer = partial(self._answer, call.answer)
            self.mailbox.put_call(call)
            self.go_on()

    def stop_loop(self) -> None:
        """Begin no more runs; calls are still taken."""
        if self._loop.running:
            self._loop.stop()

    def stop(self) -> Deferred[None]:
        """Run `on_service_stop`, after all that waits; fires when it has ended."""
        stopped: Deferred[None] = Deferred()

        def ended(_result: Any, error: BaseException | None) -> None:
            if error is not None:
                self.report("on_service_stop", error)
            stopped.callback(None)

        self.put(Occurrence("on_service_stop", (), ended))
        self._is_running = False
        return stopped
