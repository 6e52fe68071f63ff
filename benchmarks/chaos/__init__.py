# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Breaks a cluster again and again while it works, and checks what its clients have seen: ``make chaos``."""
