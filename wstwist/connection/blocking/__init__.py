# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What `wstwist.blocking` is made of: sockets, TLS and a thread, and never a reactor."""
