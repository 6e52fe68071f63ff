# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Where the administration is: ``--admin``, ``--admin-host``, and what is refused."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from twisted.internet import reactor
from twisted.trial.unittest import FailTest, TestCase
from websockets.exceptions import ConnectionClosed

from tests.administered import CONFIGURATION, LONG, Server
from tests.processes import until
from tests.support import ServedCase, pair
from tests.support import until as until_so
from wstwist import Project
from wstwist.admin.setting_up import set_up
from wstwist.config import ADMIN, Configuration
from wstwist.exceptions import ConfigurationError


class ProcessTests(TestCase):
    """``twistd wsproject`` with its options and its configuration file."""

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(TemporaryDirectory(prefix="wstwist-test-")))

    def start(self, *options: str, **settings: object) -> Server:
        server = Server(self.folder, *options, **settings)  # type: ignore[arg-type]
        self.addCleanup(server.kill)
        server.start()
        return server

    def refused(self, *options: str, **settings: object) -> str:
        """Start a server that does not start, and give its one line."""
        server = Server(self.folder, *options, **settings)  # type: ignore[arg-type]
        self.addCleanup(server.kill)
        server.launch()
        self.assertEqual(server.process.wait(LONG), 1)
        lines = [line for line in server.log.read_text().splitlines() if line.startswith("wstwist: ")]
        self.assertEqual(len(lines), 1, server.log.read_text())
        self.assertNotIn("Traceback", server.log.read_text())
        return lines[0]

    def test_default_and_next_start(self) -> None:
        """A server that was told nothing has it on the loopback, if the port is free; tokens stay."""
        with socket.socket() as taken:
            is_free = taken.connect_ex(("127.0.0.1", 9001)) != 0
        server = self.start(admin="")
        text = server.log.read_text()
        if is_free and server.url:
            self.assertEqual(server.url, "http://localhost:9001/")
            before = server.tokens
            server.kill()
            server.start()
            self.assertEqual(server.tokens, before)
        else:
            self.assertIn("there is no administration: ", text)

    def test_default_port_is_taken(self) -> None:
        """Where nobody asked for it, and its port is taken, one line says so, and the server goes on."""
        with _taken(9001):
            server = self.start(admin="")
            found = re.findall("no administration.*", server.log.read_text())
            self.assertEqual(len(found), 1)
            self.assertIn("tcp:9001:interface=127.0.0.1 (administration) is in use", found[0])
            self.assertIn("--admin", found[0])
            self.assertEqual(server.url, "")
            with server.client():
                pass

    def test_port_that_was_asked_for_is_taken(self) -> None:
        """Where it was asked for, the server does not start without it."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            line = self.refused(admin=f"tcp:{taken.getsockname()[1]}:interface=127.0.0.1")
        self.assertIn("is in use", line)

    def test_off(self) -> None:
        """``--admin off`` has none, and makes no tokens."""
        server = self.start(admin="off")
        self.assertNotIn("administration", server.log.read_text())
        self.assertFalse((self.folder / "wstwist.tokens").exists())

    def test_others_could_listen(self) -> None:
        """Without TLS it is on this machine only; nothing else starts."""
        for endpoint in ("tcp:0", "tcp:0:interface=0.0.0.0", "tcp6:0", "fast:0", "haproxy:tcp:0"):
            line = self.refused(admin=endpoint)
            self.assertIn(f"the administration at {endpoint} could be listened to by others: use TLS", line)

    def test_no_endpoint(self) -> None:
        """What is no endpoint is told, with what may have been meant."""
        self.assertIn("did you mean tcp:9001:interface=127.0.0.1?", self.refused(admin="9001"))
        self.assertIn("did you mean tcp:9001:interface=10.0.0.1?", self.refused(admin="10.0.0.1:9001"))
        self.assertIn("admin: 'x' is no endpoint", self.refused(admin="x"))
        self.assertIn(
            "admin must be a text", self.refused(admin="", configuration=f"admin = 5\n{CONFIGURATION}")
        )

    def test_tokens_that_others_may_read(self) -> None:
        """Tokens that others may read are refused where it was asked for, in one line."""
        (self.folder / "wstwist.tokens").write_text(json.dumps({"read": "r" * 20, "full": "f" * 20}))
        (self.folder / "wstwist.tokens").chmod(0o644)
        self.assertIn("chmod 600", self.refused())
        self.assertIn("there is no administration: ", self.start(admin="").log.read_text())

    def test_without_a_configuration_file(self) -> None:
        """Without a configuration file tokens are in the user's state folder; changes are not kept."""
        server = self.start(variables={"XDG_STATE_HOME": str(self.folder / "state")})
        server.kill()
        server._options = ("--port=0",)
        server._projects = ("chat:Chat",)
        server.start()
        self.assertTrue((self.folder / "state" / "wstwist" / "wstwist.tokens").exists())
        with server.program() as program:
            found = program.get("/api/v1/server").json()
            self.assertEqual((found["kept"], found["configuration"]), (False, None))
            self.assertEqual(program.post("/api/v1/projects/Chat/block", json={}).json()["state"], "blocked")

    def test_configuration_file(self) -> None:
        """The file says the same as the options: ``admin`` and ``admin_hosts``."""
        more = 'admin = "tcp:0:interface=127.0.0.1"\nadmin_hosts = ["ops.example.org"]\n'
        server = self.start("--admin-host=other.example", admin="", configuration=more + CONFIGURATION)
        with server.program() as program:
            for host, status in (("other.example", 200), ("ops.example.org", 421), ("localhost", 200)):
                response = program.get("/api/v1/session", headers={"Host": host})
                self.assertEqual(response.status_code, status, host)
        server.kill()
        server._options = ("--config=wstwist.toml",)
        server.start()
        with server.program() as program:
            response = program.get("/api/v1/session", headers={"Host": "ops.example.org:5"})
            self.assertEqual(response.status_code, 200)

    def test_unix_socket(self) -> None:
        """On a Unix socket it is for whoever may open that."""
        server = self.start(admin=f"unix:{self.folder}/admin.sock:mode=600")
        self.assertEqual(server.url, f"http+unix:{self.folder}/admin.sock:/")
        self.assertEqual((self.folder / "admin.sock").stat().st_mode & 0o777, 0o600)
        headers = {"Authorization": f"Bearer {server.tokens['full']}"}
        transport = httpx.HTTPTransport(uds=str(self.folder / "admin.sock"))
        with httpx.Client(transport=transport, headers=headers, base_url="http://localhost") as program:
            self.assertEqual(program.get("/api/v1/session").json(), {"role": "full"})
            program.post("/api/v1/projects/Chat/block", json={})
        self.assertIn("administration, full at a Unix socket: blocked Chat", server.log.read_text())

    def test_tls(self) -> None:
        """Over TLS it may be on all interfaces; the cookie is for TLS, and certificates are read again."""
        cert, key = pair()
        context = ssl.create_default_context(cafile=str(cert))
        for kind in ("fast", "ssl"):
            server = self.start(admin=f"{kind}:0:certKey={cert}:privateKey={key}")
            url = re.sub(r"//[^/]*:", "//localhost:", server.url)
            self.assertTrue(url.startswith("https://"), url)
            server.url = url
            with server.browser(verify=context) as browser:
                self.assertEqual(browser.get("/api/v1/session").json(), {"role": "full"})
                (cookie,) = browser.cookies.jar
                self.assertTrue(cookie.secure)
            with server.live(ssl=context) as viewer:
                viewer.send('{"subscribe": ["server"]}')
                self.assertEqual(json.loads(viewer.recv(LONG))["topic"], "server")
            server.kill()

    def test_stopping(self) -> None:
        """While the server stops it can be asked, and then viewers are closed with 1001."""
        server = self.start()
        with server.client() as client, server.live() as viewer, server.program() as program:
            client.send("sleep")
            viewer.send('{"subscribe": ["server"]}')
            viewer.recv(LONG)
            server.send(signal.SIGTERM)
            until(lambda: program.get("/api/v1/server").json()["is_draining"], "the draining")
            with self.assertRaises(ConnectionClosed) as closed:
                while True:
                    viewer.recv(LONG)
            self.assertEqual(closed.exception.rcvd.code, 1001)
            self.assertEqual(server.process.wait(LONG), 0)

    def test_reload(self) -> None:
        """SIGHUP leaves it as it is, and says what would need a restart."""
        server = self.start(admin="", configuration=f'admin = "tcp:0:interface=127.0.0.1"\n{CONFIGURATION}')
        (self.folder / "wstwist.toml").write_text(f'admin = "off"\n{CONFIGURATION}')
        server.send(signal.SIGHUP)
        until(lambda: "needs a restart: admin\n" in server.log.read_text(), "the reload")
        with server.program() as program:
            self.assertEqual(program.get("/api/v1/session").status_code, 200)

    def test_every_reactor(self) -> None:
        """It works on Twisted's own reactors, too."""
        for name in ("select", "epoll") if os.name == "posix" else ("select",):
            server = Server(self.folder)
            server._before = (f"--reactor={name}",)
            self.addCleanup(server.kill)
            server.start()
            with server.program() as program, server.live() as viewer:
                self.assertEqual(program.get("/api/v1/projects").status_code, 200)
                viewer.send('{"subscribe": ["projects"]}')
                self.assertEqual(json.loads(viewer.recv(LONG))["topic"], "projects")
            server.kill()


@contextmanager
def _taken(port: int) -> Iterator[None]:
    """Listen on a port, as soon as other tests do so no more; else somebody has it for long, and goes on."""
    with socket.socket() as own:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

        def is_ours() -> bool:
            with contextlib.suppress(OSError):
                own.bind(("127.0.0.1", port))
                own.listen()
                return True
            return False

        with contextlib.suppress(FailTest):
            until(is_ours, f"port {port}")
        yield


class Chat(Project):
    interval = "1 h"


class EmbeddedTests(ServedCase):
    """In a program of one's own."""

    async def test_restart(self) -> None:
        """A service that is stopped and started again has its administration again, on its endpoint."""
        service = await self.serve(Chat)
        configuration = Configuration(admin="tcp:0:interface=127.0.0.1")
        self.patch(os, "environ", {"XDG_STATE_HOME": str(self.place.folder)})
        administration = set_up(service, configuration, lambda _: [], {}, reactor, list)
        assert administration is not None
        service.administration = administration
        self.assertIsNotNone(administration.port)
        await service.stopService()
        self.assertIsNone(administration.port)
        service.startService()
        self.assertIsNotNone(administration.port)
        await until_so(lambda: self.host.is_started, "the start")

    async def test_nobody_asked(self) -> None:
        """What nobody asked for, and cannot be, is done without; what was asked for is an error."""
        service = await self.serve(Chat)
        (self.place.folder / "wstwist").write_text("")
        self.patch(os, "environ", {"XDG_STATE_HOME": str(self.place.folder)})
        self.assertIsNone(set_up(service, Configuration(), lambda _: [], {}, reactor, list))
        with self.assertRaises(ConfigurationError):
            set_up(service, Configuration(admin=ADMIN), lambda _: [], {}, reactor, list)
