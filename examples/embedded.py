# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A program of your own that serves a project beside its other things; here the quote of the day (RFC 865).

    python embedded.py

serves the chat at ``ws://localhost:9000/Chat`` and a quote at port 9017, until Ctrl-C. Other places may be
named in Twisted's endpoint language: ``python embedded.py tcp:9100 tcp:9117``.
"""

import sys
from typing import Any

from twisted.application.internet import StreamServerEndpointService
from twisted.application.service import MultiService
from twisted.internet import asyncioreactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.protocol import Factory
from twisted.internet.task import react
from twisted.protocols.wire import QOTD

from chat import Chat
from wstwist.service import ProjectService

CHAT_PLACE = "tcp:9000:interface=127.0.0.1"
QUOTE_PLACE = "tcp:9017:interface=127.0.0.1"


async def main(reactor: Any, chat_place: str = CHAT_PLACE, quote_place: str = QUOTE_PLACE) -> None:
    """Start both services; when the program ends they stop, and clients are closed with 1001, going away."""
    chat = ProjectService(Chat, endpoints=[chat_place])
    quote = StreamServerEndpointService(serverFromString(reactor, quote_place), Factory.forProtocol(QOTD))
    program = MultiService()
    program.addService(chat)
    program.addService(quote)
    program.startService()
    reactor.addSystemEventTrigger("before", "shutdown", program.stopService)
    await Deferred()  # which nothing fires: go on until a signal ends the program


if __name__ == "__main__":
    asyncioreactor.install()  # so that events may await what asyncio offers
    react(main, sys.argv[1:])
