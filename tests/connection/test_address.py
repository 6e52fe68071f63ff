# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of URLs."""

from unittest import TestCase

from wstwist.connection.address import parse_url
from wstwist.exceptions import InvalidURL


class URLTests(TestCase):
    """What a URL says."""

    def test_parts(self) -> None:
        """Each part is found, or has its usual value."""
        for url, secure, host, port, target, authority in (
            ("ws://localhost", False, "localhost", 80, "/", "localhost"),
            ("wss://example.com/Chat", True, "example.com", 443, "/Chat", "example.com"),
            ("WSS://Example.COM:443/a?b=c&d", True, "example.com", 443, "/a?b=c&d", "example.com"),
            ("ws://example.com:443/?", False, "example.com", 443, "/", "example.com:443"),
            ("ws://[::1]:9000/Chat", False, "::1", 9000, "/Chat", "[::1]:9000"),
            ("ws://[fe80::1%eth0]:9000/", False, "fe80::1%eth0", 9000, "/", "[fe80::1]:9000"),
            ("wss://[fe80::1%25eth0]/", True, "fe80::1%eth0", 443, "/", "[fe80::1]"),
            (
                "ws://bücher.example/é?ü=%C3%BC",
                False,
                "xn--bcher-kva.example",
                80,
                "/%C3%A9?%C3%BC=%C3%BC",
                None,
            ),
        ):
            with self.subTest(url=url):
                address = parse_url(url)
                self.assertEqual((address.secure, address.host, address.port), (secure, host, port))
                self.assertEqual(address.target, target)
                self.assertEqual(address.authority, authority or address.host)

    def test_zone(self) -> None:
        """The zone of an IPv6 address is this machine's matter: people see it, and the server does not."""
        address = parse_url("ws://[fe80::1%eth0]:9000/Chat")
        self.assertEqual(address.url, "ws://[fe80::1%eth0]:9000/Chat")
        self.assertEqual(address.name, "fe80::1")
        self.assertEqual(parse_url("ws://localhost/").name, "localhost")

    def test_authorization(self) -> None:
        """User and password become a header (RFC 7617), and are not shown."""
        address = parse_url("ws://Al%40ddin:open%20sesame@localhost/")
        self.assertEqual(address.authorization, "Basic QWxAZGRpbjpvcGVuIHNlc2FtZQ==")
        self.assertEqual(address.url, "ws://localhost/")

    def test_wrong(self) -> None:
        """A URL that is no WebSocket's is refused with its text, and what would be right."""
        for url, words in (
            ("http://localhost/Chat", "as ws://localhost/Chat"),
            ("https://localhost:1/", "as wss://localhost:1/"),
            ("localhost:9000/Chat", "begins with ws:// or wss://"),
            ("/Chat", "begins with ws:// or wss://"),
            ("", "begins with ws:// or wss://"),
            ("ws:///Chat", "no host"),
            ("ws://localhost:0/", "1 to 65535"),
            ("ws://localhost:65536/", "1 to 65535"),
            ("ws://localhost:a/", "1 to 65535"),
            ("ws://localhost/#a", "%23"),
            ("ws://localhost/a b", "white space"),
            ("ws://localhost/\r\nX: y", "control character"),
            ("ws://[::1/", "IPv6"),
            ("ws://\u2603\u200b.example/", "no host's name"),
        ):
            with self.subTest(url=url), self.assertRaises(InvalidURL) as caught:
                parse_url(url)
            self.assertIn(words, str(caught.exception))
            self.assertTrue(str(caught.exception).startswith(url))
        self.assertRaises(TypeError, parse_url, b"ws://localhost/")
        with self.assertRaises(InvalidURL) as caught:
            parse_url("http://user:secret@localhost/")
        self.assertNotIn("secret", str(caught.exception))
