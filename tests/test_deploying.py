# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The configurations in docs/deploying.md, with the proxies themselves where they are installed."""

from __future__ import annotations

import grp
import json
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from pathlib import Path
from unittest import SkipTest

from websockets.sync.client import connect

from tests.documents import Document, DocumentCase, free_port
from tests.support import pair

DEPLOYING = Document("docs/deploying.md")

CHAT = """
import json
from wstwist import Project

class Chat(Project):
    async def on_connect(self, client):
        client.send(json.dumps([client.address, client.secure, client.port]))
"""

NGINX = """
user {user} {group};
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
    uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
    include {folder}/chat.conf;
}}
"""


def nginx(folder: Path) -> str:
    """Give what nginx wants to be told beside the document's part; it runs as whoever runs the test."""
    user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    return NGINX.format(folder=folder, user=user, group=group)


class DeployingTests(DocumentCase):
    """A client behind a proxy is seen as what it is."""

    document = DEPLOYING
    timeout = 90

    def setUp(self) -> None:
        super().setUp()
        (self.folder / "chat.py").write_text(CHAT)
        (self.folder / "both.pem").write_bytes(pair().cert.read_bytes() + pair().key.read_bytes())
        self.proxy_port = free_port()

    def configuration(self, name: str, **changes: str) -> Path:
        """Write one of the document's files, its names and ports being the test's."""
        file = self.folder / name
        text = file.read_text()
        for old, new in {
            "/etc/ssl/example.org/cert.pem": str(pair().cert),
            "/etc/ssl/example.org/key.pem": str(pair().key),
            "/etc/ssl/example.org/both.pem": str(self.folder / "both.pem"),
            **changes,
        }.items():
            text = text.replace(old, new)
        file.write_text(text)
        return file

    def seen(self, *proxy: str, over: str = "port") -> object:
        """Connect through a proxy from another address than its own, claiming to be somebody else."""
        if shutil.which(proxy[0]) is None:
            raise SkipTest(f"no {proxy[0]}")
        options = {
            "port": "--interface 127.0.0.1 --trusted-proxy 127.0.0.1",
            "unix": "--listen unix:/run/wstwist/chat.sock --trusted-proxy unix",
        }[over]
        args = self.serve(f"twistd -n wsproject {options} chat:Chat", "--port", str(self.port))
        args = [word.replace("/run/wstwist", str(self.folder)) for word in args]
        with self.running(*args), tempfile.TemporaryFile() as output:
            environment = {
                **os.environ,
                "XDG_DATA_HOME": str(self.folder),
                "XDG_CONFIG_HOME": str(self.folder),
            }
            process = subprocess.Popen(
                proxy, cwd=self.folder, env=environment, stdout=output, stderr=subprocess.STDOUT
            )
            try:
                return self.connected()
            except BaseException:
                output.seek(0)
                print(output.read().decode())
                raise
            finally:
                process.terminate()
                process.wait(20)

    def connected(self) -> object:
        trust = ssl.create_default_context(cafile=str(pair().cert))
        deadline = time.monotonic() + 15
        while True:
            try:
                way = ("127.0.0.1", self.proxy_port)
                sock = socket.create_connection(way, source_address=("127.0.0.2", 0))
                with connect(
                    f"wss://localhost:{self.proxy_port}/Chat",
                    ssl=trust,
                    proxy=None,
                    sock=sock,
                    origin=f"https://localhost:{self.proxy_port}",
                    additional_headers={"X-Forwarded-For": "127.0.0.1, 6.6.6.6", "X-Forwarded-Proto": "http"},
                ) as client:
                    return json.loads(client.recv())
            except ConnectionRefusedError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def test_nginx(self) -> None:
        """Behind nginx a client has its own address, and came over TLS, whatever it says itself."""
        self.configuration("chat.conf", **{"listen 443": f"listen 127.0.0.1:{self.proxy_port}"})
        main = self.folder / "nginx.conf"
        main.write_text(nginx(self.folder))
        self.assertEqual(self.seen("nginx", "-c", str(main), "-e", "stderr"), ["127.0.0.2", True, None])

    def test_nginx_over_a_unix_socket(self) -> None:
        """So it is where the two meet at a Unix socket."""
        changes = {
            "listen 443": f"listen 127.0.0.1:{self.proxy_port}",
            f"http://127.0.0.1:{self.port}": f"http://unix:{self.folder}/chat.sock",
        }
        self.configuration("chat.conf", **changes)
        main = self.folder / "nginx.conf"
        main.write_text(nginx(self.folder))
        seen = self.seen("nginx", "-c", str(main), "-e", "stderr", over="unix")
        self.assertEqual(seen, ["127.0.0.2", True, None])

    def test_caddy(self) -> None:
        """Behind Caddy likewise."""
        site = f"{{\n    admin off\n    auto_https off\n}}\nhttps://localhost:{self.proxy_port} {{\n"
        site += f"    tls {pair().cert} {pair().key}\n"
        file = self.configuration("chat.Caddyfile", **{"example.org {\n": site})
        command = ("caddy", "run", "--adapter", "caddyfile", "--config", str(file))
        self.assertEqual(self.seen(*command), ["127.0.0.2", True, None])

    def test_haproxy(self) -> None:
        """Behind HAProxy likewise."""
        file = self.configuration("haproxy.cfg", **{"bind :443": f"bind 127.0.0.1:{self.proxy_port}"})
        self.assertEqual(self.seen("haproxy", "-f", str(file)), ["127.0.0.2", True, None])

    def test_links(self) -> None:
        """Every file that the document links to is there."""
        self.check_links()
