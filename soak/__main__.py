# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``python -m soak``."""

from __future__ import annotations

import sys

from soak.command import main

sys.exit(main(sys.argv[1:]))
