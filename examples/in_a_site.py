# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A web site of your own, made with twisted.web, that has the chat at one of its addresses.

    python in_a_site.py

serves the page at ``http://localhost:8080/`` and the chat that it uses at ``ws://localhost:8080/live/chat``.
Another place may be named in Twisted's endpoint language: ``python in_a_site.py tcp:8081``.
"""

import sys
from typing import Any

from twisted.internet import asyncioreactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.task import react
from twisted.web.resource import Resource
from twisted.web.server import Site
from twisted.web.static import Data

from chat import Chat
from wstwist.service import ProjectService

PAGE = b"""<!doctype html>
<title>Chat</title>
<form><input autofocus></form>
<pre></pre>
<script>
  const chat = new WebSocket("/live/chat")
  const [form, input, log] = ["form", "input", "pre"].map(name => document.querySelector(name))
  chat.onmessage = event => log.append(event.data + "\\n")
  form.onsubmit = event => { event.preventDefault(); chat.send(input.value); form.reset() }
</script>
"""


async def main(reactor: Any, place: str = "tcp:8080:interface=127.0.0.1") -> None:
    """Serve the site, and stop the chat when the program ends."""
    chat = ProjectService(Chat)  # no endpoints: it is reached through the site alone
    live = Resource()
    live.putChild(b"chat", chat.resource())
    pages = Resource()
    pages.putChild(b"", Data(PAGE, "text/html; charset=utf-8"))
    pages.putChild(b"live", live)

    chat.startService()
    reactor.addSystemEventTrigger("before", "shutdown", chat.stopService)
    await serverFromString(reactor, place).listen(Site(pages))
    await Deferred()  # which nothing fires: go on until a signal ends the program


if __name__ == "__main__":
    asyncioreactor.install()  # so that events may await what asyncio offers
    react(main, sys.argv[1:])
