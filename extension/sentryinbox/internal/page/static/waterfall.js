// Spans drawn over time, and where the time went.

import { h, icon, update } from "./dom.js";
import { badge, fields, valueNode } from "./parts.js";
import { duration, entriesOf, listOf, pairsOf, percent, plain, plural } from "./format.js";

const families = [
  [/^(db|sql|mongo|elasticsearch)/, "db"], [/^http\.server/, "server"], [/^(http|fetch|xhr)/, "http"], [/^(rpc|grpc)/, "rpc"], [/^(queue|message|messaging|kafka|celery|job|task)/, "queue"],
  [/^cache/, "cache"], [/^(ui|view|template|render|pageload|navigation|resource|browser)/, "view"], [/^(gen_ai|ai|mcp)/, "ai"], [/^(function|faas|middleware|event|app|serialize)/, "function"],
];

// family gives an op its colour.
export function family(op) {
  for (const [pattern, name] of families) if (pattern.test(op || "")) return `fam-${name}`;
  return "fam-other";
}

export function statusBadge(status) {
  if (!status || status === "ok") return null;
  return badge(status.replaceAll("_", " "), status === "cancelled" || status === "unknown" ? "" : "alert");
}

// serviceOf names the service of a transaction.
export function serviceOf(t) {
  const tag = listOf(t.tags).find(({ key }) => key === "service.name");
  return tag ? tag.value : "";
}

// breakdownBar is the share of each op in one line.
export function breakdownBar(shares, small) {
  const rest = Math.max(0, 1 - shares.reduce((sum, s) => sum + s.part, 0));
  return h("span", { class: `breakdown ${small ? "small" : ""}`, role: "img", "aria-label": shares.map((s) => `${s.op} ${percent(s.part)}`).join(", ") },
    shares.filter((s) => s.part > 0.004).map((s) => h("span", { class: `part ${family(s.op)}`, style: { "flex-grow": s.part }, title: `${s.op}: ${duration(s.self)} (${percent(s.part)})` })),
    rest > 0.004 && h("span", { class: "part rest", style: { "flex-grow": rest } }));
}

export function legend(shares) {
  const shown = shares.slice(0, 8);
  return h("ul", { class: "legend" }, shown.map((s) => h("li", null,
    h("span", { class: `swatch ${family(s.op)}` }), h("span", { class: "mono legend-op", text: s.op }), h("span", { class: "strong", text: duration(s.self) }),
    h("span", { class: "dim", text: `${percent(s.part)} · ${plural(s.spans, "span")}` }))));
}

const folded = new Set(); // spans whose children are hidden
const chosen = new Map(); // waterfall key -> the span whose details are open
const limits = new Map(); // waterfall key -> how many rows are drawn
const firstRows = 300;

const keyOf = (row) => `${row.ref.eventID || "s"}/${row.ref.index}`;

// draw makes the waterfall. detail(row) resolves to the payload of a span; errors are the events of the trace.
export function draw(key, waterfall, errors, detail) {
  const box = h("div", { class: "waterfall", "data-key": key });
  fill(box, key, waterfall, errors, detail);
  return box;
}

function fill(box, key, waterfall, errors, detail) {
  const { rows } = waterfall;
  const total = Math.max(waterfall.duration, 0.001);
  const bySpan = new Map();
  for (const e of errors || []) if (e.spanID) bySpan.set(e.spanID, [...(bySpan.get(e.spanID) || []), e]);
  const redraw = () => {
    const live = document.querySelector(`.waterfall[data-key="${CSS.escape(key)}"]`) || box;
    const fresh = h("div");
    fill(fresh, key, waterfall, errors, detail);
    update(live, [...fresh.childNodes]);
  };
  const visible = unfolded(rows);
  const most = limits.get(key) || firstRows;
  const parts = selfParts(rows);
  box.append(axis(total), h("ol", { class: "spans" }, visible.slice(0, most).map((row) => line(row, {
    total, parts: parts.get(row), errors: bySpan.get(row.spanID) || [], open: chosen.get(key) === keyOf(row), redraw, detail,
    choose: () => {
      if (chosen.get(key) === keyOf(row)) chosen.delete(key);
      else chosen.set(key, keyOf(row));
      redraw();
    },
  }))));
  if (visible.length > most) {
    box.append(h("button", { class: "button wide", type: "button", text: `Show ${Math.min(firstRows, visible.length - most)} more of ${visible.length} spans`, onclick: () => { limits.set(key, most + firstRows); redraw(); } }));
  }
}

function unfolded(rows) {
  const out = [];
  let hideBelow = Infinity;
  for (const row of rows) {
    if (row.depth > hideBelow) continue;
    hideBelow = folded.has(keyOf(row)) ? row.depth : Infinity;
    out.push(row);
  }
  return out;
}

// selfParts finds the stretches of each span in which none of its children ran: those are drawn solid.
function selfParts(rows) {
  const parts = new Map();
  const open = []; // the row above at each depth
  const children = new Map();
  for (const row of rows) {
    open.length = row.depth;
    open.push(row);
    children.set(row, []);
    if (row.depth > 0 && open[row.depth - 1]) children.get(open[row.depth - 1]).push(row);
  }
  for (const row of rows) {
    const end = row.offset + row.duration;
    const own = [];
    let at = row.offset;
    for (const c of children.get(row)) {
      if (c.offset > at) own.push([at, Math.min(c.offset, end)]);
      at = Math.max(at, c.offset + c.duration);
      if (own.length > 60) break;
    }
    if (at < end) own.push([at, end]);
    parts.set(row, own.filter(([a, b]) => b > a));
  }
  return parts;
}

function axis(total) {
  return h("div", { class: "axis", "aria-hidden": "true" }, h("span", { class: "axis-name", text: "Span" }),
    h("span", { class: "axis-scale" }, [0, 0.25, 0.5, 0.75, 1].map((at) => h("span", { class: "tick", style: { left: `${at * 100}%` }, text: duration(total * at).replace(/^0.*/, "0") }))));
}

function line(row, o) {
  const pct = (ms) => `${((ms / o.total) * 100).toFixed(3)}%`;
  const left = (row.offset / o.total) * 100;
  const width = (row.duration / o.total) * 100;
  return h("li", { class: `span-row ${row.segment ? "segment" : ""} ${o.open ? "chosen" : ""} ${o.errors.length || isError(row.status) ? "failed" : ""}`, "data-key": keyOf(row) },
    h("div", { class: "span-line" },
      h("div", { class: "span-name", style: { "--depth": Math.min(row.depth, 24) } },
        row.children > 0
          ? h("button", { class: "fold-button", type: "button", "aria-expanded": String(!folded.has(keyOf(row))), "aria-label": `${plural(row.children, "child span")}`, onclick: () => { toggle(row); o.redraw(); } }, icon("next"))
          : h("span", { class: "fold-none" }),
        h("button", { class: "span-button", type: "button", "aria-expanded": String(o.open), onclick: o.choose },
          h("span", { class: `op-name ${family(row.op)}`, text: row.op || "default" }), h("span", { class: "span-text", text: row.name || "(no description)" }),
          statusBadge(row.status), row.orphan && badge("parent missing", "", "The span it belongs to did not come."))),
      h("div", { class: "span-track", onclick: o.choose, title: `${row.name}: ${duration(row.duration)}, ${duration(row.self)} of it by itself` },
        h("span", { class: `bar ${family(row.op)}`, style: { left: `${left.toFixed(3)}%`, width: `max(3px, ${width.toFixed(3)}%)` } }),
        (o.parts || []).map(([a, b]) => h("span", { class: `bar solid ${family(row.op)}`, style: { left: pct(a), width: `max(2px, ${pct(b - a)})` } })),
        h("span", { class: "bar-time", style: { left: `${Math.min(100, left + width).toFixed(3)}%` }, text: duration(row.duration) }))),
    byIssue(o.errors).map(([e, n]) => h("a", { class: "span-error", href: `#/issues/${e.groupID}/events/${e.eventID}` }, icon("bug"), h("span", { text: e.title }), n > 1 && h("strong", { text: `× ${n}` }))),
    o.open && details(row, o.detail));
}

// byIssue names each issue once, with the last of its events and how many there are.
export function byIssue(errors) {
  const issues = new Map();
  for (const e of errors) issues.set(e.groupID, [e, (issues.get(e.groupID) || [e, 0])[1] + 1]);
  return [...issues.values()];
}

const isError = (status) => Boolean(status) && !["ok", "cancelled", "unset", "unknown"].includes(status);

function toggle(row) {
  const key = keyOf(row);
  if (folded.has(key)) folded.delete(key);
  else folded.add(key);
}

function details(row, detail) {
  const box = h("div", { class: "span-details", "data-key": `d${keyOf(row)}` });
  const rows = [
    ["Duration", `${duration(row.duration)}, ${duration(row.self)} of it by itself`], ["Starts", `${duration(row.offset)} after the first span`], ["Status", row.status || "none"],
    ["Origin", row.origin || "none"], ["Span id", row.spanID], ["Parent span id", row.parentSpanID || "none"],
  ];
  const known = detail(row);
  const payload = known && typeof known.then !== "function" ? known : null;
  box.append(fields(rows, { class: "mono" }));
  if (payload) box.append(...payloadNodes(payload));
  else if (known) {
    known.then((p) => {
      const live = document.querySelector(`[data-key="${CSS.escape(`d${keyOf(row)}`)}"]`);
      if (live && p && live.childElementCount === 1) live.append(...payloadNodes(p));
    }).catch(() => {});
  }
  return box;
}

function payloadNodes(p) {
  const attributes = entriesOf(p.attributes).map(([k, a]) => [k, valueNode(typeof a === "object" ? a.value : a)]);
  const data = [...attributes, ...entriesOf(p.data).map(([k, v]) => [k, valueNode(v)])].sort(([a], [b]) => a.localeCompare(b));
  const tags = pairsOf(p.tags);
  const links = listOf(p.links);
  const out = [];
  if (data.length) out.push(h("h4", { class: "label", text: "Data" }), fields(data, { class: "mono" }));
  if (tags.length) out.push(h("h4", { class: "label", text: "Tags" }), fields(tags, { class: "mono" }));
  if (links.length) out.push(h("h4", { class: "label", text: "Links" }), links.map((l) => h("p", { class: "mono small" }, h("a", { href: `#/traces/${encodeURIComponent(plain(l.trace_id))}`, text: `trace ${plain(l.trace_id)}` }), ` span ${plain(l.span_id)}`)));
  return out.flat();
}

// slowest lists the spans that took most time by themselves.
export function slowest(rows, total) {
  const top = [...rows].filter((r) => r.self > 0).sort((a, b) => b.self - a.self).slice(0, 4);
  return h("ol", { class: "slowest" }, top.map((r) => h("li", null, h("span", { class: `swatch ${family(r.op)}` }), h("span", { class: "slow-name", title: r.name, text: r.name || r.op || "(no description)" }),
    h("span", { class: "strong", text: duration(r.self) }), h("span", { class: "dim", text: percent(r.self / Math.max(total, 0.001)) }))));
}
