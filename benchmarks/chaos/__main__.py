# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``python -m benchmarks.chaos``."""

from __future__ import annotations

import sys

from benchmarks.chaos.command import main

sys.exit(main(sys.argv[1:]))
