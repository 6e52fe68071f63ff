# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What pytest has to know before it imports a test."""

import warnings
from functools import partial

import pytest_twisted

import tests.acceptance

if tests.acceptance.WANTED:
    # The reactor is installed, and pytest-twisted would insist on the one that it prefers.
    pytest_twisted.reactor_installers["default"] = partial(
        pytest_twisted._install_reactor, lambda: None, object
    )

with warnings.catch_warnings():
    # Twisted's own warning, made when this is imported, would end a run with "-W error".
    warnings.simplefilter("ignore")
    import twisted.web.static  # noqa: F401
