# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The tests, for pytest and for trial."""

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A script has put the tests into the background, and the servers that they start would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
