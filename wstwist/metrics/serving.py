# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802 - the names are Twisted's
# twisted.web has hardly any types.
# mypy: disable-error-code="no-untyped-call"
"""``/metrics``, ``/healthz`` and ``/readyz`` on an endpoint of their own, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import maybeDeferred
from twisted.internet.interfaces import IListeningPort, IStreamServerEndpoint
from twisted.web.pages import notFound
from twisted.web.resource import IResource, Resource

from wstwist.metrics.collecting import Exposition
from wstwist.metrics.readiness import obstacle
from wstwist.supervising.worker import reactor_for
from wstwist.wire import endpoints
from wstwist.wire.site import Site

if TYPE_CHECKING:
    from wstwist.service import ProjectService
    from wstwist.wire.served_tls import ServedTls

KEEP_FREE = 16
"""File descriptors that stay free of scrapes: fewer than of clients, for then they are needed most."""

MOST_CONNECTIONS = 32
"""Connections at the same time: those of a few scrapers and probes."""

_TEXT = "text/plain; charset=utf-8"

Answer = tuple[int, str, bytes]
"""Status, content type and body."""


class MetricsServer:
    """Serves the metrics of a server.

    Args:
        service: The server.
        reactor: What it runs on.
        endpoint: Where: an `IStreamServerEndpoint`, or a string of Twisted's endpoint language.

    Raises:
        ConfigurationError: The endpoint is none.

    Attributes:
        port: Where it listens, while it does.
        is_secure: Whether that is known to be TLS.
    """

    def __init__(self, service: ProjectService, reactor: Any, endpoint: str | IStreamServerEndpoint) -> None:
        """Prepare; nothing is bound yet."""
        self.port: IListeningPort | None = None
        self.is_secure = isinstance(endpoint, str) and endpoints.is_secure(endpoint)
        self._name = endpoint if isinstance(endpoint, str) else type(endpoint).__name__
        self._endpoint = (
            endpoints.parse_setting(reactor_for(reactor, "metrics"), endpoint, "metrics")
            if isinstance(endpoint, str)
            else endpoint
        )
        self._site = Site(reactor, [], resource(service), most=MOST_CONNECTIONS)
        self._site.ports.keep_free(KEEP_FREE)

    @property
    def tls(self) -> ServedTls | None:
        """The TLS of the endpoint, where it has one of ours."""
        found: ServedTls | None = getattr(self._endpoint, "tls", None)
        return found

    def listen(self) -> None:
        """Bind the endpoint, now; a second call does nothing.

        Raises:
            ConfigurationError: It cannot be bound, a port in use for example.
        """
        if self.port is None:
            self.port = endpoints.listen(self._endpoint, self._site.factory, f"{self._name} (metrics)")
            self._site.ports.listen([self.port])

    async def stop(self) -> None:
        """Listen no more, and drop what is connected; a second call does nothing."""
        self._site.ports.stop()
        port, self.port = self.port, None
        if port is not None:
            await maybeDeferred(port.stopListening)
        self._site.abort()


def resource(service: ProjectService) -> IResource:
    """Give the three pages."""
    exposition = Exposition(service)
    pages = {
        b"metrics": lambda accept: (200, *exposition.write(accept)),
        b"healthz": lambda _accept: (200, _TEXT, b"ok\n"),
        b"readyz": lambda _accept: _readiness(service),
    }
    root = _Nothing()
    for name, give in pages.items():
        root.putChild(name, _Page(give))
    return root


def _readiness(service: ProjectService) -> Answer:
    why = obstacle(service)
    return (200, _TEXT, b"ok\n") if why is None else (503, _TEXT, f"{why}\n".encode())


class _Nothing(Resource):
    """Has nothing but what was put into it."""

    def getChild(self, _path: bytes, _request: Any) -> IResource:
        """Say so."""
        return notFound()

    def render(self, request: Any) -> Any:
        """Say so at ``/``, too."""
        return notFound().render(request)


class _Page(_Nothing):
    """One of the pages, without any below it.

    Args:
        give: Gives the answer to a request with this Accept.
    """

    def __init__(self, give: Callable[[str], Answer]) -> None:
        """Remember it."""
        super().__init__()
        self._give = give

    def render(self, request: Any) -> bytes:
        """Answer GET and HEAD."""
        if request.method not in (b"GET", b"HEAD"):
            request.setResponseCode(405)
            request.setHeader(b"allow", b"GET, HEAD")
            return b""
        accept = b",".join(request.requestHeaders.getRawHeaders(b"accept", ()))
        status, kind, body = self._give(accept.decode("latin-1"))
        request.setResponseCode(status)
        request.setHeader(b"content-type", kind.encode("ascii"))
        request.setHeader(b"x-content-type-options", b"nosniff")
        request.setHeader(b"cache-control", b"no-store")
        request.setHeader(b"content-length", b"%d" % len(body))
        return b"" if request.method == b"HEAD" else body
