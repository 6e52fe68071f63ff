// SPDX-FileCopyrightText: 2026 the wstwist authors
// SPDX-License-Identifier: MIT

// Tables whose rows live: each keeps its element, so that focus and selection stay where they are.

import { fill, h, write } from "../lib/dom.js";

/**
 * Make a table.
 *
 * @param {object} options
 * @param {string} options.label what it lists, for screen readers
 * @param {Array<Column>} options.columns
 * @param {(row: object) => string} options.key what a row is known by
 * @param {(row: object) => string} [options.href] where a click on a row leads; the first column is the link
 * @param {string} [options.sort] the column that it is sorted by, with "-" before it: downwards
 * @param {(sort: string) => void} [options.onSort]
 * @returns {{element: Element, update: (rows: Array) => void}}
 *
 * @typedef {object} Column
 * @property {string} title
 * @property {string} [sort] the name to sort by
 * @property {boolean} [isNumber] it stands to the right, and is first sorted downwards
 * @property {string} [className]
 * @property {(row: object) => string} [text] what the cell says
 * @property {(cell: Element, row: object) => void} [fill] ... or what fills it, again and again
 * @property {(row: object) => string} [hint] what is shown under the pointer
 */
export function table({ label, columns, key, href, sort = "", onSort, className = "" }) {
  let sorted = sort;
  const heads = columns.map((column) => makeHead(column, (next) => {
    sorted = next;
    showSort();
    onSort(next);
  }, () => sorted));
  const body = h("tbody");
  const head = h("thead", {}, h("tr", {}, heads));
  const element = h("div", { class: `table ${className}` }, h("table", { "aria-label": label }, head, body));
  const rows = new Map();
  let latest = null; // rows that wait while the pointer is over the table
  let isHeld = false;

  const showSort = () => columns.forEach((column, index) => markSort(heads[index], column, sorted));

  function place(list) {
    const keys = new Set(list.map(key));
    for (const [name, row] of rows) {
      if (!keys.has(name)) {
        row.element.remove();
        rows.delete(name);
      }
    }
    list.forEach((item, index) => {
      const row = rows.get(key(item)) ?? addRow(item);
      if (body.children[index] !== row.element) body.insertBefore(row.element, body.children[index] ?? null);
    });
  }

  function addRow(item) {
    const row = makeRow(columns, href);
    rows.set(key(item), row);
    row.update(item);
    return row;
  }

  function update(list) {
    for (const item of list) rows.get(key(item))?.update(item);
    // What is about to be clicked does not move away; new rows still come, at once where there are none.
    const isSameCrowd = list.length === rows.size && list.every((item) => rows.has(key(item)));
    if (isHeld && isSameCrowd) latest = list;
    else place(list);
  }

  body.addEventListener("pointerenter", ({ pointerType }) => (isHeld = pointerType === "mouse"));
  body.addEventListener("pointerleave", () => {
    isHeld = false;
    if (latest) place(latest);
    latest = null;
  });
  body.addEventListener("keydown", moveAmongRows);
  showSort();
  return { element, update };
}

function makeHead(column, onSort, sorted) {
  const classes = column.isNumber ? "number" : null;
  if (!column.sort) return h("th", { scope: "col", class: classes }, column.title);
  const button = h("button", { type: "button", class: "sort" }, column.title);
  button.addEventListener("click", () => {
    const up = column.sort;
    const down = `-${column.sort}`;
    const first = column.isNumber ? down : up;
    onSort(sorted() === first ? (first === up ? down : up) : first);
  });
  return h("th", { scope: "col", class: classes }, button);
}

function markSort(head, column, sorted) {
  const isUp = column.sort && sorted === column.sort;
  const isDown = column.sort && sorted === `-${column.sort}`;
  if (isUp || isDown) head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
  else head.removeAttribute("aria-sort");
}

function makeRow(columns, href) {
  const cells = columns.map(makeCell);
  const link = href ? h("a", { class: "row-link" }) : null;
  if (link) cells[0].append(link);
  const element = h("tr", { class: href ? "leads" : null }, cells);
  let item;
  columns.forEach(({ hint }, index) => {
    // Made when it is about to be seen: a hundred rows would cost as much as all else, each second.
    if (hint) cells[index].addEventListener("pointerenter", () => (cells[index].title = hint(item)));
  });
  if (href) {
    element.addEventListener("click", (event) => {
      const isText = getSelection().toString() !== "";
      if (!event.target.closest("a, button, [popover]") && !isText) location.hash = href(item);
    });
  }
  return {
    element,
    update(row) {
      item = row;
      if (link) link.href = href(row);
      columns.forEach((column, index) => {
        const cell = index === 0 && link ? link : cells[index];
        if (column.fill) column.fill(cell, row);
        else write(cell, column.text(row));
      });
    },
  };
}

function makeCell(column) {
  const classes = [column.isNumber && "number", column.className].filter(Boolean).join(" ");
  return h("td", { class: classes || null, dataset: { label: column.title } });
}

/** The arrow keys lead from a row's link to the next one's. */
function moveAmongRows(event) {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
  const link = event.target.closest(".row-link");
  if (!step || !link) return;
  event.preventDefault();
  link.closest("tr")[step]?.querySelector(".row-link").focus();
}

/** Show a text where a table has no rows. */
export function whenEmpty(element, rows, ...content) {
  element.hidden = rows > 0;
  if (rows === 0 && element.childElementCount === 0) fill(element, ...content);
}
