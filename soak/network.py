# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A network of its own for some clients, which can be cut: what is sent to them then is lost without a word.

It is a network namespace with a pair of virtual interfaces, for which Linux wants root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import suppress
from typing import Self

SERVER = "198.18.77.1"
"""The server's address in it; of the range for measurements (RFC 2544)."""

_CLIENT = "198.18.77.2"
_NAME = "wstwist-soak"
_NEAR, _FAR = "wstsoak0", "wstsoak1"


class NoNetworkError(Exception):
    """It cannot be had here."""


class Network:
    """The network, while the `with` block runs.

    Attributes:
        prefix: The command that runs another one as a client in it.
    """

    prefix = ("ip", "netns", "exec", _NAME)

    def __enter__(self) -> Self:
        """Make it.

        Raises:
            NoNetworkError: This user may not, or this machine cannot.
        """
        if shutil.which("ip") is None or os.geteuid():
            raise NoNetworkError("it needs root and the ip command")
        self._remove()
        try:
            _ip("netns", "add", _NAME)
            _ip("link", "add", _NEAR, "type", "veth", "peer", "name", _FAR, "netns", _NAME)
            _ip("addr", "add", f"{SERVER}/30", "dev", _NEAR)
            _ip("link", "set", _NEAR, "up")
            _ip("-n", _NAME, "addr", "add", f"{_CLIENT}/30", "dev", _FAR)
            _ip("-n", _NAME, "link", "set", _FAR, "up")
        except subprocess.CalledProcessError as error:
            self._remove()
            raise NoNetworkError(error.stderr.strip()) from None
        return self

    def __exit__(self, *_: object) -> None:
        """Remove it."""
        self._remove()

    def cut(self) -> None:
        """Lose everything from now on, in both directions."""
        _ip("-n", _NAME, "link", "set", _FAR, "down")

    def _remove(self) -> None:
        for what in (("link", "del", _NEAR), ("netns", "del", _NAME)):
            with suppress(subprocess.CalledProcessError):
                _ip(*what)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)  # noqa: S607 - the system's
