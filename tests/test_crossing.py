# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Handles of clients cross as they are, cheaply, and are made only of what makes a client."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import cbor2
from twisted.trial.unittest import TestCase

from wstwist.client import Client
from wstwist.crossing import make_values
from wstwist.exceptions import CannotCross

FIELDS = {
    "id": "a1",
    "project": "Chat",
    "address": "127.0.0.1",
    "port": 50000,
    "path": "/Chat",
    "query_all": {"token": ("a", "b")},
    "origin": None,
    "protocol": None,
    "user_agent": "test",
    "secure": True,
    "connected_at": datetime(2026, 1, 2, tzinfo=UTC),
    "user": ("ann", 1),
}


class Handles(TestCase):
    """Handles near and far."""

    def setUp(self):
        """Make two processes' values."""
        self.bus: Any = object()
        self.here = make_values({}, object())
        self.there = make_values({}, self.bus)

    def client(self, **changed):
        """Make a handle."""
        return Client(object(), *(FIELDS | changed).values())

    def bytes_of(self, *fields):
        """Encode what somebody else may say a handle is."""
        return cbor2.dumps(cbor2.CBORTag(60009, self.here.dumps(list(fields))))

    def test_fields(self):
        """A handle arrives with all its fields, and with the other process's bus."""
        self.assertEqual(list(FIELDS), list(Client.FIELDS))
        arrived = self.there.loads(self.here.dumps(self.client()))
        self.assertEqual({name: getattr(arrived, name) for name in FIELDS}, FIELDS)
        self.assertIs(arrived._bus, self.bus)
        self.assertIsNone(arrived.close_code)

    def test_size(self):
        """A handle is shared near, and counts with the size that it has far, also when it goes on."""
        client = self.client()
        data = self.here.dumps([client])
        for _ in range(2):
            copy, size = self.here.cross([client])
            self.assertIs(copy[0], client)
            self.assertEqual(size, len(data))
        self.assertEqual(self.there.cross(self.there.loads(data))[1], len(data))
        self.assertEqual(self.there.dumps(self.there.loads(data)), data)

    def test_it_is_encoded_once(self):
        """What makes a handle is encoded when it first crosses, and kept."""
        client = self.client()
        self.here.cross(client)
        packed = client._packed
        self.here.dumps(client)
        self.assertIs(client._packed, packed)

    def test_a_user_that_cannot_cross(self):
        """A handle whose user is no value, or a client, does not cross."""
        for user, where, why in (
            ([object()], "argument 1[11][0]", "a object cannot cross"),
            (self.client(), "argument 1[11]", "a client cannot stand within a client"),
        ):
            for function in (self.here.cross, self.here.dumps):
                error = self.assertRaises(CannotCross, function, self.client(user=user), "argument 1")
                self.assertEqual(error.where, where)
                self.assertIn(why, error.why)

    def test_wrong_fields(self):
        """Bytes from elsewhere with a field too many, too few or of a wrong type are no client."""
        fields = list(FIELDS.values())
        self.there.loads(self.bytes_of(*fields))
        for wrong in (fields[1:], [*fields, 1], []):
            error = self.assertRaises(CannotCross, self.there.loads, self.bytes_of(*wrong))
            self.assertIn("a client has 12 fields: id, project,", error.why)
        for name, value in FIELDS.items():
            if name != "user":
                data = self.bytes_of(*(FIELDS | {name: [value]}).values())
                error = self.assertRaises(CannotCross, self.there.loads, data)
                self.assertEqual((error.where, error.why), ("data", f"the {name} of a client is no list"))
        for name, wrong in (("port", True), ("secure", 1), ("id", None)):
            data = self.bytes_of(*(FIELDS | {name: wrong}).values())
            self.assertRaises(CannotCross, self.there.loads, data)
        for query in ({1: ["a"]}, {"a": "b"}, {"a": []}, {"a": [1]}):
            data = self.bytes_of(*(FIELDS | {"query_all": query}).values())
            error = self.assertRaises(CannotCross, self.there.loads, data)
            self.assertIn("query_all", error.why)
