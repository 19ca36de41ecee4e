// What came over the wire, and which rules of the protocol it broke.

import { h } from "./dom.js";
import { get } from "./api.js";
import { bytes, number, plural } from "./format.js";
import { badge, nothingFound, shownOf, timeAgo, toolbar } from "./parts.js";

const limit = 200;

export const load = (ctx) => get("envelopes/", { limit, query: ctx.query.get("query"), flawed: ctx.query.get("flawed") });
export const title = () => "Protocol";

export function render({ data: list, hits }, ctx) {
  return [
    h("h1", { class: "visually-hidden", text: "Protocol", "data-key": "h1" }),
    ctx.stats && summary(ctx.stats),
    toolbar(ctx, "Search envelopes: event id, client, item type, rule", flawedSwitch(ctx)),
    list.length === 0
      ? nothingFound(ctx, "envelopes", "Every envelope that comes in is listed here, with what the strict check found in it.")
      : h("div", { class: "list", "data-key": "list" },
        h("div", { class: "list-head env-cols", "aria-hidden": "true", "data-key": "head" }, h("span", { text: plural(hits, "envelope") }), h("span", { class: "col-client", text: "Client" }), h("span", { class: "num col-size", text: "Size" }), h("span", { class: "num", text: "Received" })),
        h("ul", { class: "rows", "data-key": "rows" }, list.map(row))),
    shownOf(list.length, hits, "envelopes"),
  ];
}

function flawedSwitch(ctx) {
  const on = ctx.query.get("flawed") === "1";
  return h("label", { class: "switch" }, h("input", { type: "checkbox", checked: on, onchange: (e) => ctx.setQuery("flawed", e.target.checked ? "1" : "") }), "With problems only");
}

function summary(stats) {
  const e = stats.envelopes;
  const problems = e.rejected + e.violations + e.unreadable;
  const types = Object.entries(stats.items).sort(([, a], [, b]) => b - a);
  return h("div", { class: "summary", "data-key": "summary" },
    tile("Accepted", number(e.accepted), `${bytes(stats.bytes.received)} on the wire`),
    tile("Refused", number(e.rejected), Object.entries(stats.rejected).map(([status, n]) => `${n} × ${status}`).join(", ") || "none", e.rejected > 0 && "bad"),
    tile("Broken rules", number(e.violations), problems ? "see below" : "every envelope is clean", e.violations > 0 ? "warn" : "good"),
    tile("Repeats", number(e.repeats), "same event id again, kept once"),
    h("div", { class: "tile wide-tile" }, h("span", { class: "label", text: "Items" }), types.length === 0 ? h("span", { class: "dim", text: "none" })
      : h("span", { class: "item-types" }, types.slice(0, 12).map(([type, n]) => h("span", { class: "item-type" }, h("span", { class: "mono", text: type }), h("strong", { text: number(n) })))),
    h("span", { class: "dim small", text: `${bytes(stats.bytes.kept)} of ${bytes(stats.maxBytes)} memory in use, at most ${number(stats.maxItems)} of each kind kept` })));
}

function tile(label, value, note, kind) {
  return h("div", { class: `tile ${kind || ""}` }, h("span", { class: "label", text: label }), h("span", { class: "tile-value", text: value }), h("span", { class: "dim small", text: note }));
}

export function statusCode(e) {
  return h("span", { class: `status-code ${e.status >= 400 ? "bad" : e.violations.length ? "warn" : "good"}`, text: e.status });
}

export function itemChips(items) {
  const counts = new Map();
  for (const { type, header } of items) {
    const n = header && Number.isInteger(header.item_count) ? header.item_count : 0;
    const known = counts.get(type) || { items: 0, members: 0 };
    counts.set(type, { items: known.items + 1, members: known.members + n });
  }
  return [...counts].slice(0, 6).map(([type, n]) => h("span", { class: "item-type" }, h("span", { class: "mono", text: type }), n.members ? h("strong", { text: `${n.members}` }) : n.items > 1 && h("strong", { text: `${n.items}` })));
}

function row(e) {
  const worst = e.violations[0];
  return h("li", { class: "row", "data-key": e.id }, h("a", { class: "row-link env-cols", href: `#/protocol/${e.id}` },
    h("span", { class: "row-main" },
      h("span", { class: "row-title" }, statusCode(e), e.items.length ? itemChips(e.items) : h("span", { class: "dim", text: e.status >= 400 ? e.detail : "no items" }),
        e.violations.length > 0 && badge(plural(e.violations.length, "broken rule"), "caution"), e.repeat && badge("repeat", "calm")),
      h("span", { class: "row-meta" }, h("span", { class: "meta-id", text: `#${e.id}` }), e.projectID && h("span", { text: `project ${e.projectID}` }), e.eventID && h("span", { class: "mono", text: e.eventID.slice(0, 8) }),
        e.status >= 400 ? h("span", { class: "bad-text", text: (e.causes || [])[0] || e.detail }) : worst && h("span", { class: "caution-text mono", text: worst.rule }))),
    h("span", { class: "col-client dim", text: e.client || "unknown" }),
    h("span", { class: "num col-size", text: bytes(e.wireBytes), title: `${bytes(e.bytes)} decompressed (${e.encoding || "identity"})` }),
    h("span", { class: "num dim col-seen" }, timeAgo(e.dateReceived))));
}
