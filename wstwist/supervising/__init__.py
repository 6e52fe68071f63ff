# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Workers: processes that serve the same projects at the same ports, and one that looks after them."""
