# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""One small server for each contestant: it echoes, or sends what it is told to everybody."""
