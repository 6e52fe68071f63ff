# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""How a project is tested: without network, threads or waiting.

Beside this file ``pytest`` runs these tests, and so does ``python -m twisted.trial test_chat``.
"""

from unittest import TestCase

from chat import Chat
from wstwist.testing import MemoryServer


class ChatTests(TestCase):
    """The chat of chat.py."""

    def setUp(self) -> None:
        self.server = self.enterContext(MemoryServer(Chat))
        self.ann = self.server.connect()
        self.bob = self.server.connect()
        self.ann.received.clear()  # the greeting
        self.bob.received.clear()

    def test_name(self) -> None:
        """A client's first message is its name, which no other client has."""
        self.ann.send("Ann")
        self.assertEqual(self.bob.receive(), "* Ann has come")
        self.assertEqual(self.ann.instance.name, "Ann")
        self.assertEqual(self.bob.instance.name, "")

    def test_messages_are_numbered(self) -> None:
        """All clients' messages are counted together, in the global service."""
        for client, name in ((self.ann, "Ann"), (self.bob, "Bob")):
            client.send(name)
            client.send("hello")
        self.assertIn("1 Ann: hello", self.bob.received)
        self.assertIn("2 Bob: hello", self.ann.received)
        self.assertEqual(self.server.service.messages, 2)

    def test_announcement(self) -> None:
        """Every five seconds all are told how many are here; the test does not wait for it."""
        self.server.advance(4.9)
        self.assertEqual(self.bob.received, [])
        self.server.advance(0.1)
        self.assertEqual(self.bob.received, ["* 2 here"])

    def test_who_leaves(self) -> None:
        """Those who stay are told who has gone, also when the connection just broke."""
        self.ann.send("Ann")
        self.bob.received.clear()
        self.ann.drop()
        self.assertEqual(self.bob.received, ["* Ann has gone"])
