# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The report: all that was found, as JSON, and as tables in the page that tells of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from soak.outcome import Outcome, megabytes, milliseconds

BEGIN = "<!-- From here on make soak writes; what is changed is lost. -->"
END = "<!-- To here. -->"
_MINUTE = 60
_MEMORY = "memory before, most, after"
_ECHO = "healthy echo: half, 99 of 100, longest"

Results = dict[str, Any]


def record(outcome: Outcome, about: Mapping[str, Any]) -> dict[str, Any]:
    """Give an outcome, and how it came about, for the JSON."""
    checks = [check._asdict() for check in outcome.checks]
    return {**about, **asdict(outcome), "checks": checks, "holds": outcome.holds}


def read(path: Path) -> Results:
    """Read what was found earlier: by scenario, then by transport; nothing where there is nothing."""
    found: Results = json.loads(path.read_text()) if path.exists() else {}
    return found


def write(results: Results, data: Path, page: Path) -> None:
    """Write the JSON, and the tables into the page, between its two marks."""
    data.parent.mkdir(parents=True, exist_ok=True)
    data.write_text(json.dumps(results, indent=1) + "\n")
    text = page.read_text() if page.exists() else f"{BEGIN}\n{END}\n"
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n\n{tables(results)}\n{END}{after}")


def tables(results: Results) -> str:
    """Write all tables."""
    return "\n".join([*_overview(results), *_details(results)])


def _overview(results: Results) -> Iterator[str]:
    header = ("scenario", "transport", "time", "CPU time", _MEMORY, _ECHO, "")
    rows = []
    for name, title, transport, found in _each(results):
        del name
        rows.append(
            [
                title,
                transport,
                _time(found["seconds"]),
                _time(found["cpu"]),
                ", ".join(megabytes(size) for size in found["memory"]),
                ", ".join(milliseconds(found["echo"][part]) for part in ("p50", "p99", "most")),
                "holds" if found["holds"] else "**does not hold**",
            ]
        )
    yield from _table(header, rows)


def _details(results: Results) -> Iterator[str]:
    for name, title, transport, found in _each(results):
        yield f"### {title}: {transport}\n"
        short = "" if found["scale"] == 1 else f" A part only, {found['scale']:g} of the clients."
        yield f"`{found['command']}` (`{name}`), {found['date']}, {found['machine']}.{short}\n"
        yield from _table(("", ""), [[what, value] for what, value in found["figures"].items()])
        checks = found["checks"]
        rows = [[check["what"], check["found"], "yes" if check["holds"] else "**no**"] for check in checks]
        yield from _table(("has to be", "was", "holds"), rows)


def _each(results: Results) -> Iterator[tuple[str, str, str, Results]]:
    for name, scenario in results.items():
        for transport, found in scenario["transports"].items():
            yield name, scenario["title"], transport, found


def _time(seconds: float) -> str:
    return f"{seconds / _MINUTE:.1f} min" if seconds >= 2 * _MINUTE else f"{seconds:.1f} s"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if rows:
        yield f"| {' | '.join(header)} |"
        yield f"|{' --- |' * len(header)}"
        yield from (f"| {' | '.join(row)} |" for row in rows)
        yield ""
