# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The version, alone in a module so that reading it imports nothing."""

__version__ = "0.1.0"
