# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``python -m wstwist ...`` is ``twistd -n wsproject ...``."""

from __future__ import annotations

import sys

from twisted.scripts.twistd import run

if __name__ == "__main__":
    sys.argv = ["twistd", "--nodaemon", "wsproject", *sys.argv[1:]]
    run()
