# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What is done to a server; each module is a process of its own, which prints what it found as JSON."""
