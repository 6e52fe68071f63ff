# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``python -m soak``."""

from __future__ import annotations

import resource
import sys

from soak.command import main

# The servers and the clients, which are processes that this one starts, have many sockets.
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
sys.exit(main(sys.argv[1:]))
