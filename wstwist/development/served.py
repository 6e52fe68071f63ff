# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What runs in the processes of `wstwist.development.process`: a server, in steps.

All that does not depend on the projects is imported ahead of time, so that a restart is quick.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib import import_module

from twisted.application.service import IServiceMaker
from twisted.plugin import getPlugins
from twisted.scripts.twistd import run

from wstwist.development import turn

AHEAD = (
    "wstwist.server",
    "wstwist.wire.fast_port",
    "wstwist.database",
    "wstwist.tap",
    "uvloop",
    "aiofastnet",
    "json",
)
"""Modules that a server needs, or may need; none of them installs a reactor."""


def main() -> None:
    """Get ready, wait for the word, and be ``twistd``."""
    descriptors = os.environ.get(turn.VARIABLE)
    if descriptors:  # there are none where the server was told to restart itself
        for name in AHEAD:
            with suppress(ImportError):
                import_module(name)
        list(getPlugins(IServiceMaker))
        turn.require(int(descriptors.partition(",")[0]), turn.LOAD)
    sys.argv = ["twistd", *sys.argv[1:]]
    run()


if __name__ == "__main__":
    main()
