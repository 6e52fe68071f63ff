# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802, N815 - the names are Twisted's
# twisted.web has hardly any types.
# mypy: disable-error-code="no-untyped-call"
"""The API over HTTP: `twisted.web` resources that check who asks, and answer in JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from inspect import isawaitable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.web.resource import IResource, Resource
from twisted.web.server import NOT_DONE_YET
from twisted.web.static import NoRangeStaticProducer

from wstwist.admin.access import Asker, Gate, Who
from wstwist.admin.asking import Call, check_names, single
from wstwist.admin.exporting import Download
from wstwist.admin.panel import Panel
from wstwist.admin.problems import CONTENT_TYPE, Problem
from wstwist.admin.routes import Route, find
from wstwist.wire.answers import phrase
from wstwist.wire.request import host_and_port

_HEADERS = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cross-origin-resource-policy": b"same-origin",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"wstwist": b"administration",
}
LARGEST = 2 * 1024 * 1024
"""Bytes of a request's body: a message of 1 MiB in base64, and what is around it."""

LARGEST_UNKNOWN = 4 * 1024
"""The same of somebody who has shown no token yet, but may be about to."""

_DESCRIPTION = Path(__file__).with_name("openapi.json")

_log = Logger(namespace="wstwist.admin")


class Root(Resource):
    """All that the administration's endpoint answers over HTTP.

    Args:
        panel: What there is to read and to do.
        gate: Who may.
        page: What answers all other paths.
    """

    def __init__(self, panel: Panel, gate: Gate, page: IResource) -> None:
        """Put the parts together."""
        super().__init__()
        self._gate = gate
        self._page = page
        self.putChild(b"login", Login(gate))
        self.putChild(b"logout", Logout(gate))
        self.putChild(b"api", Api(panel, gate))

    def body_size(self, request: Any) -> int:
        """Tell how large the body of a request may be, of which the head has come."""
        return LARGEST if isinstance(_recognise(self._gate, request), Who) else LARGEST_UNKNOWN

    def getChildWithDefault(self, path: bytes, request: Any) -> IResource:
        """Find a part; nothing is answered to those who ask by a name that is not ours."""
        try:
            self._gate.check_host(asker_of(request))
        except Problem as problem:
            return _Refused(problem)
        if path in self.children:
            found: IResource = self.children[path]
            return found
        child: IResource = self._page.getChildWithDefault(path, request)
        return child


class Answering(Resource):
    """Answers all methods and all paths below it, in JSON."""

    isLeaf = True

    def render(self, request: Any) -> Any:
        """Answer, at once or later."""
        for name, value in _HEADERS.items():
            request.setHeader(name, value)
        waited = Deferred.fromCoroutine(self._respond(request))
        request.notifyFinish().addErrback(lambda _: waited.cancel())
        waited.addErrback(lambda failure: failure.trap(CancelledError))
        return NOT_DONE_YET

    async def _respond(self, request: Any) -> None:
        try:
            status, content = await self.answer(request, asker_of(request))
        except Problem as problem:
            refuse(request, problem)
        except CancelledError:
            raise
        except BaseException:  # noqa: BLE001 - a fault of ours is told, and nothing of it
            _log.failure("the administration could not answer {path}", path=_path(request))
            refuse(request, Problem(500, "a fault in wstwist; the server's log says more"))
        else:
            request.setResponseCode(status)
            if isinstance(content, Download):
                _send(request, content)
            elif status == 204:  # noqa: PLR2004 - No Content
                request.finish()
            else:
                _write(request, "application/json", json.dumps(content).encode("ascii"))

    async def answer(self, request: Any, asker: Asker) -> tuple[int, Any]:
        """Give status and content of the answer.

        Raises:
            Problem: It is another one.
        """
        raise NotImplementedError


class _Refused(Answering):
    """Answers one thing, whatever is asked for."""

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self._problem = problem

    async def answer(self, request: Any, asker: Asker) -> tuple[int, Any]:  # noqa: ARG002
        raise self._problem


class Login(Answering):
    """``/login``: a token for a cookie."""

    def __init__(self, gate: Gate) -> None:
        """Remember who decides."""
        super().__init__()
        self._gate = gate

    async def answer(self, request: Any, asker: Asker) -> tuple[int, Any]:
        """Begin a session."""
        _check_leaf(request, "POST")
        self._gate.check_origin(asker)
        body = body_of(request, is_needed=True)
        check_names(body, ("token",), "member of the body")
        token = body.get("token")
        if not isinstance(token, str):
            raise Problem(400, "token is missing" if token is None else "token must be a text")
        role, cookie = self._gate.sign_in(token, asker)
        request.setHeader("set-cookie", cookie)
        return 200, {"role": role.value}


class Logout(Answering):
    """``/logout``: the end of a session."""

    def __init__(self, gate: Gate) -> None:
        """Remember who decides."""
        super().__init__()
        self._gate = gate

    async def answer(self, request: Any, asker: Asker) -> tuple[int, Any]:
        """End the session, if there is one."""
        _check_leaf(request, "POST")
        self._gate.check_origin(asker)
        check_names(body_of(request, is_needed=False), (), "member of the body")
        request.setHeader("set-cookie", self._gate.sign_out(asker))
        return 204, None


class Api(Answering):
    """``/api/v1``."""

    def __init__(self, panel: Panel, gate: Gate) -> None:
        """Remember what there is, and who decides."""
        super().__init__()
        self._panel = panel
        self._gate = gate

    async def answer(self, request: Any, asker: Asker) -> tuple[int, Any]:
        """Find out what is asked for, and by whom, and do it."""
        path = _parts(request)
        if path == ("v1", "openapi.json"):
            _check_method(request, ("GET",))
            return 200, json.loads(_DESCRIPTION.read_bytes())
        who = _recognise(self._gate, request)
        if isinstance(who, Problem):
            raise who
        cookie = self._gate.renewed_cookie(asker, who)
        if cookie is not None:
            request.setHeader("set-cookie", cookie)
        routes, parts = find(path[1:]) if path[:1] == ("v1",) else ({}, {})
        if not routes:
            raise Problem(404, "there is nothing at this address; /api/v1/openapi.json lists what there is")
        route = routes[_check_method(request, tuple(routes))]
        call = self._call(request, route, who, parts, asker)
        content = self._panel.perform(route, call)
        return route.status, await content if isawaitable(content) else content

    def _call(self, request: Any, route: Route, who: Who, parts: Mapping[str, str], asker: Asker) -> Call:
        """Check everything that is the same for all requests."""
        is_change, has_cookie = route.method != "GET", who.session is not None
        if is_change and has_cookie:
            self._gate.check_own_page(asker)
        who.require(route.role)
        body = body_of(request, is_needed=has_cookie) if is_change else {}
        if route.body is not None:
            check_names(body, route.body, "member of the body")
        query = _query(request)
        check_names(query, route.query, "parameter")
        return Call(self._panel, who, parts, query, body)


def asker_of(request: Any) -> Asker:
    """Tell where a request comes from."""
    headers = {
        name.decode("latin-1").lower(): ", ".join(value.decode("latin-1") for value in values)
        for name, values in request.requestHeaders.getAllRawHeaders()
    }
    address, _ = host_and_port(request.getClientAddress())
    return Asker(headers, address, request.isSecure())


def _recognise(gate: Gate, request: Any) -> Who | Problem:
    """Tell who asks, or why that is not known; once, for a wrong token counts each time."""
    known: Who | Problem | None = getattr(request, "asked_by", None)
    if known is None:
        try:
            known = gate.who(asker_of(request))
        except Problem as problem:
            known = problem
        request.asked_by = known
    return known


def body_of(request: Any, *, is_needed: bool) -> Mapping[str, Any]:
    """Give the members of a body in JSON.

    Args:
        request: The request.
        is_needed: Whether even an empty one has to say that it is JSON, which a form cannot.
    """
    data = request.content.read()
    kind = (request.getHeader("content-type") or "").partition(";")[0].strip().lower()
    if (data or is_needed) and kind != "application/json":
        raise Problem(415, "the body must be JSON: Content-Type: application/json")
    try:
        body = json.loads(data or b"{}", parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Problem(400, "the body is no JSON") from None
    if not isinstance(body, dict):
        raise Problem(400, "the body must be an object")
    return body


def refuse(request: Any, problem: Problem) -> None:
    """Answer with a problem."""
    request.setResponseCode(problem.status, phrase(problem.status).encode("ascii") or b"Refused")
    for name, value in problem.headers.items():
        request.setHeader(name, value)
    _write(request, CONTENT_TYPE, problem.encode())


def _write(request: Any, content_type: str, data: bytes) -> None:
    if request._disconnected:
        return
    request.setHeader("content-type", content_type)
    request.setHeader("content-length", str(len(data)))
    if request.method != b"HEAD":
        request.write(data)
    request.finish()


def _send(request: Any, download: Download) -> None:
    """Answer with a file, as fast as it is read."""
    request.setHeader("content-type", download.kind)
    request.setHeader("content-length", str(download.size))
    request.setHeader("content-disposition", f'attachment; filename="{download.name}"')
    if request._disconnected:
        download.file.close()
    elif request.method == b"HEAD":
        download.file.close()
        request.finish()
    else:
        NoRangeStaticProducer(request, download.file).start()


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _check_leaf(request: Any, method: str) -> None:
    """Refuse paths below, and other methods."""
    if _parts(request):
        raise Problem(404, "there is nothing at this address")
    _check_method(request, (method,))


def _check_method(request: Any, allowed: tuple[str, ...]) -> str:
    """Give the method that is meant; HEAD is GET without content."""
    method: str = request.method.decode("latin-1")
    meant = "GET" if method == "HEAD" else method
    if meant not in allowed:
        listed = ", ".join([*allowed, *(["HEAD"] if "GET" in allowed else [])])
        raise Problem(405, f"{method[:100]} cannot be done here; {listed} can", headers={"Allow": listed})
    return meant


def _parts(request: Any) -> tuple[str, ...]:
    """Give the rest of the path, decoded; what is no UTF-8 is nowhere."""
    try:
        return tuple(part.decode("utf-8") for part in request.postpath)
    except UnicodeDecodeError:
        raise Problem(404, "there is nothing at this address") from None


def _query(request: Any) -> dict[str, str]:
    """Give the parameters of the query, each once."""
    text = request.uri.partition(b"?")[2].decode("latin-1")
    try:
        return single(parse_qs(text, keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError:
        raise Problem(400, "the query is no UTF-8") from None


def _path(request: Any) -> str:
    path: str = request.path.decode("latin-1")
    return path
