# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The benchmarks: their load generator on a small wstwist server, and what is made of the numbers."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager, redirect_stderr
from functools import cache
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from unittest import SkipTest
from xml.etree import ElementTree as ET

from twisted.trial.unittest import TestCase

from benchmarks import command, generator, plot, report, rounds
from benchmarks.contestants import CONTESTANTS, OURS, Order, Pair
from benchmarks.figures import Result
from benchmarks.generator import LoadError
from benchmarks.measure import Bench, Measurement
from benchmarks.processes import Cores, Server, ServerError, free_port
from benchmarks.servers import project
from benchmarks.workloads import WORKLOADS, Workload
from tests.support import pair
from wstwist import Limits
from wstwist.host import define

WSTWIST = OURS[0]
PICOWS = next(one for one in CONTESTANTS if one.name == "picows")


@cache
def build() -> Path:
    """Compile the generator, once; in CI it must be possible."""
    if sys.platform != "linux":
        raise SkipTest("the load generator is for Linux")
    try:
        return generator.build(Path(mkdtemp(prefix="wstwist-load-")))
    except LoadError as error:
        if os.environ.get("CI"):
            raise
        raise SkipTest(str(error)) from None


class LoadTests(TestCase):
    """The load generator and a wstwist server."""

    def measure(self, workload: Workload) -> Measurement:
        core = min(os.sched_getaffinity(0))
        bench = Bench(build(), Pair(*pair()), Cores(core, core), warm_up=0.05, seconds=0.2)
        return bench.measure(workload, WSTWIST)

    def check(self, workload: Workload) -> None:
        found = self.measure(workload)
        self.assertGreater(found.cpu, 0.1)
        self.assertGreater(found.rate, 10)

    def test_bursts_of_text_are_echoed(self):
        """Clients send bursts of text, and the server's CPU time for a message is found."""
        self.check(Workload("echo", "echo", clients=5, burst=4))

    def test_binary_over_tls_is_echoed(self):
        """Messages longer than a read go over TLS."""
        self.check(Workload("tls", "tls", clients=2, kind="binary", size=300_000, tls=True))

    def test_compressed_json_is_echoed(self):
        """Messages are compressed on both sides."""
        self.check(Workload("deflate", "deflate", clients=5, kind="json", size=1024, deflate=True))

    def test_each_trigger_brings_all_deliveries(self):
        """One client asks for two messages to each of twenty."""
        self.check(Workload("fan-out", "fan-out", mode="fan-out", clients=20, batch=2))

    def test_connections_are_opened_and_closed(self):
        """Handshakes follow each other."""
        self.check(Workload("handshakes", "handshakes", mode="handshakes", clients=3))

    def test_idle_clients_have_a_memory(self):
        """The memory of clients that do nothing is found while they are connected."""
        self.patch(sys.modules["benchmarks.measure"], "_SETTLING", 0.1)
        found = self.measure(Workload("idle", "idle", mode="idle", clients=200, figure="memory"))
        self.assertGreater(found.figure("memory"), 500)

    def test_what_is_wrong_is_told(self):
        """A refusal, an answer that differs, and a server that is not there are errors."""
        load = str(build())
        nowhere = [load, f"--port={free_port()}"]
        self.assertIn("no connection", str(self.assertRaises(LoadError, generator.run, nowhere)))
        with running(Order(free_port(), "echo")) as order:
            refused = [load, f"--port={order.port}", "--path=/Elsewhere"]
            self.assertIn("404", str(self.assertRaises(LoadError, generator.run, refused)))
            differing = [load, f"--port={order.port}", "--path=/Echo", "--mode=fan-out", "--clients=1"]
            error = self.assertRaises(LoadError, generator.run, differing)
            self.assertEqual(str(error), "a message differs from what was sent")

    def test_options_are_checked(self):
        """An option that is wrong is an error in one line."""
        load = str(build())
        for wrong in (["--mode=sleep", "--port=1"], ["--port=0"], ["--clients=many", "--port=1"], []):
            self.assertRaises(LoadError, generator.run, [load, *wrong])


@contextmanager
def running(order):
    with TemporaryDirectory() as folder:
        server = Server(WSTWIST, order, min(os.sched_getaffinity(0)), Path(folder))
        try:
            yield order
        finally:
            server.stop()


ECHO = Workload("echo", "echo of <64> B")
IDLE = Workload("idle", "idle clients", mode="idle", unit="client", figure="memory")


def measured(*cpu: float, memory: float | None = None) -> list[Measurement]:
    return [Measurement(value, 1e6 / value, memory, 0.5) for value in cpu]


class FiguresTests(TestCase):
    """Medians and ratios."""

    result = Result(ECHO, {"wstwist": measured(4, 6, 50), "picows": measured(8, 12, 9)}, ["ws"])

    def test_medians_and_ratios(self):
        """A ratio is our median divided by the peer's, and one outlier changes nothing."""
        self.assertEqual(self.result.median("wstwist"), 6)
        self.assertEqual(self.result.ratio("wstwist", "picows"), 6 / 9)
        self.assertEqual(self.result.ranking(), ["wstwist", "picows"])

    def test_nothing_is_compared_with_who_is_missing(self):
        """There is no ratio to a peer that failed, nor to nothing."""
        self.assertIsNone(self.result.ratio("wstwist", "ws"))
        nothing = Result(IDLE, {"wstwist": measured(1, memory=5), "picows": measured(1, memory=0)})
        self.assertIsNone(nothing.ratio("wstwist", "picows"))

    def test_idle_clients_are_compared_by_memory(self):
        """A workload says which figure counts."""
        result = Result(IDLE, {"wstwist": measured(9, memory=2048), "picows": measured(1, memory=4096)})
        self.assertEqual(result.ratio("wstwist", "picows"), 0.5)
        self.assertRaises(ValueError, Result(IDLE, {"ws": measured(1)}).median, "ws")


class RoundsTests(TestCase):
    """The run."""

    def run_with(self, measure, number: int = 3) -> tuple[list[Result], list[str]]:
        out = StringIO()
        results = list(rounds.run([ECHO], [WSTWIST, PICOWS], number, measure, out))
        return results, out.getvalue().splitlines()

    def test_rounds_are_interleaved(self):
        """Each round measures everybody, beginning with another one, and each measurement is shown."""
        order = []

        def measure(_workload, contestant):
            order.append(contestant.name)
            return measured(len(order))[0]

        [result], lines = self.run_with(measure)
        self.assertEqual(order, ["wstwist", "picows", "picows", "wstwist", "wstwist", "picows"])
        self.assertEqual(result.median("wstwist"), 4)
        self.assertEqual(len(lines), 6)
        self.assertIn("round 3/3", lines[-1])
        self.assertIn("6.00 µs a message", lines[-1])

    def test_who_fails_is_told_of_once(self):
        """A server that fails is left out, and the others go on."""

        def measure(_workload, contestant):
            if contestant is PICOWS:
                raise ServerError("ended: out of breath")
            return measured(1)[0]

        [result], lines = self.run_with(measure)
        self.assertEqual((list(result.rounds), result.failed), (["wstwist"], ["picows"]))
        self.assertEqual(len([line for line in lines if "FAILED: ended: out of breath" in line]), 1)
        self.assertTrue(lines[-1].startswith("[  4/4]"))

    def test_who_cannot_compress_is_not_asked(self):
        """Peers without permessage-deflate have no part in that workload."""
        deflate = next(one for one in WORKLOADS if one.deflate)
        self.assertEqual(rounds.able(deflate, [WSTWIST, PICOWS]), [WSTWIST])


class ReportTests(TestCase):
    """What is written."""

    def setUp(self):
        """Make a run."""
        echo = Workload("echo-64", "echo of <64> B")
        results = [
            Result(echo, {"wstwist": measured(5), "picows": measured(5), "autobahn": measured(50)}, ["ws"]),
            Result(IDLE, {"wstwist": measured(9, memory=5000), "websockets": measured(1, memory=4096)}),
        ]
        self.run_ = report.Run(
            "2026-01-01", "python -m benchmarks", 1, 0.5, {"cores": "2"}, {"ws": "8"}, results
        )

    def test_the_page_has_figures_targets_and_failures(self):
        """A page tells what was reached, what each needed, and who failed."""
        page = report.page(self.run_)
        self.assertIn("| echo of <64> B | wstwist | picows | 1.05 | 1.00 | reached |", page)
        self.assertIn("| idle clients | wstwist | websockets | 1.1 | 1.22 | missed |", page)
        self.assertIn("| autobahn | 50.00 µs | 50.00 µs to 50.00 µs | 20,000 | 0.10 |", page)
        self.assertIn("| idle | 4.88 KiB |", page)
        self.assertIn("Failed: ws.", page)

    def test_the_folder_has_page_plot_and_numbers(self):
        """The raw numbers can be read back, and the plot is well-formed."""
        with TemporaryDirectory() as folder:
            report.write(self.run_, Path(folder) / "benchmarks")
            found = {path.name: path.read_text() for path in (Path(folder) / "benchmarks").iterdir()}
        self.assertEqual(sorted(found), ["README.md", "results.json", "results.svg"])
        numbers = json.loads(found["results.json"])
        self.assertEqual(numbers["workloads"]["echo-64"]["rounds"]["picows"][0]["cpu"], 5)
        self.assertEqual(numbers["command"], "python -m benchmarks")
        ET.fromstring(found["results.svg"])

    def test_bars_are_as_long_as_the_figures(self):
        """In a panel the longest bar belongs to the greediest."""
        drawing = ET.fromstring(plot.draw(self.run_.results[:1]))
        bars = [float(bar.get("width")) for bar in drawing.iterfind(".//{*}g/{*}rect")]
        self.assertEqual(len(bars), 3)
        self.assertAlmostEqual(bars[2], 10 * bars[0], delta=1)


class CommandTests(TestCase):
    """The command line."""

    def test_an_unknown_name_is_explained(self):
        """A workload or peer that is not known is told with those that are."""
        for wrong in (["--only", "echo-65"], ["--against", "nobody"]):
            with redirect_stderr(StringIO()) as told:
                self.assertRaises(SystemExit, command.main, wrong)
            self.assertIn("choose from", told.getvalue())

    def test_a_summary_compares(self):
        """A summary has a line for each server."""
        lines = command.summary(FiguresTests.result).splitlines()
        self.assertEqual(lines[1].split(), ["wstwist", "6.00", "µs", "wstwist", "/", "it", "1.00"])
        self.assertEqual(lines[2].split(), ["picows", "9.00", "µs", "wstwist", "/", "it", "0.67"])

    def test_every_contestant_has_a_command(self):
        """Each server can be told everything: the port, the certificate and what it serves."""
        secure = Pair(Path("cert.pem"), Path("key.pem"))
        for contestant in CONTESTANTS:
            words = contestant.command(Order(4321, "echo", secure, deflate=True))
            self.assertTrue({"4321", "cert.pem", "key.pem"} <= set(words), contestant.name)
            self.assertTrue(contestant.path(Order(4321, "fan-out")).startswith("/"))

    def test_wstwist_is_measured_with_the_default_limits(self):
        """Nothing that protects a server is switched off or widened for a figure."""
        projects = [
            item
            for item in vars(project).values()
            if isinstance(item, type) and item.__module__ == project.__name__
        ]
        self.assertEqual(len(projects), 3)
        for each in projects:
            self.assertEqual(define(each).settings.limits, Limits(), each)
        for contestant in OURS:
            self.assertNotIn("--config", contestant.command(Order(4321, "echo")))
