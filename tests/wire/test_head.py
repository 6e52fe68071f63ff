# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Tests of the request head's checks."""

import time

from twisted.trial.unittest import SynchronousTestCase

from wstwist.wire.answers import Rejected
from wstwist.wire.head import checked, parse

GOOD = b"GET /a?b=c HTTP/1.1\r\nHost: x\r\n"


class HeadTests(SynchronousTestCase):
    """The head of a request."""

    def refused(self, data: bytes) -> int:
        """Give the status with which a head is refused."""
        return self.assertRaises(Rejected, parse, data, 64).status

    def test_parts(self) -> None:
        """A good head is taken apart, names in lower case and white space around values gone."""
        head = parse(GOOD + b"X-A: \t1 2\t \r\nx-a:3\r\nUpgrade: h2c, WebSocket\r\n\r\n", 64)
        self.assertEqual((head.method, head.path, head.query), (b"GET", b"/a", b"b=c"))
        self.assertEqual(head.headers["x-a"], "1 2, 3")
        self.assertTrue(head.wants_websocket)

    def test_absolute_target(self) -> None:
        """The absolute form of a target is split too."""
        head = parse(b"GET http://h:80/a/b?c HTTP/1.1\r\nHost: h\r\n\r\n", 64)
        self.assertEqual((head.path, head.query), (b"/a/b", b"c"))
        self.assertEqual(parse(b"GET ws://h?c HTTP/1.1\r\nHost: h\r\n\r\n", 64).path, b"/")

    def test_bad_request_lines(self) -> None:
        """A request line that is not method, target and version with single spaces is a 400."""
        for line in (
            b"",
            b"GET",
            b"GET /",
            b"GET  / HTTP/1.1",
            b"GET / HTTP/1.1 ",
            b" GET / HTTP/1.1",
            b"GET\t/\tHTTP/1.1",
            b"G(T / HTTP/1.1",
            b"G\xc9T / HTTP/1.1",
            b"GET /\x7f HTTP/1.1",
            b"GET /\xe9 HTTP/1.1",
            b"GET /\x0b HTTP/1.1",
            b"GET a HTTP/1.1",
            b"GET * HTTP/1.1",
            b"GET /#f HTTP/1.1",
            b"GET ?x HTTP/1.1",
            b"GET ftp://h/ HTTP/1.1",
            b"CONNECT h:80 HTTP/1.1",
            b"GET / http/1.1",
            b"GET / HTTP/1.10",
            b"GET / HTTX/1.1",
        ):
            self.assertEqual(self.refused(line + b"\r\nHost: x\r\n\r\n"), 400, line)

    def test_versions(self) -> None:
        """Every version of HTTP but 1.0 and 1.1 is a 505."""
        for version in (b"0.9", b"1.2", b"2.0", b"3.0"):
            self.assertEqual(self.refused(b"GET / HTTP/" + version + b"\r\nHost: x\r\n\r\n"), 505)

    def test_forbidden_bytes(self) -> None:
        """A control character in a value is a 400, the line ends that only Autobahn sees included."""
        for byte in [*range(0x20), 0x7F, 0x85]:
            if byte != 9:
                value = b"X-A: a" + bytes([byte]) + b"Sec-B: c\r\n\r\n"
                self.assertEqual(self.refused(GOOD + value), 400, byte)

    def test_allowed_bytes(self) -> None:
        """A tab and bytes beyond ASCII may stand in a value."""
        head = parse(GOOD + b"X-A: a\tb\xe9\xff\r\n\r\n", 64)
        self.assertEqual(head.headers["x-a"], "a\tb\xe9\xff")

    def test_bad_names(self) -> None:
        """White space before the colon, a folded line, an empty name or one that is no token is a 400."""
        for line in (
            b"A : b",
            b": b",
            b" a: b",
            b"\ta: b",
            b"a b: c",
            b"a",
            b"a\x0b: c",
            b"\xe9: c",
            b"a(: c",
        ):
            self.assertEqual(self.refused(GOOD + line + b"\r\n\r\n"), 400, line)
        self.assertEqual(self.refused(GOOD + b"A: b\r\n c\r\n\r\n"), 400)

    def test_host(self) -> None:
        """HTTP/1.1 wants one well-formed Host; HTTP/1.0 may do without."""
        self.assertEqual(self.refused(b"GET / HTTP/1.1\r\n\r\n"), 400)
        self.assertEqual(self.refused(GOOD + b"Host: x\r\n\r\n"), 400)
        self.assertEqual(self.refused(b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400)
        self.assertEqual(self.refused(b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400)
        self.assertEqual(parse(b"GET / HTTP/1.0\r\n\r\n", 64).version, b"HTTP/1.0")
        parse(b"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 64)

    def test_lengths(self) -> None:
        """A body whose end two readers could see at different places is a 400."""
        for lines in (
            b"Content-Length: 1\r\nContent-Length: 1\r\n",
            b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
            b"Content-Length: +1\r\n",
            b"Content-Length: 1, 1\r\n",
            b"Content-Length: \r\n",
            b"Content-Length: 99999999999999999999\r\n",
            b"Transfer-Encoding: gzip\r\n",
            b"Transfer-Encoding: chunked, chunked\r\n",
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        ):
            self.assertEqual(self.refused(GOOD + lines + b"\r\n"), 400, lines)

    def test_body(self) -> None:
        """A length of zero, however written, is no body."""
        self.assertFalse(parse(GOOD + b"Content-Length: 00\r\n\r\n", 64).has_body)
        self.assertTrue(parse(GOOD + b"Content-Length: 10\r\n\r\n", 64).has_body)
        self.assertTrue(parse(GOOD + b"Transfer-Encoding: chunked\r\n\r\n", 64).has_body)

    def test_count(self) -> None:
        """Exactly as many header fields as are allowed pass, one more is a 431."""
        parse(GOOD + b"A: b\r\n" * 63 + b"\r\n", 64)
        self.assertEqual(self.refused(GOOD + b"A: b\r\n" * 64 + b"\r\n"), 431)

    def test_repeated_fields_take_linear_time(self) -> None:
        """A repeated field costs the same each time."""
        fields = [(b"host", b"x")] + [(b"a", b"b" * 50)] * 20_000
        began = time.perf_counter()
        head = checked(b"GET", b"/", b"HTTP/1.1", fields)
        self.assertEqual(len(head.headers["a"]), 20_000 * 52 - 2)
        self.assertLess(time.perf_counter() - began, 1)
