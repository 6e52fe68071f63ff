# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""WebSocket on the network; it knows nothing of projects and calls the small interface in ``interface``."""
