# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The plot: horizontal bars for each workload, as an SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from benchmarks.figures import Result

_COLUMNS = 2
_WIDTH = 520
_LABELS, _VALUES = 100, 90
_BAR, _STEP, _HEAD, _GAP = 14, 20, 34, 24
_KIB = 1024
_OURS, _OTHERS = "#c2410c", "#64748b"
_STYLE = "text{font:12px system-ui,sans-serif;fill:#0f172a}.title{font-weight:600}.ours{font-weight:600}"


def draw(results: Sequence[Result]) -> str:
    """Draw all results."""
    rows = [results[at : at + _COLUMNS] for at in range(0, len(results), _COLUMNS)]
    heights = [max(map(_height, row)) + _GAP for row in rows]
    size = (_COLUMNS * _WIDTH, sum(heights) + _GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {size[0]} {size[1]}">',
        "<!-- SPDX-FileCopyrightText: 2026 the wstwist authors -->",
        "<!-- SPDX-License-Identifier: MIT -->",
        f"<style>{_STYLE}</style>",
        f'<rect width="{size[0]}" height="{size[1]}" fill="#fff"/>',
    ]
    top = _GAP
    for row, height in zip(rows, heights, strict=True):
        for column, result in enumerate(row):
            parts += [f'<g transform="translate({column * _WIDTH + 16} {top})">', *_panel(result), "</g>"]
        top += height
    return "\n".join([*parts, "</svg>", ""])


def _height(result: Result) -> int:
    return _HEAD + _STEP * len(result.rounds)


def _panel(result: Result) -> Iterator[str]:
    in_memory = result.workload.figure == "memory"
    quantity = "KiB" if in_memory else "CPU µs"
    title = f"{result.workload.title}: {quantity} a {result.workload.unit}"
    yield f'<text class="title" y="12">{escape(title)}</text>'
    names = result.ranking()
    values = [result.median(name) / (_KIB if in_memory else 1) for name in names]
    scale = (_WIDTH - _LABELS - _VALUES) / max([*values, 1e-9])
    for place, (name, value) in enumerate(zip(names, values, strict=True)):
        yield from _bar(name, value, max(value, 0) * scale, 22 + place * _STEP)


def _bar(name: str, value: float, length: float, top: int) -> Iterator[str]:
    mark, colour = (' class="ours"', _OURS) if name.startswith("wstwist") else ("", _OTHERS)
    base = top + _BAR - 3
    yield f'<text{mark} x="{_LABELS - 8}" y="{base}" text-anchor="end">{escape(name)}</text>'
    yield f'<rect x="{_LABELS}" y="{top}" width="{length:.1f}" height="{_BAR}" fill="{colour}"/>'
    yield f'<text{mark} x="{_LABELS + length + 6:.1f}" y="{base}">{value:.2f}</text>'
