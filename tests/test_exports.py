# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What users import; the rest of the house may be rebuilt."""

import subprocess
import sys

from twisted.trial.unittest import TestCase

import wstwist
from wstwist import auth, blocking


class Exports(TestCase):
    """The names that stay."""

    def test_names(self):
        """These names are wstwist's, and each of them is there."""
        self.assertEqual(
            wstwist.__all__,
            [
                "BusUnavailable",
                "CannotCross",
                "CertificateRefused",
                "CircularExecution",
                "Client",
                "ClientGone",
                "ConfigurationError",
                "ConnectError",
                "ConnectTimeout",
                "Connection",
                "ConnectionClosed",
                "ConnectionFailed",
                "HandshakeRefused",
                "HandshakeRequest",
                "HostNotFound",
                "InvalidURL",
                "Limits",
                "MailboxFull",
                "NoSuchProcedure",
                "NotWebSocket",
                "ProcedureError",
                "Project",
                "ProxyRefused",
                "QueueFull",
                "Reconnect",
                "Refuse",
                "Reply",
                "ReplyTimeout",
                "ServiceUnavailable",
                "WstwistError",
                "__version__",
                "connect",
            ],
        )
        for name in wstwist.__all__:
            self.assertTrue(hasattr(wstwist, name), name)

    def test_blocking(self):
        """These are the blocking client's."""
        self.assertEqual(blocking.__all__, ["Connection", "connect"])

    def test_auth(self):
        """These are the ready-made kinds of authentication, and what goes with them."""
        self.assertEqual(auth.__all__, ["basic", "bearer", "hash_password", "verify_password"])

    def test_importing_installs_no_reactor(self):
        """A project's module may import wstwist before the reactor is chosen."""
        code = (
            "import sys, wstwist, wstwist.auth, wstwist.testing, wstwist.service, wstwist.blocking; "
            "sys.exit('twisted.internet.reactor' in sys.modules)"
        )
        subprocess.run([sys.executable, "-c", code], check=True)

    def test_nothing_is_imported_before_it_is_used(self):
        """The command line's help does not wait for a server's parts."""
        code = (
            "import sys, wstwist.cli.commands; sys.exit('twisted' in sys.modules or 'httpx' in sys.modules)"
        )
        subprocess.run([sys.executable, "-c", code], check=True)
        self.assertIn("Project", dir(wstwist))
        with self.assertRaisesRegex(AttributeError, "no attribute 'Projekt'"):
            wstwist.Projekt  # noqa: B018
