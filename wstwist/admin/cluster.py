# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The administration of a whole cluster: what is read is put together, what is done goes where it belongs."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, cast

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from wstwist.admin import merging
from wstwist.admin.access import Who
from wstwist.admin.asking import Call
from wstwist.admin.clients import MOST, Page
from wstwist.admin.panel import Panel
from wstwist.admin.problems import Problem
from wstwist.admin.reach import ALL, CLIENT, SERVICE
from wstwist.admin.routes import ROUTES, Route
from wstwist.admin.tokens import Role
from wstwist.exceptions import BusUnavailable

if TYPE_CHECKING:
    from wstwist.cluster.bus import ClusterBus
    from wstwist.cluster.errands import Errand
    from wstwist.cluster.members import Member
    from wstwist.cluster.node import Node

DEEPEST = 10_000
"""Clients that may be skipped in a list, and are listed, together: each node has to give that many."""

_log = Logger(namespace="wstwist.admin")


class ClusterPanel:
    """All nodes, as one panel; what it has not is the panel of this node.

    Args:
        panel: This node.
        node: It, in its cluster.
    """

    def __init__(self, panel: Panel, node: Node) -> None:
        """Answer other nodes' administrations, too."""
        self._panel = panel
        self._node = node
        node.errands.take(self._do)

    def __getattr__(self, name: str) -> Any:
        """Give what concerns this node alone."""
        return getattr(self._panel, name)

    # Reading.

    def server(self) -> Deferred[dict[str, Any]]:
        """Tell of all servers."""
        return self._in_loop(self._server())

    async def _server(self) -> dict[str, Any]:
        others = await self._gather("server", {}, {})
        return merging.server(self._node.id, self._panel.server(), others)

    def projects(self) -> Deferred[dict[str, Any]]:
        """List the projects of all nodes."""
        return self._in_loop(self._projects())

    async def _projects(self) -> dict[str, Any]:
        others = await self._gather("projects", {}, {})
        return merging.projects(self._panel.projects(), others)

    def project(self, name: str) -> Deferred[dict[str, Any]]:
        """Tell all of one project."""
        return self._in_loop(self._project(name))

    async def _project(self, name: str) -> dict[str, Any]:
        own = self._panel.project(name)
        others = await self._gather("projects/{name}", {"name": name}, {}, self._serving(name))
        return merging.project([own, *others])

    def clients(self, name: str, page: Page) -> Deferred[dict[str, Any]]:
        """List clients of a project on all nodes."""
        page.check()
        self._panel.deployment(name)
        deepest = page.offset + page.limit
        if deepest > max(DEEPEST, MOST):
            raise Problem(400, f"offset: in a cluster the first {DEEPEST} are listed; search for the others")
        return self._in_loop(self._clients(name, page))

    async def _clients(self, name: str, page: Page) -> dict[str, Any]:
        deep = page._replace(offset=0, limit=page.offset + page.limit)
        query = {"search": page.search, "sort": page.sort, "offset": "0", "limit": str(deep.limit)}
        role = Role.FULL if page.is_full else Role.READ
        others = await self._gather(
            "projects/{name}/clients", {"name": name}, query, self._serving(name), role
        )
        return merging.clients([self._panel.clients(name, deep), *others], page)

    def client(self, name: str, identity: str, *, is_full: bool) -> Any:
        """Tell all of one client that may be seen."""
        node = self._node_of(identity)
        if node is None:
            return self._panel.client(name, identity, is_full=is_full)
        role = Role.FULL if is_full else Role.READ
        parts = {"name": name, "id": identity}
        return self._in_loop(self._ask(node, "GET", "projects/{name}/clients/{id}", parts, role=role))

    def globals(self, name: str, identity: str | None) -> Deferred[dict[str, Any]]:
        """Copy the globals of a client's context, or of the global service's (None)."""
        node = self._node_of_service(name) if identity is None else self._node_of(identity)
        if node is None:
            return self._panel.globals(name, identity)
        if identity is None:
            return self._in_loop(self._ask(node, "GET", "projects/{name}/service/globals", {"name": name}))
        parts = {"name": name, "id": identity}
        return self._in_loop(self._ask(node, "GET", "projects/{name}/clients/{id}/globals", parts))

    # Doing.

    def perform(self, route: Route, call: Call) -> Any:
        """Do what is asked for, where it is to be done."""
        if route.reach is CLIENT:
            return self._perform_on(self._node_of(call.identity), route, call)
        if route.reach is SERVICE:
            return self._perform_on(self._node_of_service(call.name), route, call)
        if route.reach is ALL:
            return self._in_loop(self._perform_everywhere(route, call))
        return route.handler(call)

    def _perform_on(self, node: str | None, route: Route, call: Call) -> Any:
        if node is None:
            return route.handler(self._here(call))
        return self._in_loop(
            self._ask(node, route.method, route.path, call.parts, call.query, call.body, call.who.role, call)
        )

    async def _perform_everywhere(self, route: Route, call: Call) -> Any:
        """Do it here, and if that could be done on all others; tell of those that could not."""
        others = self._node.members if "name" not in call.parts else self._serving(call.name)
        content = await _awaited(route.handler(self._here(call)))
        await self._all(
            self._ask(each.id, route.method, route.path, call.parts, call.query, call.body, call.who.role)
            for each in others
        )
        if isinstance(content, dict) and "state" in content:
            return await self._project(content["name"])
        return content

    def _here(self, call: Call) -> Call:
        return call._replace(panel=self._panel)

    # Other nodes.

    def _serving(self, name: str) -> Sequence[Member]:
        return self._node.members.serving(name)

    def _node_of(self, identity: str) -> str | None:
        """Give the node of a client; None: this one, or one that is not there."""
        node = identity.partition(".")[0]
        return node if node in self._node.members else None

    def _node_of_service(self, name: str) -> str | None:
        host = self._panel.deployment(name).host
        leader = None if host is None else cast("ClusterBus", host.bus).leadership.leader
        return None if leader is None or leader.node == self._node.id else leader.node

    async def _gather(
        self,
        path: str,
        parts: Mapping[str, str],
        query: Mapping[str, str],
        nodes: Sequence[Member] | None = None,
        role: Role = Role.FULL,
    ) -> list[dict[str, Any]]:
        """Ask all other nodes, or some; those that do not answer are left out."""
        asked = list(self._node.members) if nodes is None else nodes
        found = await asyncio.gather(
            *(self._ask(each.id, "GET", path, parts, query, role=role) for each in asked),
            return_exceptions=True,
        )
        told = []
        for member, answer in zip(asked, found, strict=True):
            if isinstance(answer, BaseException):
                _log.debug("{node} did not answer: {error}", node=member.id, error=answer)
            else:
                told.append(answer | {"node_id": member.id})
        return told

    async def _all(self, doings: Any) -> None:
        failed = [
            each
            for each in await asyncio.gather(*doings, return_exceptions=True)
            if each is not None and isinstance(each, BaseException)
        ]
        if failed:
            raise Problem(
                502,
                f"it is done on this node, and not on {len(failed)} of the others: {failed[0]}",
                title="Not all nodes could do it",
            )

    async def _ask(
        self,
        node: str,
        method: str,
        path: str,
        parts: Mapping[str, str],
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        role: Role = Role.FULL,
        call: Call | None = None,
    ) -> Any:
        errand = {
            "method": method,
            "path": path,
            "parts": dict(parts),
            "query": dict(query or {}),
            "body": dict(body or {}),
            "role": role.value,
            "who": "" if call is None else call.who.address,
        }
        try:
            answer = await self._node.errands.send(node, errand)
        except BusUnavailable as error:
            raise Problem(503, str(error)) from None
        if "content" in answer:
            return answer["content"]
        raise _problem(answer)

    async def _do(self, errand: Errand) -> Errand:
        """Do an errand of another node's administration."""
        try:
            return {"content": await self._errand(errand)}
        except Problem as problem:
            return problem.as_dict()
        except Exception:  # noqa: BLE001 - a fault of ours is told, and nothing of it
            _log.failure("an errand of another node failed")
            return Problem(500, "a fault in wstwist; the server's log says more").as_dict()

    async def _errand(self, errand: Errand) -> Any:
        for route in ROUTES:
            if (route.method, route.path) == (errand["method"], errand["path"]):
                who = Who(Role(errand["role"]), errand["who"] or "another node", None, lambda: True)
                call = Call(self._panel, who, errand["parts"], errand["query"], errand["body"])
                return await _awaited(route.handler(call))
        raise Problem(404, "this node has another version of wstwist, which does not know how to do that")

    def _in_loop(self, work: Coroutine[Any, Any, Any]) -> Deferred[Any]:
        """Run something of asyncio's; what waits for it need not be."""
        return Deferred.fromFuture(self._node.loop.create_task(work))


async def _awaited(content: Any) -> Any:
    """Wait for what may be a Deferred, in code of asyncio's."""
    if isinstance(content, Deferred):
        return await content.asFuture(asyncio.get_running_loop())
    if isawaitable(content):
        return await Deferred.fromCoroutine(content).asFuture(asyncio.get_running_loop())  # type: ignore[arg-type]
    return content


def _problem(answer: Mapping[str, Any]) -> Problem:
    more = {key: value for key, value in answer.items() if key not in ("type", "title", "status", "detail")}
    return Problem(answer["status"], answer["detail"], title=answer.get("title", ""), **more)
