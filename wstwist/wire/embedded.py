# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N815 - the names are Twisted's
# twisted.web has hardly any types.
# mypy: disable-error-code="no-untyped-call"
"""Serving inside another twisted.web site: the request's channel gives up its transport to a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from wstwist.wire.answers import Rejected, not_accepting, phrase, upgrade_required
from wstwist.wire.handshake import Upgrade, check_upgrade
from wstwist.wire.head import Head, checked
from wstwist.wire.interface import Application

if TYPE_CHECKING:
    from wstwist.wire.site import Site


class EmbeddedResource(Resource):
    """A leaf that upgrades requests to WebSocket.

    Args:
        site: Whose applications and connections these are.
        application: The one to serve, ``None`` for all of the site's by the rest of the path.
    """

    isLeaf = True

    def __init__(self, site: Site, application: Application | None) -> None:
        """Keep site and application."""
        super().__init__()
        self._site = site
        self._application = application

    def render(self, request: Any) -> bytes | int:
        """Take the transport over, or say why not."""
        try:
            application, head, upgrade = self._check(request)
        except Rejected as rejected:
            self._site.note_rejection(rejected, request.channel)
            return _answer(request, rejected)
        channel = request.channel
        connection = self._site.connect(application)
        transport = _take_transport(channel)
        # Bytes behind the head are on their way through twisted.web's line reader; they belong to us now.
        channel.rawDataReceived = connection.dataReceived
        connection.begin(transport, head, upgrade, b"".join(channel._dataBuffer))
        return NOT_DONE_YET

    def _check(self, request: Any) -> tuple[Application, Head, Upgrade]:
        """Put the request through the same checks as the guard's."""
        application = self._find(request.postpath)
        if application is None:
            raise self._site.nothing_at("/" + b"/".join(request.postpath).decode("utf-8", "replace"))
        fields = [
            (name, value) for name, values in request.requestHeaders.getAllRawHeaders() for value in values
        ]
        if len(fields) > self._site.limits.header_count:
            raise Rejected(431, "Too many header fields")
        head = checked(request.method, request.uri, request.clientproto, fields)
        if not head.wants_websocket or request.channel.transport is None:
            raise upgrade_required()
        if not self._site.accepting:
            raise not_accepting()
        return application, head, check_upgrade(head)

    def _find(self, postpath: list[bytes]) -> Application | None:
        """Find the application by what is left of the path."""
        rest = "/" + b"/".join(postpath).decode("utf-8", "replace")
        found = self._site.find(rest)
        applications = list(self._site.applications.values())
        only = self._application or (applications[0] if len(applications) == 1 else None)
        if only is None:
            return found
        return only if rest == "/" or found is only else None


def _take_transport(channel: Any) -> Any:
    """Make twisted.web's channel forget its transport, and the transport the channel."""
    transport, channel.transport = channel.transport, None
    channel.setTimeout(None)
    channel._networkProducer.unregisterProducer()
    return transport


def _answer(request: Any, rejected: Rejected) -> bytes:
    """Answer through twisted.web.

    After an upgrade that is refused the connection ends: what follows may be frames, and no request.
    """
    if request.requestHeaders.hasHeader(b"upgrade"):
        request.channel.persistent = False
        request.setHeader(b"connection", b"close")
    request.setResponseCode(rejected.status, phrase(rejected.status).encode("ascii"))
    request.responseHeaders.removeHeader(b"server")
    request.setHeader(b"content-type", b"text/plain; charset=utf-8")
    request.setHeader(b"x-content-type-options", b"nosniff")
    for name, value in rejected.headers.items():
        if name != "Connection":
            request.setHeader(name.encode("ascii"), value.encode("ascii"))
    return (rejected.reason or phrase(rejected.status)).encode("utf-8")
