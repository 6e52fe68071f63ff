# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A headless Chromium for tests of pages, by way of selenium and the machine's own chromedriver."""

from __future__ import annotations

import os
import shutil
from tempfile import TemporaryDirectory
from typing import Any
from unittest import SkipTest

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Tabs that are not in front behave as if they were.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
)


class Browser:
    """A Chromium, which is there for the length of a ``with`` block; nothing of it stays on the disk.

    Where there is none the test is skipped, but in CI (``CI=true``) it fails.

    Args:
        flags: Further command-line flags.

    Attributes:
        driver: selenium's WebDriver.
    """

    def __init__(self, *flags: str) -> None:
        self.driver: Any = None
        self._flags = flags
        self._folder = TemporaryDirectory(prefix="wstwist-browser-", ignore_cleanup_errors=True)

    def __enter__(self) -> Browser:
        try:
            self.driver = self._start()
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.driver.quit()
        self._folder.cleanup()

    def _start(self) -> Any:
        try:
            from selenium import webdriver
        except ImportError:
            _missing("selenium")
        options = webdriver.ChromeOptions()
        options.binary_location = _program(*CHROMIUM)
        for flag in (*FLAGS, *self._flags, f"--user-data-dir={self._folder.name}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        return webdriver.Chrome(options=options, service=webdriver.ChromeService(_program("chromedriver")))


def _program(*names: str) -> str:
    found = next(filter(None, map(shutil.which, names)), None)
    return found or _missing(names[0])


def _missing(what: str) -> Any:
    if os.environ.get("CI") == "true":
        raise AssertionError(f"{what} is not installed, and CI must have it")
    raise SkipTest(f"{what} is not installed")
