# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What a user is promised, on real connections and in real time.

The environment variable ``WSTWIST_TEST_REACTOR`` says on which reactor: ``asyncio``, ``uvloop``, ``epoll`` or
``select``; without it these tests run on the one that is there. It is installed here, before any test module
imports it.
"""

import os

from wstwist import reactors

WANTED = os.environ.get("WSTWIST_TEST_REACTOR", "")

if WANTED:
    reactors.install(None if WANTED == "uvloop" else WANTED)
