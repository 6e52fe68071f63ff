# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tell twistd of the command ``wsproject``; what it does stands in `wstwist.tap`."""

from twisted.application.service import ServiceMaker

wsproject = ServiceMaker(
    "wsproject",
    "wstwist.tap",
    "Serve projects over WebSocket: every client in an isolated context.",
    "wsproject",
)
