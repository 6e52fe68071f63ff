# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of origins."""

import time
from unittest import TestCase

from wstwist.wire.origin import Origins, advice


class OwnTests(TestCase):
    """A page of the server's own."""

    def check(self, expected: bool, *pairs: tuple[str, str]) -> None:
        for origin, host in pairs:
            with self.subTest(origin=origin, host=host):
                self.assertIs(Origins().admit(origin, host), expected)

    def test_own(self) -> None:
        """A page of the request's own host and port is admitted, a default port may be there or not."""
        self.check(
            True,
            ("http://chat.example:9000", "chat.example:9000"),
            ("https://chat.example", "chat.example"),
            ("https://chat.example", "chat.example:443"),
            ("http://chat.example:80", "chat.example"),
            ("HTTPS://Chat.Example", "cHat.example"),
            ("http://[::1]:9000", "[::1]:9000"),
        )

    def test_foreign(self) -> None:
        """Another host, another port, a name that only begins or ends alike, and none at all are not."""
        self.check(
            False,
            ("https://evil.example", "chat.example"),
            ("https://chat.example.evil.example", "chat.example"),
            ("https://evilchat.example", "chat.example"),
            ("https://chat.example:8443", "chat.example"),
            ("http://chat.example", "chat.example:9000"),
            ("null", "chat.example"),
            ("null", "null"),
            ("", ""),
            ("chat.example", "chat.example"),
            ("https://chat.example/", "chat.example"),
            ("https://user@chat.example", "chat.example"),
            ("https://chat.example https://evil.example", "chat.example"),
            ("https://", ""),
            ("https://*", "*"),
        )

    def test_long(self) -> None:
        """An Origin as long as a head may be is judged at once."""
        began = time.process_time()
        origins = Origins.of(["https://*.example.org"])
        for text in ("a" * 16_000 + "!", "a." * 8_000, "-" * 16_000, "a@" * 8_000, "a" * 16_000 + "@!"):
            self.assertFalse(origins.admit(f"https://{text}", "chat.example"))
            advice(f"https://{text}", origins)
        self.assertLess(time.process_time() - began, 0.5)


class ListedTests(TestCase):
    """What `origins` lists."""

    def check(self, pattern: str, admits: str, refuses: str) -> None:
        origins = Origins.of([pattern])
        for origin in admits.split():
            with self.subTest(pattern=pattern, admits=origin):
                self.assertTrue(origins.admit(origin, "chat.example"))
        for origin in refuses.split():
            with self.subTest(pattern=pattern, refuses=origin):
                self.assertFalse(origins.admit(origin, "chat.example"))

    def test_patterns(self) -> None:
        """An origin, all hosts below one, any host or port, everybody, and pages without an origin."""
        self.check(
            "https://App.example",
            "https://app.example https://app.example:443",
            "http://app.example https://app.example:444 https://x.app.example null",
        )
        self.check(
            "https://*.app.example",
            "https://a.app.example https://a.b.app.example",
            "https://app.example https://.app.example https://aapp.example https://a.app.example.evil",
        )
        self.check("http://localhost:*", "http://localhost http://localhost:3000", "https://localhost")
        self.check("https://*:8443", "https://a:8443", "https://a")
        self.check("null", "null", "https://app.example")
        self.check("*", "null https://app.example anything", "")

    def test_own_is_always_admitted(self) -> None:
        """What is listed comes beside the server's own pages."""
        self.assertTrue(Origins.of(["https://app.example"]).admit("https://chat.example", "chat.example"))

    def test_no_pattern(self) -> None:
        """What is no origin is refused; the error says how to write it."""
        for pattern, meant in (
            ("app.example", "'https://app.example'"),
            ("*.app.example", "'https://*.app.example'"),
            ("http://app.example/page", "'http://app.example'"),
            ("https://app.example/", "'https://app.example'"),
            ("localhost:3000", "'https://localhost:3000'"),
            ("what is this", "'https://example.org'"),
            (7, "'https://example.org'"),
        ):
            with self.subTest(pattern=pattern), self.assertRaises(ValueError) as caught:
                Origins.of([pattern])  # type: ignore[list-item]
            self.assertIn(meant, str(caught.exception))

    def test_advice(self) -> None:
        """What the log proposes can be copied, and admits the page."""
        line = advice("https://app.example:3000", Origins())
        self.assertIn('origins = ["https://app.example:3000"]', line)
        self.check("https://app.example:3000", "https://app.example:3000", "")

    def test_advice_beside_others(self) -> None:
        """What the log proposes admits those who were admitted before, too."""
        line = advice("https://b.example", Origins.of(["https://a.example", "null"]))
        self.assertTrue(line.endswith('origins = ["https://a.example", "null", "https://b.example"]'), line)

    def test_malformed(self) -> None:
        """Of an Origin that is none the log names scheme and host, where they can be told, no more."""
        for origin, place in (
            ("https://user:s3cret@Evil.example", "https://evil.example"),
            ("https://evil.example/?token=s3cret", "https://evil.example"),
            ("https://evil.example:8443/s3cret@x", "https://evil.example"),
            ("https://evil.example#s3cret\nforged", "https://evil.example"),
            ("https://a@s3cret:b@[::1]:9/", "https://[::1]"),
        ):
            expected = f"the Origin is malformed, {place} with something else"
            self.assertEqual(advice(origin, Origins()), expected)
        for origin in (
            'https://x"]\nimport',
            "s3cret",
            "https://s3cret\xe9/",
            "https://user:s3/cret@evil.example",
        ):
            self.assertEqual(advice(origin, Origins()), "the Origin is malformed")
        self.assertLess(len(advice("https://" + 9000 * "a" + "/", Origins())), 300)
