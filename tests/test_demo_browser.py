# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The demonstration as a person meets it: ``twistd wsproject``, and its page in tabs of a real browser."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import SkipTest

from twisted.trial.unittest import TestCase

from tests.browser import Browser
from tests.processes import Server, until
from tests.support import pair


class Tab:
    """A tab with the page."""

    def __init__(self, driver: Any, url: str) -> None:
        driver.switch_to.new_window("tab")
        self._handle = driver.current_window_handle
        self._driver = driver
        driver.get(url)

    @property
    def driver(self) -> Any:
        """The WebDriver, at this tab."""
        self._driver.switch_to.window(self._handle)
        return self._driver

    def run(self, script: str) -> Any:
        """Run a script in the page, and give what it returns."""
        return self.driver.execute_script(script)

    @property
    def state(self) -> str:
        """What the page says about the connection."""
        return self.run("return document.getElementById('state').textContent")

    @property
    def said(self) -> list[tuple[str, str, bool]]:
        """The messages that are shown: the nickname, the text, and whether they are this tab's own."""
        lines = self.run("""
            return [...document.querySelectorAll(".said")].map((line) => [
                line.querySelector("bdi").textContent,
                line.querySelector(".text").textContent,
                line.classList.contains("mine"),
            ])""")
        return [tuple(line) for line in lines]

    @property
    def notes(self) -> list[str]:
        """The other lines."""
        return self.run("return [...document.querySelectorAll('.note')].map((line) => line.textContent)")

    def value(self, name: str) -> str:
        """What stands in an input."""
        return self.run(f"return document.getElementById('{name}').value")

    def write(self, name: str, content: str) -> None:
        """Type over what stands in an input; ``\\n`` is the Enter key."""
        field = self.driver.find_element("id", name)
        field.click()
        self.run("document.activeElement.select()")
        field.send_keys(content)

    def say(self, *texts: str) -> None:
        for text in texts:
            self.write("text", f"{text}\n")

    def wait_for_state(self, state: str) -> None:
        until(lambda: self.state == state, f"{state!r}; it is {self.state!r}")

    def wait_for_texts(self, *texts: str) -> None:
        """Wait until just these messages are shown."""
        shown = lambda: [text for _, text, _ in self.said]  # noqa: E731
        until(lambda: shown() == [*texts], f"{texts}; there are {shown()}")


class DemoPageTests(TestCase):
    timeout = 120

    def setUp(self) -> None:
        if os.name != "posix":
            raise SkipTest("the server is frozen and killed by signals")
        self.server = Server(Path(self.enterContext(TemporaryDirectory(prefix="wstwist-demo-"))))
        self.addCleanup(self.server.kill)

    def open(self, *flags: str, scheme: str = "http") -> None:
        """Start the server, and a browser."""
        self.driver = self.enterContext(Browser(*flags)).driver
        self.server.start()
        self.url = f"{scheme}://localhost:{self.server.port}/"

    def tab(self, nickname: str = "") -> Tab:
        """Open the page in a new tab, and change the nickname."""
        tab = Tab(self.driver, self.url)
        until(lambda: tab.state.startswith("Connected, "), "the connection")
        if nickname:
            tab.write("nickname", f"{nickname}\n")
            until(lambda: f"You are now {nickname}" in tab.notes, "the new nickname")
        return tab

    def errors(self) -> list[str]:
        """What the console has complained about."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] != "INFO"]

    def test_tabs_talk(self) -> None:
        """Tabs with nicknames of their own see what each other say, how many are here, and the last 20."""
        self.open()
        ada = self.tab("Ada")
        self.assertEqual(ada.state, "Connected, nobody else here")
        grace = self.tab("Grace")
        for tab in (ada, grace):
            tab.wait_for_state("Connected, 2 here")
        until(
            lambda: any(note.endswith(" is now Grace") for note in ada.notes), "the note of the new nickname"
        )

        ada.say("Good morning!")
        grace.wait_for_texts("Good morning!")
        grace.say("Good morning, Ada.")
        ada.wait_for_texts("Good morning!", "Good morning, Ada.")
        self.assertEqual(ada.said, [("Ada", "Good morning!", True), ("Grace", "Good morning, Ada.", False)])
        self.assertEqual(grace.said, [("Ada", "Good morning!", False), ("Grace", "Good morning, Ada.", True)])

        numbers = [str(number) for number in range(23)]
        ada.say(*numbers)
        grace.wait_for_texts("Good morning!", "Good morning, Ada.", *numbers)
        third = self.tab()
        third.wait_for_texts(*numbers[3:])
        self.assertEqual({(nickname, is_own) for nickname, _, is_own in third.said}, {("Ada", False)})
        for tab in (ada, grace, third):
            tab.wait_for_state("Connected, 3 here")
        third.driver.close()
        for tab in (ada, grace):
            tab.wait_for_state("Connected, 2 here")
            until(
                lambda tab=tab: any(note.endswith(" has left") for note in tab.notes), "the note of who left"
            )
        self.assertEqual(self.errors(), [])

    def test_texts_are_no_html(self) -> None:
        """HTML in texts and nicknames is shown as it was written, and runs nothing."""
        self.open()
        html = "<img src=x onerror=document.title=1><script>document.title=2</script>&amp;"
        nickname = "<b onclick=1>A</b>"
        ada, grace = self.tab(nickname), self.tab("Grace")
        ada.say(html)
        for tab in (ada, grace):
            tab.wait_for_texts(html)
            self.assertEqual(tab.said[0][0], nickname)
            self.assertEqual(
                tab.run("return document.querySelectorAll('main img, main b, main script').length"), 0
            )
            self.assertEqual(tab.driver.title, "wstwist chat")
        self.assertEqual(self.errors(), [])

    def test_tabs_come_back(self) -> None:
        """After the server was killed and started again tabs connect by themselves, and nothing is lost."""
        self.open()
        ada, grace = self.tab("Ada"), self.tab("Grace")
        ada.say("before")
        grace.wait_for_texts("before")
        self.server.freeze()
        ada.say("on its way")
        self.server.kill()
        for tab in (ada, grace):
            tab.wait_for_state("Not connected, trying again…")
        grace.write("text", "written meanwhile\n")
        self.assertEqual(grace.value("text"), "written meanwhile")

        self.server.start()
        for tab in (ada, grace):
            tab.wait_for_state("Connected, 2 here")
        self.assertEqual((ada.value("text"), ada.value("nickname")), ("on its way", "Ada"))
        self.assertEqual((grace.value("text"), grace.value("nickname")), ("written meanwhile", "Grace"))
        self.assertEqual(ada.said, [("Ada", "before", True)])
        grace.say("after")
        ada.wait_for_texts("before", "after")
        self.assertEqual([error for error in self.errors() if "WebSocket connection to" not in error], [])

    def test_a_tab_remembers(self) -> None:
        """Over a reload a tab keeps its nickname, an unsent text, and which messages are its own."""
        self.open()
        ada = self.tab("Ada")
        ada.say("mine")
        ada.wait_for_texts("mine")
        ada.write("text", "not yet")
        ada.driver.refresh()
        ada.wait_for_texts("mine")
        ada.wait_for_state("Connected, nobody else here")
        self.assertEqual(ada.said, [("Ada", "mine", True)])
        self.assertEqual((ada.value("nickname"), ada.value("text")), ("Ada", "not yet"))
        self.assertEqual(self.errors(), [])

    def test_a_phone(self) -> None:
        """On a phone nothing is wider than the screen, and no input so small that it zooms in."""
        self.open()
        ada = self.tab("A rather long nickname")
        screen = {"width": 320, "height": 568, "deviceScaleFactor": 2, "mobile": True}
        ada.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        ada.say("W" * 300, "end")
        until(lambda: len(ada.said) == 2, "the message")
        self.assertEqual(ada.run("return [innerWidth, document.documentElement.scrollWidth]"), [320, 320])
        self.assertEqual(ada.run("return log.scrollWidth - log.clientWidth"), 0)
        sizes = "return [...document.querySelectorAll('input')].map((one) => getComputedStyle(one).fontSize)"
        self.assertEqual(ada.run(sizes), ["16px", "16px"])
        is_at_end = "return Math.abs(log.scrollHeight - log.scrollTop - log.clientHeight) < 2"
        until(lambda: ada.run(is_at_end), "the last message in sight")

    def test_https(self) -> None:
        """From a page that came over TLS the chat goes over TLS."""
        cert, key = map(str, pair())
        self.server = Server(self.server._folder, "--tls-port=0", f"--cert={cert}", f"--key={key}")
        self.addCleanup(self.server.kill)
        self.open("--ignore-certificate-errors", scheme="https")
        ada, grace = self.tab("Ada"), self.tab("Grace")
        ada.say("secret")
        grace.wait_for_texts("secret")
        self.assertEqual(self.errors(), [])
