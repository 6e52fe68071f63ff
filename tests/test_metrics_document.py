# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""docs/metrics.md and the Grafana dashboard name what there is."""

from __future__ import annotations

import json
import re
import urllib.request

from tests.documents import ROOT, Document, DocumentCase, free_port
from wstwist.history import Point
from wstwist.metrics.families import REFUSED
from wstwist.metrics.of_projects import OF_PROJECTS
from wstwist.metrics.of_server import OF_SERVER
from wstwist.metrics.view import DROPPED, INCIDENTS

METRICS = Document("docs/metrics.md")
SUFFIXES = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_sum", "_count"),
    "info": ("_info",),
}
FAMILIES = [(family, ("project", *family.labels)) for family in OF_PROJECTS] + [
    (family, family.labels) for family in OF_SERVER
]
SAMPLES = {family.name + suffix: labels for family, labels in FAMILIES for suffix in SUFFIXES[family.kind]}


class MetricsDocument(DocumentCase):
    """docs/metrics.md."""

    document = METRICS

    def test_tables(self):
        """The tables have every metric with its kind, its labels and its text, and no other."""
        _, _, rest = METRICS.text.partition("## All metrics")
        of_projects, _, of_server = rest.partition("Of the server:")
        for text, families in ((of_projects, OF_PROJECTS), (of_server, OF_SERVER)):
            listed = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) ?\| (.*) \|$", text, re.MULTILINE)
            self.assertEqual(
                [
                    (name, kind, re.findall(r"\w+", labels), re.sub(r"\[(.*?)\]\(.*?\)", r"docs/\1", what))
                    for name, kind, labels, what in listed
                ],
                [
                    (
                        family.name + (SUFFIXES[family.kind][0] if family.kind != "histogram" else ""),
                        family.kind,
                        list(family.labels),
                        family.text.rstrip("."),
                    )
                    for family in families
                ],
            )

    def test_counters(self):
        """Every counter of docs/logging.md is in a metric."""
        text = Document("docs/logging.md").text
        of_projects, of_server = text.partition("## Counters")[2].split("Of the server as a whole")
        source = "".join(path.read_text() for path in (ROOT / "wstwist" / "metrics").glob("*.py"))
        elsewhere = {"accepted", "errors", "runs_late"}  # in metrics of their own
        for name in re.findall(r"^\| `(\w+)` ", of_projects, re.MULTILINE):
            self.assertTrue(
                name in {*INCIDENTS, *DROPPED.values(), *elsewhere} or name.startswith(REFUSED), name
            )
        for name in re.findall(r"^\| `(\w+)` ", of_server, re.MULTILINE):
            self.assertTrue(f'"{name}"' in source or name.startswith(REFUSED), name)

    def test_history(self):
        """The table of the last hour has every field of a point."""
        table = METRICS.text.partition("## The last hour")[2]
        rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        self.assertEqual(re.findall(r"`(\w+)`", " ".join(rows)), list(Point._fields))

    def test_links(self):
        """Every file that it links to is there."""
        self.check_links()

    def test_served(self):
        """The command at its beginning serves the three pages, and says where; a wrong one says why not."""
        (self.folder / "chat.py").write_text(
            "from wstwist import Project\n\n\nclass Chat(Project):\n    pass\n"
        )
        port = free_port()
        (command,) = METRICS.commands
        served = [word.replace("9100", str(port)) for word in self.serve(command, "--port=0")]
        with self.running(*served, port=port):
            for page in ("metrics", "healthz", "readyz"):
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/{page}", timeout=10) as response:
                    self.assertEqual(response.status, 200)
        self.assertIn(f"metrics at http://localhost:{port}/metrics", self.output)
        served[served.index("--metrics") + 1] = "9100"
        failed = self.python(*served)
        error = "metrics: '9100' is no endpoint: Unknown endpoint type: '9100'; did you mean tcp:9100?"
        self.assertEqual((failed.returncode, failed.stderr), (1, f"wstwist: {error}\n"))


class Dashboard(DocumentCase):
    """docs/grafana/wstwist.json."""

    document = METRICS

    def setUp(self):
        super().setUp()
        self.dashboard = json.loads((ROOT / "docs" / "grafana" / "wstwist.json").read_text())
        self.panels = self.dashboard["panels"]

    def test_metrics(self):
        """Each query names metrics that there are, and labels that these have."""
        expressions = [target["expr"] for panel in self.panels for target in panel.get("targets", ())]
        expressions += [
            variable["definition"]
            for variable in self.dashboard["templating"]["list"]
            if "definition" in variable
        ]
        self.assertGreater(len(expressions), 30)
        used = set()
        for expression in expressions:
            names = re.findall(r"\b(?:wstwist|process)_\w+", expression)
            self.assertTrue(names, expression)
            for name in names:
                self.assertIn(name, SAMPLES, expression)
                known = {*SAMPLES[name], "instance"}
                used.add(name)
                grouped = ",".join(re.findall(r"by \(([^)]*)\)", expression)).replace(" ", "").split(",")
                selected = re.findall(r"(\w+)=~", expression)
                for label in {*grouped, *selected} - {"", "le"}:
                    self.assertIn(label, known, expression)
        families = {re.sub(r"_(total|bucket|sum|count|info)$", "", name) for name in used}
        left_out = {family.name for family, _ in FAMILIES} - families
        self.assertEqual(
            left_out,
            {
                "wstwist_build",
                "process_start_time_seconds",
                "wstwist_service_last_run_timestamp_seconds",
                "wstwist_service_mailbox_items",
                "wstwist_service_paused",
                "wstwist_mailbox_bytes",
            },
        )

    def test_legends(self):
        """A legend shows labels that its query keeps."""
        for panel in self.panels:
            for target in panel.get("targets", ()):
                kept = ",".join(re.findall(r"by \(([^)]*)\)", target["expr"])).replace(" ", "").split(",")
                self.assertLessEqual(set(re.findall(r"{{(\w+)}}", target["legendFormat"])), set(kept))

    def test_places(self):
        """Panels have numbers of their own, and do not overlap."""
        self.assertEqual(len({panel["id"] for panel in self.panels}), len(self.panels))
        taken = set()
        for panel in self.panels:
            at = panel["gridPos"]
            cells = {
                (x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])
            }
            self.assertLessEqual(at["x"] + at["w"], 24)
            self.assertEqual(cells & taken, set(), panel["title"])
            taken |= cells
