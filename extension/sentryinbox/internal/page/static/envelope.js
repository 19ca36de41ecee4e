// One envelope in full: headers, items, broken rules, payloads.

import { h, icon } from "./dom.js";
import { get } from "./api.js";
import { bytes, full, plain, plural } from "./format.js";
import { badge, card, copyButton, idWithCopy, timeAgo } from "./parts.js";
import { itemChips, statusCode } from "./protocol.js";

export const load = async (ctx) => (await get(`envelopes/${encodeURIComponent(ctx.params.id)}/`)).data;
export const title = (e) => `Envelope #${e.id}`;

export function render(e) {
  return [
    h("p", { class: "crumbs", "data-key": "crumbs" }, h("a", { href: "#/protocol" }, icon("back"), "Protocol")),
    h("header", { class: "tx-head", "data-key": "head" },
      h("h1", { class: "issue-title" }, `Envelope #${e.id}`),
      h("p", { class: "issue-meta" }, statusCode(e), itemChips(e.items), e.repeat && badge("repeat", "calm", "Its event id had come before: kept once."), h("span", { class: "dim" }, timeAgo(e.dateReceived)))),
    h("div", { class: "split", "data-key": "split" },
      h("div", { class: "split-main", "data-key": "main" }, h("div", { class: "stack-of-cards" }, verdict(e), e.status < 400 && itemsCard(e), payloads(e), e.preview && card("Beginning of the body", { key: "preview" }, jsonBlock(e.preview)))),
      h("aside", { class: "split-side", "data-key": "side", "aria-label": "About this envelope" }, facts(e), e.header && card("Header", { key: "header" }, jsonBlock(plain(e.header))))),
  ];
}

function verdict(e) {
  if (e.status >= 400) {
    return card(`Refused with ${e.status}`, { key: "verdict", class: "verdict bad" }, h("p", { class: "strong", text: e.detail }), (e.causes || []).map((c) => h("p", { class: "mono small", text: c })));
  }
  if (e.violations.length === 0) {
    return card(null, { key: "verdict", class: "verdict good" }, h("p", { class: "verdict-line" }, icon("check"), h("span", null, h("strong", { text: "Clean. " }), "The strict check found no broken rule.")));
  }
  const byItem = new Map();
  for (const v of e.violations) byItem.set(v.item, [...(byItem.get(v.item) || []), v]);
  return card(plural(e.violations.length, "broken rule"), { key: "verdict", class: "verdict warn" },
    h("p", { class: "dim small", text: "Sentry answers 200 and then cuts, empties or drops what breaks a rule. The inbox shows the item as it came." }),
    [...byItem].map(([item, list]) => h("div", { class: "block" }, h("h3", { class: "label", text: item < 0 ? "The envelope as a whole" : `Item ${item}, ${(e.items[item] || {}).type || "?"}` }),
      h("ul", { class: "violations" }, list.map((v) => h("li", null,
        h("p", { class: "violation-what" }, v.path && h("code", { text: v.path }), h("span", { text: v.detail })), h("p", { class: "violation-rule" }, h("code", { text: v.rule }), v.source && h("span", { class: "dim", text: v.source }))))))));
}

function itemsCard(e) {
  return card(plural(e.items.length, "item"), { key: "items" }, h("ol", { class: "items" }, e.items.map((it, i) => h("li", { "data-key": `i${i}` },
    h("span", { class: "item-type" }, h("span", { class: "mono", text: it.type })), h("span", { class: "dim", text: bytes(it.length) }), h("code", { class: "item-header", text: JSON.stringify(it.header) })))));
}

const shownPayloads = 20;

function payloads(e) {
  if (e.payloads.length === 0) return null;
  return card("Payloads", { key: "payloads", aside: h("span", { class: "dim small", text: e.payloads.length > shownPayloads ? `the first ${shownPayloads} of ${e.payloads.length}` : "as they came" }) },
    e.payloads.slice(0, shownPayloads).map((p, i) => h("details", { class: "payload", "data-key": `p${i}`, open: i === 0 && e.payloads.length === 1 },
      h("summary", null, icon("next"), h("span", { class: "mono", text: p.type }), h("span", { class: "dim small ellipsis", text: hint(p.payload) })), jsonBlock(plain(p.payload)))));
}

function hint(p) {
  if (!p || typeof p !== "object") return "";
  return plain(p.body || p.transaction || p.name || p.message || p.event_id || p.type || "").slice(0, 120);
}

const longest = 200000; // characters of JSON that are drawn

function jsonBlock(text) {
  const shown = text.length > longest ? `${text.slice(0, longest)}\n…` : text;
  return h("div", { class: "code" }, h("pre", { tabindex: 0 }, h("code", { text: shown })), copyButton(text, "Copy"));
}

function facts(e) {
  const rows = [
    ["Received", full(new Date(e.dateReceived))], ["Project", e.projectID || "?"], ["Public key", e.publicKey || "none"], ["Client", e.client || "unknown"], ["Encoding", e.encoding || "none"],
    ["On the wire", bytes(e.wireBytes)], ["Decompressed", bytes(e.bytes)], ["Event id", e.eventID ? idWithCopy(e.eventID) : "none"],
  ];
  return card("How it came", { key: "facts" }, h("dl", { class: "fields narrow" }, rows.map(([k, v]) => [h("dt", { text: k }), h("dd", null, v)])));
}
