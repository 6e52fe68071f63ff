# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Measures a cluster over a real NATS: ``make bench-cluster``."""
