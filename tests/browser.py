# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A headless Chromium for tests of pages, by way of selenium and the machine's own chromedriver."""

from __future__ import annotations

import os
import shutil
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any
from unittest import SkipTest

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--disable-background-timer-throttling",
)


class Browser:
    """A Chromium that ends, with everything that it wrote, when the ``with`` block ends.

    Attributes:
        driver: selenium's WebDriver.
    """

    def __init__(self) -> None:
        """Start it; where there is none the test is skipped, but in CI (``CI=true``) it fails."""
        try:
            from selenium import webdriver
        except ImportError:
            _missing("selenium")
        binary = next(filter(None, map(shutil.which, CHROMIUM)), None) or _missing("Chromium")
        chromedriver = shutil.which("chromedriver") or _missing("chromedriver")
        self._folder = TemporaryDirectory(prefix="wstwist-browser-", ignore_cleanup_errors=True)
        options = webdriver.ChromeOptions()
        options.binary_location = binary
        for flag in (*FLAGS, f"--user-data-dir={self._folder.name}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver: Any = webdriver.Chrome(options=options, service=webdriver.ChromeService(chromedriver))

    def __enter__(self) -> Browser:
        """Give itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the browser, and delete its folder."""
        self.driver.quit()
        self._folder.cleanup()


def _missing(what: str) -> Any:
    if os.environ.get("CI") == "true":
        raise AssertionError(f"no {what}, which CI must have")
    raise SkipTest(f"no {what}")
