# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A long and hostile day for a server, measured. See docs/reliability.md."""
