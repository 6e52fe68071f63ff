# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``make soak``: what its clients make of answers, what is made of the numbers, and a small run of it all."""

from __future__ import annotations

import json
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import TestCase

from soak import command, report
from soak.cases import CASES
from soak.crowds import flatness
from soak.frames import Reader, close, frame, handshake, text
from soak.load.visits import outcome
from soak.outcome import Check, Outcome
from soak.watching import Echoes, Sample

SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


def unmasked(opcode: int, payload: bytes = b"") -> bytes:
    """Encode a server's frame."""
    return frame(opcode, payload, masked=False)


class FrameTests(TestCase):
    """What clients write and read."""

    def test_reader(self) -> None:
        """Frames of all sizes are read, in whatever pieces they come."""
        frames = [(1, b"a"), (2, b"b" * 126), (2, b"c" * 65536), (8, b"\x03\xe8")]
        stream = b"".join(unmasked(*each) for each in frames)
        reader = Reader()
        found = [each for at in range(0, len(stream), 7) for each in reader.feed(stream[at : at + 7])]
        self.assertEqual(found, frames)

    def test_masked(self) -> None:
        """What a client writes says that it is masked, by zeros."""
        self.assertEqual(text("ab"), b"\x81\x82\0\0\0\0ab")
        self.assertEqual(close(None), b"\x88\x80\0\0\0\0")
        self.assertEqual(handshake("/x", "A: b")[-10:], b"\r\nA: b\r\n\r\n")


class OutcomeTests(TestCase):
    """What a visit has come to."""

    def test_words(self) -> None:
        """It is a status, or a close code and how many messages came before it."""
        bye = unmasked(8, b"\x03\xea?")
        for received, expected in (
            (b"", "nothing"),
            (b"SSH", "nonsense"),
            (b"HTTP/1.1 431 No\r\n\r\nNo", "431"),
            (SWITCHING, "no code"),
            (SWITCHING + bye, "1002"),
            (SWITCHING + unmasked(1, b"a") + unmasked(2, b"b") + bye, "1002 after 2"),
        ):
            self.assertEqual(outcome(received), expected)

    def test_cases(self) -> None:
        """There are as many of each case as are asked for, all of them with an end that is right."""
        for name, case in CASES.items():
            visits = list(case(40))
            self.assertEqual(len(visits), 40, name)
            self.assertTrue(all(visit.expected for visit in visits))

    def test_all_close_codes(self) -> None:
        """Among the violations is every close code, with what has to be answered."""
        found = {visit.then[0][-2:]: visit.expected for visit in CASES["violations"](65_600)}
        self.assertEqual(found[b"\x03\xe8"], ["1000"])
        self.assertEqual(found[b"\x03\xed"], ["1002"])
        self.assertLessEqual({code.to_bytes(2, "big") for code in range(1 << 16)}, set(found))


class FigureTests(TestCase):
    """What is made of numbers."""

    def test_shares(self) -> None:
        """Half of the echoes, 99 of 100 and all of them came within so many seconds."""
        echoes = Echoes([number / 1000 for number in range(1000, 0, -1)])
        self.assertEqual((echoes.share(0.5), echoes.share(0.99), echoes.most), (0.501, 0.991, 1.0))

    def test_flatness(self) -> None:
        """Growth is that since the first minute, not that before it."""
        samples = [Sample(second, 100 + min(second, 50), 0.0, 0) for second in range(600)]
        self.assertEqual(flatness(samples), 0)
        leaking = [one._replace(memory=1000 + second) for second, one in enumerate(samples)]
        self.assertAlmostEqual(flatness(leaking), 485 / 1087, places=2)


class ReportTests(TestCase):
    """The page."""

    def setUp(self) -> None:
        """Begin with a page that somebody has written, and with a result."""
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data, self.page = Path(folder.name) / "data.json", Path(folder.name) / "page.md"
        self.page.write_text(f"# A page\n\n{report.BEGIN}\nstale\n{report.END}\n\nThe end.\n")
        found = Outcome(
            130.0, 5.0, (1 << 20, 2 << 20, 1 << 20), {"p50": 0.001, "p99": 0.002, "most": 0.5}, []
        )
        found.check("all is well", "no", holds=False)
        found.figures["some"] = "3"
        about = {"command": "python -m soak", "date": "2026-01-01", "machine": "one", "scale": 1.0}
        self.results = {"x": {"title": "Something", "transports": {"fast": report.record(found, about)}}}

    def test_tables(self) -> None:
        """Tables take the place of what is between the marks; the rest stays, and the numbers are kept."""
        report.write(self.results, self.data, self.page)
        text = self.page.read_text()
        self.assertTrue(text.startswith(f"# A page\n\n{report.BEGIN}\n"), text)
        self.assertTrue(text.endswith(f"\n{report.END}\n\nThe end.\n"), text)
        row = "| Something | fast | 2.2 min | 5.0 s | 1.0 MiB, 2.0 MiB, 1.0 MiB | 1.0 ms, 2.0 ms, 500.0 ms |"
        self.assertIn(row, text)
        self.assertIn("**does not hold**", text)
        self.assertIn("| all is well | no | **no** |", text)
        self.assertNotIn("stale", text)
        self.assertEqual(report.read(self.data), json.loads(json.dumps(self.results)))

    def test_twice(self) -> None:
        """A page that was written already is written as it is."""
        report.write(self.results, self.data, self.page)
        once = self.page.read_text()
        report.write(report.read(self.data), self.data, self.page)
        self.assertEqual(self.page.read_text(), once)

    def test_holds(self) -> None:
        """A result holds when all of its checks do."""
        outcome = Outcome(1, 1, (1, 1, 1), {}, [], checks=[Check("a", "b", holds=True)])
        self.assertTrue(outcome.holds)
        outcome.check("c", "d", holds=False)
        self.assertFalse(outcome.holds)


class RunTests(TestCase):
    """The command."""

    def test_small(self) -> None:
        """A small part runs, its servers do as they have to, and the report tells of it."""
        with TemporaryDirectory() as folder, redirect_stdout(StringIO()):
            chosen = ["--only=bytewise,many,deaf", "--transport=fast", "--scale=0.01", "--minutes=0.02"]
            command.main([*chosen, f"--output={folder}"])
            found = json.loads((Path(folder) / "reliability.json").read_text())
            page = (Path(folder) / "reliability.md").read_text()
        self.assertEqual(list(found), ["many", "deaf", "bytewise"])
        checks = [check for one in found.values() for check in one["transports"]["fast"]["checks"]]
        # How fast it is depends on what else this machine does.
        self.assertEqual(
            [check for check in checks if not check["holds"] and "echoes" not in check["what"]], []
        )
        self.assertIn("200 clients that write byte by byte: fast", page)

    def test_unknown(self) -> None:
        """A scenario that does not exist is told of in one line."""
        with redirect_stderr(StringIO()) as error:
            self.assertRaises(SystemExit, command.main, ["--only", "nonsense"])
        self.assertIn("nonsense: choose from many, deaf", error.getvalue())
