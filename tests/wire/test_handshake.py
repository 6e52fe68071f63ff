# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of the opening handshake's rules."""

from twisted.trial.unittest import SynchronousTestCase

from tests.wire.support import handshake
from wstwist.wire.answers import Rejected
from wstwist.wire.compression import accept, acceptable
from wstwist.wire.handshake import (
    check_response_headers,
    check_upgrade,
    choose_protocol,
    decode_path,
    decode_query,
)
from wstwist.wire.head import parse


class UpgradeTests(SynchronousTestCase):
    """What a client must send."""

    def refused(self, data: bytes) -> Rejected:
        """Give what a handshake is refused with."""
        return self.assertRaises(Rejected, check_upgrade, parse(data, 64))

    def test_good(self) -> None:
        """A good handshake gives key, protocols and extensions."""
        more = "Sec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Protocol: c\r\nSec-WebSocket-Extensions: x\r\n"
        upgrade = check_upgrade(parse(handshake(more=more), 64))
        self.assertEqual(upgrade.key, "dGhlIHNhbXBsZSBub25jZQ==")
        self.assertEqual(list(upgrade.protocols), ["a", "b", "c"])
        self.assertEqual(upgrade.extensions, "x")

    def test_statuses(self) -> None:
        """Each thing that is wrong has its status."""
        good = handshake()
        for old, new, status in (
            (b"GET ", b"POST ", 405),
            (b"HTTP/1.1", b"HTTP/1.0", 505),
            (b"Connection: Upgrade", b"Connection: close", 400),
            (b"Sec-WebSocket-Version: 13\r\n", b"", 400),
            (b"Version: 13", b"Version: 8", 426),
            (b"Version: 13", b"Version: 013", 426),
            (b"Sec-WebSocket-Key", b"Sec-WebSocket-Kex", 400),
            (b"dGhl", b"dGh-", 400),
            (b"dGhl", b"dGhldGhl", 400),
            (b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n", 400),
            (b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
            (b"\r\n\r\n", b"\r\nOrigin: a\r\nOrigin: a\r\n\r\n", 400),
            (b"\r\n\r\n", b"\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", 400),
            (b"\r\n\r\n", b"\r\nSec-WebSocket-Version: 13\r\n\r\n", 400),
            (b"\r\n\r\n", b"\r\nSec-WebSocket-Protocol: a, a\r\n\r\n", 400),
            (b"\r\n\r\n", b"\r\nSec-WebSocket-Protocol: a b\r\n\r\n", 400),
        ):
            self.assertEqual(self.refused(good.replace(old, new)).status, status, new)

    def test_version_is_told(self) -> None:
        """A client of another version learns which one is spoken here."""
        rejected = self.refused(handshake().replace(b"Version: 13", b"Version: 7"))
        self.assertEqual(rejected.headers["Sec-WebSocket-Version"], "13")

    def test_first_of_ours(self) -> None:
        """The first of our protocols that is offered is taken, none where there is none in common."""
        self.assertEqual(choose_protocol(["a", "b"], ["b", "a"]), "a")
        self.assertIsNone(choose_protocol(["a"], ["b"]))
        self.assertIsNone(choose_protocol([], ["b"]))

    def test_decoding(self) -> None:
        """Paths and queries are percent-decoded; a path that is no UTF-8 is a 400."""
        self.assertEqual(decode_path(b"/Ch%C3%A9"), "/Ch\xe9")
        self.assertEqual(self.assertRaises(Rejected, decode_path, b"/%ff").status, 400)
        self.assertEqual(decode_query(b"a=1&b=&a=%20x&c"), {"a": ["1", " x"], "b": [""], "c": [""]})


class ResponseHeaderTests(SynchronousTestCase):
    """What an application may add to the 101."""

    def test_good(self) -> None:
        """An ordinary header field may be added."""
        self.assertEqual(check_response_headers({"Set-Cookie": "a=b; c"}), {"Set-Cookie": "a=b; c"})

    def test_injection(self) -> None:
        """What would begin a header field or an answer of its own is refused."""
        for name, value in (
            ("A", "b\r\nC: d"),
            ("A", "b\n"),
            ("A", "b\x00"),
            ("A", "b\x85c"),
            ("A", "\u2028"),
            ("A\r\nB", "c"),
            ("A B", "c"),
            ("", "c"),
            ("Connection", "close"),
            ("sec-websocket-accept", "x"),
            ("Content-Length", "3"),
            ("A", 3),
        ):
            self.assertRaises(ValueError, check_response_headers, {name: value})


class CompressionTests(SynchronousTestCase):
    """Which extensions are accepted."""

    def answer(self, params: dict[str, list[object]]) -> str:
        """Give the answer to one offer."""
        from autobahn.websocket.compress_deflate import PerMessageDeflateOffer

        return accept([PerMessageDeflateOffer.parse(params)]).get_extension_string()

    def test_others_are_declined(self) -> None:
        """brotli, bzip2, snappy and malformed offers are as if they had not been made."""
        offers = [
            ("permessage-brotli", {}),
            ("permessage-bzip2", {}),
            ("permessage-snappy", {}),
            ("permessage-deflate", {"server_max_window_bits": ["8"]}),
            ("permessage-deflate", {"server_max_window_bits": ["16"]}),
            ("permessage-deflate", {"server_max_window_bits": [True]}),
            ("permessage-deflate", {"foo": [True]}),
            ("permessage-deflate", {"server_no_context_takeover": [True, True]}),
            ("permessage-deflate", {"client_max_window_bits": [True]}),
        ]
        self.assertEqual(acceptable(offers), [offers[-1]])

    def test_window(self) -> None:
        """The window is 12 bits, or fewer where the client asks for fewer."""
        expected = "permessage-deflate; server_no_context_takeover; server_max_window_bits="
        self.assertEqual(self.answer({}), expected + "12")
        self.assertEqual(self.answer({"server_max_window_bits": ["15"]}), expected + "12")
        self.assertEqual(self.answer({"server_max_window_bits": ["10"]}), expected + "10")
