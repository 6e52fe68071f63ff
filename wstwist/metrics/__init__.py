# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What Prometheus and those ask who keep a server running: ``--metrics``; docs/metrics.md tells all of it."""
