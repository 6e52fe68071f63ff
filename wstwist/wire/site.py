# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
# ruff: noqa: N802 - the names are Twisted's
"""Everything that one server serves: applications by path, and a plain web resource for the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from twisted.internet.interfaces import IAddress, IProtocolNegotiationFactory
from twisted.internet.protocol import Factory
from twisted.web.resource import IResource
from zope.interface import implementer

from wstwist.deadlines import AllDeadlines
from wstwist.exceptions import ConfigurationError
from wstwist.limits import Limits
from wstwist.nearest import nearest
from wstwist.wire.accepting import Accepting
from wstwist.wire.answers import Rejected, phrase
from wstwist.wire.corking import Corks
from wstwist.wire.embedded import EmbeddedResource
from wstwist.wire.guard import Guard
from wstwist.wire.heartbeat import Heartbeats
from wstwist.wire.idling import Idling
from wstwist.wire.interface import Application
from wstwist.wire.lingering import Registry
from wstwist.wire.losses import Losses
from wstwist.wire.opening import Opener
from wstwist.wire.plain import BodySize, PlainChannel, no_body, plain_site
from wstwist.wire.protocol import Connection
from wstwist.wire.proxies import NOBODY, Proxies
from wstwist.wire.refusals import Refusals
from wstwist.wire.request import host_and_port, peer_of
from wstwist.wire.wheel import Wheels

# The guard does not know yet for which application a request is: the widest of their limits hold.
_GUARDED = ("header_size", "header_count", "handshake_time", "free_descriptors")


class Site:
    """Applications by path, served on any number of endpoints and inside other twisted.web sites.

    Args:
        reactor: What measures time.
        applications: What is served; each path once.
        web: What answers requests that are no upgrade; ``None``: 404.
        counters: Where what happens to the server as a whole is counted.
        proxies: Whose word is taken on where a request comes from.
        body_size: How large the body of a request to the web resource may be.
        most: Connections at the same time, beyond which they are dropped at once; None: any number.

    Attributes:
        ports: Whether there are file descriptors for more connections, and who accepts them.
        factory: The protocol factory for listening endpoints.
        accepting: Whether clients are let in; while it is False every upgrade gets a 503.
        connections: Whatever has a transport at this moment, requests that are not whole and connections
            that are being left included; each can be dropped by its ``abort()``.
        deadlines: Who ends what takes too long.
        opener: Who accepts clients.
        corks: When what is sent leaves.
        refusals: Who logs what peers do wrong.
        losses: Who logs what peers do not get that do not read.
        heartbeats: Who asks silent clients for a sign of life, by interval and timeout.
        idling: Who looks for clients with whom no message passes, by time.
    """

    def __init__(
        self,
        reactor: Any,
        applications: Sequence[Application],
        web: IResource | None = None,
        counters: Counter[str] | None = None,
        proxies: Proxies = NOBODY,
        *,
        body_size: BodySize = no_body,
        most: int | None = None,
    ) -> None:
        """Refuse a path that is taken twice."""
        self.proxies = proxies
        self.most = most
        self._body_size = body_size
        self.reactor = reactor
        self.web = web
        self.accepting = True
        self.connections: Registry = set()
        self.applications: dict[str, Application] = {}
        for application in applications:
            self._add(application)
        self.limits = self._widest_limits()
        self._counters: Counter[str] = Counter() if counters is None else counters
        self.ports = Accepting(reactor, self.limits.free_descriptors, self._counters)
        self.factory: Factory[Any] = _GuardFactory(self)
        self.deadlines = AllDeadlines(reactor)
        self.opener = Opener(reactor)
        self.corks = Corks(reactor)
        self.refusals = Refusals(reactor)
        self.losses = Losses(reactor)
        self.heartbeats = Wheels(partial(Heartbeats, reactor))
        self.idling = Wheels(partial(Idling, reactor))
        self._plain = None if web is None else plain_site(web, reactor)

    def resource(self, application: Application | None = None) -> IResource:
        """Give a resource that serves one application, or all by the rest of the path, in another site.

        It takes the connection over from twisted.web, HTTP/1.1 on TCP or TLS. It is a leaf: the site's root,
        or ``putChild`` of another resource.

        Args:
            application: The one to serve whatever the path says; ``None``: each at its own path below.
        """
        return EmbeddedResource(self, application)

    def find(self, path: str) -> Application | None:
        """Give the application at a decoded path, with or without one trailing slash."""
        return self.applications.get(path) or self.applications.get(_trimmed(path))

    def has_page(self, application: Application) -> bool:
        """Whether a plain GET of an application's path is for the web resource: a page at the root is."""
        return self.web is not None and application.path == "/"

    def connect(self, application: Application) -> Connection:
        """Give a connection for an application, which still needs a transport."""
        return Connection(application, self)

    def serve(self, transport: Any, received: bytes) -> None:
        """Have the web resource answer the request that was received from a transport."""
        if self._plain is None:
            raise RuntimeError("there is no web resource")
        channel = PlainChannel(self._plain, self.limits, self._body_size, self.connections, self.deadlines)
        channel.begin(transport, received)

    def nothing_at(self, path: str) -> Rejected:
        """Give the answer for a path at which nothing is."""
        served = {each.lower(): each for each in self.applications}
        meant = nearest(path.lower(), served)
        hint = f"; {served[meant]} is served" if meant else ""
        return Rejected(404, "There is nothing at this address", advice=f"nothing is at {path[:100]!r}{hint}")

    def note_rejection(self, rejected: Rejected, transport: Any) -> None:
        """Log and count a request that was rejected before it was known for which application it is."""
        self._counters[f"refused_{rejected.status}"] += 1
        self.refusals.note(
            f"{rejected.status}",
            "",
            "{address} was turned away: {status} {reason}",
            address=peer_of(transport)[0],
            status=rejected.status,
            reason=rejected.advice or rejected.reason or phrase(rejected.status),
        )

    def note_unbegun(self, kind: str, peer: object, why: str) -> None:
        """Log and count a connection that was dropped before it could make a request."""
        self._counters[kind] += 1
        self.refusals.note(
            kind,
            "",
            "{address} was turned away: {why}",
            warn=kind != "refused_tls",
            address=host_and_port(peer)[0],
            why=why,
        )

    def refresh(self, applications: Sequence[Application], web: IResource | None = None) -> None:
        """Serve these applications, by what they say now, and another web resource if one is given.

        Connections of those that are served no more stay open.
        """
        self.applications = {}
        for application in applications:
            self._add(application)
        self.limits = self._widest_limits()
        self.ports.keep_free(self.limits.free_descriptors)
        if web is not None:
            self.web, self._plain = web, plain_site(web, self.reactor)

    def _widest_limits(self) -> Limits:
        return _widest([application.wire.limits for application in self.applications.values()])

    def abort(self) -> None:
        """Drop every connection now."""
        for connection in list(self.connections):
            connection.abort()
        self.refusals.close()
        self.losses.close()

    def _add(self, application: Application) -> None:
        """Serve one more application."""
        path = _trimmed(application.path)
        if path in self.applications:
            raise ConfigurationError(
                f"two projects are to be served at {path}: give one of them another path"
            )
        self.applications[path] = application


@implementer(IProtocolNegotiationFactory)
class _GuardFactory(Factory[Any]):
    """Puts a guard before every connection."""

    noisy = False

    def __init__(self, site: Site) -> None:
        """Remember for which site."""
        self._site = site
        self.accepted = site.ports.accepted
        self.turned_away = site.note_unbegun

    def logPrefix(self) -> str:
        """Give the name under which Twisted logs that it listens."""
        return "wstwist"

    @property
    def handshake_time(self) -> float:
        """How many seconds a TLS handshake may take, where that is over before there is a guard."""
        return self._site.limits.handshake_time

    def acceptableProtocols(self) -> list[bytes]:
        """Give what TLS clients may choose in ALPN (RFC 7301); without it Twisted drops those who ask."""
        return [b"http/1.1"]

    def buildProtocol(self, addr: IAddress | None) -> Guard:  # noqa: ARG002 - Twisted's name
        """Give a guard."""
        return Guard(self._site)


def _trimmed(path: str) -> str:
    """Give a path without one trailing slash, the root as it is."""
    return path[:-1] if len(path) > 1 and path.endswith("/") else path


def _widest(limits: Sequence[Limits]) -> Limits:
    """Give limits that hold before it is known for which application a request is."""
    if not limits:
        return Limits()
    return replace(limits[0], **{name: max(getattr(each, name) for each in limits) for name in _GUARDED})
