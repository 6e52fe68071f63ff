# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``python -m wstwist.cli ...`` is ``wstwist ...``."""

from __future__ import annotations

from wstwist.cli import main

if __name__ == "__main__":
    main()
