# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The page of the project that ``wstwist new`` makes, in tabs of a real browser, over restarts, too."""

from __future__ import annotations

import os
import socket
import time
from typing import Any
from unittest import SkipTest

from tests.browser import Browser
from tests.commanded import CommandCase, Serving
from tests.processes import until


class Tab:
    """A tab with the page."""

    def __init__(self, driver: Any, url: str) -> None:
        driver.switch_to.new_window("tab")
        self._handle = driver.current_window_handle
        self._driver = driver
        driver.get(url)
        until(lambda: self.state.startswith("Connected"), "the connection")

    def run(self, script: str) -> Any:
        """Run a script in the page, and give what it returns."""
        self._driver.switch_to.window(self._handle)
        return self._driver.execute_script(script)

    @property
    def state(self) -> str:
        """What the page says about the connection."""
        return self.run("return document.getElementById('state').textContent")

    @property
    def lines(self) -> list[str]:
        """What was said."""
        return self.run("return [...document.querySelectorAll('#lines li')].map((line) => line.textContent)")

    def write(self, field: str, text: str) -> None:
        """Write into an input, and press Enter."""
        self._driver.switch_to.window(self._handle)
        found = self._driver.find_element("id", field)
        found.clear()
        found.send_keys(f"{text}\n")


class NewPageTests(CommandCase):
    def setUp(self) -> None:
        if os.name != "posix":
            raise SkipTest("the server is restarted by signals")
        super().setUp()
        self.wstwist("new", "Chat", "--yes")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.project = self.folder / "chat"
        self.driver = self.enterContext(Browser()).driver
        self.serving = Serving(self.project, "--reload", "--admin=off", f"--port={port}")
        self.addCleanup(self.serving.kill)
        self.serving.wait_for("Chat at ws://")
        self.url = f"http://localhost:{port}/"

    def errors(self) -> list[str]:
        """What the console has complained about."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] != "INFO"]

    def test_tabs_talk(self) -> None:
        """Tabs with names of their own read what each other say, as text and never as HTML."""
        ann, bob = Tab(self.driver, self.url), Tab(self.driver, self.url)
        ann.write("name", "Ann")
        html = "<img src=x onerror=document.title=1> & <b>me</b>"
        ann.write("text", "Good morning!")
        bob.write("text", html)
        for tab in (ann, bob):
            until(lambda tab=tab: tab.lines == ["Ann Good morning!", f"guest {html}"], "both lines")
        until(lambda: ann.state == "Connected, 2 here", "how many are here")
        self.assertEqual(Tab(self.driver, self.url).lines, ["Ann Good morning!", f"guest {html}"])
        self.assertEqual(ann.run("return document.title"), "Chat")
        self.assertEqual(self.errors(), [])

    def test_a_restart(self) -> None:
        """The page is connected again within 2 s of a change, and nothing is missing or there twice."""
        tab = Tab(self.driver, self.url)
        tab.write("name", "Ann")
        tab.write("text", "before")
        until(lambda: tab.lines == ["Ann before"], "the line")
        tab.run("""
            window.times = [];
            new MutationObserver(() => times.push([Date.now(), document.getElementById("state").textContent]))
                .observe(document.getElementById("state"), {childList: true});
        """)
        module = self.project / "chat.py"
        took = []
        while len(took) < 4 and not (took and took[-1] < 2.0):  # one is enough where others use the machine
            self.serving.settle()
            tab.run("times.length = 0")
            began = time.time()
            module.write_text(module.read_text() + "# more\n")
            back = until(
                lambda: tab.run("return times.find(([, state]) => state.startsWith('Connected'))"),
                "the connection",
            )
            took.append(back[0] / 1000 - began)
        self.assertLess(min(took), 2.0, took)
        self.assertIn("chat.py changed: restarted", self.serving.said)
        tab.write("text", "after")
        until(lambda: tab.lines == ["Ann before", "Ann after"], "the line after it")
        self.assertEqual([each for each in self.errors() if "WebSocket connection" not in each], [])
