# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The administration's page as files: how they are served, what they may not contain, what is of others."""

from __future__ import annotations

import hashlib
import json
import re

import httpx
from twisted.internet.threads import deferToThread

from tests.wire.support import App, ServedCase
from wstwist.admin import page

VENDOR = page.FOLDER / "vendor"
OWN = sorted(
    path
    for path in page.FOLDER.rglob("*")
    if path.suffix in {".js", ".css", ".html"} and VENDOR not in path.parents
)


class ServedPageTests(ServedCase):
    """The resource behind the guard, as the administration's endpoint has it."""

    def setUp(self) -> None:
        """Begin with the page served."""
        self.port = self.serve(App(), web=page.resource())

    async def get(self, path: str) -> httpx.Response:
        """Get a path."""
        return await deferToThread(httpx.get, f"http://127.0.0.1:{self.port}{path}")

    async def test_policy(self) -> None:
        """Each answer, a 404 too, allows nothing but what comes from the same server."""
        for path, status in (("/", 200), ("/main.js", 200), ("/style/base.css", 200), ("/nothing.js", 404)):
            response = await self.get(path)
            self.assertEqual(response.status_code, status, path)
            policy = dict(
                part.partition(" ")[::2] for part in response.headers["content-security-policy"].split("; ")
            )
            self.assertEqual(policy["default-src"], "'none'")
            self.assertEqual(
                {policy[name] for name in ("script-src", "style-src", "img-src", "connect-src")}, {"'self'"}
            )
            self.assertEqual(
                {policy[name] for name in ("base-uri", "form-action", "frame-ancestors", "trusted-types")},
                {"'none'"},
            )
            self.assertEqual(policy["require-trusted-types-for"], "'script'")
            self.assertNotIn("unsafe", response.headers["content-security-policy"])
            self.assertEqual(response.headers["referrer-policy"], "no-referrer")
            self.assertEqual(response.headers["x-frame-options"], "DENY")
            self.assertEqual(response.headers["cross-origin-resource-policy"], "same-origin")

    async def test_all_that_the_page_names_is_there(self) -> None:
        """Whatever the page and its modules import, link and show is served, with its type."""
        index = (page.FOLDER / "index.html").read_text("utf-8")
        named = {f"/{path}" for path in re.findall(r'(?:href|src)="([^"]+)"', index)}
        for path in OWN:
            if path.suffix == ".js":
                folder = path.parent.relative_to(page.FOLDER)
                for module in re.findall(
                    r'^import .*? from "(\.[^"]+)";$', path.read_text("utf-8"), re.MULTILINE
                ):
                    target = (page.FOLDER / folder / module).resolve().relative_to(page.FOLDER)
                    named.add(f"/{target.as_posix()}")
        self.assertIn("/wstwist.js", named)
        self.assertGreater(len(named), 30)
        types = {
            "js": "text/javascript; charset=utf-8",
            "css": "text/css; charset=utf-8",
            "svg": "image/svg+xml; charset=utf-8",
        }
        for path in sorted(named):
            response = await self.get(path)
            self.assertEqual(response.status_code, 200, path)
            self.assertEqual(response.headers["content-type"], types[path.rpartition(".")[2]], path)


class OwnFilesTests(ServedCase):
    """What stands in the files of the page."""

    def test_nothing_makes_html_of_text(self) -> None:
        """No module makes HTML, code, or a style attribute of what it is told."""
        forbidden = re.compile(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc|cssText"
            r"|\beval\(|new Function|javascript:|setAttribute\(\"(?:on|style)"
        )
        for path in OWN:
            self.assertIsNone(forbidden.search(path.read_text("utf-8")), path)

    def test_nothing_is_inline(self) -> None:
        """The page has no inline script, style or handler."""
        index = (page.FOLDER / "index.html").read_text("utf-8")
        self.assertNotRegex(index, r"<style|\sstyle=|\son[a-z]+=")
        self.assertEqual(re.findall(r"<script[^>]*>([^<]*)</script>", index), [""])

    def test_nothing_is_far_away(self) -> None:
        """No file names another server."""
        for path in OWN:
            urls = re.findall(r"(?:https?:)?//[a-z][\w.-]+\.[a-z]{2,}", path.read_text("utf-8"))
            self.assertEqual([url for url in urls if "www.w3.org" not in url], [], path)

    def test_all_have_their_licence(self) -> None:
        """Each file begins with the two lines about its licence."""
        for path in OWN:
            self.assertIn("SPDX-License-Identifier: MIT", path.read_text("utf-8")[:300], path)


class VendoredTests(ServedCase):
    """What is of others."""

    def test_what_is_of_others_is_as_it_was(self) -> None:
        """Version, licence and hash of each file are written down, and there is no other file."""
        packages = json.loads((VENDOR / "packages.json").read_text("utf-8"))
        listed = {"packages.json"}
        for name, package in packages.items():
            self.assertRegex(package["version"], r"^\d+\.\d+\.\d+$")
            self.assertRegex(package["integrity"], r"^sha512-[\w+/]{86}==$")
            self.assertIn(package["licence"], {"MIT", "ISC", "BSD-3-Clause", "Apache-2.0"}, name)
            for file, known in package["files"].items():
                content = (VENDOR / file).read_bytes()
                self.assertEqual(hashlib.sha256(content).hexdigest(), known["sha256"], file)
                listed.add(file)
            self.assertTrue([file for file in package["files"] if "LICENSE" in file], name)
        self.assertEqual({path.name for path in VENDOR.iterdir()}, listed)
