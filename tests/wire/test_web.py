# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of the folder of files, and of serving inside another site."""

import ssl
from pathlib import Path
from typing import Any

import httpx
import websockets.exceptions
from twisted.internet import reactor
from twisted.internet.endpoints import SSL4ServerEndpoint
from twisted.internet.threads import deferToThread
from twisted.web.resource import Resource
from twisted.web.server import Site as WebSite
from websockets.asyncio.client import connect as async_connect
from websockets.sync.client import connect

from tests.wire.certificates import Files
from tests.wire.support import App, Raw, ServedCase, close, echo, handshake, raw, talking, text
from wstwist.exceptions import ConfigurationError, Refuse
from wstwist.wire.certificates import TlsSettings
from wstwist.wire.site import Site
from wstwist.wire.web import about, folder


class FolderTests(ServedCase):
    """A folder behind the guard."""

    def setUp(self) -> None:
        """Begin with a folder that is served."""
        root = Path(self.mktemp())
        (root / "sub").mkdir(parents=True)
        (root / ".git").mkdir()
        for name, content in {
            "index.html": b"<p>\xc3\xa9",
            "a.js": b"1",
            "b.unknown": b"?",
            "c.tar.gz": b"z",
            ".secret": b"s",
            ".git/config": b"s",
            "sub/index.html": b"sub",
            "sub/large.bin": b"x" * 3_000_000,
        }.items():
            (root / name).write_bytes(content)
        (root / "empty").mkdir()
        self.app = App()
        self.port = self.serve(self.app, web=folder(root))

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Get a path."""
        return await deferToThread(httpx.get, f"http://127.0.0.1:{self.port}{path}", headers=headers)

    async def test_files(self) -> None:
        """Files have their types, and headers that keep browsers from guessing and from staleness."""
        for path, kind, content in (
            ("/", "text/html; charset=utf-8", b"<p>\xc3\xa9"),
            ("/index.html", "text/html; charset=utf-8", b"<p>\xc3\xa9"),
            ("/a.js?x=1", "text/javascript; charset=utf-8", b"1"),
            ("/b.unknown", "application/octet-stream", b"?"),
            ("/sub/", "text/html; charset=utf-8", b"sub"),
        ):
            response = await self.get(path)
            self.assertEqual((response.status_code, response.content), (200, content), path)
            self.assertEqual(response.headers["content-type"], kind)
            self.assertEqual(response.headers["x-content-type-options"], "nosniff")
            self.assertEqual(response.headers["cache-control"], "no-cache")
            self.assertEqual(response.headers["connection"], "close")
            self.assertNotIn("server", response.headers)
        self.assertNotIn("content-encoding", (await self.get("/c.tar.gz")).headers)

    async def test_hidden(self) -> None:
        """Dot files, listings, and everything outside the folder are a 404."""
        for path in (
            "/.secret",
            "/.git/config",
            "/empty/",
            "/nowhere",
            "/index.html/x",
            "/%2e%2e/%2e%2e/etc/passwd",
            "/..%2f..%2fetc/passwd",
            "/%2fetc/passwd",
            "/%00",
            "//etc/passwd",
        ):
            answer = await raw(self.port, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            self.assertIn(b" 404 ", answer[:20], path)
            self.assertNotIn(b"wisted", answer)

    async def test_folder_without_slash(self) -> None:
        """A folder's name leads to the folder by a relative path, whatever host the client names."""
        answer = await raw(self.port, b"GET /sub HTTP/1.1\r\nHost: evil\r\n\r\n")
        self.assertIn(b"\r\nLocation: ./sub/\r\n", answer)
        self.assertNotIn(b"evil", answer)

    async def test_not_modified(self) -> None:
        """A file that has not changed is not sent again."""
        modified = (await self.get("/a.js")).headers["last-modified"]
        self.assertEqual((await self.get("/a.js", **{"if-modified-since": modified})).status_code, 304)

    async def test_range(self) -> None:
        """One range of a file is sent, and the last bytes of a short one are all."""
        for ranges, status, content in (
            ("bytes=1-2", 206, b"p>"),
            ("bytes=3-", 206, b"\xc3\xa9"),
            ("bytes=-2", 206, b"\xc3\xa9"),
            ("bytes=-9999", 206, b"<p>\xc3\xa9"),
            ("bytes=0-9999", 206, b"<p>\xc3\xa9"),
            ("bytes=9999-", 416, b""),
            ("bytes=-0", 416, b""),
        ):
            response = await self.get("/index.html", range=ranges)
            self.assertEqual((response.status_code, response.content), (status, content), ranges)

    async def test_other_ranges(self) -> None:
        """Several ranges, and what is none, are as if they had not been asked for."""
        for ranges in (
            b"bytes=0-,0-,0-",
            b"bytes=0-1,3-4",
            b"bytes=2-1",
            b"\xa0bytes=0-1",
            b"bytes=\xb2-5",
            b"x",
        ):
            request = b"GET /index.html HTTP/1.1\r\nHost: x\r\nRange: " + ranges + b"\r\n\r\n"
            answer = await raw(self.port, request)
            self.assertEqual((answer[:13], answer[-9:]), (b"HTTP/1.1 200 ", b"\r\n\r\n<p>\xc3\xa9"), ranges)

    async def test_large(self) -> None:
        """A large file arrives whole."""
        self.assertEqual(len((await self.get("/sub/large.bin")).content), 3_000_000)

    async def test_beside_the_application(self) -> None:
        """The application's path is not the folder's."""
        self.assertEqual((await self.get("/Chat")).status_code, 426)

    async def test_no_folder(self) -> None:
        """A folder that is not there is told."""
        self.assertRaises(ConfigurationError, folder, "/nowhere")


class LibraryTests(ServedCase):
    """The library for pages, beside an author's folder and beside the short page."""

    def setUp(self) -> None:
        """Begin with a folder, and with none."""
        self.root = Path(self.mktemp())
        (self.root / "sub").mkdir(parents=True)
        self.ports = [self.serve(App(), web=folder(self.root)), self.serve(App(), web=about())]

    async def ask(self, port: int, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        """Send a request."""
        return await deferToThread(
            httpx.request, method, f"http://127.0.0.1:{port}{path}", headers=headers, trust_env=False
        )

    async def test_published(self) -> None:
        """Every server has it, as a browser wants it, and browsers ask each time whether it has changed."""
        for port in self.ports:
            for path, kind in (
                ("/wstwist.js", "text/javascript; charset=utf-8"),
                ("/wstwist.d.ts", "text/plain; charset=utf-8"),
            ):
                response = await self.ask(port, path)
                self.assertEqual(response.status_code, 200)
                self.assertIn("export function connect(", response.text)
                self.assertEqual(response.headers["content-type"], kind)
                self.assertEqual(response.headers["cache-control"], "no-cache")
                self.assertEqual(response.headers["x-content-type-options"], "nosniff")
                unchanged = {"if-modified-since": response.headers["last-modified"]}
                self.assertEqual((await self.ask(port, path, **unchanged)).status_code, 304)
                head = await self.ask(port, path, "HEAD")
                self.assertEqual((head.status_code, head.content), (200, b""))
                for name in ("content-type", "content-length", "last-modified"):
                    self.assertEqual(head.headers[name], response.headers[name])

    async def test_nothing_else(self) -> None:
        """It is at the root only, and what else lies beside it in the package is not there."""
        for port in self.ports:
            for path in ("/package.json", "/wstwist.js/x", "/sub/wstwist.js", "/wstwist.ts", "/Wstwist.js"):
                self.assertEqual((await self.ask(port, path)).status_code, 404, path)

    async def test_the_authors_own(self) -> None:
        """A file of that name in the folder goes before it, from when it is there until it is not."""
        port = self.ports[0]
        own = self.root / "wstwist.js"
        own.write_bytes(b"mine")
        self.assertEqual((await self.ask(port, "/wstwist.js")).content, b"mine")
        self.assertIn("connect", (await self.ask(port, "/wstwist.d.ts")).text)
        own.unlink()
        self.assertIn("connect", (await self.ask(port, "/wstwist.js")).text)


class RootTests(ServedCase):
    """An application and a page at the root."""

    def setUp(self) -> None:
        """Begin with a folder that has a page."""
        self.root = Path(self.mktemp())
        self.root.mkdir()
        (self.root / "index.html").write_bytes(b"page")

    async def test_both(self) -> None:
        """A page at the root is shown to browsers, and clients are upgraded there."""
        port = self.serve(App("/"), web=folder(self.root))
        self.assertTrue((await raw(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")).endswith(b"page"))
        self.assertIn(b" 101 ", await raw(port, handshake("/") + close()))


class EmbeddedTests(ServedCase):
    """Inside another twisted.web site."""

    def embed(self, *applications: App, root: bool = False, which: App | None = None) -> int:
        """Serve applications at ``/ws`` of another site, or at its root."""
        self.site = Site(reactor, applications)
        resource = self.site.resource(which)
        if not root:
            tree = Resource()
            tree.putChild(b"ws", resource)
            resource = tree
        self.web = WebSite(resource, reactor=reactor)
        self.web.noisy = False
        return self.listen(self.web)

    async def test_conversation(self) -> None:
        """A client is served as anywhere else, and its end is told."""
        app = App(on_message=echo, protocols=("p",))
        port = self.embed(app)

        def talk() -> Any:
            with connect(f"ws://127.0.0.1:{port}/ws?a=b", subprotocols=["p"], max_size=None) as client:
                for size in (1, 1_000_000):
                    client.send("x" * size)
                    assert client.recv() == "x" * size
                return client.subprotocol, client.response.headers.get("Server")

        self.assertEqual(await deferToThread(talk), ("p", None))
        await app.peer.ended
        request = app.peer.request
        self.assertEqual((request.path, request.query_all), ("/ws", {"a": ["b"]}))
        self.assertEqual(app.peer.ends, [(1000, "", True)])

    async def test_frames_behind(self) -> None:
        """Frames that come in the same read as the request are not lost."""
        app = App(on_message=echo)
        port = self.embed(app)
        answer = await raw(port, handshake("/ws") + text("a") + text("b") + close())
        self.assertTrue(answer.endswith(b"\x81\x01a\x81\x01b\x88\x02\x03\xe8"))
        self.assertEqual(app.peer.messages, ["a", "b"])

    async def test_paths(self) -> None:
        """One application is at the resource or at its own path below it, several at theirs below it."""
        port = self.embed(App())
        for path, expected in (
            ("/ws", 101),
            ("/ws/", 101),
            ("/ws/Chat", 101),
            ("/ws/Chat/", 101),
            ("/ws/x", 404),
        ):
            answer = await raw(port, handshake(path) + close())
            self.assertIn(b" %d " % expected, answer[:16], path)
        port = self.embed(App(), App("/B"), root=True)
        for path, expected in (("/Chat", 101), ("/B/", 101), ("/", 404), ("/x", 404)):
            self.assertIn(b" %d " % expected, (await raw(port, handshake(path) + close()))[:16], path)

    async def test_smuggled_header(self) -> None:
        """A line end that only Autobahn's parser sees is a 400 here too."""
        port = self.embed(App())
        for byte in "\x0b\x0c\x1c\x1d\x1e\x85":
            answer = await raw(port, handshake("/ws", f"Connection: close\r\nX: a{byte}Sec-B: c\r\n"))
            self.assertIn(b" 400 ", answer[:16])

    async def test_refusals(self) -> None:
        """What is refused before the transport is taken over is answered by the site."""
        port = self.embed(App())
        ending = b"Connection: close\r\n\r\n"
        plain = await raw(port, b"GET /ws HTTP/1.1\r\nHost: x\r\n" + ending)
        self.assertIn(b" 426 ", plain[:16])
        self.assertIn(b"\r\nUpgrade: websocket\r\n", plain)
        self.assertNotIn(b"\r\nServer:", plain)
        body = handshake("/ws", "Content-Length: 1\r\nConnection: close\r\n") + b"x"
        self.assertIn(b" 400 ", (await raw(port, body))[:16])
        many = handshake("/ws", "Connection: close\r\n" + "A: b\r\n" * 64)
        self.assertIn(b" 431 ", (await raw(port, many))[:16])
        self.site.accepting = False
        self.assertIn(b" 503 ", (await raw(port, handshake("/ws", "Connection: close\r\n")))[:16])

    async def test_refused_by_the_application(self) -> None:
        """An application's refusal can be read."""

        def refuse(_: object) -> None:
            raise Refuse(403, "no")

        port = self.embed(App(on_open=refuse))
        answer = await raw(port, handshake("/ws"))
        self.assertIn(b" 403 ", answer[:16])
        self.assertTrue(answer.endswith(b"no"))

    async def test_keep_alive(self) -> None:
        """An upgrade may follow other requests on one connection."""
        port = self.embed(App())

        def talk() -> bytes:
            with Raw(port) as client:
                head = client.send(b"GET /ws HTTP/1.1\r\nHost: x\r\n\r\n").head()
                client.read(int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]))
                return client.send(handshake("/ws") + close()).read_all()

        self.assertIn(b" 101 ", (await deferToThread(talk))[:16])

    async def test_lost(self) -> None:
        """A client that drops is told, and leaves nothing."""
        app = App()
        port = self.embed(app)

        def talk() -> None:
            with Raw(port) as client:
                client.send(handshake("/ws")).head()

        await deferToThread(talk)
        await app.peer.ended
        self.assertEqual((app.peer.ends, self.site.connections), ([(1006, "", False)], set()))

    async def test_tls(self) -> None:
        """It works on TLS too."""
        files = Files(self.mktemp())
        app = App(on_message=echo)
        self.site = Site(reactor, [app])
        web = WebSite(self.site.resource(app), reactor=reactor)
        web.noisy = False
        options = TlsSettings.load(files.chain, files.private).for_twisted()
        port = await SSL4ServerEndpoint(reactor, 0, options, interface="127.0.0.1").listen(web)
        self.addCleanup(self._settle)
        self.addCleanup(port.stopListening)
        context = ssl.create_default_context(cafile=files.root)

        async def talk() -> Any:
            async with async_connect(f"wss://127.0.0.1:{port.getHost().port}/", ssl=context) as client:
                await client.send("x")
                assert await client.recv() == "x"
            try:
                await async_connect(f"wss://127.0.0.1:{port.getHost().port}/x", ssl=context)
            except websockets.exceptions.InvalidStatus as error:
                return error.response.status_code

        self.assertEqual(await talking(talk), 404)
        await app.peer.ended
        self.assertEqual((app.peer.request.secure, app.peer.ends), (True, [(1000, "", True)]))
