# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What the API answers: methods, paths, who may, and what is done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from twisted.internet.defer import CancelledError

from wstwist.admin import changes, settings_view
from wstwist.admin.asking import Call, whole
from wstwist.admin.exporting import Download
from wstwist.admin.problems import Problem
from wstwist.admin.reach import ALL, CLIENT, HERE, SERVICE, Reach
from wstwist.admin.tokens import Role

Handler = Callable[[Call], Any]
"""Does what is asked for; gives the answer's content, or an awaitable of it; None: there is none."""


class Route(NamedTuple):
    """One thing that can be asked for.

    Attributes:
        method: The HTTP method.
        path: The path below ``/api/v1/``; a part in braces stands for any.
        role: Who may.
        handler: What is done.
        status: The HTTP status of what was done; 204 where there is no content.
        query: The parameters that the query may have.
        body: The members that the body may have; None: any.
        reach: Where in a cluster it is done.
    """

    method: str
    path: str
    role: Role
    handler: Handler
    status: int = 200
    query: tuple[str, ...] = ()
    body: tuple[str, ...] | None = ()
    reach: Reach = HERE


async def _noted(call: Call, doing: Awaitable[Any], done: str) -> None:
    """Wait until something is done, and log it; it is done, too, where nobody waits for the answer."""
    try:
        await doing
    except CancelledError:
        call.note(done)
        raise
    call.note(done)


async def _add(call: Call) -> dict[str, Any]:
    spec, directory = call.text("import"), call.optional_text("directory")
    name = await changes.add(call.panel, spec, directory, call.mapping("settings"))
    call.note("added {project}, {spec}", project=name, spec=spec)
    return call.panel.project(name)


async def _remove(call: Call) -> None:
    await _noted(call, changes.remove(call.panel, call.name), "removed {project}")


def _turn(verb: str, done: str) -> Handler:
    async def turn(call: Call) -> dict[str, Any]:
        await _noted(call, changes.turn(call.panel, call.name, verb), f"{done} {{project}}")
        return call.panel.project(call.name)

    return turn


async def _block(call: Call) -> dict[str, Any]:
    message = call.optional_text("message") or ""
    await changes.turn(call.panel, call.name, "block", message)
    call.note("blocked {project}" + (": {message}" if message else ""), message=message)
    return call.panel.project(call.name)


async def _restart(call: Call) -> dict[str, Any]:
    outcome = await changes.restart(call.panel)
    call.note("restarts the server")
    return outcome


async def _reload(call: Call) -> dict[str, Any]:
    try:
        outcome = await changes.reload(call.panel, call.name)
    except Problem as problem:
        call.note("could not reload {project}: {why}", why=problem.detail)
        raise
    call.note("reloaded the code of {names}", names=", ".join(outcome["reloaded"]))
    return outcome


async def _change(call: Call) -> dict[str, Any]:
    outcome = await changes.change(call.panel, call.name, call.body)
    call.note("changed settings of {project}: {settings}", settings=settings_view.in_words(call.body))
    return outcome


def _service(verb: str, done: str) -> Handler:
    def run(call: Call) -> dict[str, Any]:
        changes.run_service(call.panel, call.name, verb)
        call.note(f"{done} the global service of {{project}}")
        return call.panel.project(call.name)

    return run


def _send(call: Call) -> None:
    changes.send(
        call.panel, call.name, call.identity, call.optional_text("text"), call.optional_text("base64")
    )
    call.note("sent a message to client {client} of {project}")


def _disconnect(call: Call) -> None:
    code = call.body.get("code", 1000)
    if type(code) is not int:
        raise Problem(400, "code must be a whole number, such as 1000")
    reason = call.optional_text("reason") or ""
    changes.disconnect(call.panel, call.name, call.identity, code, reason)
    call.note("disconnected client {client} of {project}, with {code}", code=code)


def _execute(call: Call) -> Any:
    procedure = call.text("procedure")
    args = call.body.get("args", [])
    if not isinstance(args, list):
        raise Problem(400, "args must be a list")
    kwargs = call.mapping("kwargs") or {}
    identity = call.parts.get("id")
    where = "the global service" if identity is None else "client {client}"
    outcome = changes.execute(call.panel, call.name, identity, procedure, args, kwargs)
    call.note(f"executes {{procedure}} in {where} of {{project}}", procedure=procedure)
    return outcome


async def _export(call: Call) -> Download:
    data = call.flag("data")
    download = await call.panel.exports.make(data=data)
    call.note("exported the server" + (", with its data" if data else ""))
    return download


def _history(call: Call) -> dict[str, Any]:
    return call.panel.history(call.query.get("project"), call.moment("since"))


def _log(call: Call) -> dict[str, Any]:
    if "name" in call.parts:
        call.panel.deployment(call.name)  # its client may have gone
    after = whole(call.query, "after", 0, 0, 2**53)
    return call.panel.log(call.filter(), after, whole(call.query, "limit", 500, 1, 5000))


_PAGE = ("search", "sort", "offset", "limit")
_LINES = ("level", "search", "after", "limit")
_PROJECT = "projects/{name}"
_CLIENT = f"{_PROJECT}/clients/{{id}}"
_EXECUTE = ("procedure", "args", "kwargs")

ROUTES = (
    Route("GET", "session", Role.READ, lambda call: {"role": call.who.role.value}),
    Route("GET", "server", Role.READ, lambda call: call.panel.server()),
    Route("POST", "restart", Role.FULL, _restart, 202),
    Route("GET", "export", Role.FULL, _export, query=("data",)),
    Route("GET", "projects", Role.READ, lambda call: call.panel.projects()),
    Route("POST", "projects", Role.FULL, _add, 201, body=("import", "directory", "settings"), reach=ALL),
    Route("GET", _PROJECT, Role.READ, lambda call: call.panel.project(call.name)),
    Route("DELETE", _PROJECT, Role.FULL, _remove, 204, reach=ALL),
    Route("POST", f"{_PROJECT}/block", Role.FULL, _block, body=("message",), reach=ALL),
    Route("POST", f"{_PROJECT}/unblock", Role.FULL, _turn("unblock", "unblocked"), reach=ALL),
    Route("POST", f"{_PROJECT}/stop", Role.FULL, _turn("stop", "stopped"), reach=ALL),
    Route("POST", f"{_PROJECT}/start", Role.FULL, _turn("start", "started"), reach=ALL),
    Route("POST", f"{_PROJECT}/reload", Role.FULL, _reload, reach=ALL),
    Route("GET", f"{_PROJECT}/settings", Role.READ, lambda call: call.panel.settings(call.name)),
    Route("PATCH", f"{_PROJECT}/settings", Role.FULL, _change, body=None, reach=ALL),
    Route("POST", f"{_PROJECT}/service/run", Role.FULL, _service("run_now", "ran"), reach=SERVICE),
    Route("POST", f"{_PROJECT}/service/pause", Role.FULL, _service("pause", "paused"), reach=SERVICE),
    Route("POST", f"{_PROJECT}/service/unpause", Role.FULL, _service("unpause", "unpaused"), reach=SERVICE),
    Route("GET", f"{_PROJECT}/service/globals", Role.FULL, lambda call: call.panel.globals(call.name, None)),
    Route("POST", f"{_PROJECT}/service/execute", Role.FULL, _execute, body=_EXECUTE, reach=SERVICE),
    Route(
        "GET",
        f"{_PROJECT}/clients",
        Role.READ,
        lambda call: call.panel.clients(call.name, call.page()),
        query=_PAGE,
    ),
    Route("GET", _CLIENT, Role.READ, Call.client),
    Route("GET", f"{_CLIENT}/globals", Role.FULL, lambda call: call.panel.globals(call.name, call.identity)),
    Route("GET", f"{_CLIENT}/log", Role.READ, _log, query=_LINES, reach=CLIENT),
    Route("POST", f"{_CLIENT}/send", Role.FULL, _send, 204, body=("text", "base64"), reach=CLIENT),
    Route(
        "POST",
        f"{_CLIENT}/disconnect",
        Role.FULL,
        _disconnect,
        204,
        body=("code", "reason"),
        reach=CLIENT,
    ),
    Route("POST", f"{_CLIENT}/execute", Role.FULL, _execute, body=_EXECUTE, reach=CLIENT),
    Route("GET", "history", Role.READ, _history, query=("project", "since")),
    Route("GET", "log", Role.READ, _log, query=(*_LINES, "project", "client")),
)
"""All of it, ``openapi.json`` apart, which says the same for readers."""


def find(path: tuple[str, ...]) -> tuple[Mapping[str, Route], Mapping[str, str]]:
    """Give the routes of a path by their methods, and the parts that stand for any."""
    found: dict[str, Route] = {}
    parts: dict[str, str] = {}
    for route in ROUTES:
        names = route.path.split("/")
        if len(names) == len(path) and all(_fits(*each) for each in zip(names, path, strict=True)):
            found[route.method] = route
            parts = {
                name.strip("{}"): part for name, part in zip(names, path, strict=True) if name.startswith("{")
            }
    return found, parts


def _fits(name: str, part: str) -> bool:
    return name == part or (name.startswith("{") and bool(part))
