# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What hostile clients do to a server that is a process of its own, and what it may cost."""
