# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What goes wrong on a bad day, and that the server lives on."""
