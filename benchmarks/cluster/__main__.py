# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``python -m benchmarks.cluster``."""

from __future__ import annotations

import sys

from benchmarks.cluster.command import main

sys.exit(main(sys.argv[1:]))
