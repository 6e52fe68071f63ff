// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// The last hour, drawn by uPlot.

import uPlot from "../vendor/uPlot.esm.js";
import * as api from "../lib/api.js";
import { h, write } from "../lib/dom.js";
import * as format from "../lib/format.js";
import { onChange } from "../lib/theme.js";
import { tell } from "./toasts.js";

const HOUR = 3600;
const SHORTEST = 300; // seconds that are shown of a server that has just begun
const HEIGHT = 160;
const GAP = 3; // steps without a point after which a line is interrupted

const BINARY = Array.from({ length: 50 }, (_, power) => 2 ** power); // steps of an axis of bytes
const WHOLE = Array.from({ length: 30 }, (_, place) => [1, 2, 5][place % 3] * 10 ** Math.floor(place / 3));
const LEAST = 1e-6; // seconds that are shown on a logarithmic scale

// `least` is how high a scale reaches at least.
const CHARTS = [
  {
    title: "Messages a second",
    least: 1,
    write: format.rate,
    lines: [
      ["in", (point) => point.messages_in],
      ["out", (point) => point.messages_out],
    ],
  },
  {
    title: "Clients",
    least: 1,
    write: format.count,
    steps: WHOLE,
    lines: [["", (point) => point.clients]],
  },
  {
    title: "Event durations",
    write: format.seconds,
    isLogarithmic: true,
    lines: [
      ["50 %", ({ p50 }) => p50 && Math.max(p50, LEAST)],
      ["90 %", ({ p90 }) => p90 && Math.max(p90, LEAST)],
      ["99 %", ({ p99 }) => p99 && Math.max(p99, LEAST)],
    ],
  },
  {
    title: "Traffic a second",
    least: 1024,
    write: format.bytes,
    steps: BINARY,
    lines: [
      ["in", (point) => point.bytes_in],
      ["out", (point) => point.bytes_out],
    ],
  },
  {
    title: "CPU",
    least: 0.1,
    write: format.share,
    lines: [["of one core", (point) => point.cpu]],
  },
  {
    title: "Memory",
    least: 2 ** 20,
    write: format.bytes,
    steps: BINARY,
    isOfServer: true,
    lines: [["", (point) => point.memory]],
  },
  {
    title: "Reactor lag",
    least: 0.01,
    write: format.seconds,
    isOfServer: true,
    lines: [["", (point) => point.lag]],
  },
];

/**
 * Draw the last hour of the server, or of one project.
 *
 * @param {import("../lib/scope.js").Scope} scope
 * @param {string} [project]
 */
export function history(scope, project = "") {
  const drawn = CHARTS.filter(({ isOfServer }) => !(isOfServer && project)).map((chart) => new Chart(chart, scope));
  let points = [];

  async function load() {
    try {
      const told = await api.get("api/v1/history", { project, since: points.at(-1)?.at });
      if (scope.isOver) return;
      points = joined(points, told.points);
      for (const chart of drawn) chart.draw(points, told.step);
    } catch (error) {
      if (points.length === 0 && !scope.isOver) tell(`The last hour: ${error.message}`, "bad");
    }
  }

  scope.every(5, load);
  return h("div", { class: "charts" }, drawn.map(({ element }) => element));
}

/** Join what was known with what is new, and forget what is older than an hour. */
function joined(points, more) {
  const oldest = Date.now() - HOUR * 1000;
  const latest = points.length ? Date.parse(points.at(-1).at) : 0;
  return [...points, ...more.filter(({ at }) => Date.parse(at) > latest)].filter(({ at }) => Date.parse(at) > oldest);
}

class Chart {
  #chart;
  #options;
  #plot = null;
  #place = h("div", { class: "plot" });
  #values;
  #data = null;

  constructor(chart, scope) {
    this.#chart = chart;
    this.#values = chart.lines.map(() => h("b", {}, "–"));
    const names = chart.lines.map(([name], index) =>
      h("span", { class: `line-${index + 1}` }, name && `${name} `, this.#values[index]),
    );
    this.element = h(
      "figure",
      { class: "chart" },
      h("figcaption", {}, h("h3", {}, chart.title), h("div", { class: "legend" }, names)),
      this.#place,
    );
    const sizes = new ResizeObserver(() => this.#resize());
    sizes.observe(this.#place);
    scope.onEnd(onChange(() => this.#redraw()));
    scope.onEnd(() => {
      sizes.disconnect();
      this.#plot?.destroy();
    });
  }

  draw(points, step) {
    this.#data = columns(points, step, this.#chart.lines);
    if (this.#plot) this.#plot.setData(this.#data, false);
    else this.#make();
    this.#plot?.setScale("x", span(this.#data[0]));
    this.#show(this.#plot?.cursor.idx);
  }

  #resize() {
    if (this.#plot) this.#plot.setSize({ width: this.#place.clientWidth, height: HEIGHT });
    else if (this.#data) this.#make();
  }

  #redraw() {
    this.#plot?.destroy();
    this.#plot = null;
    if (this.#data) this.#make();
  }

  #make() {
    if (!this.#place.clientWidth) return;
    this.#options = optionsOf(this.#chart, this.#place, (index) => this.#show(index));
    this.#plot = new uPlot(this.#options, this.#data, this.#place);
    this.#plot.setScale("x", span(this.#data[0]));
  }

  /** Write what the lines say where the pointer is, or last. */
  #show(index) {
    const [times] = this.#data;
    const at = index ?? times.length - 1;
    this.#values.forEach((value, line) => write(value, this.#chart.write(this.#data[line + 1][at])));
  }
}

/** Give the time that is shown: an hour, or less while the server has just begun. */
function span(times) {
  const now = Date.now() / 1000;
  return { min: Math.max(now - HOUR, Math.min(now - SHORTEST, times[0] ?? now)), max: now };
}

/** Give the columns that uPlot wants; where nothing was noted for a while the lines are interrupted. */
function columns(points, step, lines) {
  const columns = [[], ...lines.map(() => [])];
  let before = null;
  for (const point of points) {
    const at = Date.parse(point.at) / 1000;
    if (before !== null && at - before > GAP * step) columns.forEach((column, index) => column.push(index ? null : before + step));
    columns[0].push(at);
    lines.forEach(([, value], index) => columns[index + 1].push(finite(value(point))));
    before = at;
  }
  return columns;
}

const finite = (value) => (Number.isFinite(value) ? value : null);

function optionsOf(chart, place, onCursor) {
  const colour = (name) => getComputedStyle(place).getPropertyValue(name);
  const probe = h("i");
  place.append(probe);
  const resolved = (name) => {
    probe.className = name;
    return getComputedStyle(probe).color;
  };
  const quiet = resolved("ink-quiet");
  const grid = { stroke: resolved("ink-grid"), width: 1 };
  const font = `11px ${colour("font-family")}`;
  const axis = { stroke: quiet, font, ticks: { show: false }, grid };
  const series = chart.lines.map(([label], index) => {
    const stroke = resolved(`ink-${index + 1}`);
    const isAlone = chart.lines.length === 1;
    // Steps in which no event ended are no gap in how long events last.
    return { label, stroke, width: 1.5, fill: isAlone ? faint(stroke) : undefined, points: { show: false }, spanGaps: chart.isLogarithmic };
  });
  probe.remove();
  return {
    width: place.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { sync: { key: "last hour" }, y: false, drag: { x: false, y: false }, points: { size: 6 } },
    scales: { x: { time: true, auto: false }, y: chart.isLogarithmic ? { distr: 3, range: ofPowers } : { range: fromZero(chart.least) } },
    series: [{}, ...series],
    axes: [
      { ...axis, grid: { show: false }, size: 24, gap: 4, space: 60, values: times },
      {
        ...axis,
        grid: { ...grid, ...(chart.isLogarithmic && { filter: powers }) },
        size: 58,
        gap: 6,
        space: 30,
        incrs: chart.steps,
        values: (_plot, values) => values.map(labelOf(chart)),
      },
    ],
    hooks: { setCursor: [(plot) => onCursor(plot.cursor.idx)] },
  };
}

const powers = (_plot, values) => values.map((value) => (Number.isInteger(Math.round(Math.log10(value) * 1e6) / 1e6) ? value : null));
const labelOf = (chart) => (value) => (value === null ? "" : chart.write(value));
const faint = (colour) => colour.replace(/^rgb\((.*)\)$/, "rgba($1, 0.12)");
const fromZero = (top) => (_plot, _least, most) => [0, Math.max(most * 1.1, top)];

/** Let a logarithmic axis begin and end at powers of ten. */
function ofPowers(_plot, least, most) {
  if (!(most > 0)) return [LEAST * 100, 1];
  return [10 ** Math.floor(Math.log10(least)), 10 ** Math.ceil(Math.log10(most) + 1e-9)];
}

function times(_plot, values) {
  return values.map((at) => new Date(at * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" }));
}
