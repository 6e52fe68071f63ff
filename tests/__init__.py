# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The tests, for pytest and for trial."""

import atexit
import os
import shutil
import signal
import tempfile

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A script has put the tests into the background, and the servers that they start would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Where servers without a configuration file keep the administration's tokens: not where the user's are.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="wstwist-test-")
atexit.register(shutil.rmtree, os.environ["XDG_STATE_HOME"], ignore_errors=True)
