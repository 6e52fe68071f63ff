# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""A whole server in a zip file: its configuration and its projects, and on demand their databases.

Nothing here imports Twisted; what the administration does with it is in `wstwist.admin.exporting`.
"""
