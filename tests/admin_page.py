# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The administration's page in Chromium, as a person uses it: what is written there, and what is clicked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tests.processes import ROOT, until

SCREENSHOTS = Path(os.environ.get("WSTWIST_SCREENSHOTS", ROOT / "build" / "screenshots"))
"""Where pictures are put for a person to look at."""

DESK = {"width": 1360, "height": 900, "deviceScaleFactor": 1, "mobile": False}
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}

DELETE = "\ue017"  # WebDriver's name of the key

# An element that is seen, by its words: those of a button, a link or a field's label.
_FIND = """
const [words, within] = arguments;
const scope = [...document.querySelectorAll("dialog[open], [popover]:popover-open")].at(-1) ??
  document.querySelector(within) ?? document;
const isSeen = (element) => element.checkVisibility() && !element.disabled;
const says = (element) => [element.textContent.trim(), element.getAttribute("aria-label"), element.title];
const offered = [...scope.querySelectorAll("button, a")];
return offered.find((one) => isSeen(one) && says(one).includes(words)) ?? null;
"""


class AdminPage:
    """A tab of a browser with the administration.

    Args:
        driver: selenium's WebDriver.
        url: Where the administration is, with a slash at the end.
    """

    def __init__(self, driver: Any, url: str) -> None:
        driver.switch_to.new_window("tab")
        self._driver = driver
        self._handle = driver.current_window_handle
        self.url = url
        self.screen(DESK)
        driver.get(url)

    @property
    def driver(self) -> Any:
        """The WebDriver, at this tab."""
        if self._driver.current_window_handle != self._handle:
            self._driver.switch_to.window(self._handle)
        return self._driver

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a script in the page, and give what it returns."""
        return self.driver.execute_script(script, *arguments)

    def sign_in(self, token: str) -> None:
        """Give a token, and wait for the projects."""
        self.write("#token", token + "\n")
        self.wait_for_text("main h1", "Projects")

    def go(self, *parts: str) -> None:
        """Go to a place by its address."""
        self.run("location.hash = arguments[0]", "/" + "/".join(parts))

    def text(self, selector: str) -> str:
        """Give the text of an element; "" where there is none that is seen."""
        return next(iter(self.texts(selector)), "")

    def texts(self, selector: str) -> list[str]:
        """Give the texts of all such elements that are seen."""
        return self.run(
            "return [...document.querySelectorAll(arguments[0])]"
            ".filter((one) => one.checkVisibility()).map((one) => one.innerText)",
            selector,
        )

    def count(self, selector: str) -> int:
        """Count elements."""
        return self.run("return document.querySelectorAll(arguments[0]).length", selector)

    def rows(self) -> list[list[str]]:
        """Give the cells of the table's rows."""
        return self.run(
            "return [...document.querySelectorAll('main tbody tr')]"
            ".map((row) => [...row.cells].map((cell) => cell.innerText.trim()))"
        )

    def row(self, first: str) -> list[str]:
        """Give the cells of the row whose first begins so; none where there is no such row."""
        return next((cells for cells in self.rows() if cells[0].split("\n")[0] == first), [])

    def in_row(self, first: str) -> str:
        """Give a selector of the row whose first cell begins so."""
        place = [cells[0].split("\n")[0] for cells in self.rows()].index(first)
        return f"main tbody tr:nth-child({place + 1})"

    def find(self, words: str, within: str = "body") -> Any:
        """Give what can be clicked and says so; None where there is no such thing."""
        return self.run(_FIND, words, within)

    def click(self, words: str, within: str = "body") -> None:
        """Click what says so, as soon as it is there; in a dialog or menu, where one is open."""
        until(lambda: self.find(words, within), f"{words!r} to click")
        self.find(words, within).click()

    def write(self, selector: str, content: str) -> None:
        """Type over what stands in a field, as soon as it is there; ``\\n`` is the Enter key."""
        until(lambda: self.count(selector), selector)
        field = self.driver.find_element("css selector", selector)
        field.click()
        self.run("document.activeElement.select()")
        field.send_keys(DELETE + content)

    def choose(self, selector: str, option: str) -> None:
        """Choose an option, by its text."""
        script = (
            "return [...document.querySelectorAll(`${arguments[0]} option`)]"
            ".find((one) => one.innerText.trim() === arguments[1]) ?? null"
        )
        until(lambda: self.run(script, selector, option), f"{option!r} to choose")
        self.run(script, selector, option).click()

    def wait_for_text(self, selector: str, text: str) -> None:
        """Wait until an element says just this."""
        until(
            lambda: self.text(selector) == text, f"{text!r} in {selector}, where {self.text(selector)!r} is"
        )

    def wait_for_part(self, selector: str, text: str) -> None:
        """Wait until an element says this among others."""
        until(lambda: text in self.text(selector), f"{text!r} in {selector}; it is {self.text(selector)!r}")

    def wait_for_note(self, text: str) -> None:
        """Wait for a note at the page's edge, and close it."""
        until(
            lambda: text in self.texts(".toast p"), f"the note {text!r}; there are {self.texts('.toast p')}"
        )
        self.run("for (const one of document.querySelectorAll('.toast button')) one.click()")

    def screen(self, metrics: dict[str, Any], colours: str = "light") -> None:
        """Have another screen, and other colours of the system."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": colours}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def take_picture(self, name: str) -> None:
        """Write a screenshot for a person to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        (SCREENSHOTS / f"{name}.png").write_bytes(self.driver.get_screenshot_as_png())
