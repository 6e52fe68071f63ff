# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tell Twisted of the command ``wsproject``, of ``fast:`` endpoints and of the reactor on uvloop."""

from twisted.application.reactors import Reactor
from twisted.application.service import ServiceMaker
from twisted.internet.interfaces import IStreamServerEndpointStringParser
from twisted.plugin import IPlugin
from zope.interface import implementer


@implementer(IPlugin, IStreamServerEndpointStringParser)
class FastParser:
    """Reads ``fast:9000:interface=127.0.0.1``; what that is stands in `wstwist.wire.endpoints`."""

    prefix = "fast"

    def parseStreamServer(self, reactor, *args, **options):  # noqa: ANN001, ANN002, ANN003, ANN201, N802
        """Give the endpoint."""
        from wstwist.wire.endpoints import fast  # noqa: PLC0415 - plugins are to be found fast

        return fast(reactor, *args, **options)


wsproject = ServiceMaker(
    "wsproject",
    "wstwist.tap",
    "Serve projects over WebSocket: every client in an isolated context.",
    "wsproject",
)
fast = FastParser()
uvloop = Reactor("uvloop", "wstwist.uvloop_reactor", "asyncio's reactor on uvloop's event loop.")
