# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Measures wstwist and its peers side by side: ``make bench``."""
