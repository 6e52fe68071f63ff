# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The command line, ``wstwist``: make projects, serve them, and look after servers."""

from __future__ import annotations

import sys
from typing import NoReturn

INTERRUPTED = 130
"""The exit status after Ctrl-C."""


def main() -> NoReturn:
    """Do what the command line says.

    The exit status is 0 when it is done, 1 when it cannot be done, 2 when the command line is wrong, and 130
    after Ctrl-C.
    """
    try:
        from wstwist.cli.running import run  # here, for Ctrl-C may come while it is imported

        status = run()
    except KeyboardInterrupt:
        status = INTERRUPTED
    sys.exit(status)
