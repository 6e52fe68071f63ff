# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Clients that others have made: each plays the same scenario, and must see the same.

On one connection it sends text and binary, small and of exactly the 1 MiB that a message may have, sees each
again, and closes with a code and a reason. On another it has the server close. tests/node/scenario.js is the
scenario for clients that have the API of browsers.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import ssl
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar
from unittest import SkipTest

import websockets.sync.client
from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol
from autobahn.websocket.compress import PerMessageDeflateOffer, PerMessageDeflateResponseAccept
from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredQueue
from twisted.internet.endpoints import clientFromString
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase
from websockets.exceptions import ConnectionClosed

from tests.browser import Browser
from wstwist import Client, Project
from wstwist.certificate import ensure
from wstwist.service import ProjectService
from wstwist.wire import endpoints

NODE = Path(__file__).parent / "node"
LONG = 30.0

MIB = 1024 * 1024
MESSAGES = ("héllo ☃ 🐍", b"\x00\x01\x80\xfe\xff", "é" * (MIB // 2), bytes(range(256)) * (MIB // 256))
CLOSED_BY_CLIENT = [4001, "that was áll"]
CLOSED_BY_SERVER = [4002, "gó away"]


class Mirror(Project):
    """Echoes, closes when it is told to, and notes how connections end."""

    origins = ("http://127.0.0.1:*",)  # the page comes from the plain port, and connects to TLS, too
    ends: ClassVar[DeferredQueue[list[object]]]

    async def on_message(self, client: Client, message: str | bytes) -> None:
        if isinstance(message, str) and message.startswith("close "):
            code, reason = message.split(" ", 2)[1:]
            client.disconnect(int(code), reason)
        else:
            client.send(message)

    async def on_disconnect(self, client: Client) -> None:
        self.ends.put([client.close_code, client.close_reason, client.was_clean])


class Squeezed(Mirror):
    """The same with permessage-deflate."""

    compress = True


class RealClientsTests(TestCase):
    """One server, plain and with TLS, and one client at a time."""

    timeout = 120

    def setUp(self):
        """Serve on free ports."""
        pair = ensure(Path(self.enterContext(TemporaryDirectory())))
        Mirror.ends = DeferredQueue()
        service = ProjectService(
            Mirror,
            Squeezed,
            endpoints=[
                endpoints.tcp(reactor, 0, "127.0.0.1"),
                endpoints.tls(reactor, 0, str(pair.cert), str(pair.key), "127.0.0.1"),
            ],
            reactor=reactor,
        )
        service.startService()
        self.addCleanup(service.stopService)
        self.plain, self.tls = (port.getHost().port for port in service.ports)

    async def check(self, play, *, tls=False, compressed=False):
        """Have a client play the scenario; then look at what both sides have seen."""
        scheme, port = ("wss", self.tls) if tls else ("ws", self.plain)
        project = Squeezed if compressed else Mirror
        seen = await play(f"{scheme}://127.0.0.1:{port}/{project.__name__}", compressed)
        self.assertEqual(
            seen,
            {
                "echoes": [True] * len(MESSAGES),
                "compressed": compressed,
                "closed_by_client": CLOSED_BY_CLIENT,
                "closed_by_server": CLOSED_BY_SERVER,
            },
        )
        ends = [await Mirror.ends.get(), await Mirror.ends.get()]
        self.assertCountEqual(ends, [[*CLOSED_BY_CLIENT, True], [*CLOSED_BY_SERVER, True]])

    async def test_websockets_asyncio(self):
        """The asyncio client of websockets is served, plain."""
        await self.check(websockets_asyncio)

    async def test_websockets_asyncio_tls(self):
        """The asyncio client of websockets is served, over TLS."""
        await self.check(websockets_asyncio, tls=True)

    async def test_websockets_asyncio_compressed(self):
        """The asyncio client of websockets is served, compressed."""
        await self.check(websockets_asyncio, compressed=True)

    async def test_websockets_sync(self):
        """The threaded client of websockets is served, plain."""
        await self.check(websockets_sync)

    async def test_websockets_sync_tls_compressed(self):
        """The threaded client of websockets is served, over TLS and compressed."""
        await self.check(websockets_sync, tls=True, compressed=True)

    async def test_ws(self):
        """Node's ws is served, plain."""
        await self.check(node)

    async def test_ws_tls(self):
        """Node's ws is served, over TLS."""
        await self.check(node, tls=True)

    async def test_ws_compressed(self):
        """Node's ws is served, compressed."""
        await self.check(node, compressed=True)

    async def test_chromium(self):
        """Chromium is served, from a page of the same server: plain, compressed, and over TLS."""
        browser = await deferToThread(Browser("--ignore-certificate-errors").__enter__)
        self.addCleanup(deferToThread, browser.__exit__, None, None, None)
        await deferToThread(browser.driver.get, f"http://127.0.0.1:{self.plain}/")
        play = in_page_of(browser)
        await self.check(play)
        await self.check(play, compressed=True)
        await self.check(play, tls=True)

    async def test_autobahn(self):
        """Autobahn's own client is served, plain."""
        await self.check(autobahn)

    async def test_autobahn_compressed(self):
        """Autobahn's own client is served, compressed."""
        await self.check(autobahn, compressed=True)

    async def test_beyond_the_limit(self):
        """A message of one byte more than the limit is answered with close code 1009, both ways."""
        for message in ("é" * (MIB // 2) + "x", bytes(MIB + 1)):
            code = await deferToThread(self._code_after, message)
            self.assertEqual(code, 1009)
            self.assertEqual((await Mirror.ends.get())[0], 1009)

    def _code_after(self, message):
        with websockets.sync.client.connect(f"ws://127.0.0.1:{self.plain}/Mirror", proxy=None) as socket:
            socket.send(message)
            try:
                socket.recv(LONG)
            except ConnectionClosed as closed:
                return closed.rcvd.code


def websockets_options(url, compressed):
    """Give the keywords of websockets' connect."""
    context = None
    if url.startswith("wss:"):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return {
        "ssl": context,
        "compression": "deflate" if compressed else None,
        "max_size": None,
        "open_timeout": LONG,
        "proxy": None,
    }


def is_compressed(socket):
    """Tell whether websockets has agreed on compression."""
    return "permessage-deflate" in socket.response.headers.get("Sec-WebSocket-Extensions", "")


def websockets_asyncio(url, compressed):
    """Play the scenario with websockets, in an asyncio loop of its own."""

    async def play():
        options = websockets_options(url, compressed)
        async with websockets.connect(url, **options) as socket, websockets.connect(url, **options) as other:
            echoes = []
            for message in MESSAGES:
                await socket.send(message)
                echoes.append(await socket.recv() == message)
            await socket.close(*CLOSED_BY_CLIENT)
            await other.send("close {} {}".format(*CLOSED_BY_SERVER))
            await other.wait_closed()
            return {
                "echoes": echoes,
                "compressed": is_compressed(socket),
                "closed_by_client": [socket.close_code, socket.close_reason],
                "closed_by_server": [other.close_code, other.close_reason],
            }

    return deferToThread(asyncio.run, play())


def websockets_sync(url, compressed):
    """Play the scenario with websockets, in a thread."""

    def play():
        connect, options = websockets.sync.client.connect, websockets_options(url, compressed)
        with connect(url, **options) as socket, connect(url, **options) as other:
            echoes = []
            for message in MESSAGES:
                socket.send(message)
                echoes.append(socket.recv(LONG) == message)
            socket.close(*CLOSED_BY_CLIENT)
            other.send("close {} {}".format(*CLOSED_BY_SERVER))
            with contextlib.suppress(ConnectionClosed):
                other.recv(LONG)
            return {
                "echoes": echoes,
                "compressed": is_compressed(socket),
                "closed_by_client": [socket.close_code, socket.close_reason],
                "closed_by_server": [other.close_code, other.close_reason],
            }

    return deferToThread(play)


def node(url, compressed):
    """Play the scenario with Node's ws."""
    command = shutil.which("node") or missing("Node")
    if not (NODE / "node_modules" / "ws").is_dir():
        missing("the npm package ws (npm install --prefix tests/node)")

    def play():
        arguments = [command, str(NODE / "play.js"), url, json.dumps(compressed)]
        return json.loads(subprocess.run(arguments, stdout=subprocess.PIPE, timeout=LONG, check=True).stdout)

    return deferToThread(play)


def in_page_of(browser):
    """Give a way to play the scenario in a browser's page."""
    scenario = (NODE / "scenario.js").read_text().replace("export ", "")

    def play(url, _compressed):
        script = f"""
            {scenario}
            const [url, done] = arguments
            play(() => new WebSocket(url)).then(done, error => done(String(error)))
        """
        return deferToThread(browser.driver.execute_async_script, script, url)

    return play


async def autobahn(url, compressed):
    """Play the scenario with Autobahn's client, on the reactor's thread."""
    socket, other = await Talker.connect(url, compressed), await Talker.connect(url, compressed)
    echoes = []
    for message in MESSAGES:
        binary = isinstance(message, bytes)
        socket.sendMessage(message if binary else message.encode(), binary)
        echoes.append(await socket.messages.get() == message)
    socket.sendClose(*CLOSED_BY_CLIENT)
    other.sendMessage("close {} {}".format(*CLOSED_BY_SERVER).encode())
    return {
        "echoes": echoes,
        "compressed": bool(socket.websocket_extensions_in_use),
        "closed_by_client": await socket.end,
        "closed_by_server": await other.end,
    }


class Talker(WebSocketClientProtocol):
    """A connection of Autobahn's client."""

    @classmethod
    async def connect(cls, url, compressed):
        """Connect, and give the connection when it is open."""
        factory = WebSocketClientFactory(url, reactor=reactor)
        factory.protocol = cls
        if compressed:
            factory.setProtocolOptions(
                perMessageCompressionOffers=[PerMessageDeflateOffer()],
                perMessageCompressionAccept=PerMessageDeflateResponseAccept,
            )
        endpoint = clientFromString(reactor, f"tcp:{factory.host}:{factory.port}")
        connection = await endpoint.connect(factory)
        await connection.opened
        return connection

    def __init__(self):
        super().__init__()
        self.opened = Deferred()
        self.messages = DeferredQueue()
        self.end = Deferred()

    def onOpen(self):
        self.opened.callback(None)

    def onMessage(self, payload, isBinary):
        self.messages.put(payload if isBinary else payload.decode())

    def onClose(self, wasClean, code, reason):
        self.end.callback([code if wasClean else 1006, reason])


def missing(what):
    """Skip the test for want of something; in CI fail."""
    if os.environ.get("CI") == "true":
        raise AssertionError(f"no {what}, which CI must have")
    raise SkipTest(f"no {what}")
