# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of options, and of the way through a proxy without network."""

import os
from datetime import timedelta
from typing import Any
from unittest import TestCase
from unittest.mock import patch

from wstwist.connection.address import parse_url
from wstwist.connection.awaited.retrying import is_final
from wstwist.connection.options import Options
from wstwist.connection.proxy import Tunnel, find_proxy, parse_proxy
from wstwist.exceptions import ProxyRefused

ADDRESS = parse_url("wss://example.com/Chat")


def checked(**given: Any) -> Options:
    return Options.checked(given)


class OptionTests(TestCase):
    """What may be asked for."""

    def test_right(self) -> None:
        """Values are kept, durations as seconds."""
        options = checked(
            protocols=["a", "b"],
            headers={"X-A": "ü"},
            origin="http://o",
            connect_timeout="1 min",
            ping_interval=None,
            ping_timeout=timedelta(seconds=2),
            close_timeout=3,
        )
        self.assertEqual((options.protocols, options.connect_timeout), (("a", "b"), 60.0))
        self.assertEqual(
            (options.ping_interval, options.ping_timeout, options.close_timeout), (None, 2.0, 3.0)
        )
        self.assertEqual(options.request_headers(), {"X-A": "ü", "Origin": "http://o"})
        self.assertEqual(checked(protocols=None, headers=None), Options())
        self.assertEqual(checked(headers={"oriGin": "http://o"}).request_headers(), {"oriGin": "http://o"})

    def test_wrong(self) -> None:
        """What cannot be is refused in one line that names it."""
        for given, words in (
            ({"protocol": ["a"]}, "there is no option protocol; did you mean protocols?"),
            ({"zzz": 1}, "there is no option zzz: they are protocols, headers"),
            ({"protocols": "chat"}, "protocols is a list of names, not 'chat'"),
            ({"protocols": ["a b"]}, "'a b' is no name of a sub-protocol"),
            ({"protocols": ["a", "a"]}, "each is named once"),
            ({"headers": ["a"]}, "headers is a dict"),
            ({"headers": {"a b": "c"}}, "'a b' is no name of a header field"),
            ({"headers": {"Host": "x"}}, "Host belongs to the handshake"),
            ({"headers": {"a": "b\r\nc: d"}}, "headers: a: 'b\\r\\nc: d' cannot be"),
            ({"headers": {"Content-Length": "5"}}, "Content-Length: a handshake has no body"),
            ({"headers": {"transfer-encoding": "chunked"}}, "transfer-encoding: a handshake has no body"),
            ({"headers": {"Origin": "http://a"}, "origin": "http://b"}, "origin: headers has one, too"),
            ({"origin": 1}, "origin: 1 cannot be"),
            ({"compress": 1}, "compress is True or False, not 1"),
            ({"message_size": 0}, "message_size is a number of bytes above 0, not 0"),
            ({"queue_size": "1"}, "queue_size is a number of bytes above 0"),
            ({"connect_timeout": "soon"}, "connect_timeout: 'soon' is no duration"),
            ({"ping_timeout": None}, "ping_timeout: None is no duration"),
            ({"ca_file": 1}, "ca_file is the path of a PEM file, not 1"),
            ({"key": "key.pem"}, "key: give its certificate, too"),
            ({"ca_file": "ca.pem", "insecure": True}, "ca_file: insecure=True would accept all others, too"),
            ({"proxy": 1}, "proxy is a URL, True or None, not 1"),
            ({"proxy": "socks5://a:1"}, "proxy: 'socks5://a:1': only HTTP proxies are used"),
        ):
            with self.subTest(given=given), self.assertRaises((TypeError, ValueError)) as caught:
                checked(**given)
            self.assertIn(words, str(caught.exception))
            self.assertTrue(str(caught.exception).startswith("connect: "))

    def test_kinds(self) -> None:
        """A value of another type is a TypeError, and one that cannot be a ValueError."""
        for given in (
            {"message_size": "1"},
            {"fragments": 1.0},
            {"connect_timeout": None},
            {"ping_timeout": [1]},
            {"close_timeout": True},
            {"origin": b"o"},
            {"protocols": [1]},
            {"headers": {1: "a"}},
            {"headers": {"a": 1}},
        ):
            with self.subTest(given=given):
                self.assertRaises(TypeError, checked, **given)
        for given in (
            {"message_size": -1},
            {"fragments": 0},
            {"connect_timeout": -1},
            {"ping_timeout": "soon"},
            {"origin": "\n"},
            {"protocols": [""]},
            {"headers": {"": "a"}},
            {"headers": {"a": "\n"}},
        ):
            with self.subTest(given=given):
                self.assertRaises(ValueError, checked, **given)


class ProxyTests(TestCase):
    """Which proxy, and what it is asked."""

    def found(self, url: str, **environment: str) -> str | None:
        """Give the proxy for a URL in an environment."""
        with patch.dict(os.environ, environment, clear=True):
            proxy = find_proxy(parse_url(url), True)
        return None if proxy is None else proxy.url

    def test_environment(self) -> None:
        """The environment names one for each scheme, and exceptions."""
        both = {"http_proxy": "http://a:1", "HTTPS_PROXY": "http://b:2"}
        self.assertEqual(self.found("ws://example.com/", **both), "http://a:1")
        self.assertEqual(self.found("wss://example.com/", **both), "http://b:2")
        self.assertEqual(self.found("wss://example.com/", all_proxy="c"), "http://c:80")
        self.assertIsNone(
            self.found("wss://example.com/", **both, no_proxy="localhost,.example.com,example.com")
        )
        self.assertIsNone(self.found("wss://example.com:9/", **both, NO_PROXY="example.com:9"))
        self.assertIsNone(self.found("ws://example.com/"))

    def test_choice(self) -> None:
        """One can be named, or none."""
        with patch.dict(os.environ, {"https_proxy": "http://a:1"}, clear=True):
            self.assertIsNone(find_proxy(ADDRESS, None))
            self.assertIsNone(find_proxy(ADDRESS, False))
            named = find_proxy(ADDRESS, "https://user:p%40ss@[::1]:3128")
        assert named is not None
        self.assertEqual((named.url, named.secure, named.host), ("https://[::1]:3128", True, "::1"))
        self.assertEqual(named.authorization, "Basic dXNlcjpwQHNz")

    def test_wrong(self) -> None:
        """Only HTTP proxies are used."""
        for url in ("socks5://a:1", "http://", "http://a:b", "user:secret@a:b", "socks5://user:secret@a"):
            with self.assertRaises(ValueError) as caught:
                parse_proxy(url)
            self.assertIn(url.rpartition("secret@")[2], str(caught.exception))
            self.assertNotIn("secret", str(caught.exception))

    def test_wrong_environment(self) -> None:
        """What the environment names, and is no proxy, is an error with URL, variable and value."""
        for name in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            with self.subTest(name=name), self.assertRaises(ProxyRefused) as caught:
                self.found("wss://example.com/Chat", **{name: "socks5://user:secret@a:1"})
            self.assertEqual(
                str(caught.exception),
                f"wss://example.com/Chat: {name}: 'socks5://a:1': only HTTP proxies are used, "
                "as http://host:port",
            )
            self.assertTrue(is_final(caught.exception))

    def test_names(self) -> None:
        """A proxy may have a name with other letters than ASCII's, as a server may."""
        self.assertEqual(parse_proxy("http://b\u00fccher.example:1").host, "xn--bcher-kva.example")

    def test_tunnel(self) -> None:
        """It is asked to connect, and its answer read in pieces."""
        tunnel = Tunnel(parse_proxy("http://user@proxy:1"), ADDRESS)
        self.assertEqual(
            tunnel.request(),
            b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n"
            b"Proxy-Authorization: Basic dXNlcjo=\r\n\r\n",
        )
        self.assertFalse(tunnel.receive(b"HTTP/1.0 200"))
        self.assertTrue(tunnel.receive(b" Connection established\r\n\r\n"))

    def test_refused(self) -> None:
        """A proxy that does not want to, or is none, is named with what it says."""
        for answer, words in (
            (
                b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
                "it answers 407 Proxy Authentication Req",
            ),
            (b"SSH-2.0", "no HTTP"),
            (b"HTTP/1.1 x\r\n\r\n", "no HTTP"),
        ):
            with self.assertRaises(ProxyRefused) as caught:
                Tunnel(parse_proxy("proxy:1"), ADDRESS).receive(answer)
            self.assertIn("wss://example.com/Chat: the proxy http://proxy:1: ", str(caught.exception))
            self.assertIn(words, str(caught.exception))
