# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The demonstration that ``twistd -n wsproject`` serves: a chat, and a first project to read."""

from wstwist.demo.chat import Demo

__all__ = ["Demo"]
