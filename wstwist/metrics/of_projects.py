# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The metrics that there are of each project; docs/metrics.md has a table of all."""

from __future__ import annotations

from collections.abc import Callable

from wstwist.metrics.families import Samples, counter, gauge, histogram, refusals
from wstwist.metrics.view import DROPPED, INCIDENTS, View


def _of_database(name: str) -> Callable[[View], int | None]:
    """Give what tells a number of the database; None where there is no database."""
    return lambda view: None if view.database is None else getattr(view.database, name)


def _dropped(view: View) -> Samples:
    for reason, name in DROPPED.items():
        yield (reason,), view.counters[name]


def _incidents(view: View) -> Samples:
    for name in INCIDENTS:
        yield (name,), view.counters[name]


def _durations(view: View) -> Samples:
    for event, histograms in view.durations:
        yield (event,), histograms


def _errors(view: View) -> Samples:
    for event, times in view.errors.items():
        yield (event,), times


def _last_run(view: View) -> float | None:
    return None if view.service.last_run is None else view.service.last_run.timestamp()


OF_PROJECTS = (
    gauge("wstwist_clients", "Clients that are connected.", "totals.clients"),
    gauge("wstwist_clients_opening", "Clients that are not accepted yet.", "totals.opening"),
    counter(
        "wstwist_clients_accepted", "Clients that were accepted.", lambda view: view.counters["accepted"]
    ),
    counter("wstwist_refusals", "Clients that were turned away.", refusals, "reason"),
    counter("wstwist_received_messages", "Messages of clients.", "totals.messages_in"),
    counter("wstwist_sent_messages", "Messages to clients.", "totals.messages_out"),
    counter("wstwist_received_bytes", "Bytes read, frame headers included.", "totals.bytes_in"),
    counter("wstwist_sent_bytes", "Bytes written, frame headers included.", "totals.bytes_out"),
    counter("wstwist_dropped_messages", "Messages to clients that never left.", _dropped, "reason"),
    histogram(
        "wstwist_event_duration_seconds", "How long events and procedures lasted.", _durations, "event"
    ),
    counter(
        "wstwist_event_errors",
        "Events that raised; an error of a procedure is its caller's.",
        _errors,
        "event",
    ),
    counter("wstwist_event_cpu_seconds", "Processor time of events, by sampling.", "totals.cpu"),
    gauge(
        "wstwist_stuck_events",
        "Blocking events that do not end although their client has gone.",
        lambda view: len(view.host.stuck),
    ),
    gauge(
        "wstwist_mailbox_items", "Messages, calls and events that wait in all mailboxes.", "queues.messages"
    ),
    gauge(
        "wstwist_mailbox_items_max",
        "Messages, calls and events that wait in the fullest mailbox.",
        "queues.longest",
    ),
    gauge("wstwist_mailbox_bytes", "Bytes that wait in all mailboxes.", "queues.size"),
    gauge("wstwist_send_queue_bytes", "Bytes that wait for clients that do not read.", "queues.to_send"),
    gauge(
        "wstwist_send_queue_bytes_max",
        "Bytes that wait for the client that reads least.",
        "queues.most_to_send",
    ),
    counter("wstwist_service_runs", "Runs of global_service that ended.", "service.runs"),
    counter(
        "wstwist_service_late_runs",
        "Runs of global_service that were skipped, the one before not having ended.",
        "service.late",
    ),
    gauge(
        "wstwist_service_last_run_timestamp_seconds",
        "When the last run of global_service began, in seconds since 1970.",
        _last_run,
    ),
    gauge(
        "wstwist_service_last_run_duration_seconds",
        "How long the last run of global_service lasted.",
        "service.last_duration",
    ),
    gauge("wstwist_service_mailbox_items", "What waits in the global service's mailbox.", "service.queue"),
    gauge("wstwist_service_paused", "1 while the global service is paused.", "service.is_paused"),
    gauge(
        "wstwist_database_connections", "Database connections that there may be.", _of_database("connections")
    ),
    gauge(
        "wstwist_database_connections_used",
        "Database connections that contexts have.",
        _of_database("in_use"),
    ),
    gauge("wstwist_database_waiting", "Contexts that wait for the database.", _of_database("waiting")),
    counter("wstwist_incidents", "What else is counted: see docs/logging.md.", _incidents, "kind"),
)
"""What there is of each project: with the label ``project``."""
