// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// How numbers, sizes and times are written.

const plain = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const timeOfDay = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const dayOfYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const inFull = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });
const NOTHING = "–";

const isMissing = (value) => value === null || value === undefined || Number.isNaN(value);

/** Write a whole number: 9,999 in full, 12.3 k, 4.56 M. */
export function count(value) {
  if (isMissing(value)) return NOTHING;
  if (Math.abs(value) < 10_000) return plain.format(value);
  return scaled(value, 1000, ["", "k", "M", "G", "T"]);
}

/** Write a whole number in full. */
export function exact(value) {
  return isMissing(value) ? NOTHING : plain.format(value);
}

/** Write how often a second. */
export function rate(value) {
  if (isMissing(value)) return NOTHING;
  if (value > 0 && value < 9.95) return value.toFixed(1);
  return count(value);
}

/** Write bytes. */
export function bytes(value) {
  if (isMissing(value)) return NOTHING;
  if (Math.abs(value) < 1024) return `${plain.format(value)} B`;
  return scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]);
}

function scaled(value, step, units) {
  let size = value;
  let unit = 0;
  while (Math.abs(size) >= step && unit < units.length - 1) {
    size /= step;
    unit += 1;
  }
  const digits = Math.abs(size) < 10 ? 2 : Math.abs(size) < 100 ? 1 : 0;
  return `${size.toFixed(digits)} ${units[unit]}`;
}

/** Write a share of one: 0.123 is 12 %. */
export function share(value) {
  if (isMissing(value)) return NOTHING;
  const percent = value * 100;
  return `${percent > 0 && percent < 9.95 ? percent.toFixed(1) : percent.toFixed(0)} %`;
}

/** Write how long something took, with two or three digits. */
export function seconds(value) {
  if (isMissing(value)) return NOTHING;
  if (value === 0) return "0 s";
  if (value < 0.001) return `${digits(value * 1e6)} µs`;
  if (value < 1) return `${digits(value * 1000)} ms`;
  if (value < 60) return `${digits(value)} s`;
  return span(value);
}

function digits(value) {
  return value < 9.95 ? value.toFixed(1) : value.toFixed(0);
}

/** Write how long something has lasted: 45 s, 12 min, 3 h 4 min, 2 d 3 h. */
export function span(value) {
  if (isMissing(value)) return NOTHING;
  const whole = Math.max(0, Math.floor(value));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return pair(hours, "h", minutes % 60, "min");
  return pair(Math.floor(hours / 24), "d", hours % 24, "h");
}

function pair(large, largeUnit, small, smallUnit) {
  return small ? `${large} ${largeUnit} ${small} ${smallUnit}` : `${large} ${largeUnit}`;
}

/** Write a time of day, with the date where it is not today's. */
export function clock(text) {
  if (!text) return NOTHING;
  const at = new Date(text);
  const time = timeOfDay.format(at);
  return isToday(at) ? time : `${dayOfYear.format(at)} ${time}`;
}

function isToday(at) {
  return at.toDateString() === new Date().toDateString();
}

/** Write a moment in full, as it is where the reader is. */
export function moment(text) {
  return text ? inFull.format(new Date(text)) : NOTHING;
}

/** Give the seconds since a moment; the server's clock may be a little ahead. */
export function since(text) {
  return text ? Math.max(0, (Date.now() - new Date(text)) / 1000) : null;
}

/** Write how long ago something was. */
export function ago(text) {
  if (!text) return NOTHING;
  const passed = since(text);
  return passed < 2 ? "now" : `${span(passed)} ago`;
}

/** Write a number with its noun, which gets an s where it is not one. */
export function several(number, noun) {
  return `${exact(number)} ${noun}${number === 1 ? "" : "s"}`;
}
