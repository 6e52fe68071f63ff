# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What the administration does, to projects and to their clients."""

from __future__ import annotations

import os
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.threads import deferToThreadPool

from wstwist.admin.json_reading import Reader
from wstwist.admin.json_values import Writer
from wstwist.admin.problems import Problem
from wstwist.admin.rehearsal import rehearse
from wstwist.admin.settings_view import check_hidden
from wstwist.exceptions import (
    CannotCross,
    ClientGone,
    ConfigurationError,
    MailboxFull,
    NoSuchProcedure,
    NoSuchProject,
    ProcedureError,
    ReplyTimeout,
    ServiceUnavailable,
)

if TYPE_CHECKING:
    from wstwist.admin.panel import Panel
    from wstwist.host import Host
    from wstwist.reply import Reply

LONGEST_WAIT = 60.0
"""Seconds that somebody waits at most for the result of a procedure, also where the project sets no end."""


async def refused(action: Any, *args: Any) -> Any:
    """Do something; what the operator did wrong is a problem of the request's."""
    try:
        return await maybeDeferred(action, *args)
    except NoSuchProject as error:
        raise Problem(404, str(error)) from None
    except ConfigurationError as error:
        raise Problem(422, " ".join(str(error).split()), title="This cannot be done") from None


async def add(panel: Panel, spec: str, directory: str | None, settings: Mapping[str, Any] | None) -> str:
    """Serve one more project, and give its name."""
    deployment = await refused(panel.service.deployments.add, spec, directory, settings)
    return str(deployment.name)


async def remove(panel: Panel, name: str) -> None:
    """Serve a project no more."""
    await refused(panel.service.deployments.remove, name)


async def turn(panel: Panel, name: str, verb: str, *args: str) -> None:
    """Block, unblock, stop or start a project."""
    await refused(getattr(panel.service.deployments, verb), name, *args)


async def restart(panel: Panel) -> dict[str, Any]:
    """Have the server stop and begin again; tell which process that is."""
    if not panel.service.running:
        raise Problem(409, "the server is stopping already")
    plans = [each.plan for each in panel.service.deployments]
    await refused(deferToThreadPool, panel.reactor, panel.reactor.getThreadPool(), rehearse, plans)
    await refused(panel.restart)
    return {"pid": os.getpid()}


async def reload(panel: Panel, name: str) -> dict[str, Any]:
    """Import a project's code afresh; tell which projects that did, and what would need a restart."""
    reloaded = await refused(panel.service.deployments.reload, name)
    changes = getattr(reloaded, "changes", None)
    return {"reloaded": list(reloaded), "restart": [] if changes is None else list(changes.restart)}


async def change(panel: Panel, name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Change settings of a project."""
    await refused(check_hidden, settings)
    changes = await refused(panel.service.deployments.change, name, settings)
    return {
        "changed": [each.removeprefix(f"{name}.") for each in changes.changed],
        "restart": [each.removeprefix(f"{name}.") for each in changes.restart],
    }


def run_service(panel: Panel, name: str, verb: str) -> None:
    """Run a project's global service now, pause it, or have it go on."""
    service = panel.running(name).service
    try:
        getattr(service, verb)()
    except ServiceUnavailable as error:
        raise Problem(409, str(error)) from None
    panel.service.scheduler.run()


def send(panel: Panel, name: str, identity: str, text: str | None, base64: str | None) -> None:
    """Send a client a message: text, or bytes."""
    context = panel.context(name, identity)
    if (text is None) is (base64 is None):
        raise Problem(400, "give either text or base64")
    try:
        message: str | bytes = b64decode(base64, validate=True) if text is None else text  # type: ignore[arg-type]
    except ValueError:
        raise Problem(400, "base64: this is none") from None
    try:
        context.client.send(message)
    except ValueError as error:
        raise Problem(400, f"text: {error}") from None
    panel.service.scheduler.run()


def disconnect(panel: Panel, name: str, identity: str, code: int, reason: str) -> None:
    """Close a client's connection."""
    context = panel.context(name, identity)
    try:
        context.client.disconnect(code, reason)
    except ValueError as error:
        raise Problem(400, str(error)) from None
    panel.service.scheduler.run()


def execute(
    panel: Panel,
    name: str,
    identity: str | None,
    procedure: str,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> Deferred[dict[str, Any]]:
    """Execute a procedure in a client's context, or in the global service's (None)."""
    host = panel.running(name)
    if identity is not None:
        panel.context(name, identity)
    if host.definition.find_procedure(procedure) is None:
        raise Problem(404, str(host.bus.no_such(procedure)))
    return Deferred.fromCoroutine(_execute(host, identity, procedure, args, kwargs))


async def _execute(
    host: Host, identity: str | None, procedure: str, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    reader = Reader(host)
    try:
        own_args = [reader.read(arg, f"argument {number}") for number, arg in enumerate(args, 1)]
        own_kwargs = {key: reader.read(arg, f"argument {key}") for key, arg in kwargs.items()}
        reply: Reply[Any] = host.bus.call(identity, procedure, tuple(own_args), own_kwargs)
    except CannotCross as error:
        raise Problem(400, str(error), title="An argument is no value") from None
    limit = host.reply_timeout
    reply.within(LONGEST_WAIT if limit is None else min(limit, LONGEST_WAIT))
    host.scheduler.run()
    try:
        value = await reply.as_deferred()
    except ReplyTimeout as error:
        raise Problem(504, f"{error}{_busy(host, identity)}") from None
    except tuple(_ANSWERS) as error:
        raise _answer(error) from None
    return {"result": Writer().write(value)}


def _busy(host: Host, identity: str | None) -> str:
    """Say which event keeps a context from executing something."""
    context = host.context(identity)
    event = None if context is None else context.event
    return "" if event is None else f"; it is in {event.name}, which has not ended"


def _answer(error: Exception) -> Problem:
    """Say why there is no result."""
    if isinstance(error, ProcedureError):
        return Problem(
            422,
            str(error),
            title="The procedure raised",
            error_type=error.type,
            message=error.message,
            traceback=error.traceback,
        )
    status = next(_ANSWERS[kind] for kind in _ANSWERS if isinstance(error, kind))
    return Problem(status, str(error))


_ANSWERS: Mapping[type[Exception], int] = {
    ProcedureError: 422,
    NoSuchProcedure: 404,
    ClientGone: 404,
    MailboxFull: 503,
    ServiceUnavailable: 503,
    ReplyTimeout: 504,
    CannotCross: 422,
}
